#include "etl/row_feeder.hpp"

#include <utility>

#include "schema/text.hpp"

namespace etl {
namespace {

constexpr std::size_t kNamed = 20;  // of a list for people

void remember(std::vector<std::string>& list, const std::string& text) {
    if (list.size() < kNamed) list.push_back(text);
}

std::string key_text(const std::vector<std::string>& key) {
    std::string text;
    for (const std::string& part : key) text += (text.empty() ? "" : ",") + part;
    return text;
}

}  // namespace

RowFeeder::RowFeeder(Normalizer& normalizer, HashIndex& known, pg::CopyIn& copy, Rejects& rejects,
                     LoadCounts& counts, MoneyAccount& money, std::string direct_tail,
                     const std::function<void(std::uint64_t)>& progress)
    : normalizer_(normalizer),
      known_(known),
      copy_(copy),
      rejects_(rejects),
      counts_(counts),
      money_(money),
      direct_tail_(std::move(direct_tail)),
      progress_(progress) {}

void RowFeeder::row(std::uint64_t row_no, std::string_view raw) {
    if (!parser_.parse(raw)) {
        rejects_.add({row_no, "", "", std::string(schema::cut(raw, 2000)),
                      "not a row: " + parser_.reason(), true});
        ++counts_.set_aside;
        return;
    }
    cells(row_no, parser_.cells());
}

void RowFeeder::cells(std::uint64_t row_no, std::span<const Cell> cells) {
    line_.clear();
    const RowResult result = normalizer_.row(row_no, cells, line_);
    if (!is_row(result)) return;
    if (known_.contradicts(result.key_hash, result.row_hash))
        remember(contradicting_, key_text(normalizer_.key()));
    switch (known_.see(result.key_hash, result.row_hash)) {
        case HashIndex::Seen::unchanged:
            keep_unchanged();
            return;
        case HashIndex::Seen::again_unchanged:  // the row before was skipped: it is the duplicate
                                                // now, and goes as this one does
            --counts_.unchanged;
            ++counts_.duplicate;
            skipped_again_ = true;
            break;
        case HashIndex::Seen::again:
            repeated_ = true;
            break;
        case HashIndex::Seen::differs:
        case HashIndex::Seen::unknown:
            break;
    }
    if (repeated_ && !direct_tail_.empty())
        return;  // the table itself takes no key twice: all of it goes by the stage
    send(row_no, result.row_hash);
}

bool RowFeeder::is_row(const RowResult& result) {
    switch (result.outcome) {
        case RowResult::Outcome::set_aside:
            ++counts_.set_aside;
            return false;
        case RowResult::Outcome::nobody:
            ++counts_.nobody;
            remember(nobodies_, normalizer_.nobody());
            return false;
        case RowResult::Outcome::loaded:
            break;
    }
    return true;
}

void RowFeeder::keep_unchanged() {
    ++counts_.unchanged;
    if (money_.columns.empty()) return;
    money_.unchanged.add(normalizer_.money());
    bool first = true;
    for (const std::string& part : normalizer_.key()) {
        if (!first) money_.unchanged_keys += '\t';
        first = false;
        append_copy_text(money_.unchanged_keys, part);
    }
    money_.unchanged_keys += '\n';
}

void RowFeeder::send(std::uint64_t row_no, std::int64_t row_hash) {
    line_ += '\t';
    line_ += std::to_string(row_hash);
    if (direct_tail_.empty()) {
        line_ += '\t';
        line_ += std::to_string(row_no);
        line_ += '\n';
    } else {
        line_ += direct_tail_;
    }
    copy_.write(line_);
    money_.sent.add(normalizer_.money());
    if (row_no % 10000 == 0 && progress_) progress_(row_no);
}

}  // namespace etl
