#include "jobs/sync/publish.hpp"

#include <iterator>
#include <map>
#include <optional>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/pg_commit.hpp"
#include "jobs/sync/analysts.hpp"
#include "jobs/sync/masks.hpp"
#include "jobs/sync/retention.hpp"
#include "jobs/sync/vacuum.hpp"
#include "schema/sql.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::ExportRow;
using etl::Kind;

Error stopped() {
    return {Kind::stopped, "stopped while loading; nothing more was published",
            "The next sync goes on from the kept bodies."};
}

class Publication {
public:
    Publication(const LoadPorts& ports, RunFindings& findings, OpenLoad& open,
                const std::function<void()>& alive)
        : ports_(ports), findings_(findings), open_(open), alive_(alive) {
        cancel_.emplace(ports_.stop, CancelStatement{ports_.connection});
    }
    ~Publication() { open_.roll_back(); }
    Publication(const Publication&) = delete;
    Publication& operator=(const Publication&) = delete;

    // What passes costs another try from the kept bodies; what was committed before stands.
    Published run() {
        for (int tries = open_.transaction ? kAhead : 1; !try_all(tries); ++tries) {
        }
        etl::pg::retried([this] { tidy_up(); });
        return std::move(published_);
    }

private:
    static constexpr int kAhead = 0;  // the try that goes on with what was loaded before

    // False: what passes came between, and nothing of it is left.
    bool try_all(int tries) {
        try {
            load_all();
            return true;
        } catch (const Error& error) {
            const bool anew = tries == kAhead && !committing_;
            if (!anew && !etl::pg::is_transient(error)) throw;
            if (ports_.stop.stop_requested()) throw stopped();
            if (tries == etl::pg::kTries) throw;
            etl::log::warning("publishing once more", {{"reason", error.what()}});
        }
        open_.roll_back();
        return false;
    }

    void load_all() {
        committing_ = false;
        const std::vector<ExportRow> rows = received(ports_.journal);
        if (!open_.begins(rows)) open_.roll_back();
        if (!rows.empty() && ports_.stop.stop_requested()) throw stopped();
        for (std::size_t i = open_.loaded.size(); i < rows.size(); ++i) {
            if (ports_.stop.stop_requested()) throw stopped();
            if (alive_) alive_();
            open_.load(ports_, rows[i]);
            if (ports_.config.sync.publish == "together") continue;
            refresh_facts(ports_.connection, ports_.run_id);
            commit();
        }
        finish();
    }

    void commit() {
        etl::pg::commit_or_ask(ports_.connection, open_.transaction);
        published_.loaded.insert(published_.loaded.end(),
                                 std::make_move_iterator(open_.loaded.begin()),
                                 std::make_move_iterator(open_.loaded.end()));
        findings_.add(std::move(open_.findings));
        open_.roll_back();
    }

    void finish() {
        etl::pg::Connection& connection = ports_.connection;
        open_.begin(connection);
        connection.query("UPDATE journal.run SET loaded_at = clock_timestamp() WHERE id = $1",
                         {std::to_string(ports_.run_id)});
        connection.query("UPDATE report.settings SET time_zone = $1 WHERE time_zone <> $1",
                         {ports_.config.getcourse.time_zone});
        refresh_facts(connection, ports_.run_id);
        if (!ports_.config.masking_key.empty())
            refresh_masks(connection, ports_.config.masking_key);
        read_back();
        cancel_.reset();  // what is whole is not thrown away
        committing_ = true;
        commit();
    }

    void tidy_up() {
        vacuum();
        if (!serve_analysts(ports_.connection)) findings_.amber = true;
        drop_old_bodies(ports_.connection, ports_.config.keep);
        drop_versions();
    }

    // What may go waits for another night rather than cost this one.
    void drop_versions() {
        try {
            drop_old_versions(ports_.connection, ports_.config.keep,
                              {ports_.run_id, ports_.journal.now(), kDropFor, ports_.stop});
        } catch (const Error& error) {
            etl::log::warning("earlier versions were not dropped", {{"reason", error.what()}});
        }
    }

    // What the outbox makes of the new rows must not cost them.
    void read_back() {
        ports_.connection.execute("SAVEPOINT read_back");
        try {
            published_.settled =
                settle(ports_.connection, ports_.config, ports_.zone, ports_.run_id);
        } catch (const Error& error) {
            if (etl::pg::is_transient(error)) throw;
            ports_.connection.execute("ROLLBACK TO SAVEPOINT read_back");
            etl::log::error("changes were not read back", {{"reason", error.what()}});
        }
    }

    // Dead versions of a load that changed much slow every later scan, and a new table has no
    // statistics: not left to chance (performance.md 2.4).
    void vacuum() {
        std::map<std::string, std::uint64_t> written;
        for (const etl::Loaded& loaded : published_.loaded)
            written[loaded.table] += loaded.counts.inserted + loaded.counts.changed;
        bool facts = false;  // of orders change with payments, and the other way round
        for (const auto& [table, rows] : written) {
            if (schema::find_table(table) == nullptr) continue;
            const std::string name = "mirror." + schema::quoted(table);
            if (!worth_a_vacuum(ports_.connection, name, rows)) continue;
            ports_.connection.execute("VACUUM (ANALYZE) " + name + " (" + planned_by(table) + ")");
            facts = facts || table == "deals" || table == "payments";
        }
        // reports read their indexes alone, where no row behind them is new
        if (facts)
            ports_.connection.execute(
                "VACUUM report.fact_orders, report.fact_payments, report.fact_buyers, "
                "report.fact_days");
    }
    // Looking at all 66 columns takes as long as a third of the load. Plans need those that are
    // indexed and those that reports filter and group by; autovacuum takes all in its own time,
    // since a list of columns does not count as looked at.
    std::string planned_by(const std::string& table) {
        return ports_.connection.value(
            "SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a "
            "WHERE a.attrelid = ('mirror.' || $1)::regclass AND a.attnum > 0 AND NOT "
            "a.attisdropped AND (a.attname IN ('created_at', 'paid_at', 'joined_on', "
            "'left_seen_at', 'status_code', 'currency', 'manager', 'missing_since', 'valid_from', "
            "'email_key') OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND "
            "a.attnum = ANY (i.indkey)))",
            {table});
    }
    static constexpr etl::Duration kDropFor = std::chrono::minutes{1};

    const LoadPorts& ports_;
    RunFindings& findings_;
    OpenLoad& open_;
    const std::function<void()>& alive_;
    bool committing_ = false;
    Published published_;
    std::optional<std::stop_callback<CancelStatement>> cancel_;
};

}  // namespace

Published publish(const LoadPorts& ports, RunFindings& findings, OpenLoad& open,
                  const std::function<void()>& alive) {
    return Publication(ports, findings, open, alive).run();
}

}  // namespace jobs
