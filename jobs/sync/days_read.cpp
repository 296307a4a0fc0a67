#include "jobs/sync/days_read.hpp"

#include <algorithm>

namespace jobs {
namespace {

using etl::Day;
using std::chrono::days;

constexpr Day kNever = Day::min();

// Spans that are this close are one export, not two.
void append(std::vector<DaySpan>& spans, Day day, Day as_of, long close) {
    if (!spans.empty() && (day - spans.back().to).count() <= close) {
        spans.back().to = day;
        spans.back().as_of = std::min(spans.back().as_of, as_of);
    } else {
        spans.push_back({day, day, as_of});
    }
}

}  // namespace

DaysRead::DaysRead(const std::string& table, const std::vector<Covered>& covered, Day first,
                   Day last, bool past)
    : first_(first), last_(last) {
    if (last < first) return;
    std::vector<Day> newest(static_cast<std::size_t>((last - first).count()) + 1, kNever);
    for (const Covered& line : covered) {
        if (line.table != table || line.filter != "created_at") continue;
        // A day that was read while it went on may have got rows since.
        const Day to = std::min({line.to, last, line.as_of - days{1}});
        Day from = std::max(line.from.value_or(first), first);
        if (past && line.from && from == first) from += days{1};
        if (to < from) continue;
        Day* at = newest.data() + (from - first).count();
        Day* const end = newest.data() + (to - first).count() + 1;
        for (; at != end; ++at)
            if (*at < line.as_of) *at = line.as_of;
    }
    for (Day day = first; day <= last; day += days{1})
        if (const Day as_of = newest[static_cast<std::size_t>((day - first).count())];
            as_of != kNever)
            newest_.emplace_hint(newest_.end(), day, as_of);
}

std::optional<DaySpan> DaysRead::unread() const {
    std::optional<DaySpan> span;
    for (Day day = first_; day <= last_; day += days{1}) {
        if (newest_.contains(day)) continue;
        if (!span) span = DaySpan{day, day, {}};
        span->to = day;
    }
    return span;
}

void DaysRead::read_tonight(const DaySpan& span, Day today) {
    for (Day day = span.from; day <= span.to; day += days{1}) newest_[day] = today;
}

std::vector<DaySpan> sweep_slices(const DaysRead& read, long nights, Day today) {
    const std::map<Day, Day>& newest = read.newest();
    if (newest.empty()) return {};
    const auto stalest =
        std::min_element(newest.begin(), newest.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    const long count = static_cast<long>(newest.size()), age = (today - stalest->second).count();
    // Fewer days than nights: there are nights without a slice.
    if (age <= 0 || (count < nights && age < nights - count)) return {};
    const long a_night = (count + nights - 1) / nights;
    Day to = std::min(stalest->first + days{a_night - 1}, read.last());
    // The sweep goes round. Before it begins anew it takes along the days that have left the
    // look-back meanwhile; else they would be due in the middle of the next round.
    const auto first = newest.begin();
    const auto rest = newest.upper_bound(to);
    const bool round = stalest != first && std::distance(rest, newest.end()) <= nights &&
                       std::all_of(rest, newest.end(),
                                   [&](const auto& day) { return day.second > first->second; });
    if (round) to = newest.rbegin()->first;
    std::vector<DaySpan> spans;
    for (const auto& [day, as_of] : newest)
        if ((day >= stalest->first && day <= to) || (today - as_of).count() >= nights)
            append(spans, day, as_of, a_night);
    return spans;
}

std::optional<Day> changes_read_until(const std::string& table, const std::string& filter,
                                      const std::vector<Covered>& covered) {
    std::optional<Day> until;
    std::vector<const Covered*> lines;
    for (const Covered& line : covered) {
        if (line.table != table) continue;
        if (line.filter == filter) lines.push_back(&line);
        if (line.filter == "created_at") until = std::min(until.value_or(line.as_of), line.as_of);
    }
    std::stable_sort(lines.begin(), lines.end(),
                     [](const Covered* a, const Covered* b) { return a->as_of < b->as_of; });
    for (const Covered* line : lines) {
        const Day read = std::min(line->as_of, line->to);
        if (!until || !line->from || *line->from <= *until)
            until = std::max(until.value_or(read), read);
    }
    return until;
}

}  // namespace jobs
