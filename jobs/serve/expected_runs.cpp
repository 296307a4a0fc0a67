#include "jobs/serve/expected_runs.hpp"

#include "etl/error.hpp"
#include "jobs/serve/queries.hpp"

namespace jobs::expected_runs {

std::string state_of(int exit_code) {
    if (exit_code == 0) return "done";
    switch (static_cast<etl::Kind>(exit_code)) {
        case etl::Kind::rejects:
            return "amber";
        case etl::Kind::postponed:
            return "postponed";
        case etl::Kind::locked:
            return "skipped";
        case etl::Kind::stopped:
            return "stopped";
        case etl::Kind::unexpected:
        case etl::Kind::usage:
        case etl::Kind::refused:
        case etl::Kind::database:
            break;
    }
    return "failed";
}

etl::Instant handled_until(etl::pg::Connection& connection, const std::string& job,
                           etl::Instant now) {
    const auto found = connection.query(serve_query("expected_handled_until"), {job});
    return found.at(0, 0) ? etl::parse_instant(found.text(0, 0)).value_or(now) : now;
}

void record_died(etl::pg::Connection& connection) {
    connection.query(serve_query("expected_died"));
}

void record_missed(etl::pg::Connection& connection, const std::string& job, etl::Instant due,
                   const std::string& reason) {
    connection.query(serve_query("expected_missed"), {job, etl::format_instant(due), reason});
}

void record_skipped(etl::pg::Connection& connection, const std::string& job, etl::Instant due,
                    const std::string& reason) {
    connection.query(serve_query("expected_skipped"), {job, etl::format_instant(due), reason});
}

bool succeeded_since(etl::pg::Connection& connection, const std::string& job, etl::Instant since) {
    return connection
        .query(
            "SELECT EXISTS (SELECT FROM journal.expected_run WHERE job = $1 AND due_at >= $2 AND "
            "state IN ('done', 'amber'))",
            {job, etl::format_instant(since)})
        .flag(0, 0);
}

void forget_others(etl::pg::Connection& connection, const std::vector<std::string>& jobs) {
    connection.query(
        "DELETE FROM journal.expected_run WHERE state = 'expected' AND job <> ALL ($1::text[])",
        {etl::pg::array_literal(jobs)});
}

void record_started(etl::pg::Connection& connection, const std::string& job, etl::Instant due) {
    connection.query(serve_query("expected_started"), {job, etl::format_instant(due)});
}

void record_ended(etl::pg::Connection& connection, const std::string& job, etl::Instant due,
                  const std::string& state, const std::string& reason) {
    connection.query(serve_query("expected_ended"), {job, etl::format_instant(due), state, reason});
}

void expect(etl::pg::Connection& connection, const std::string& job,
            std::optional<etl::Instant> next) {
    const etl::pg::Param at = next ? etl::pg::Param(etl::format_instant(*next)) : std::nullopt;
    connection.query(serve_query("expected_next"), {job, at});
    if (next)
        connection.query(
            "INSERT INTO journal.expected_run (job, due_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            {job, at});
}

}  // namespace jobs::expected_runs
