// Rows per second of loading orders: first, unchanged, 5 % and 100 % changed, against \copy of the
// finished rows (the limit), a plain staging upsert, a Python script and, where it is installed,
// pgloader. One run, interleaved rounds, medians; the table of tests/bench/README.md. Needs
// GCMIRROR_TEST_URL.
//   load_bench [rows] [rounds] [python script]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "etl/gzip.hpp"
#include "etl/journal_pg.hpp"
#include "etl/load.hpp"
#include "etl/log.hpp"
#include "etl/normalizer.hpp"
#include "jobs/simulator/school.hpp"
#include "schema/sql.hpp"
#include "tests/bench/orders.hpp"
#include "tests/support/database.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_of(const std::function<void()>& act) {
    const auto begin = Clock::now();
    act();
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

class Bench {
public:
    Bench(std::int64_t rows, std::string script) : rows_(rows), script_(std::move(script)) {
        for (const int changed : {0, 5, 100}) bodies_[changed] = bench::orders_body(rows, changed);
        dir_ =
            std::filesystem::temp_directory_path() / ("gcmirror-load-" + std::to_string(getpid()));
        std::filesystem::create_directories(dir_);
        std::ofstream(dir_ / "body0.json") << bodies_[0];
        std::ofstream(dir_ / "body5.json") << bodies_[5];
        for (const auto& [changed, plain] : bodies_) compressed_[changed] = etl::gzip(plain);
    }
    ~Bench() { std::filesystem::remove_all(dir_); }

    void round() {
        test_support::TestDatabase database;
        etl::pg::Connection journal_connection(database.url(), "journal"),
            loading(database.url(), "load");
        const auto journal = etl::pg_journal(journal_connection, {});
        const auto wal = [&] {
            return std::stod(loading.value("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"));
        };
        const auto load = [&](const char* name, int changed) {
            loading.execute("CHECKPOINT");
            double stored = 0, loaded = 0, wrote = 0;
            etl::ExportRow row;
            std::int64_t run = 0;
            stored = seconds_of([&] { row = receive(*journal, run, changed); });
            const double before = wal();
            loaded = seconds_of([&] {
                etl::pg::Transaction transaction(loading);
                (void)etl::load_export(loading, *journal, config_, zone_, run, row, {});
                transaction.commit();
            });
            wrote = wal() - before;
            note(std::string(name) + ", body kept", stored + loaded);
            note(std::string(name) + ", load alone", loaded);
            wal_[name].push_back(wrote / 1e6);
        };
        load("first load", 0);
        loading.execute("VACUUM (ANALYZE) mirror.deals");
        load("nothing changed", 0);
        load("5 % changed", 5);
        loading.execute("VACUUM mirror.deals");
        load("100 % changed", 100);
        copy_limit(loading);
        staging_upsert(loading);
        if (!script_.empty()) python(database.url());
        if (pgloader_) pgloader(loading);
    }

    void print() const {
        const double limit = bench::median(times_.at("\\copy into the same indexed table"));
        std::printf(
            "%lld orders of %zu columns, %.0f MB of JSON; medians of %zu rounds\n\n%-44s %10s %12s "
            "%10s\n",
            static_cast<long long>(rows_), simulator::School::deal_headings().size(),
            static_cast<double>(bodies_.at(0).size()) / 1e6, times_.begin()->second.size(), "",
            "rows/s", "x \\copy", "WAL MB");
        for (const auto& [name, times] : times_) {
            const auto wrote = wal_.find(name.substr(0, name.find(", load alone")));
            std::printf("%-44s %10.0f %12.2f", name.c_str(),
                        static_cast<double>(rows_) / bench::median(times),
                        limit / bench::median(times));
            if (wrote != wal_.end()) std::printf(" %10.1f", bench::median(wrote->second));
            std::printf("\n");
        }
    }

private:
    etl::ExportRow receive(etl::Journal& journal, std::int64_t& run, int changed) {
        run = journal.begin_run("bench", "{}");
        etl::ExportQuery query;
        query.resource = "deals";
        query.filter = "created_at";
        query.from = etl::parse_day("2024-01-01");
        query.to = etl::parse_day("2026-01-01");
        etl::ExportRow row = journal.export_row(journal.intend(run, query));
        row.started_at = row.received_at = journal.now();
        row.state = etl::ExportState::received;
        row.rows = static_cast<std::uint64_t>(rows_);
        row.headings = simulator::School::deal_headings();
        const etl::Permit permit =
            journal.before_send({run, row.id, "poll", "bench", "bench", false}, 0);
        // As the runner does it: the compressed pieces are stored and, inflated, counted.
        const auto writer = journal.body_writer(row.id);
        etl::SheetScanner scanner(nullptr);
        etl::Inflater inflater([&](std::string_view piece) { scanner.feed(piece); });
        const std::string& bytes = compressed_.at(changed);
        for (std::size_t at = 0; at < bytes.size(); at += 65536) {
            const std::string_view piece = std::string_view(bytes).substr(at, 65536);
            writer->write(piece);
            inflater.write(piece);
        }
        if (scanner.finish().rows != row.rows) std::abort();
        row.body_id = writer->commit(row, permit.request_id, {}, bodies_.at(changed).size());
        return row;
    }

    // The finished rows of mirror.deals into an empty table with the same columns and indexes.
    void copy_limit(etl::pg::Connection& connection) {
        std::string rows;
        connection.stream("SELECT * FROM mirror.deals",
                          [&](const std::vector<std::optional<std::string_view>>& fields) {
                              for (std::size_t i = 0; i < fields.size(); ++i) {
                                  if (i > 0) rows += '\t';
                                  if (fields[i])
                                      etl::append_copy_text(rows, *fields[i]);
                                  else
                                      rows += "\\N";
                              }
                              rows += '\n';
                          });
        connection.execute(
            "DROP TABLE IF EXISTS limit_deals; CREATE TABLE limit_deals (LIKE mirror.deals "
            "INCLUDING ALL)");
        connection.execute("CHECKPOINT");
        note("\\copy into the same indexed table", seconds_of([&] {
                 etl::pg::Transaction transaction(connection);
                 etl::pg::CopyIn copy(connection, "COPY limit_deals FROM STDIN");
                 for (std::size_t at = 0; at < rows.size();) {
                     const std::size_t end = std::min(
                         rows.size(), rows.find('\n', std::min(rows.size() - 1, at + 65536)) + 1);
                     copy.write(std::string_view(rows).substr(at, end - at));
                     at = end;
                 }
                 copy.finish();
                 transaction.commit();
             }));
        rows_text_ = std::move(rows);
    }

    // What is usual: everything to a temporary table, INSERT … ON CONFLICT DO UPDATE where the row
    // differs; here nothing does.
    void staging_upsert(etl::pg::Connection& connection) {
        std::string columns, sets, ours, theirs;
        const auto found = connection.query(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'mirror' AND "
            "table_name = 'deals' ORDER BY ordinal_position");
        for (std::size_t i = 0; i < found.rows(); ++i) {
            const std::string name = schema::quoted(found.text(i, 0));
            columns += (i > 0 ? ", " : "") + name;
            if (i == 0) continue;
            sets += (i > 1 ? ", " : "") + name + " = EXCLUDED." + name;
            ours += (i > 1 ? ", t." : "t.") + name;
            theirs += (i > 1 ? ", EXCLUDED." : "EXCLUDED.") + name;
        }
        connection.execute("CHECKPOINT");
        note("nothing changed, plain staging upsert", seconds_of([&] {
                 etl::pg::Transaction transaction(connection);
                 connection.execute(
                     "CREATE TEMP TABLE plain_stage (LIKE limit_deals) ON COMMIT DROP");
                 etl::pg::CopyIn copy(connection, "COPY plain_stage FROM STDIN");
                 copy.write(rows_text_);
                 copy.finish();
                 connection.execute("INSERT INTO limit_deals AS t (" + columns + ") SELECT " +
                                    columns + " FROM plain_stage ON CONFLICT (id) DO UPDATE SET " +
                                    sets + " WHERE (" + ours + ") IS DISTINCT FROM (" + theirs +
                                    ")");
                 transaction.commit();
             }));
    }

    void python(const std::string& url) {
        for (const auto& [name, file] :
             {std::pair("first load, Python execute_values", "body0.json"),
              std::pair("nothing changed, Python execute_values", "body0.json"),
              std::pair("5 % changed, Python execute_values", "body5.json")}) {
            const std::string command =
                "/usr/bin/python3 " + script_ + " '" + url + "' " + (dir_ / file).string();
            note(name, seconds_of([&] {
                     if (std::system(command.c_str()) != 0) std::abort();
                 }));
        }
    }

    // pgloader from a CSV of the finished rows into the same indexed table; its URL knows a
    // socket's folder, not ?host=.
    void pgloader(etl::pg::Connection& connection) {
        const auto csv = dir_ / "rows.csv", command = dir_ / "rows.load";
        std::string names;
        {
            std::ofstream out(csv, std::ios::binary);
            connection.stream("SELECT * FROM mirror.deals",
                              [&](const std::vector<std::optional<std::string_view>>& fields) {
                                  for (std::size_t i = 0; i < fields.size(); ++i) {
                                      if (i > 0) out << ',';
                                      if (!fields[i]) continue;
                                      out << '"';
                                      for (const char c : *fields[i])
                                          (c == '"' ? out << '"' : out) << c;
                                      out << '"';
                                  }
                                  out << '\n';
                              });
        }
        const auto found = connection.query(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'mirror' AND "
            "table_name = 'deals' ORDER BY ordinal_position");
        for (std::size_t i = 0; i < found.rows(); ++i)
            names += (i > 0 ? ", " : "") + found.text(i, 0);
        connection.execute(
            "DROP TABLE IF EXISTS pgloader_deals; CREATE TABLE pgloader_deals (LIKE mirror.deals "
            "INCLUDING ALL)");
        const std::string socket = connection.value(
            "SELECT split_part(current_setting('unix_socket_directories'), ',', 1)");
        std::ofstream(command) << "LOAD CSV FROM '" << csv.string() << "' (" << names
                               << ") INTO postgresql://" << connection.value("SELECT current_user")
                               << "@unix:" << socket << ":"
                               << connection.value("SELECT current_setting('port')") << "/"
                               << connection.value("SELECT current_database()")
                               << "?tablename=pgloader_deals (" << names
                               << ") WITH fields optionally enclosed by '\"', fields terminated by "
                                  "',', fields escaped by double-quote;\n";
        const std::string run = "pgloader --quiet " + command.string() + " >/dev/null 2>&1";
        connection.execute("CHECKPOINT");
        note("first load, pgloader from CSV", seconds_of([&] {
                 if (std::system(run.c_str()) != 0) std::abort();
             }));
        if (connection.value("SELECT count(*) FROM pgloader_deals") != std::to_string(rows_)) {
            std::fprintf(stderr, "pgloader loaded %s rows\n",
                         connection.value("SELECT count(*) FROM pgloader_deals").c_str());
            std::abort();
        }
    }

    void note(const std::string& name, double seconds) { times_[name].push_back(seconds); }

    std::int64_t rows_;
    std::string script_;
    bool pgloader_ = std::system("command -v pgloader >/dev/null") == 0;
    std::filesystem::path dir_;
    std::map<int, std::string> bodies_, compressed_;
    std::string rows_text_;
    std::map<std::string, std::vector<double>> times_, wal_;
    etl::Config config_;
    etl::Zone zone_{"Europe/Moscow"};
};

}  // namespace

int main(int argc, char** argv) {
    etl::log::set_level(etl::log::Level::error);
    Bench bench(argc > 1 ? std::atoll(argv[1]) : 100000, argc > 3 ? argv[3] : "");
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
    for (int i = 0; i < rounds; ++i) bench.round();
    bench.print();
    return 0;
}
