#include "jobs/sync/export_queries.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "jobs/sync/days_read.hpp"

namespace jobs {
namespace {

using etl::Day;
using etl::ExportQuery;
using std::chrono::days;

ExportQuery window(const std::string& resource, const std::string& filter, std::optional<Day> from,
                   Day to) {
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

// The questions about one table, from what was read of it.
class TableQueries {
public:
    TableQueries(std::string table, const etl::Config::Sync& sync, const ReadSoFar& read, Day today)
        : table_(std::move(table)),
          sync_(sync),
          read_(read),
          today_(today),
          look_back_from_(today - std::chrono::duration_cast<days>(sync.look_back)) {
        if (sync.begin) look_back_from_ = std::max(look_back_from_, *sync.begin);
        const Day before = look_back_from_ - days{1};
        first_ = sync.begin ? *sync.begin : std::min(read.first_row.value_or(before), before);
    }

    void everything(std::vector<PlannedQuery>& out) const {
        out.push_back({by_creation(sync_.begin, today_), "everything again, as asked for"});
        prove_begin(out);
    }

    void nightly(const std::vector<std::string>& change_filters, std::vector<PlannedQuery>& out,
                 std::vector<PlannedQuery>& last) const {
        if (!any_read()) {
            out.push_back({by_creation(sync_.begin, today_), "everything, for the first time"});
            prove_begin(last);
            return;
        }
        DaysRead older(table_, read_.covered, first_, look_back_from_ - days{1}, !sync_.begin);
        newest_and_unread(older, out);
        changes(change_filters, out);
        sweep(older, last);
        prove_begin(last);
    }

private:
    [[nodiscard]] ExportQuery by_creation(std::optional<Day> from, Day to) const {
        return window(table_, "created_at", from, to);
    }
    // The first day stands for all before it, too, unless a person said where the school begins.
    [[nodiscard]] std::optional<Day> open_below(Day from) const {
        return !sync_.begin && from == first_ ? std::nullopt : std::optional(from);
    }
    [[nodiscard]] bool any_read() const {
        return std::any_of(read_.covered.begin(), read_.covered.end(), [&](const Covered& line) {
            return line.table == table_ && line.filter == "created_at";
        });
    }

    void newest_and_unread(DaysRead& older, std::vector<PlannedQuery>& out) const {
        const auto unread = older.unread();
        if (!unread) {
            out.push_back({by_creation(look_back_from_, today_), "new rows, and the look-back"});
            return;
        }
        const bool meets = unread->to + days{1} == look_back_from_;
        const std::optional<Day> from = open_below(unread->from);
        if (meets) {
            out.push_back({by_creation(from, today_),
                           "new rows, the look-back, and days before it that were not read yet"});
        } else {
            out.push_back({by_creation(look_back_from_, today_), "new rows, and the look-back"});
            out.push_back({by_creation(from, unread->to), "days not read yet"});
        }
        older.read_tonight(*unread, today_);
    }

    void changes(const std::vector<std::string>& filters, std::vector<PlannedQuery>& out) const {
        for (const std::string& filter : filters) {
            const std::optional<Day> since = changes_read_until(table_, filter, read_.covered);
            if (!since) continue;
            // Overlap by a day: bounds and zone are not beyond doubt (getcourse-api.md 11.9).
            const Day from = *since - days{1};
            out.push_back({window(table_, filter, from, today_),
                           "late changes of older rows since " + etl::format_day(from)});
        }
    }

    void sweep(const DaysRead& older, std::vector<PlannedQuery>& out) const {
        const long nights =
            std::max<long>(1, std::chrono::duration_cast<days>(sync_.sweep).count());
        for (const DaySpan& slice : sweep_slices(older, nights, today_))
            out.push_back({by_creation(open_below(slice.from), slice.to),
                           "sweep: days last read on " + etl::format_day(slice.as_of)});
    }

    // A begin that a person set is proven once: an export of what lies before it.
    void prove_begin(std::vector<PlannedQuery>& out) const {
        if (!sync_.begin) return;
        const Day before = *sync_.begin - days{1};
        const bool proven =
            std::any_of(read_.covered.begin(), read_.covered.end(), [&](const Covered& line) {
                return line.table == table_ && line.filter == "created_at" && !line.from &&
                       line.to >= before;
            });
        if (!proven)
            out.push_back({by_creation(std::nullopt, before),
                           "once: whether anything lies before [sync] begin"});
    }

    std::string table_;
    const etl::Config::Sync& sync_;
    const ReadSoFar& read_;
    Day today_, look_back_from_, first_;
};

}  // namespace

bool is_list(const ExportQuery& query) {
    return query.resource == "fields" || query.resource == "groups";
}

std::vector<PlannedQuery> export_queries(const etl::Config::Sync& sync, const ReadSoFar& read,
                                         Day today, const QueryOptions& options) {
    const std::vector<std::string>& wanted =
        options.resources.empty() ? sync.resources : options.resources;
    const auto wants = [&](const char* resource) {
        return std::find(wanted.begin(), wanted.end(), resource) != wanted.end();
    };
    std::vector<PlannedQuery> out, last;
    if (wants("users") || wants("deals"))
        out.push_back({list("fields"), "titles and ids of custom fields"});
    if (wants("groups")) out.push_back({list("groups"), "names of groups"});
    const std::vector<std::pair<const char*, std::vector<std::string>>> tables = {
        {"payments", {"status_changed_at"}},
        {"deals", {"status_changed_at", "payed_at"}},
        {"users", {}}};
    for (const auto& [table, change_filters] : tables) {
        if (!wants(table)) continue;
        const TableQueries queries(table, sync, read, today);
        if (options.from || options.to)
            out.push_back({window(table, "created_at", options.from ? options.from : sync.begin,
                                  options.to.value_or(today)),
                           "the days asked for"});
        else if (options.full)
            queries.everything(out);
        else
            queries.nightly(change_filters, out, last);
    }
    out.insert(out.end(), last.begin(), last.end());
    return out;
}

void widen_for_read_back(std::vector<PlannedQuery>& planned, const std::string& table, Day from,
                         Day to, std::int64_t changes) {
    PlannedQuery* newest = nullptr;
    PlannedQuery* sweep = nullptr;
    for (PlannedQuery& one : planned) {
        if (one.query.resource != table || one.query.filter != "created_at" || !one.query.to)
            continue;
        if (newest == nullptr || *one.query.to > *newest->query.to)
            sweep = newest, newest = &one;
        else
            sweep = &one;
    }
    if (newest == nullptr || !newest->query.from || from >= *newest->query.from) return;
    const Day last = std::min(to, *newest->query.from - days{1});
    PlannedQuery& wide = sweep != nullptr ? *sweep : *newest;
    if ((!wide.query.from || from >= *wide.query.from) && last <= *wide.query.to) return;
    if (wide.query.from) wide.query.from = std::min(from, *wide.query.from);
    wide.query.to = std::max(last, *wide.query.to);
    wide.why += fmt::format("; reads back {} changes that were sent", changes);
}

}  // namespace jobs
