// One canary key through every hostile answer of sync, doctor, push and serve: nothing that leaves
// the program, and nothing that it keeps, holds it, in clear, percent-encoded or in base64.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <Poco/JSON/Parser.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <fmt/core.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "etl/encoding.hpp"
#include "etl/pg.hpp"
#include "tests/support/child.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"
#include "tests/support/hostile_answers.hpp"
#include "tests/support/pattern.hpp"
#include "tests/support/receiver.hpp"

namespace {

namespace fs = std::filesystem;
using test_support::Ended;
using test_support::HostileAnswer;

// Letters that percent-encoding and base64 change, as real keys have none: each form differs.
const std::string kCanary = "CanaryKeyOfTheSchool/0123456789+abcdefXYZ==";

std::string file_text(const fs::path& file) {
    std::ostringstream out;
    out << std::ifstream(file, std::ios::binary).rdbuf();
    return out.str();
}

// The key's forms. Base64 of a text in which it stands differs by its place modulo 3: what of it
// does not depend on its neighbours.
std::vector<std::string> forms(const std::string& key) {
    std::string bytes, lower;
    for (const char c : key) {
        bytes += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        lower += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    }
    std::vector<std::string> all = {key, etl::percent_encoded(key), bytes, lower};
    for (std::size_t shift = 0; shift < 3; ++shift) {
        const std::string coded = etl::base64(std::string(shift, 'x') + key);
        all.push_back(coded.substr(4, coded.size() - 12));
    }
    return all;
}

class Canary : public testing::Test {
protected:
    Canary() : receiver_(dir()) {
        environment_ = school_.environment(database_.url(), kCanary);
        write_key_ = dir() / "write_key";
        std::ofstream(write_key_) << kCanary << "\n";
        fs::permissions(write_key_, fs::perms::owner_read);
        std::ofstream(dir() / "token") << "123:telegram\n";
        fs::permissions(dir() / "token", fs::perms::owner_read);
        for (const std::string& line :
             {"GCMIRROR_DATABASE_DATA_DIR=" + (dir() / "data").string(),
              "GCMIRROR_GETCOURSE_WRITE_KEY_FILE=" + write_key_.string(),
              "GCMIRROR_ALERT_WEBHOOK=" + receiver_.url() + "/hook",
              "GCMIRROR_ALERT_TELEGRAM_TOKEN_FILE=" + (dir() / "token").string(),
              std::string("GCMIRROR_ALERT_TELEGRAM_CHAT=1"),
              "GCMIRROR_ALERT_TELEGRAM_URL=" + receiver_.url(),
              "GCMIRROR_ALERT_CA_FILE=" + receiver_.ca_file().string(),
              "GCMIRROR_ALERT_SMTP=" + mail_.address(),
              std::string("GCMIRROR_ALERT_SMTP_PLAIN=true"),
              std::string("GCMIRROR_ALERT_MAIL_FROM=mirror@example.com"),
              std::string("GCMIRROR_ALERT_MAIL_TO=admin@example.com"),
              std::string("GCMIRROR_WRITE_BACK_GAP=1ms"),
              std::string("GCMIRROR_WRITE_BACK_ATTEMPTS=1"),
              std::string("GCMIRROR_SERVE_LISTEN=127.0.0.1:0")})
            environment_.push_back(line);
    }
    ~Canary() override { fs::remove_all(dir()); }
    static fs::path dir() {
        return fs::temp_directory_path() / ("gcmirror-canary-" + std::to_string(getpid()));
    }

    void search(const std::string& text, const std::string& where) {
        for (const std::string& form : forms_) {
            const auto at = text.find(form);
            EXPECT_EQ(at, std::string::npos)
                << where << ": " << text.substr(at < 100 ? 0 : at - 100, 300);
            if (at != std::string::npos) return;
        }
        searched_ += text.size();
    }
    Ended run(const std::vector<std::string>& arguments, const std::string& when) {
        const Ended ended = test_support::run_gcmirror(arguments, environment_);
        search(ended.out, when + ": stdout of " + arguments[0]);
        search(ended.err, when + ": stderr of " + arguments[0]);
        return ended;
    }
    [[nodiscard]] std::string value(const std::string& sql) const {
        return etl::pg::Connection(database_.url(), "test").value(sql);
    }
    void search_what_is_kept();
    void search_processes(pid_t of);
    std::string page(const std::string& address, const std::string& path,
                     const std::string& method = "GET", const std::string& csrf = {});

    test_support::TestDatabase database_;
    test_support::HostileSchool school_{dir()};
    test_support::HttpsReceiver receiver_;
    test_support::MailReceiver mail_;
    std::vector<std::string> environment_;
    fs::path write_key_;
    const std::vector<std::string> forms_ = forms(kCanary);
    std::size_t searched_ = 0;
};

// The whole database as pg_dump writes it, and every file but the two that hold the key.
void Canary::search_what_is_kept() {
    const Ended dump = test_support::Child({"/usr/bin/env", "pg_dump", "-d", database_.url()},
                                           {"PATH=/usr/bin:/bin:/usr/lib/postgresql/15/bin"})
                           .wait();
    ASSERT_EQ(dump.code, 0) << dump.err;
    ASSERT_GT(dump.out.size(), 100000u);
    search(dump.out, "pg_dump");
    for (const auto& entry : fs::recursive_directory_iterator(dir()))
        if (entry.is_regular_file() && entry.path() != write_key_ && entry.path() != dir() / "key")
            search(file_text(entry.path()), entry.path().string());
}

void Canary::search_processes(pid_t of) {
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const std::string stat = file_text(entry.path() / "stat");
        const bool child = stat.find(" " + std::to_string(of) + " ") != std::string::npos;
        if (std::stoi(name) != of && !child) continue;
        search(file_text(entry.path() / "cmdline"), "cmdline of " + name);
        search(file_text(entry.path() / "environ"), "environ of " + name);
    }
}

std::string Canary::page(const std::string& address, const std::string& path,
                         const std::string& method, const std::string& csrf) {
    Poco::Net::HTTPClientSession session{Poco::Net::SocketAddress(address)};
    Poco::Net::HTTPRequest request(method, path, "HTTP/1.1");
    if (!csrf.empty()) request.set("X-CSRF-Token", csrf);
    if (method == "POST") request.setContentLength(0);
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    std::string body;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), body);
    search(body, path);
    return body;
}

// What of the table speaks: those answers can repeat the key.
std::vector<HostileAnswer> speaking() {
    std::vector<HostileAnswer> out;
    for (const HostileAnswer& answer : test_support::hostile_answers())
        if (answer.bytes && answer.bytes({"CANARY", ""}).find("CANARY") != std::string::npos)
            out.push_back(answer);
    return out;
}

// Every sixth of the table, others than flow_hostile's, and all that are named after the key.
// GCMIRROR_CANARY=1: all; 5: every fifth. GCMIRROR_HOSTILE: by name.
bool wanted(const HostileAnswer& answer, int number) {
    if (const char* words = std::getenv("GCMIRROR_HOSTILE"))
        return test_support::found_in(answer.name, words);
    const char* every = std::getenv("GCMIRROR_CANARY");
    return (every == nullptr ? number % 6 == 3 : number % std::atoi(every) == 0) ||
           answer.name.find("key") != std::string::npos;
}

}  // namespace

TEST_F(Canary, TheKeyIsFoundNowhereAfterASyncOfEachHostileAnswer) {
    const Ended first = run({"sync"}, "at first");
    ASSERT_EQ(first.code, 0) << first.err;
    int number = 0, met = 0;
    for (const HostileAnswer& answer : test_support::hostile_answers()) {
        if (!wanted(answer, number++)) continue;
        school_.say(answer);
        (void)run({"sync"}, answer.name);
        ++met;
    }
    for (const char* command : {"status", "plan", "reconciliation"})
        (void)run({command}, "afterwards");
    (void)run({"export", "list"}, "afterwards");
    for (int id = 1; id <= std::stoi(value("SELECT max(id) FROM journal.run")); id += 10)
        (void)run({"explain", std::to_string(id)}, "afterwards");
    search_what_is_kept();
    if (std::getenv("GCMIRROR_HOSTILE") != nullptr) return;
    EXPECT_GE(met, 35);
    // It was met, and taken out.
    EXPECT_GT(std::stoi(value("SELECT count(DISTINCT message) FROM journal.request WHERE message "
                              "LIKE '%***%'")),
              3);
    std::cout << met << " answers, " << searched_ / 1000000 << " MB searched\n";
}

TEST_F(Canary, TheKeyIsFoundNowhereAfterDoctorAndPushOfEachAnswerThatRepeatsIt) {
    for (int i = 0; i < 90; ++i) (void)school_.next_night();  // orders to change
    const Ended first = run({"sync"}, "at first");
    ASSERT_EQ(first.code, 0) << first.err;
    const std::vector<HostileAnswer> answers = speaking();
    EXPECT_GT(answers.size(), 20u);
    int number = 0;
    for (const HostileAnswer& answer : answers) {
        if (++number % 4 != 1 && std::getenv("GCMIRROR_CANARY") == nullptr) continue;
        school_.say(answer, HostileAnswer::Place::fields);
        (void)run({"doctor"}, answer.name);
        school_.say(answer, HostileAnswer::Place::import);
        std::ofstream(dir() / "change.csv")  // an unclear change leaves its order open
            << "deal_number,email,deal_status\n"
            << fmt::format("{},a{}@example.com,cancelled\n", 5000 + number, number);
        const int before = school_.hostile_answers();
        const Ended planned = run({"push", "plan", "--csv", (dir() / "change.csv").string(),
                                   "--mode", "update", "--by", "Pia", "--stale-ok"},
                                  answer.name);
        ASSERT_EQ(planned.code, 0) << answer.name << planned.out << planned.err;
        const std::string plan = value("SELECT max(id) FROM outbox.plan");
        (void)run({"push", "approve", plan, "--by", "Anna", "--stale-ok"}, answer.name);
        (void)run({"push", "send", plan}, answer.name);
        EXPECT_GT(school_.hostile_answers(), before) << answer.name << ": nothing was sent";
        (void)run({"push", "list", plan}, answer.name);
        (void)run({"push", "cancel", plan}, answer.name);
        etl::pg::Connection(database_.url(), "test")
            .execute("DELETE FROM journal.alert");  // told anew
    }
    (void)run({"push", "verify"}, "afterwards");
    search_what_is_kept();
}

TEST_F(Canary, TheKeyIsFoundNowhereOfAServiceItsDashboardItsProcessesAndItsAlerts) {
    const Ended first = run({"sync"}, "at first");
    ASSERT_EQ(first.code, 0) << first.err;
    test_support::Child serve({test_support::program(), "serve"}, environment_);
    std::string address;
    for (int i = 0; i < 2000 && address.empty(); ++i) {  // bounded: until it listens
        usleep(10000);
        const std::string said = serve.said();
        const auto at = said.find("127.0.0.1:");
        if (at != std::string::npos && said.find_first_not_of("0123456789.:", at) < said.size())
            address = said.substr(at, said.find_first_not_of("0123456789.:", at) - at);
    }
    ASSERT_FALSE(address.empty()) << serve.said();
    etl::pg::Connection watcher(database_.url(), "test");
    const auto leads = [&] { return serve.said().find("leading; schedule") != std::string::npos; };
    for (int i = 0; i < 2000 && !leads(); ++i) usleep(10000);  // bounded
    ASSERT_TRUE(leads()) << serve.said();
    int number = 0;
    for (const HostileAnswer& answer : speaking()) {
        if (number++ % 6 != 0) continue;  // the words are the same ones as of a sync
        school_.say(answer);
        const std::string overview = page(address, "/api/overview");
        const std::string finished =
            "SELECT count(*) FROM journal.run WHERE finished_at IS NOT NULL";
        const std::string runs = watcher.value(finished);
        const std::string token = Poco::JSON::Parser()
                                      .parse(overview)
                                      .extract<Poco::JSON::Object::Ptr>()
                                      ->getValue<std::string>("csrf");
        ASSERT_EQ(page(address, "/api/sync", "POST", token), "{\"accepted\":true}") << serve.said();
        for (int i = 0; i < 2000 && watcher.value(finished) == runs; ++i)
            usleep(10000);  // bounded: until that run has ended
        EXPECT_NE(watcher.value(finished), runs) << answer.name;
        search_processes(serve.pid());
        const std::string id = value("SELECT max(id) FROM journal.run");
        for (const std::string& path :
             {std::string("/api/overview"), std::string("/api/runs"), "/api/run?id=" + id,
              std::string("/api/rejects"), std::string("/api/fields"), std::string("/metrics")})
            (void)page(address, path);
    }
    for (int i = 0; i < 1000 && (receiver_.got().size() < 2 || mail_.got().empty()); ++i)
        usleep(10000);  // bounded: until something was told on each channel
    kill(serve.pid(), SIGTERM);
    const Ended ended = serve.wait();
    search(ended.out + ended.err, "what serve said");
    EXPECT_GE(receiver_.got().size(), 2u);
    EXPECT_FALSE(mail_.got().empty());
    for (const std::string& got : receiver_.got()) search(got, "webhook or Telegram");
    for (const std::string& got : mail_.got()) search(got, "mail");
    search_what_is_kept();
}
