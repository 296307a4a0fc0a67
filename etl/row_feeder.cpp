#include "etl/row_feeder.hpp"

#include <utility>

#include "schema/text.hpp"

namespace etl {

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
    if (result.outcome == RowResult::Outcome::set_aside) {
        ++counts_.set_aside;
        return;
    }
    switch (known_.see(result.key_hash, result.row_hash)) {
        case HashIndex::Seen::unchanged:
            ++counts_.unchanged;
            money_.unchanged.add(normalizer_.money());
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
