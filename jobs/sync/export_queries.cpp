#include "jobs/sync/export_queries.hpp"

#include <algorithm>
#include <map>

namespace jobs {
namespace {

using etl::Day;
using etl::ExportQuery;
using std::chrono::days;

ExportQuery window(const std::string& resource, const std::string& filter, Day from, Day to) {
    ExportQuery query;
    query.resource = resource;
    query.filter = filter;
    query.from = from;
    query.to = to;
    return query;
}

ExportQuery list(const std::string& resource) {
    ExportQuery query;
    query.resource = resource;
    return query;
}

// Newest day as of which each day of [begin, today] was read by creation date; days never read are
// absent.
std::map<Day, Day> read_as_of(const std::string& table, const std::vector<Covered>& covered,
                              Day begin, Day today) {
    std::map<Day, Day> newest;
    for (const Covered& line : covered) {
        if (line.table != table || line.filter != "created_at") continue;
        for (Day day = std::max(line.from, begin); day <= std::min(line.to, today);
             day += days{1}) {
            const auto [at, fresh] = newest.try_emplace(day, line.as_of);
            if (!fresh) at->second = std::max(at->second, line.as_of);
        }
    }
    return newest;
}

void ask_changes(const std::string& table, const std::vector<std::string>& filters,
                 const std::vector<Covered>& covered, Day today, std::vector<PlannedQuery>& out) {
    for (const std::string& filter : filters) {
        // Since the newest read of changes; before the first of those, since the oldest read at
        // all.
        std::optional<Day> changes, first;
        for (const Covered& line : covered) {
            if (line.table != table) continue;
            if (line.filter == filter) changes = std::max(changes.value_or(line.as_of), line.as_of);
            if (line.filter == "created_at")
                first = std::min(first.value_or(line.as_of), line.as_of);
        }
        const std::optional<Day> since = changes ? changes : first;
        if (!since) continue;
        const Day from =
            *since - days{1};  // overlap by a day: bounds and zone are not beyond doubt (11.9)
        out.push_back({window(table, filter, from, today),
                       "late changes of older rows since " + etl::format_day(from)});
    }
}

// The slice of old days that is due tonight: the days read longest ago, as many as keeps every day
// younger than `sweep`.
void ask_sweep(const std::string& table, const etl::Config::Sync& sync,
               const std::map<Day, Day>& newest, Day look_back_from, Day today,
               std::vector<PlannedQuery>& out) {
    const long nights = std::max<long>(1, std::chrono::duration_cast<days>(sync.sweep).count());
    long older = 0;
    std::optional<Day> stalest;
    for (const auto& [day, as_of] : newest) {
        if (day >= look_back_from) continue;
        ++older;
        if (as_of < today && (!stalest || as_of < newest.at(*stalest))) stalest = day;
    }
    if (!stalest) return;
    const Day last =
        std::min(*stalest + days{(older + nights - 1) / nights - 1}, look_back_from - days{1});
    out.push_back({window(table, "created_at", *stalest, last),
                   "sweep: days last read on " + etl::format_day(newest.at(*stalest))});
}

void ask_table(const std::string& table, const std::vector<std::string>& change_filters,
               const etl::Config::Sync& sync, const std::vector<Covered>& covered, Day today,
               const QueryOptions& options, std::vector<PlannedQuery>& out,
               std::vector<PlannedQuery>& sweep) {
    if (options.from || options.to) {
        out.push_back({window(table, "created_at", options.from.value_or(sync.begin),
                              options.to.value_or(today)),
                       "the days asked for"});
        return;
    }
    if (options.full) {
        out.push_back(
            {window(table, "created_at", sync.begin, today), "everything again, as asked for"});
        return;
    }
    const Day look_back_from =
        std::max(sync.begin, today - std::chrono::duration_cast<days>(sync.look_back));
    const std::map<Day, Day> newest = read_as_of(table, covered, sync.begin, today);
    Day first_unread = sync.begin;
    while (first_unread < look_back_from && newest.contains(first_unread)) first_unread += days{1};
    if (newest.empty() || first_unread < look_back_from) {
        out.push_back({window(table, "created_at", first_unread, today), "days not read yet"});
        return;
    }
    out.push_back(
        {window(table, "created_at", look_back_from, today), "new rows, and the look-back"});
    ask_changes(table, change_filters, covered, today, out);
    ask_sweep(table, sync, newest, look_back_from, today, sweep);
}

}  // namespace

std::vector<PlannedQuery> export_queries(const etl::Config::Sync& sync,
                                         const std::vector<Covered>& covered, Day today,
                                         const QueryOptions& options) {
    const std::vector<std::string>& wanted =
        options.resources.empty() ? sync.resources : options.resources;
    const auto wants = [&](const char* resource) {
        return std::find(wanted.begin(), wanted.end(), resource) != wanted.end();
    };
    std::vector<PlannedQuery> out, sweep;
    if (wants("users") || wants("deals"))
        out.push_back({list("fields"), "titles and ids of custom fields"});
    if (wants("groups")) out.push_back({list("groups"), "names of groups"});
    if (wants("payments"))
        ask_table("payments", {"status_changed_at"}, sync, covered, today, options, out, sweep);
    if (wants("deals"))
        ask_table("deals", {"status_changed_at", "payed_at"}, sync, covered, today, options, out,
                  sweep);
    if (wants("users")) ask_table("users", {}, sync, covered, today, options, out, sweep);
    out.insert(out.end(), sweep.begin(), sweep.end());
    return out;
}

void widen_for_read_back(std::vector<PlannedQuery>& planned, const std::string& table, Day from,
                         Day to, std::int64_t changes) {
    PlannedQuery* newest = nullptr;
    PlannedQuery* sweep = nullptr;
    for (PlannedQuery& one : planned) {
        if (one.query.resource != table || one.query.filter != "created_at" || !one.query.from ||
            !one.query.to)
            continue;
        if (newest == nullptr || *one.query.to > *newest->query.to)
            sweep = newest, newest = &one;
        else
            sweep = &one;
    }
    if (newest == nullptr || from >= *newest->query.from) return;
    const Day last = std::min(to, *newest->query.from - days{1});
    PlannedQuery& wide = sweep != nullptr ? *sweep : *newest;
    if (from >= *wide.query.from && last <= *wide.query.to) return;
    wide.query.from = std::min(from, *wide.query.from);
    wide.query.to = std::max(last, *wide.query.to);
    wide.why += "; reads back " + std::to_string(changes) + " changes that were sent";
}

}  // namespace jobs
