// One step of the bench of loading, as a process of its own so that its CPU and memory are its own:
// tests/bench/load.sh runs it beside its peers.
//   load_bench bodies FOLDER ROWS RESOURCE…   RESOURCE-CHANGED.json.gz, what all of them read
//   load_bench migrate URL                    an empty database becomes ours
//   load_bench fields URL FILE                the list of custom fields, received
//   load_bench publish URL RESOURCE FILE      receives the body and publishes the run, as sync does
//   load_bench load URL RESOURCE FILE         receives it and loads it: no facts, no statistics
// The last two print the seconds of their parts as JSON.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "etl/gzip.hpp"
#include "etl/journal_pg.hpp"
#include "etl/load.hpp"
#include "etl/log.hpp"
#include "etl/migrator.hpp"
#include "jobs/sync/publish.hpp"
#include "tests/bench/orders.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using BodyOf = std::string (*)(std::int64_t rows, int changed_of_100);

double seconds_of(const std::function<void()>& act) {
    const auto begin = Clock::now();
    act();
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

void keep(const std::string& path, const std::string& plain) {
    std::ofstream(path, std::ios::binary) << etl::gzip(plain);
}

void make_bodies(const std::string& folder, std::int64_t rows,
                 const std::vector<std::string>& resources) {
    for (const auto& [resource, body] :
         {std::pair<std::string, BodyOf>("deals", bench::orders_body),
          std::pair<std::string, BodyOf>("users", bench::users_body),
          std::pair<std::string, BodyOf>("payments", bench::payments_body)}) {
        if (std::find(resources.begin(), resources.end(), resource) == resources.end()) continue;
        for (const int changed : {0, 5, 100})
            keep(folder + "/" + resource + "-" + std::to_string(changed) + ".json.gz",
                 body(rows, changed));
    }
    keep(folder + "/fields.json.gz", bench::fields_body());
}

class Step {
public:
    explicit Step(const std::string& url)
        : journal_connection_(url, "journal"), loading_(url, "load") {
        run_ = journal_->begin_run("bench", "{}");
    }

    // As the runner does it: the compressed pieces are stored and, inflated, counted.
    etl::ExportRow receive(const std::string& resource, const std::string& file) {
        etl::ExportQuery query;
        query.resource = resource;
        if (resource != "fields") {
            query.filter = "created_at";
            query.from = etl::parse_day("2024-01-01");
            query.to = etl::parse_day("2026-01-01");
        }
        etl::ExportRow row = journal_->export_row(journal_->intend(run_, query));
        row.started_at = row.received_at = journal_->now();
        row.state = etl::ExportState::received;
        const etl::Permit permit =
            journal_->before_send({run_, row.id, "poll", "bench", "bench", false}, 0);
        const auto writer = journal_->body_writer(row.id);
        etl::SheetScanner scanner(nullptr);
        std::uint64_t plain = 0;
        etl::Inflater inflater([&](std::string_view piece) {
            scanner.feed(piece);
            plain += piece.size();
        });
        std::ifstream in(file, std::ios::binary);
        std::vector<char> piece(65536);
        while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) ||
               in.gcount() > 0) {
            const std::string_view bytes(piece.data(), static_cast<std::size_t>(in.gcount()));
            writer->write(bytes);
            inflater.write(bytes);
        }
        const etl::Envelope envelope = scanner.finish();
        row.rows = envelope.rows;
        row.headings = etl::headings(envelope);
        row.body_id = writer->commit(row, permit.request_id, {}, plain);
        return row;
    }

    void publish() {
        jobs::RunFindings findings;
        jobs::OpenLoad open;
        const std::string begin = loading_.value("SELECT clock_timestamp()");
        const double whole = seconds_of([&] {
            (void)jobs::publish({config_, zone_, loading_, *journal_, run_, {}}, findings, open);
        });
        const double loaded = std::stod(loading_.value(
            "SELECT extract(epoch FROM loaded_at - $1::timestamptz) FROM journal.run "
            "WHERE id = $2",
            {begin, std::to_string(run_)}));
        std::printf(R"(, "load": %.3f, "rest": %.3f)", loaded, whole - loaded);
    }

    void load(const etl::ExportRow& row) {
        const double loaded = seconds_of([&] {
            etl::pg::Transaction transaction(loading_);
            (void)etl::load_export(loading_, *journal_, config_, zone_, run_, row, {});
            transaction.commit();
        });
        std::printf(R"(, "load": %.3f, "rest": 0)", loaded);
    }

private:
    etl::pg::Connection journal_connection_, loading_;
    std::unique_ptr<etl::Journal> journal_ = etl::pg_journal(journal_connection_, {});
    etl::Config config_;
    etl::Zone zone_{"Europe/Moscow"};
    std::int64_t run_ = 0;
};

int run(const std::vector<std::string>& words) {
    const std::string what = words.empty() ? "" : words[0];
    if (what == "bodies" && words.size() > 3) {
        make_bodies(words[1], std::stoll(words[2]), {words.begin() + 3, words.end()});
    } else if (what == "migrate" && words.size() == 2) {
        etl::pg::Connection connection(words[1], "bench");
        etl::migrate(connection);
    } else if (what == "fields" && words.size() == 3) {
        Step step(words[1]);
        (void)step.receive("fields", words[2]);  // read by the loads that follow
    } else if ((what == "publish" || what == "load") && words.size() == 4) {
        Step step(words[1]);
        etl::ExportRow row;
        const double received = seconds_of([&] { row = step.receive(words[2], words[3]); });
        std::printf(R"({"receive": %.3f)", received);
        if (what == "publish")
            step.publish();
        else
            step.load(row);
        std::printf("}\n");
    } else {
        std::cerr
            << "see the head of tests/bench/load_bench.cpp; tests/bench/load.sh is the bench\n";
        return 2;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    etl::log::set_level(etl::log::Level::error);
    return run({argv + 1, argv + argc});
}
