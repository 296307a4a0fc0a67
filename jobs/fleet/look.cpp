#include "jobs/fleet/look.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "embedded_fleet.hpp"
#include "etl/cluster.hpp"
#include "etl/embedded.hpp"
#include "etl/error.hpp"
#include "etl/journal_pg.hpp"
#include "etl/leash.hpp"
#include "etl/log.hpp"
#include "etl/pacing.hpp"
#include "jobs/output/places.hpp"
#include "jobs/serve/queries.hpp"

namespace jobs::fleet {
namespace {

using etl::pg::Connection;

constexpr std::chrono::seconds kConnectWithin{3};
constexpr int kNights = 14;

std::string_view sql(std::string_view name) {
    return etl::embedded_text(embedded::embedded_fleet(), name);
}

// Where its database listens; a private one is not started by looking.
std::string url_of(const etl::Config& config) {
    return config.database.url.empty() ? etl::Cluster(config).url() : config.database.url;
}

void read_nights(Connection& connection, const etl::Config& config, Seen& seen) {
    const auto nights = connection.query(
        filled_places(sql("nights.sql"), [](std::string_view) { return nights_query(kNights); }),
        {etl::format_instant(seen.at), config.getcourse.time_zone});
    for (std::size_t i = 0; i < nights.rows(); ++i)
        seen.nights.push_back({nights.text(i, 0), nights.text(i, 1), nights.number(i, 2)});
    const auto newest = connection.query(sql("newest_run.sql"));
    if (newest.empty()) return;
    seen.run_state = newest.text(0, 0);
    seen.run_began = etl::parse_instant(newest.text(0, 1));
    seen.doing = newest.text(0, 2);
}

std::optional<etl::Instant> oldest(const std::vector<TableFacts>& tables) {
    std::optional<etl::Instant> oldest;
    for (const TableFacts& table : tables) {
        if (!table.as_of) return std::nullopt;
        oldest = std::min(oldest.value_or(*table.as_of), *table.as_of);
    }
    return oldest;
}

void read_all(Connection& connection, const etl::Config& config, Seen& seen) {
    const etl::pg::Transaction snapshot(connection, "REPEATABLE READ READ ONLY");
    if (connection.value("SELECT to_regclass('journal.expected_run') IS NULL") == "t")
        throw etl::Error(etl::Kind::database, "its database has no tables of gcmirror yet");
    const Facts facts = read_facts(connection, config, seen.at);
    seen.judgement = judge(facts, config);
    seen.as_of = oldest(facts.tables);
    read_nights(connection, config, seen);
    const auto journal = etl::pg_journal(connection, etl::rules_of(config));
    const etl::SendDecision decision = journal->free_now();
    seen.limit = config.budget.limit;
    seen.used = decision.used;
    seen.free = decision.free;
}

}  // namespace

Seen look_at(const School& school, etl::Instant now, std::chrono::milliseconds most) {
    Seen seen;
    seen.at = now;
    try {
        Connection connection(etl::pg::connecting_within(url_of(school.config), kConnectWithin),
                              "fleet");
        const etl::pg::Leash leash(connection, most);
        try {
            read_all(connection, school.config, seen);
        } catch (const etl::Error&) {
            if (!leash.cut()) throw;
            throw etl::Error(etl::Kind::database, "no answer within " + etl::format_duration(most));
        }
    } catch (const std::exception& error) {
        seen.unreachable = etl::log::redacted(error.what());
    }
    return seen;
}

std::vector<Seen> look_at_all(const std::vector<School>& schools, etl::Instant now, int threads) {
    std::vector<Seen> all(schools.size());
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < schools.size(); i = next++)
            if (schools[i].error.empty()) all[i] = look_at(schools[i], now);
    };
    std::vector<std::jthread> workers;
    const int most = std::min(threads, static_cast<int>(schools.size()));
    for (int i = 1; i < most; ++i) workers.emplace_back(work);
    work();
    workers.clear();
    return all;
}

}  // namespace jobs::fleet
