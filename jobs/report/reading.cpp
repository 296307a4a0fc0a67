#include "jobs/report/reading.hpp"

#include "etl/clock.hpp"
#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/output/words.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

constexpr const char* kNotHeld = "22008";    // history.held: versions of that moment were dropped
constexpr const char* kCancelled = "57014";  // by its timeout or by us

std::string asked_for(const Range& range, bool russian) {
    const auto day = [&](const std::string& text) {
        return russian ? words::said("day", text, true) : text;
    };
    if (range.from && range.to)
        return (russian ? "с " : "between ") + day(*range.from) + (russian ? " по " : " and ") +
               day(*range.to);
    if (range.from) return (russian ? "с " : "since ") + day(*range.from);
    return range.to ? (russian ? "по " : "up to ") + day(*range.to) : "";
}

}  // namespace

Reading::Reading(const Context& context, const ReportOptions& options)
    : options_(options),
      timeout_(context.config.database.statement_timeout),
      own_(etl::open_database(context.config, "report")),
      connection_(*own_),
      stop_(context.stop) {
    if (connection_.value("SELECT count(*) FROM journal.run WHERE loaded_at IS NOT NULL") == "0")
        throw Error(Kind::usage, "nothing has been mirrored yet", "Run gcmirror sync first.");
    transaction_.emplace(connection_, "REPEATABLE READ READ ONLY");
    begin(timeout_);
    cancel_.emplace(stop_, Cancel{connection_});
}

Reading::Reading(etl::pg::Connection& connection, const etl::Config& config,
                 const ReportOptions& options)
    : options_(options), timeout_(config.database.statement_timeout), connection_(connection) {
    begin(timeout_);
}

void Reading::begin(etl::Duration timeout) {
    set_aside_ = connection_.value("SELECT coalesce(current_setting('gcmirror.as_of', true), '')");
    zone_ = connection_.value("SELECT time_zone FROM report.settings");
    // Moments are written and read in the account's zone, whatever the server's is.
    connection_.query("SELECT set_config('TimeZone', $1, true)", {zone_});
    as_of();
    today_ = connection_.value("SELECT today FROM report.clock");
    limit_reading(connection_, timeout);  // the limit is the report's: who hits it is told so
}

void Reading::as_of() {
    std::string moment = options_.as_of;
    if (etl::parse_day(options_.as_of))
        moment = connection_.value(
            "SELECT ($1::date + 1)::timestamp AT TIME ZONE $2 - interval '1 microsecond'",
            {options_.as_of, zone_});
    if (!moment.empty()) {
        const auto begins = connection_.query(
            "SELECT to_char(moment AT TIME ZONE $1, 'YYYY-MM-DD HH24:MI') FROM history.beginning "
            "WHERE moment > $2::timestamptz",
            {zone_, moment});
        if (!begins.empty())
            throw Error(Kind::usage,
                        "--as-of " + options_.as_of + " lies before history begins, at " +
                            begins.text(0, 0) + " (" + zone_ + ")",
                        "What was before that is not known, which is not zero.");
        whole_from_ = connection_.value(
            "SELECT coalesce(to_char(max(dropped_until) AT TIME ZONE $1, 'YYYY-MM-DD HH24:MI'), "
            "'') FROM history.horizon WHERE dropped_from <= $2::timestamptz AND dropped_until > "
            "$2::timestamptz",
            {zone_, moment});
    }
    connection_.query("SELECT set_config('gcmirror.as_of', $1, true)", {moment});
}

etl::pg::Result Reading::query(const std::string& what, const std::string& sql,
                               const std::vector<etl::pg::Param>& parameters) {
    try {
        return connection_.query(sql, parameters);
    } catch (const Error& error) {
        if (error.sqlstate() == kNotHeld && !whole_from_.empty())
            throw Error(Kind::usage,
                        "--as-of " + options_.as_of +
                            " is no longer known: history is whole from " + whole_from_ + " (" +
                            zone_ + ") on",
                        "[keep] history dropped earlier versions; ask for that moment or later.");
        if (error.sqlstate() != kCancelled) throw;
        if (stop_.stop_requested())
            throw Error(Kind::stopped, "report " + what + " was stopped; nothing was changed");
        const Range range{options_.from.empty() ? std::nullopt : std::optional(options_.from),
                          options_.to.empty() ? std::nullopt : std::optional(options_.to), "day",
                          today_, false};
        const std::string asked = asked_for(range, false);
        throw Error(Kind::database,
                    "report " + what + " was ended after " + etl::format_duration(timeout_) + " (" +
                        (asked.empty() ? "everything" : asked) + ")",
                    "Narrow it with --from and --to, or raise [database] statement_timeout.");
    }
}

etl::pg::Result Reading::report(const Report& report) {
    const Bound bound = bind_range(report.sql, range(report));
    return query(report.name, bound.sql, bound.parameters);
}

Range Reading::range(const Report& report) {
    Range range;
    range.today = today_;
    range.earlier = !options_.as_of.empty();
    if (report.has_range && !options_.from.empty()) range.from = options_.from;
    if (report.has_range && !options_.to.empty()) range.to = options_.to;
    if (report.has_by) range.by = options_.by.empty() ? fitting(range) : options_.by;
    return range;
}

std::string Reading::fitting(const Range& range) {
    if (!range.from && first_day_.empty())
        first_day_ =
            connection_.value("SELECT coalesce(min(day), current_date) FROM report.dim_date");
    const std::string first = range.from.value_or(first_day_), last = range.to.value_or(today_);
    return fitting_bucket(std::min(first, last), last);
}

std::string Reading::asked(const Report& report, bool russian) {
    return asked_for(range(report), russian);
}

std::string Reading::asked_days(bool russian) {
    return asked_for(
        {options_.from.empty() ? std::nullopt : std::optional(options_.from),
         options_.to.empty() ? std::nullopt : std::optional(options_.to), "day", today_},
        russian);
}

std::string Reading::bound(const Report& report, bool russian) {
    std::string out = asked(report, russian);
    if (report.has_by) {
        const Range range = this->range(report);
        const std::string by = russian ? (range.by == "day"    ? "по дням"
                                          : range.by == "week" ? "по неделям"
                                                               : "по месяцам")
                                       : "by " + range.by;
        out += (out.empty() ? "" : ", ") + by;
    }
    return out;
}

std::string Reading::state() {
    return connection_.value(
        "SELECT to_char(as_of AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI') FROM report.clock");
}

}  // namespace jobs
