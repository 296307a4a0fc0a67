#include "jobs/sync/export_queries.hpp"

#include <algorithm>
#include <map>

namespace jobs {
namespace {

using etl::Ask;
using etl::Day;
using std::chrono::days;

Ask window(const std::string& resource, const std::string& filter, Day from, Day to) {
    Ask ask;
    ask.resource = resource;
    ask.filter = filter;
    ask.from = from;
    ask.to = to;
    return ask;
}

Ask list(const std::string& resource) {
    Ask ask;
    ask.resource = resource;
    return ask;
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
                 const std::vector<Covered>& covered, Day today, std::vector<PlannedAsk>& out) {
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
               std::vector<PlannedAsk>& out) {
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
               const AskOptions& options, std::vector<PlannedAsk>& out,
               std::vector<PlannedAsk>& sweep) {
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

std::vector<PlannedAsk> asks(const etl::Config::Sync& sync, const std::vector<Covered>& covered,
                             Day today, const AskOptions& options) {
    const std::vector<std::string>& wanted =
        options.resources.empty() ? sync.resources : options.resources;
    const auto wants = [&](const char* resource) {
        return std::find(wanted.begin(), wanted.end(), resource) != wanted.end();
    };
    std::vector<PlannedAsk> out, sweep;
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

void widen_for_read_back(std::vector<PlannedAsk>& planned, const std::string& table, Day from,
                         Day to, std::int64_t changes) {
    PlannedAsk* newest = nullptr;
    PlannedAsk* sweep = nullptr;
    for (PlannedAsk& ask : planned) {
        if (ask.ask.resource != table || ask.ask.filter != "created_at" || !ask.ask.from ||
            !ask.ask.to)
            continue;
        if (newest == nullptr || *ask.ask.to > *newest->ask.to)
            sweep = newest, newest = &ask;
        else
            sweep = &ask;
    }
    if (newest == nullptr || from >= *newest->ask.from) return;
    const Day last = std::min(to, *newest->ask.from - days{1});
    PlannedAsk& wide = sweep != nullptr ? *sweep : *newest;
    if (from >= *wide.ask.from && last <= *wide.ask.to) return;
    wide.ask.from = std::min(from, *wide.ask.from);
    wide.ask.to = std::max(last, *wide.ask.to);
    wide.why += "; reads back " + std::to_string(changes) + " changes that were sent";
}

}  // namespace jobs
