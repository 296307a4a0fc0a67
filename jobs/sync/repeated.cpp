#include "jobs/sync/repeated.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "jobs/sync/sql.hpp"

namespace jobs {

using std::chrono::days;

std::string repeated_words(etl::pg::Connection& connection, const etl::ExportRow& row,
                           const etl::Zone& zone) {
    const auto found = connection.query(sync_sql("repeated_export"),
                                        {row.service_id, std::to_string(row.id), zone.name()});
    return fmt::format("the service gave the export of {} again (asked at {})", found.text(0, 0),
                       found.text(0, 1));
}

std::optional<etl::ExportQuery> window_not_asked_today(etl::pg::Connection& connection,
                                                       const etl::ExportQuery& query,
                                                       const DayOf& day_of, etl::Instant now) {
    if (!query.from && !query.to) return std::nullopt;
    const etl::Day today = day_of(now);
    std::set<std::pair<std::string, std::string>> asked;  // first and last day
    const auto found =
        connection.query(sync_sql("windows_asked"),
                         {query.resource, query.filter, etl::format_instant(now - days{2})});
    for (std::size_t i = 0; i < found.rows(); ++i)
        if (const auto at = etl::parse_instant(found.text(i, 2)); at && day_of(*at) == today)
            asked.emplace(found.text(i, 0), found.text(i, 1));
    const auto is_asked = [&](const etl::ExportQuery& other) {
        return asked.contains({other.from ? etl::format_day(*other.from) : "",
                               other.to ? etl::format_day(*other.to) : ""});
    };
    etl::ExportQuery other = query;
    do {  // wider at the end only where there is no beginning
        if (other.from)
            *other.from -= days{1};
        else
            *other.to += days{1};
    } while (is_asked(other));
    return other;
}

}  // namespace jobs
