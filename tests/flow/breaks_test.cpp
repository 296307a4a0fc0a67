// Connections to the database that break at the worst moment: the night goes on, nothing is lost,
// nothing is asked twice, and what was published is published once.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "etl/pg.hpp"
#include "tests/support/child.hpp"
#include "tests/support/database.hpp"
#include "tests/support/hostile_answers.hpp"
#include "tests/support/wire.hpp"

namespace {

using test_support::Ended;
using test_support::HostileAnswer;

class Breaks : public testing::Test {
protected:
    ~Breaks() override { std::filesystem::remove_all(dir()); }
    static std::filesystem::path dir() {
        return std::filesystem::temp_directory_path() /
               ("gcmirror-breaks-" + std::to_string(getpid()));
    }
    [[nodiscard]] std::vector<std::string> environment(const std::string& url) const {
        std::vector<std::string> patient = school_.environment(url);
        std::erase(patient, "GCMIRROR_TIMEOUTS_STALL=200ms");
        return patient;
    }
    [[nodiscard]] Ended sync(const std::string& url) const {
        return test_support::run_gcmirror({"sync"}, environment(url));
    }
    void good_night() {
        const std::string right = school_.next_night();
        const Ended ended = sync(database_.url());
        ASSERT_EQ(ended.code, 0) << ended.out << ended.err;
        ASSERT_EQ(figures(), right);
    }
    [[nodiscard]] std::string value(const std::string& sql) const {
        return etl::pg::Connection(database_.url(), "test").value(sql);
    }
    [[nodiscard]] std::string figures() const {
        return value(
            "SELECT concat_ws(' ', (SELECT concat_ws(' ', count(*), sum(cost)) FROM mirror.deals), "
            "(SELECT count(*) FROM mirror.users), (SELECT count(*) FROM mirror.groups))");
    }
    [[nodiscard]] std::string asked_twice() const {
        return value(
            "SELECT count(*) FROM (SELECT FROM journal.export WHERE service_id <> '' GROUP BY "
            "service_id HAVING sum(polls) > 1) e");
    }
    // Waits, bounded, until the journal's session has written a piece of a body.
    static void wait_for_a_piece(const std::function<std::string(const std::string&)>& ask) {
        for (int i = 0; i < 2000; ++i) {
            if (ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gcmirror: "
                    "journal' AND query LIKE '%body_chunk%' OR EXISTS (SELECT FROM "
                    "journal.body_chunk WHERE octet_length(data) >= 1048576)") != "0")
                return;
            usleep(10000);
        }
        ADD_FAILURE() << "no piece of the body was written";
    }
    // An answer about orders with a long note, which stops in the middle until `meanwhile` is done.
    static HostileAnswer long_body(std::function<void()> meanwhile) {
        HostileAnswer answer;
        answer.name = "a long body";
        const auto note = std::make_shared<std::string>();
        std::mt19937 random(20261126);
        while (note->size() < 6'000'000) note->push_back(static_cast<char>('a' + random() % 26));
        answer.bytes = [note](const HostileAnswer::Asked& asked) {
            std::string body = asked.good;
            const auto at = body.find("заметка");
            body.replace(at, std::string("заметка").size(), *note);
            const std::string all = test_support::http(body);
            return all.substr(0, all.find("aa") + 4'000'000);
        };
        answer.rest = [note](const HostileAnswer::Asked& asked) {
            std::string body = asked.good;
            const auto at = body.find("заметка");
            body.replace(at, std::string("заметка").size(), *note);
            const std::string all = test_support::http(body);
            return all.substr(all.find("aa") + 4'000'000);
        };
        answer.meanwhile = std::move(meanwhile);
        answer.times = 1;
        return answer;
    }

    test_support::TestDatabase database_;
    test_support::HostileSchool school_{dir()};
};

}  // namespace

TEST_F(Breaks, AJournalThatBreaksInTheMiddleOfABodyCostsNoRequestAndNoRow) {
    good_night();
    int ended = 0;
    school_.say(long_body([&] {
        wait_for_a_piece([this](const std::string& sql) { return value(sql); });
        ended += std::stoi(
            value("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE "
                  "application_name = 'gcmirror: journal' AND datname = current_database()"));
    }));
    good_night();
    EXPECT_EQ(ended, 1);
    EXPECT_EQ(asked_twice(), "0");
    EXPECT_EQ(value("SELECT count(*) FROM journal.body WHERE hash = ''"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM journal.body b JOIN journal.export e ON e.body_id = b.id "
                    "WHERE b.plain_bytes > 6000000 AND e.state = 'loaded'"),
              "1");
}

TEST_F(Breaks, AServerThatRestartsInTheMiddleOfABodyCostsNoRequestAndNoRow) {
    const std::filesystem::path data = dir().string() + "-data";
    std::vector<std::string> private_cluster = environment("");
    std::erase(private_cluster, "GCMIRROR_DATABASE_URL=");
    private_cluster.push_back("GCMIRROR_DATABASE_DATA_DIR=" + data.string());
    const auto run = [&](const std::vector<std::string>& arguments) {
        return test_support::run_gcmirror(arguments, private_cluster);
    };
    const auto ask = [&](const std::string& sql) {
        std::string out = run({"db", "psql", "--", "-Atc", sql}).out;
        if (!out.empty()) out.pop_back();
        return out;
    };
    (void)school_.next_night();
    const Ended first = run({"sync"});
    ASSERT_EQ(first.code, 0) << first.out << first.err;
    int restarts = 0;
    school_.say(long_body([&] {
        wait_for_a_piece(ask);
        pid_t postmaster = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(
                 data, std::filesystem::directory_options::skip_permission_denied))
            if (entry.path().filename() == "postmaster.pid")
                std::ifstream(entry.path()) >> postmaster;
        ASSERT_GT(postmaster, 1);
        kill(postmaster, SIGQUIT);  // at once: what was not committed is gone
        for (int i = 0; i < 2000 && kill(postmaster, 0) == 0; ++i) usleep(10000);
        EXPECT_EQ(run({"db", "start"}).code, 0);
        ++restarts;
    }));
    (void)school_.next_night();
    const Ended second = run({"sync"});
    EXPECT_EQ(second.code, 0) << second.out << second.err;
    EXPECT_EQ(restarts, 1);
    EXPECT_EQ(ask("SELECT count(*) FROM mirror.deals"), school_.people());
    EXPECT_EQ(ask("SELECT max(polls) FROM journal.export"), "1");
    (void)run({"db", "stop"});
    std::filesystem::remove_all(data);
}

// The server has committed and nobody was told: the journal knows it.
TEST_F(Breaks, APublicationWhoseCommitIsNotAnsweredIsNotPublishedTwice) {
    good_night();
    test_support::Wire wire(database_.url());
    for (const char* publish : {"together", "each"})
        for (int nth = 1; nth <= (publish == std::string("each") ? 3 : 1); ++nth) {
            const std::string right = school_.next_night();
            std::vector<std::string> so = environment(wire.url());
            so.push_back("GCMIRROR_SYNC_PUBLISH=" + std::string(publish));
            const int before = wire.lost();
            wire.lose_commit_of("load", nth);
            const Ended ended = test_support::run_gcmirror({"sync"}, so);
            const std::string which = std::string(publish) + " " + std::to_string(nth);
            EXPECT_EQ(ended.code, 0) << which << ended.out << ended.err;
            EXPECT_EQ(wire.lost(), before + 1) << which;
            EXPECT_EQ(figures(), right) << which;
            EXPECT_NE(ended.out.find("1 inserted"), std::string::npos)
                << which << ": the summary lost what was published\n"
                << ended.out;
            EXPECT_EQ(ended.err.find("publishing once more"), std::string::npos) << ended.err;
        }
    EXPECT_EQ(value("SELECT count(*) FROM history.deals"), "0");
}

TEST_F(Breaks, APublicationWhoseCommitBreaksIsDoneAgainFromTheKeptBodies) {
    good_night();
    etl::pg::Connection(database_.url(), "test")
        .execute(
            "CREATE SCHEMA fault; CREATE SEQUENCE fault.n; CREATE FUNCTION fault.run() RETURNS "
            "trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('fault.n') <= 2 THEN PERFORM "
            "pg_terminate_backend(pg_backend_pid()); END IF; RETURN new; END $$; CREATE CONSTRAINT "
            "TRIGGER fault AFTER INSERT ON mirror.users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
            "EXECUTE FUNCTION fault.run()");
    good_night();
    EXPECT_EQ(asked_twice(), "0");
    EXPECT_EQ(value("SELECT last_value FROM fault.n"), "3");
}

TEST_F(Breaks, WhatARunHasNotReadIsSaidAlsoWhenItsPublicationWasTriedAgain) {
    good_night();
    etl::pg::Connection(database_.url(), "test")
        .execute(
            "CREATE SCHEMA fault; CREATE SEQUENCE fault.n; CREATE FUNCTION fault.run() RETURNS "
            "trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('fault.n') = 1 THEN PERFORM "
            "pg_terminate_backend(pg_backend_pid()); END IF; RETURN new; END $$; CREATE CONSTRAINT "
            "TRIGGER fault AFTER INSERT ON mirror.users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
            "EXECUTE FUNCTION fault.run()");
    (void)school_.next_night();
    school_.say({"909", HostileAnswer::Place::poll, [](const HostileAnswer::Asked&) {
                     return test_support::http(
                         test_support::refusal("\"Файл еще не создан \"", "909"));
                 }});
    const Ended partial = sync(database_.url());
    EXPECT_NE(partial.err.find("publishing once more"), std::string::npos) << partial.err;
    EXPECT_EQ(partial.code, 4) << partial.out << partial.err;
    EXPECT_EQ(value("SELECT state FROM journal.run ORDER BY id DESC LIMIT 1"), "partial");
}

// GCMIRROR_BREAKS: how many nights.
TEST_F(Breaks, AtRandomMomentsNoConnectionThatEndsEndsTheNight) {
    const char* wanted = std::getenv("GCMIRROR_BREAKS");
    const int nights = wanted == nullptr ? 8 : std::atoi(wanted);
    good_night();
    std::mt19937 random(20261126);
    int ended = 0;
    for (int night = 0; night < nights; ++night) {
        const std::string right = school_.next_night();
        const auto moment = [&] { return random() % 500'000; };
        std::vector<unsigned long> moments = {moment(), moment()};
        std::sort(moments.begin(), moments.end());
        const std::jthread breaking([&, moments](const std::stop_token& stop) {
            etl::pg::Connection watch(database_.url(), "test");
            while (watch.value("SELECT count(*) FROM journal.run WHERE state = 'running'") == "0" &&
                   !stop.stop_requested())
                usleep(1000);  // the night has not begun on this machine
            unsigned long at = 0;
            for (const unsigned long next : moments) {
                usleep(static_cast<unsigned>(next -
                                             std::exchange(at, next)));  // the moment is the point
                ended += std::stoi(watch.value(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
                    "application_name IN ('gcmirror: journal', 'gcmirror: load', 'gcmirror: "
                    "bodies', 'gcmirror: sync "
                    "lock') AND datname = current_database() AND EXISTS (SELECT FROM journal.run "
                    "WHERE state = 'running')"));
            }
        });
        const Ended night_ended = sync(database_.url());
        EXPECT_EQ(night_ended.code, 0) << night << night_ended.out << night_ended.err;
        EXPECT_EQ(figures(), right) << night;
        EXPECT_EQ(asked_twice(), "0") << night;
    }
    std::cout << ended << " sessions ended in " << nights << " nights\n";
    EXPECT_GT(ended, 0);
}
