// Which days of a table were read to their end, as of when, and which of them are due again: pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jobs/sync/export_queries.hpp"

namespace jobs {

struct DaySpan {
    etl::Day from, to;
    etl::Day as_of{};  // the oldest reading of a day in it
};

// The days first..last of a table by creation date. `past`: the first day stands for all before it
// as well, so only an export without a lower bound has read it.
class DaysRead {
public:
    DaysRead(const std::string& table, const std::vector<Covered>& covered, etl::Day first,
             etl::Day last, bool past);
    // From the first to the last day that was never read to its end; nullopt: all were.
    [[nodiscard]] std::optional<DaySpan> unread() const;
    void read_tonight(const DaySpan& span, etl::Day today);

    [[nodiscard]] etl::Day first() const { return first_; }
    [[nodiscard]] etl::Day last() const { return last_; }
    // Newest day as of which each day was read; days never read to their end are not in it.
    [[nodiscard]] const std::map<etl::Day, etl::Day>& newest() const { return newest_; }

private:
    etl::Day first_, last_;
    std::map<etl::Day, etl::Day> newest_;
};

// What the sweep reads tonight: the days read longest ago, as many as keep each day younger than
// `nights`, and every day that would be older than that tomorrow. Mostly one span.
[[nodiscard]] std::vector<DaySpan> sweep_slices(const DaysRead& read, long nights, etl::Day today);

// Day until which changes by this filter are known without a hole: the chain of its windows from
// the first reading of the table on. nullopt: the table was never read.
[[nodiscard]] std::optional<etl::Day> changes_read_until(const std::string& table,
                                                         const std::string& filter,
                                                         const std::vector<Covered>& covered);

}  // namespace jobs
