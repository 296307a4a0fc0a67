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

RowFeeder::RowFeeder(Normalizer& normalizer, HashIndex& known, const RawRows* raw_rows,
                     pg::CopyIn& copy, Rejects& rejects, LoadCounts& counts, MoneyAccount& money,
                     std::string direct_tail, const std::function<void(std::uint64_t)>& progress)
    : normalizer_(normalizer),
      known_(known),
      raw_rows_(raw_rows),
      copy_(copy),
      rejects_(rejects),
      counts_(counts),
      money_(money),
      direct_tail_(std::move(direct_tail)),
      progress_(progress) {}

void RowFeeder::row(std::uint64_t row_no, std::string_view raw) {
    if (known_by_bytes(raw)) return;
    const std::uint64_t odd = rejects_.count() + parser_.replaced();
    if (!parser_.parse(raw)) {
        rejects_.add({row_no, "", "", std::string(schema::cut(raw, 2000)),
                      "not a row: " + parser_.reason(), true});
        ++counts_.set_aside;
        return;
    }
    const std::optional<RowResult> result = feed(row_no, parser_.cells());
    // What was odd about a row is said again of every body that has it: such a row is always read.
    if (result && raw_rows_ != nullptr && rejects_.count() + parser_.replaced() == odd)
        raw_rows_->learn(known_, raw, result->key_hash, result->row_hash);
}

void RowFeeder::cells(std::uint64_t row_no, std::span<const Cell> cells) {
    (void)feed(row_no, cells);
}

// The very bytes that the table's row was read from. Its money is read nevertheless: both sides of
// the account stay what they are.
bool RowFeeder::known_by_bytes(std::string_view raw) {
    if (raw_rows_ == nullptr) return false;
    const std::optional<RawRows::Known> known = raw_rows_->find(known_, raw);
    if (!known) return false;
    if (!money_.kept) {
        (void)known_.see(known->key_hash, known->row_hash);
        ++counts_.unchanged;
        return true;
    }
    if (!parser_.parse_some(raw, normalizer_.money_cells())) return false;
    (void)known_.see(known->key_hash, known->row_hash);
    keep_unchanged(normalizer_.money_of(parser_.cells()), {&known->key, 1});
    return true;
}

std::optional<RowResult> RowFeeder::feed(std::uint64_t row_no, std::span<const Cell> cells) {
    line_.clear();
    const RowResult result = normalizer_.row(row_no, cells, line_);
    if (!is_row(result)) return std::nullopt;
    if (known_.contradicts(result.key_hash, result.row_hash))
        remember(contradicting_, key_text(normalizer_.key()));
    switch (known_.see(result.key_hash, result.row_hash)) {
        case HashIndex::Seen::unchanged: {
            const std::vector<std::string_view> key(normalizer_.key().begin(),
                                                    normalizer_.key().end());
            keep_unchanged(normalizer_.money(), key);
            return result;
        }
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
    // The table itself takes no key twice: all of it goes by the stage.
    if (!repeated_ || direct_tail_.empty()) send(row_no, result.row_hash);
    return result;
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

void RowFeeder::keep_unchanged(const RowMoney& money, std::span<const std::string_view> key) {
    ++counts_.unchanged;
    if (!money_.kept) return;
    money_.unchanged.add(money);
    bool first = true;
    for (const std::string_view part : key) {
        if (!first) money_.unchanged_keys += '\t';
        first = false;
        append_copy_text(money_.unchanged_keys, part);
    }
    money_.unchanged_keys += '\n';
}

void RowFeeder::send(std::uint64_t row_no, std::int64_t row_hash) {
    if (groups_ != nullptr) {
        const std::size_t begin = normalizer_.groups_begin();
        groups_->add(normalizer_.key().front(), std::string_view(line_).substr(begin));
        if (groups_->too_many()) {
            repeated_ = true;
            return;
        }
        line_.resize(begin);
    }
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
