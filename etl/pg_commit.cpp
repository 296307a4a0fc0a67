#include "etl/pg_commit.hpp"

#include <string>

#include "etl/clock.hpp"
#include "etl/log.hpp"

namespace etl::pg {
namespace {

// A server process that lost its client may still be at its COMMIT (a standby that is waited for).
constexpr Duration kUnderWay = std::chrono::minutes{1}, kLook = std::chrono::milliseconds{50};

bool was_committed(Connection& connection, const std::string& number) {
    const auto clock = system_clock();
    const Instant until = clock->now() + kUnderWay;
    while (true) {
        const Param status = connection.query("SELECT pg_xact_status($1::xid8)", {number}).at(0, 0);
        if (status != "in progress") return status == "committed";
        if (clock->now() > until)
            throw Error(
                Kind::database, "the connection broke at a COMMIT, and the server is at it still",
                "See what holds it: SELECT * FROM pg_stat_activity WHERE query = 'COMMIT'.");
        (void)clock->sleep_until(clock->now() + kLook, {});
    }
}

}  // namespace

void commit_or_ask(Connection& connection, std::optional<Transaction>& transaction) {
    // NULL: it wrote nothing
    const Param number = connection.query("SELECT pg_current_xact_id_if_assigned()").at(0, 0);
    try {
        transaction->commit();
        transaction.reset();
        return;
    } catch (const Error& error) {
        transaction.reset();  // closes a connection that is gone
        if (!number || !is_transient(error)) throw;
        bool done = false;
        try {
            done = was_committed(connection, *number);
        } catch (const Error& unknown) {
            // Of a number that it has not come to yet (22) a server that took over knows nothing;
            // where none is there, what follows fails by itself.
            if (!is_bad_body(unknown) && !is_transient(unknown)) throw;
        }
        if (!done) throw;
        log::info("committed, though the connection broke", {{"reason", error.what()}});
    }
}

void in_one_step(Connection& connection, const std::function<void()>& work) {
    retried([&] {
        std::optional<Transaction> transaction(connection);
        work();
        commit_or_ask(connection, transaction);
    });
}

}  // namespace etl::pg
