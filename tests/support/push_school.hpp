// A school behind the simulator and its mirror, for tests of write-back: planned, approved, sent,
// and read back by the next sync.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "etl/api.hpp"
#include "etl/error.hpp"
#include "etl/installation.hpp"
#include "etl/log.hpp"
#include "etl/pg.hpp"
#include "etl/transport.hpp"
#include "etl/value.hpp"
#include "jobs/push/push.hpp"
#include "jobs/push/send.hpp"
#include "jobs/simulator/simulator.hpp"
#include "jobs/sync/read_days.hpp"
#include "jobs/sync/sync.hpp"
#include "tests/support/database.hpp"

namespace test_support {

using namespace std::chrono_literals;
using std::chrono::days;

inline etl::Day today() { return etl::Zone("Europe/Moscow").today(etl::system_clock()->now()); }

class PushSchool : public testing::Test {
protected:
    // A school after its first sync, made once: each test gets a copy of the database and a
    // simulator at the same address that goes on with later export ids.
    struct Mirrored {
        TestDatabase database;
        int port = 0;
    };
    static const Mirrored& mirrored() {
        static const std::unique_ptr<Mirrored> made = [] {
            auto first = std::make_unique<Mirrored>();
            simulator::Simulator simulator(options(0));
            simulator.start();
            etl::Config config;
            set_service(config, simulator);
            config.database = first->database.settings();
            jobs::SyncOptions everything;
            everything.query.full = true;
            std::ostringstream out, err;
            EXPECT_EQ(jobs::run_sync(config, everything, out, err, {}), 0) << out.str();
            first->port = std::stoi(simulator.url().substr(simulator.url().rfind(':') + 1));
            simulator.stop();
            return first;
        }();
        return *made;
    }

    PushSchool() : simulator_(options(mirrored().port)), database_(&mirrored().database) {
        simulator_.start();
        etl::pg::Connection connection(database_.url(), "test");
        (void)etl::adopt_database(connection, config());
    }
    ~PushSchool() override {
        simulator_.stop();
        std::filesystem::remove_all(dir());
    }

    static std::filesystem::path dir() {
        return std::filesystem::temp_directory_path() /
               ("gcmirror-push-" + std::to_string(getpid()));
    }
    static simulator::SimulatorOptions options(int port) {
        etl::log::set_level(etl::log::Level::error);
        simulator::SimulatorOptions options;
        options.port = port;
        options.first_export_id = port == 0 ? 60000001 : 61000001;
        options.school.users = 300;
        options.school.deals = 900;
        options.school.today = today();
        options.school.begin = today() - days{700};
        options.build_median = 20ms;
        options.limit = 100000;
        options.dir = dir();
        return options;
    }
    static void set_service(etl::Config& config, const simulator::Simulator& simulator) {
        config.getcourse.url = simulator.url();
        config.getcourse.ca_file = simulator.ca_file().string();
        config.key = etl::Secret("simulator-read-key");
        config.budget.limit = 100000;
        config.pacing.first_poll = 15ms;
        config.pacing.busy_gap = 30ms;
        config.pacing.longest_gap = 100ms;
        config.timeouts.first_byte = 5s;
    }
    etl::Config config() const {
        etl::Config config;
        set_service(config, simulator_);
        config.getcourse.export_by_post = by_post_;
        config.database = database_.settings();
        config.write_back.gap = 0ms;
        config.write_back.settle_after = 0ms;
        config.write_back.dir = dir().string();
        config.alert.fresh_within = fresh_within_;
        config.write_back.four_eyes = four_eyes_;
        return config;
    }
    int sync(bool full = false) {
        jobs::SyncOptions sync_options;
        sync_options.query.full = full;
        std::ostringstream out, err;
        const int code = jobs::run_sync(config(), sync_options, out, err, {});
        said_ = out.str();
        return code;
    }
    // A command of push with what it said; errors leave as their message, with exit code -1.
    int push(int (*command)(jobs::Context&, const jobs::PushOptions&),
             const jobs::PushOptions& options) {
        std::ostringstream out, err;
        jobs::Context context{config(), out, err, false, false, {}};
        int code = -1;
        try {
            code = command(context, options);
        } catch (const etl::Error& error) {
            out << error.what();
        }
        said_ = out.str();
        return code;
    }
    // Rows as the school would write them: a query of its own.
    int plan(const std::string& select, const std::string& mode = "update",
             bool create_groups = false) {
        std::ofstream(dir() / "own.sql") << "-- Own\n-- mode: " << mode << "\n" << select << "\n";
        jobs::PushOptions options;
        options.name = "own";
        options.by = "Pia";
        options.create_groups = create_groups;
        options.stale_ok = stale_ok_;
        return push(jobs::run_push_plan, options);
    }
    int approve(std::int64_t plan, const std::string& by = "Anna") {
        jobs::PushOptions options;
        options.plan = plan;
        options.by = by;
        options.stale_ok = stale_ok_;
        return push(jobs::run_push_approve, options);
    }
    int send(std::int64_t plan, const std::string& key = "simulator-write-key",
             std::int64_t limit = 0, std::function<etl::Day(etl::Instant)> day_of = {}) {
        etl::Config with = config();
        with.write_key = etl::Secret(key);
        with.write_back.monthly_allowance = allowance_;
        if (!url_.empty()) with.getcourse.url = url_;
        jobs::SendOptions options;
        options.plan = plan;
        options.limit = limit;
        options.stale_ok = stale_ok_;
        options.day_of = std::move(day_of);
        with.write_back.read_again_after = read_again_after_;
        with.budget.limit = budget_;
        with.budget.reserve = 0;
        options.reader = jobs::reader_by_sync(with, nowhere_, {});
        std::ostringstream out, err;
        int code = -1;
        try {
            code = jobs::run_send(with, options, out, err, {});
        } catch (const etl::Error& error) {
            out << "error: " << error.what();
            code = etl::exit_code(error.kind());
        }
        said_ = out.str();
        return code;
    }
    // What somebody does at the school itself, past the mirror.
    void edit_at_school(const std::string& object, const std::string& document) const {
        struct Nowhere final : etl::BodySink {
            void begin(const etl::Response&) override {}
            bool write(std::string_view) override { return true; }
        } sink;
        const auto transport = etl::https_transport(config().base_url(), config().getcourse.ca_file,
                                                    config().timeouts);
        const etl::Response response = transport->send(
            etl::import_request(object, "add", document, etl::Secret("simulator-write-key")), sink,
            {}, etl::Deadline::max());
        EXPECT_EQ(response.status, 200);
    }
    std::int64_t exports() const {
        return std::stoll(value("SELECT count(*) FROM journal.export"));
    }
    std::string value(const std::string& sql) const {
        return etl::pg::Connection(database_.url(), "test").value(sql);
    }
    std::string states() const {
        return value(
            "SELECT coalesce(string_agg(state || ' ' || n, ', ' ORDER BY state), '') FROM (SELECT "
            "state, count(*) AS n FROM outbox.change GROUP BY 1) x");
    }
    std::int64_t imports() const {
        std::int64_t count = 0;
        for (const std::string& line : simulator_.log())
            count += line.find("POST /pl/api/users") == 0 || line.find("POST /pl/api/deals") == 0
                         ? 1
                         : 0;
        return count;
    }

    simulator::Simulator simulator_;
    TestDatabase database_;
    std::string said_;
    int allowance_ = 0;
    std::string url_;  // where send finds the service, if not at the simulator
    bool stale_ok_ = false, by_post_ = false, four_eyes_ = false;
    etl::Duration fresh_within_ = std::chrono::hours{30}, read_again_after_ = 15min;
    int budget_ = 100000;
    std::ostringstream nowhere_;
};

// People whose field has another value.
inline constexpr const char* kColour =
    "SELECT email, 'vk' AS \"field:reg_utm_source\" FROM mirror.users WHERE custom ->> "
    "'reg_utm_source' IS DISTINCT FROM 'vk' ORDER BY id LIMIT 40";

}  // namespace test_support
