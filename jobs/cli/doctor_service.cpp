// doctor's one request to the service: address, certificate, key and clock.
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>
#include <fmt/core.h>
#include <fmt/format.h>

#include <ostream>

#include "etl/export_runner.hpp"
#include "etl/journal_pg.hpp"
#include "etl/transport.hpp"
#include "jobs/cli/doctor.hpp"
#include "jobs/cli/doctor_checks.hpp"
#include "jobs/output/words.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

constexpr etl::Duration kClockTolerance = std::chrono::minutes{2};
constexpr etl::Duration kWaitForBudget = std::chrono::seconds{30};

// The service's clock as the run's answers tell it.
void compare_clocks(Doctor& doctor, std::int64_t run, etl::Instant now) {
    const auto answer = doctor.connection->query(
        "SELECT service_date FROM journal.request WHERE run_id = $1 AND service_date <> '' ORDER "
        "BY id DESC LIMIT 1",
        {std::to_string(run)});
    if (!answer.empty()) doctor.findings.push_back(check_clock(answer.text(0, 0), now));
}

void ask_for_fields(Doctor& doctor, etl::Journal& journal, std::int64_t run) {
    const etl::Config& config = doctor.config;
    const auto clock = etl::system_clock();
    const auto transport =
        etl::https_transport(config.base_url(), config.getcourse.ca_file, config.timeouts);
    etl::ExportRunner runner(*transport, journal, *clock, config, [](const etl::Progress&) {});
    etl::ExportQuery query;
    query.resource = "fields";
    const etl::ExportOutcome outcome =
        runner.list(run, query, journal.now() + kWaitForBudget, doctor.context.stop);
    const bool received = outcome.row.state == etl::ExportState::received;
    journal.finish_run(run, received ? "done" : "failed",
                       received ? 0 : etl::exit_code(Kind::refused),
                       received ? "" : outcome.row.reason);
    doctor.findings.push_back(
        received ? found_ok("key", "the service answers and takes the key")
                 : found_wrong("key",
                               "the service did not give its list of fields: " + outcome.row.reason,
                               fmt::format("Look at gcmirror explain {}.", run), Kind::refused));
    compare_clocks(doctor, run, journal.now());
}

}  // namespace

Finding check_clock(const std::string& service_date, etl::Instant ours) {
    Poco::DateTime date;
    int zone = 0;
    const bool whole = service_date.size() == std::string_view("Wed, 25 Nov 2026 12:00:00 GMT")
                                                  .size();  // the parser alone takes any text
    if (!whole || !Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::HTTP_FORMAT, service_date,
                                                  date, zone))
        return found_note(
            "clock",
            fmt::format("the service's Date is \"{}\", which cannot be read", service_date),
            "Nothing to do; clocks were not compared.");
    const etl::Duration apart =
        ours - etl::Instant{etl::Duration{date.timestamp().epochMicroseconds()}};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(apart).count();
    const std::string text = seconds == 0 ? "the same second as the service's"
                                          : fmt::format("{} s {} the service's", std::abs(seconds),
                                                        seconds > 0 ? "ahead of" : "behind");
    if (apart > kClockTolerance || apart < -kClockTolerance)
        return found_wrong("clock", text,
                           "Set the machine's clock, for instance with systemd-timesyncd: days and "
                           "the budget's window depend on it.",
                           Kind::usage);
    return found_ok("clock", text);
}

void look_at_service(Doctor& doctor) {
    const etl::Config& config = doctor.config;
    if (config.key.empty() || config.base_url() == "https://.getcourse.ru") return;
    const auto journal = etl::pg_journal(*doctor.connection, etl::rules_of(config));
    if (journal->free_now().over_for.count() > 0) {  // the one probe is the sync's
        doctor.findings.push_back(
            found_note("key", "not asked: the service says that the account's requests are spent",
                       "Ask again when the budget has room; gcmirror status shows when."));
        return;
    }
    doctor.context.err << words::say(doctor.context.russian,
                                     "asking {} for its list of fields: one request of the budget",
                                     config.base_url())
                       << '\n';
    const std::int64_t run = journal->begin_run("doctor", "{}");
    try {
        ask_for_fields(doctor, *journal, run);
    } catch (const Error& error) {
        const bool postponed = error.kind() == Kind::postponed;
        journal->finish_run(run, postponed ? "postponed" : "failed", etl::exit_code(error.kind()),
                            error.what());
        doctor.findings.push_back(
            postponed
                ? found_note("key", fmt::format("not asked: {}", error.what()),
                             "Ask again when the budget has room; gcmirror status shows when.")
                : found_wrong("key", error.what(), error.hint(), error.kind()));
    }
}

}  // namespace jobs
