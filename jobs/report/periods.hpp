// Ranges as people ask for them: whole buckets, the bucket that fits a length, what a range cuts,
// and the range before and of last year to compare with. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace jobs {

struct Range {
    std::optional<std::string> from, to;  // days
    std::string by = "day";               // day, week, month
    std::string today;                    // of the data; where a range without an end ends
    bool earlier = false;                 // as of a moment: no index of the facts serves it
};

// A further range of the same length, and the interval that brings its days onto the one asked for.
struct Earlier {
    std::string from, to, shift;
};

// Days up to six weeks, weeks up to a year, months beyond.
[[nodiscard]] std::string fitting_bucket(const std::string& first, const std::string& last);
// Up to today, from the first day of the bucket that holds the day 90 days before.
[[nodiscard]] Range recent(const std::string& today);
// The buckets that hold only a part of their days because the range, or today, cuts them: the first
// day, and the days held, "27–31.08". by is week or month. `ahead`: the data goes beyond today.
[[nodiscard]] std::map<std::string, std::string> cut_buckets(const Range& range,
                                                             const std::string& by,
                                                             bool ahead = false);
// The same number of months when the range begins with a month and ends in or with one, else the
// same number of days, just before it. None without a beginning.
[[nodiscard]] std::optional<Earlier> period_before(const Range& range);
// The same days a year ago; by week, the same weekdays 52 weeks ago.
[[nodiscard]] std::optional<Earlier> last_year(const Range& range);

}  // namespace jobs
