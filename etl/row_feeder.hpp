// Cuts, parses and normalizes the rows of a body, and sends those that are not known to be
// unchanged.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "etl/hash_index.hpp"
#include "etl/load_account.hpp"
#include "etl/normalizer.hpp"
#include "etl/passing_groups.hpp"
#include "etl/pg.hpp"
#include "etl/raw_rows.hpp"
#include "etl/rejects.hpp"
#include "etl/sheet.hpp"

namespace etl {

class RowFeeder final : public RowHandler {
public:
    // `direct_tail`: run, export and state behind each row of a COPY into the table itself; empty:
    // the rows go to the stage.
    // `raw_rows`: rows whose bytes are known are not read; nullptr: all are.
    RowFeeder(Normalizer& normalizer, HashIndex& known, const RawRows* raw_rows, pg::CopyIn& copy,
              Rejects& rejects, LoadCounts& counts, MoneyAccount& money, std::string direct_tail,
              const std::function<void(std::uint64_t)>& progress);

    // Groups of the rows go there and not into the COPY.
    void divert_groups(PassingGroups& groups) { groups_ = &groups; }

    void row(std::uint64_t row_no, std::string_view raw) override;
    void cells(std::uint64_t row_no, std::span<const Cell> cells);

    // The body brought a key twice, or more groups than are kept: the table itself does not take
    // it.
    [[nodiscard]] bool repeated() const { return repeated_; }
    // A row was skipped as unchanged and its key came again: its money is in `unchanged` and in
    // `sent`.
    [[nodiscard]] bool skipped_again() const { return skipped_again_; }
    [[nodiscard]] std::uint64_t replaced() const { return parser_.replaced(); }
    // Keys that came with different values, and addresses of nobody: the first of each.
    [[nodiscard]] const std::vector<std::string>& contradicting() const { return contradicting_; }
    [[nodiscard]] const std::vector<std::string>& nobodies() const { return nobodies_; }

private:
    [[nodiscard]] bool is_row(const RowResult& result);
    [[nodiscard]] bool known_by_bytes(std::string_view raw);
    // nullopt: no row of the table came of it.
    std::optional<RowResult> feed(std::uint64_t row_no, std::span<const Cell> cells);
    void keep_unchanged(const RowMoney& money, std::span<const std::string_view> key);
    void send(std::uint64_t row_no, std::int64_t row_hash);

    Normalizer& normalizer_;
    HashIndex& known_;
    const RawRows* raw_rows_;
    pg::CopyIn& copy_;
    Rejects& rejects_;
    LoadCounts& counts_;
    MoneyAccount& money_;
    std::string direct_tail_;
    PassingGroups* groups_ = nullptr;
    const std::function<void(std::uint64_t)>& progress_;
    bool repeated_ = false;
    bool skipped_again_ = false;
    std::vector<std::string> contradicting_, nobodies_;
    RowParser parser_;
    std::string line_;
};

}  // namespace etl
