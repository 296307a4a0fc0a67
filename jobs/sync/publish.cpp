#include "jobs/sync/publish.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/pg_commit.hpp"
#include "jobs/sync/analysts.hpp"
#include "jobs/sync/masks.hpp"
#include "jobs/sync/retention.hpp"
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
    Publication(const PublishPorts& ports, RunFindings& findings)
        : ports_(ports), findings_(findings), kept_(findings) {
        cancel_.emplace(ports_.stop, Cancel{ports_.connection});
    }

    // What passes costs another try from the kept bodies; what was committed before stands.
    Published run() {
        for (int tries = 1; !try_all(tries == etl::pg::kTries); ++tries) {
        }
        etl::pg::retried([this] { tidy_up(); });
        return std::move(published_);
    }

private:
    // False: what passes came between, and nothing of it is left.
    bool try_all(bool last) {
        try {
            load_all();
            return true;
        } catch (const Error& error) {
            if (!etl::pg::is_transient(error)) throw;
            if (ports_.stop.stop_requested()) throw stopped();
            if (last) throw;
            etl::log::warning("publishing once more", {{"reason", error.what()}});
        }
        transaction_.reset();
        published_.loaded.resize(committed_);
        findings_ = kept_;
        return false;
    }

    void load_all() {
        for (const ExportRow& row : received()) {
            if (ports_.stop.stop_requested()) throw stopped();
            if (ports_.alive) ports_.alive();
            load(row);
            if (ports_.config.sync.publish == "together") continue;
            refresh_facts(ports_.connection, ports_.run_id);
            commit();
        }
        finish();
    }

    void commit() {
        etl::pg::commit_or_ask(ports_.connection, transaction_);
        committed_ = published_.loaded.size();
        kept_ = findings_;
    }

    std::vector<ExportRow> received() {
        std::vector<ExportRow> rows = ports_.journal.exports({etl::ExportState::received});
        std::sort(rows.begin(), rows.end(), [](const ExportRow& a, const ExportRow& b) {
            return a.started_at.value_or(a.intended_at) < b.started_at.value_or(b.intended_at);
        });
        return rows;
    }

    void load(const ExportRow& row) {
        if (!transaction_) transaction_.emplace(ports_.connection);
        etl::Loaded loaded = etl::load_export(ports_.connection, ports_.journal, ports_.config,
                                              ports_.zone, ports_.run_id, row, {});
        if (loaded.red)
            say_refused(row, loaded);
        else if (row.rows > 0)
            check_begin(row);
        findings_.amber = findings_.amber || loaded.amber || loaded.red;
        if (!loaded.red)
            findings_.warnings.insert(findings_.warnings.end(), loaded.warnings.begin(),
                                      loaded.warnings.end());
        published_.loaded.push_back(std::move(loaded));
    }

    // The export that was to prove [sync] begin has brought rows.
    void check_begin(const ExportRow& row) {
        const std::optional<etl::Day>& begin = ports_.config.sync.begin;
        if (!begin || row.query.from || row.query.filter != "created_at" ||
            row.query.to != *begin - std::chrono::days{1})
            return;
        findings_.warn(fmt::format(
            "{}: {} rows were created before [sync] begin {}; they are in the mirror, but no sync "
            "reads them again: set an earlier day, or none",
            row.query.resource, row.rows, etl::format_day(*begin)));
    }

    // Nothing of the body is in the tables; the load has kept its reason and its rejects.
    void say_refused(const ExportRow& row, const etl::Loaded& loaded) {
        findings_.refused.push_back(fmt::format("{}: body of {} rows refused, {}",
                                                etl::describe(row.query), row.rows, loaded.reason));
        etl::log::error("body refused",
                        {{"export", std::to_string(row.id)}, {"reason", loaded.reason}});
    }

    void finish() {
        etl::pg::Connection& connection = ports_.connection;
        if (!transaction_) transaction_.emplace(connection);
        connection.query("UPDATE journal.run SET loaded_at = clock_timestamp() WHERE id = $1",
                         {std::to_string(ports_.run_id)});
        connection.query("UPDATE report.settings SET time_zone = $1 WHERE time_zone <> $1",
                         {ports_.config.getcourse.time_zone});
        refresh_facts(connection, ports_.run_id);
        if (!ports_.config.masking_key.empty())
            refresh_masks(connection, ports_.config.masking_key);
        read_back();
        cancel_.reset();  // what is whole is not thrown away
        commit();
    }

    void tidy_up() {
        vacuum();
        if (!serve_analysts(ports_.connection)) findings_.amber = true;
        drop_old_bodies(ports_.connection, ports_.config.keep);
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
            if (rows < kVacuumRows || schema::find_table(table) == nullptr) continue;
            const auto all = ports_.connection.query(
                "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = ('mirror.' || "
                "$1)::regclass",
                {table});
            if (static_cast<double>(rows) <= kVacuumShare * static_cast<double>(all.number(0, 0)))
                continue;
            ports_.connection.execute("VACUUM (ANALYZE) mirror." + schema::quoted(table) + " (" +
                                      planned_by(table) + ")");
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
    static constexpr std::uint64_t kVacuumRows = 1000;  // below, nobody would notice
    static constexpr double kVacuumShare = 0.05;

    const PublishPorts& ports_;
    RunFindings& findings_;
    RunFindings kept_;           // as they were at the last commit
    std::size_t committed_ = 0;  // of the loaded bodies
    Published published_;
    std::optional<etl::pg::Transaction> transaction_;
    // A statement may take minutes; who asks us to stop does not wait for its end.
    struct Cancel {
        etl::pg::Connection& connection;
        void operator()() const noexcept { connection.cancel(); }
    };
    std::optional<std::stop_callback<Cancel>> cancel_;
};

}  // namespace

Published publish(const PublishPorts& ports, RunFindings& findings) {
    return Publication(ports, findings).run();
}

}  // namespace jobs
