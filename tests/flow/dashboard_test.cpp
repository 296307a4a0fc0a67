// The dashboard over HTTP against a real database: what it answers, whom it refuses, how long it
// waits.
#include "jobs/serve/dashboard.hpp"
#include "jobs/report/report_catalog.hpp"

#include <Poco/JSON/Parser.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>
#include <gtest/gtest.h>
#include <future>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <sstream>

#include "etl/error.hpp"
#include "etl/pg.hpp"
#include "jobs/serve/dashboard_push.hpp"
#include "jobs/simulator/tls_certificates.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"

using namespace std::chrono_literals;

namespace {

class Pages : public testing::Test {
protected:
    Pages() {
        config_.database = database_.settings();
        config_.getcourse.account = "school";
        config_.serve_listen = "127.0.0.1:0";
    }
    void open() {
        controls_->configured(config_);
        controls_->ticked(etl::system_clock()->now(), true);
        dashboard_ = std::make_unique<jobs::Dashboard>(config_, database_.url(), controls_);
    }
    struct Answer {
        int status = 0;
        std::string body, type, policy, authenticate, location, cookie;
    };
    Answer ask(const std::string& method, const std::string& path,
               const std::map<std::string, std::string>& headers = {},
               const std::string& body = {}) {
        if (!dashboard_) open();
        const Poco::Net::SocketAddress address(dashboard_->address());
        Poco::Net::HTTPClientSession session(address);
        session.setTimeout(Poco::Timespan(20, 0));
        Poco::Net::HTTPRequest request(method, path, "HTTP/1.1");
        for (const auto& [name, value] : headers) request.set(name, value);
        if (!body.empty()) request.setContentLength(static_cast<std::streamsize>(body.size()));
        session.sendRequest(request) << body;
        Poco::Net::HTTPResponse response;
        Answer answer;
        std::ostringstream text;
        Poco::StreamCopier::copyStream(session.receiveResponse(response), text);
        answer.status = response.getStatus();
        answer.body = text.str();
        answer.type = response.getContentType();
        answer.policy = response.get("Content-Security-Policy", "");
        answer.location = response.get("Location", "");
        answer.cookie = response.get("Set-Cookie", "");
        answer.authenticate = response.get("WWW-Authenticate", "");
        return answer;
    }
    Poco::JSON::Object::Ptr json(const std::string& path) {
        const Answer answer = ask("GET", path);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return Poco::JSON::Parser().parse(answer.body).extract<Poco::JSON::Object::Ptr>();
    }
    std::string value(const std::string& sql) const {
        return etl::pg::Connection(database_.url(), "test").value(sql);
    }

    test_support::TestDatabase database_ = test_support::TestDatabase::with_small_school();
    etl::Config config_;
    std::shared_ptr<jobs::Controls> controls_ = std::make_shared<jobs::Controls>();
    std::unique_ptr<jobs::Dashboard> dashboard_;
};

// A plan that waits, of somebody called Pia.
class Approvals : public Pages {
protected:
    Approvals() {
        config_.sync.resources = {};
        config_.approvers = {{"Anna", etl::Secret("annas-password")},
                             {"pia", etl::Secret("pias-own-password")}};
        connection().execute(
            "INSERT INTO "
            "outbox.plan (name, source, object, mode, query, made_by, os_user, expires_at, "
            "requests) VALUES ('vip', 'segment', 'users', 'update', '', 'Pia', 'gcmirror', "
            "clock_timestamp() + interval '1 day', 1); INSERT INTO outbox.change (plan_id, state, "
            "mode, wanted, object, key, email_key, differences, document) VALUES (1, 'planned', "
            "'update', '{}', 'users', 'a@example.org', 'a@example.org', '[]', '{\"a\": 1}'); "
            "UPDATE "
            "outbox.plan SET hash = outbox.plan_hash(id)");
    }
    etl::pg::Connection connection() const { return {database_.url(), "test"}; }
    std::string signed_in(const std::string& name, const std::string& password) {
        const Answer in = ask("POST", "/approver", {}, "name=" + name + "&password=" + password);
        EXPECT_EQ(in.location, "/#/push");
        return in.cookie.substr(0, in.cookie.find(';'));
    }
    Answer approve(const std::string& csrf, const std::string& cookie) {
        return ask("POST", "/api/approve?plan=1&hash=" + value("SELECT hash FROM outbox.plan"),
                   {{"X-CSRF-Token", csrf}, {"Cookie", cookie}});
    }
};

std::string basic(const char* pair) { return std::string("Basic ") + pair; }

}  // namespace

TEST_F(Pages, EveryPageAnswersAndForbidsForeignScripts) {
    for (const char* path : {"/",
                             "/app.js",
                             "/overview.js",
                             "/words.js",
                             "/app.css",
                             "/view.js",
                             "/table.js",
                             "/view.css",
                             "/chart.js",
                             "/favicon.svg",
                             "/api/overview",
                             "/api/runs",
                             "/api/run?id=1",
                             "/api/rejects",
                             "/api/rejects?run=1",
                             "/api/fields",
                             "/api/reports",
                             "/api/report?name=revenue_by_day&from=2026-01-01&by=month",
                             "/api/rows?name=revenue_by_day&from=2026-01-01&where0=counted%3Dtrue",
                             "/api/session",
                             "/api/push",
                             "/api/push?plan=1",
                             "/metrics",
                             "/readyz"}) {
        const Answer answer = ask("GET", path);
        EXPECT_EQ(answer.status, 200) << path << " " << answer.body;
        EXPECT_NE(answer.policy.find("default-src 'none'; script-src 'self'; style-src 'self'"),
                  std::string::npos)
            << path;
        if (std::string(path).find("/api/") == 0) {
            EXPECT_NO_THROW(Poco::JSON::Parser().parse(answer.body)) << path;
        }
    }
    EXPECT_EQ(ask("HEAD", "/").body, "");
}

TEST_F(Pages, WhatIsWrongIsSaidAndNothingElseHappens) {
    EXPECT_EQ(ask("GET", "/api/run?id=99").status, 404);
    EXPECT_EQ(ask("GET", "/api/run?id=1;drop").status, 400);
    EXPECT_EQ(ask("GET", "/nothing/../etc/passwd").status, 404);
    EXPECT_EQ(ask("GET", "/%zz").status, 400);
    EXPECT_EQ(ask("PUT", "/api/overview").status, 405);
    const Answer unknown = ask("GET", "/api/report?name=revenue_by_dey");
    EXPECT_EQ(unknown.status, 400);
    EXPECT_NE(unknown.body.find("revenue_by_day"), std::string::npos) << unknown.body;
    EXPECT_EQ(ask("GET", "/api/report?name=revenue_by_day&from=2026-02-30").status, 400);
    EXPECT_EQ(ask("GET", "/" + std::string(20000, 'x')).status, 400);
}

TEST_F(Pages, AReportOfTheStateNowIsNotGivenOutAsOfAnotherDayInAnyForm) {
    for (const char* path : {"/api/report?", "/api/report.csv?", "/api/report.xlsx?"}) {
        EXPECT_EQ(ask("GET", std::string(path) + "name=freshness&as_of=2026-01-01").status, 400)
            << path;
        EXPECT_EQ(ask("GET", std::string(path) + "name=freshness").status, 200) << path;
    }
    for (const jobs::Report& report : jobs::reports())
        if (!report.has_as_of && report.has_drill) {
            const Answer rows = ask("GET", "/api/rows?name=" + report.name + "&as_of=2026-01-01");
            EXPECT_EQ(rows.status, 400) << report.name;
        }
}

TEST_F(Pages, EachFigureThatLeadsToItsRowsFindsThemAndGivesThemAsAFile) {
    for (const jobs::Report& report : jobs::reports())
        for (const jobs::Figure& figure : report.figures) {
            const std::string what = "name=" + report.name + "&figure=" + figure.name;
            const Answer rows = ask("GET", "/api/rows?" + what);
            EXPECT_EQ(rows.status, 200) << what << " " << rows.body;
            EXPECT_NE(rows.body.find("\"figure\":{\"name\":\"" + figure.name + "\""),
                      std::string::npos)
                << what;
            if (&figure != &report.figures.front()) continue;
            for (const char* kind : {"csv", "xlsx"})
                EXPECT_EQ(ask("GET", "/api/rows." + std::string(kind) + "?" + what).status, 200)
                    << what;
        }
    const Answer none = ask("GET", "/api/rows?name=products&figure=nett");
    EXPECT_EQ(none.status, 400);
    EXPECT_NE(none.body.find("report products has no figure"), std::string::npos) << none.body;
}

TEST_F(Pages, AnotherNameIsRefusedWhereNoTokenProtects) {
    EXPECT_EQ(ask("GET", "/api/overview", {{"Host", "evil.example"}}).status, 421);
    EXPECT_EQ(ask("GET", "/api/overview", {{"Host", "localhost:8080"}}).status, 200);
    EXPECT_EQ(ask("GET", "/healthz", {{"Host", "10.0.0.1"}}).status, 200)
        << "a probe calls by address";
    dashboard_.reset();
    config_.serve_hosts = "mirror.example, other.example";
    EXPECT_EQ(ask("GET", "/api/overview", {{"Host", "mirror.example"}}).status, 200);
}

TEST_F(Pages, HealthIsNoWhenNothingHasMoved) {
    EXPECT_EQ(ask("GET", "/healthz").status, 200);
    dashboard_.reset();
    controls_ = std::make_shared<jobs::Controls>(0s);
    (void)controls_->begin_sync();
    const Answer answer = ask("GET", "/healthz");
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find("stands still"), std::string::npos) << answer.body;
}

TEST_F(Pages, ATokenIsDemandedAndCheckedWholly) {
    config_.serve_listen = "0.0.0.0:0";
    EXPECT_THROW(open(), etl::Error) << "reachable by others and no token";
    config_.serve_token = etl::Secret("s3cret-token");
    config_.serve_listen = "127.0.0.1:0";
    const Answer none = ask("GET", "/api/overview");
    EXPECT_EQ(none.status, 401);
    EXPECT_NE(none.authenticate.find("Bearer"), std::string::npos);
    EXPECT_EQ(ask("GET", "/api/overview", {{"Authorization", "Bearer s3cret-tokem"}}).status, 401);
    EXPECT_EQ(ask("GET", "/api/overview", {{"Authorization", "Bearer s3cret-token"}}).status, 200);
    EXPECT_EQ(ask("GET", "/metrics", {{"Authorization", basic("YW55Om5v")}}).status,
              401);  // any:no
    EXPECT_EQ(ask("GET", "/metrics", {{"Authorization", basic("YW55OnMzY3JldC10b2tlbg==")}}).status,
              200);  // any:s3cret-token
    EXPECT_EQ(ask("GET", "/healthz").status, 200);
}

TEST_F(Pages, AnAddressThatIsNoneOrTakenIsSaid) {
    for (const char* wrong : {"8080", "localhost:", ":8080", "127.0.0.1:http"}) {
        config_.serve_listen = wrong;
        EXPECT_THROW(open(), etl::Error) << wrong;
    }
    config_.serve_listen = "127.0.0.1:0";
    open();
    config_.serve_listen = dashboard_->address();
    const auto other = std::move(dashboard_);
    try {
        open();
        ADD_FAILURE() << "two dashboards at one address";
    } catch (const etl::Error& error) {
        EXPECT_NE(std::string(error.what()).find("cannot be opened"), std::string::npos)
            << error.what();
    }
}

TEST_F(Pages, TheTwoActionsNeedTheTokenOfThePage) {
    const std::string csrf = json("/api/overview")->getValue<std::string>("csrf");
    EXPECT_EQ(ask("POST", "/api/sync").status, 403);
    EXPECT_EQ(ask("POST", "/api/sync", {{"X-CSRF-Token", "x" + csrf}}).status, 403);
    EXPECT_EQ(ask("GET", "/api/sync", {{"X-CSRF-Token", csrf}}).status, 404);
    EXPECT_FALSE(controls_->take_sync());
    EXPECT_EQ(ask("POST", "/api/sync", {{"X-CSRF-Token", csrf}}, "{}").status, 200);
    EXPECT_TRUE(controls_->take_sync());
    const Answer stop = ask("POST", "/api/stop", {{"X-CSRF-Token", csrf}});
    EXPECT_EQ(stop.status, 409);
    EXPECT_NE(stop.body.find("no sync is under way"), std::string::npos);
    EXPECT_EQ(ask("POST", "/api/sync", {{"X-CSRF-Token", csrf}}, std::string(5000, 'x')).status,
              413);
    const Answer large =
        ask("POST", "/api/sync", {{"X-CSRF-Token", csrf}},
            std::string(8 << 20, 'x'));  // the refusal arrives whole, whatever is still on its way
    EXPECT_EQ(large.status, 413);
    EXPECT_EQ(large.body, "{\"error\":\"a body of at most 4096 bytes is taken\"}\n");
    EXPECT_FALSE(controls_->take_sync());
}

// Far more than an answer takes on a busy machine, far less than hundreds of clients may take whom
// each worker would wait for (2 s to ask, 30 s to read).
constexpr auto kHeldUp = 15s;

TEST_F(Pages, FiveHundredSilentClientsSilenceNobodyElse) {
    config_.serve_token = etl::Secret("s3cret-token");
    open();
    (void)ask("GET", "/healthz");
    std::vector<Poco::Net::StreamSocket> silent;
    for (int i = 0; i < 500; ++i) {
        silent.emplace_back(Poco::Net::SocketAddress(dashboard_->address()));
        if (i % 3 == 0) silent.back().sendBytes("GET / HTTP/1.1\r\nX-Slow: ", 24);
    }
    for (const char* path : {"/healthz", "/metrics", "/", "/api/overview"}) {
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(ask("GET", path, {{"Authorization", "Bearer s3cret-token"}}).status, 200) << path;
        EXPECT_LT(std::chrono::steady_clock::now() - begin, kHeldUp) << path;
    }
}

TEST_F(Pages, ClientsThatReadNothingHoldNobodyUp) {
    open();
    (void)ask("GET", "/healthz");
    std::vector<Poco::Net::StreamSocket> slow;
    const std::string request = "GET /chart.js HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (int i = 0; i < 300; ++i) {
        slow.emplace_back(Poco::Net::SocketAddress(dashboard_->address()));
        slow.back().setReceiveBufferSize(2048);
        slow.back().sendBytes(request.data(), static_cast<int>(request.size()));
    }
    for (const char* path : {"/healthz", "/metrics", "/chart.js"}) {
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(ask("GET", path).status, 200) << path;
        EXPECT_LT(std::chrono::steady_clock::now() - begin, kHeldUp) << path;
    }
}

TEST_F(Pages, ABrowserLogsInOnAPageAndGetsACookieForThisSiteOnly) {
    config_.serve_token = etl::Secret("s3cret-token");
    const Answer led = ask("GET", "/", {{"Accept", "text/html"}});
    EXPECT_EQ(led.status, 303);
    EXPECT_EQ(led.location, "/login");
    EXPECT_NE(ask("GET", "/login").body.find("<form"), std::string::npos);
    EXPECT_EQ(ask("GET", "/app.css").status, 200) << "the login page's";
    EXPECT_EQ(ask("GET", "/app.js").status, 401);
    EXPECT_EQ(ask("POST", "/login", {}, "token=s3cret-tokem").location, "/login?wrong");
    const std::string own = "http://" + dashboard_->address();
    EXPECT_EQ(
        ask("POST", "/login", {{"Origin", "https://evil.example"}}, "token=s3cret-token").status,
        403);
    const Answer in = ask("POST", "/login", {{"Origin", own}}, "token=s3cret-token");
    EXPECT_EQ(in.location, "/");
    EXPECT_NE(in.cookie.find("HttpOnly; SameSite=Strict"), std::string::npos) << in.cookie;
    EXPECT_EQ(in.cookie.find("Secure"), std::string::npos) << "not over plain HTTP";
    const std::string port = own.substr(own.rfind(':') + 1);
    EXPECT_TRUE(in.cookie.starts_with("gcmirror-" + port + "="))
        << "cookies know no ports: two dashboards of one machine would log each other out";
    const std::string cookie = in.cookie.substr(0, in.cookie.find(';'));
    EXPECT_EQ(ask("GET", "/api/overview", {{"Cookie", "other=1; " + cookie}}).status, 200);
    EXPECT_EQ(ask("GET", "/api/overview", {{"Cookie", cookie + "0"}}).status, 401);
}

TEST_F(Approvals, NobodyApprovesUnlessTheConfigurationNamesThem) {
    config_.approvers.clear();
    const auto plan = json("/api/plan?id=1");
    EXPECT_FALSE(plan->getValue<bool>("approvals"));
    EXPECT_EQ(ask("GET", "/approver").status, 404);
    const Answer refused =
        ask("POST", "/api/approve?plan=1", {{"X-CSRF-Token", plan->getValue<std::string>("csrf")}});
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(refused.body.find("approvers_file names nobody"), std::string::npos) << refused.body;
    EXPECT_EQ(value("SELECT state FROM outbox.plan"), "planned");
}

TEST_F(Approvals, APersonSignsInWithTheirOwnPasswordAndLetsAPlanGo) {
    EXPECT_EQ(ask("POST", "/approver", {}, "name=Anna&password=wrong-password").location,
              "/approver?wrong");
    EXPECT_EQ(ask("POST", "/approver", {}, "name=Pia&password=annas-password").location,
              "/approver?wrong");
    EXPECT_EQ(ask("POST", "/approver", {}, "token=").location, "/approver?wrong");
    const std::string csrf = json("/api/plan?id=1")->getValue<std::string>("csrf"),
                      cookie = signed_in("Anna", "annas-password");
    EXPECT_EQ(approve(csrf, "").status, 403) << "nobody is signed in";
    EXPECT_EQ(approve("", cookie).status, 403) << "no token of the page";
    EXPECT_EQ(ask("POST", "/api/approve?plan=1",
                  {{"X-CSRF-Token", csrf}, {"Cookie", cookie}, {"Origin", "https://evil.example"}})
                  .status,
              403);
    EXPECT_EQ(
        ask("POST", "/api/approve?plan=9&hash=ab", {{"X-CSRF-Token", csrf}, {"Cookie", cookie}})
            .status,
        409);
    EXPECT_EQ(value("SELECT count(*) FROM outbox.approval"), "0");
    const Answer done = approve(csrf, cookie);
    EXPECT_EQ(done.status, 200) << done.body;
    EXPECT_EQ(value("SELECT p.state || ' ' || a.approved_by FROM outbox.plan p JOIN "
                    "outbox.approval a ON a.plan_id = p.id AND a.hash = p.hash"),
              "approved Anna");
    EXPECT_EQ(value("SELECT who || ' ' || (detail LIKE '%, on the dashboard%') FROM outbox.audit "
                    "ORDER BY id DESC LIMIT 1"),
              "Anna true");
    const Answer again = approve(csrf, cookie);
    EXPECT_EQ(again.status, 409);
    EXPECT_NE(again.body.find("only a planned one can be approved"), std::string::npos);
}

TEST_F(Approvals, APlanThatBecameAnotherBetweenLoadingThePageAndTheButtonIsNotApproved) {
    const auto page = json("/api/plan?id=1");
    const std::string csrf = page->getValue<std::string>("csrf"),
                      hash = page->getObject("plan")->getValue<std::string>("hash"),
                      cookie = signed_in("Anna", "annas-password");
    connection().execute(
        "UPDATE outbox.change SET document = '{\"a\": 2}' WHERE plan_id = 1; "
        "UPDATE outbox.plan SET hash = outbox.plan_hash(id)");
    const auto post = [&](const std::string& query) {
        return ask("POST", "/api/approve?plan=1" + query,
                   {{"X-CSRF-Token", csrf}, {"Cookie", cookie}});
    };
    const Answer refused = post("&hash=" + hash);
    EXPECT_EQ(refused.status, 409);
    EXPECT_NE(refused.body.find("is not the one that was shown"), std::string::npos)
        << refused.body;
    EXPECT_EQ(post("").status, 400);
    EXPECT_EQ(post("&hash=").status, 400);
    EXPECT_EQ(value("SELECT count(*) FROM outbox.approval"), "0");
}

TEST_F(Approvals, TwoWhoApproveAtOnceMakeOneApproval) {
    const std::string csrf = json("/api/plan?id=1")->getValue<std::string>("csrf"),
                      cookie = signed_in("Anna", "annas-password");
    std::vector<std::future<int>> at_once;
    for (int i = 0; i < 6; ++i)
        at_once.push_back(
            std::async(std::launch::async, [&] { return approve(csrf, cookie).status; }));
    int done = 0;
    for (auto& status : at_once) {
        const int code = status.get();
        done += code == 200 ? 1 : 0;
        EXPECT_TRUE(code == 200 || code == 409) << code;
    }
    EXPECT_EQ(done, 1);
    EXPECT_EQ(value("SELECT count(*) FROM outbox.approval"), "1");
}

TEST_F(Approvals, APasswordCannotBeGuessedByTryingOnAndOn) {
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(ask("POST", "/approver", {}, "name=Anna&password=wrong-password").location,
                  "/approver?wrong");
    const Answer late = ask("POST", "/approver", {}, "name=Anna&password=annas-password");
    EXPECT_EQ(late.status, 429) << "not even the right one is compared";
    EXPECT_EQ(late.cookie, "");
    EXPECT_NE(late.body.find("too many wrong passwords; try again in"), std::string::npos)
        << late.body;
    (void)signed_in("pia", "pias-own-password");
}

TEST_F(Approvals, WithFourEyesThePlannerIsRefusedByNameAndByUser) {
    config_.write_back.four_eyes = true;
    const std::string csrf = json("/api/plan?id=1")->getValue<std::string>("csrf");
    const Answer same = approve(csrf, signed_in("pia", "pias-own-password"));
    EXPECT_EQ(same.status, 409);
    EXPECT_NE(same.body.find("four_eyes wants somebody else"), std::string::npos) << same.body;
    connection().execute("UPDATE outbox.plan SET os_user = 'anna'");
    EXPECT_EQ(approve(csrf, signed_in("Anna", "annas-password")).status, 409)
        << "planned under another name, by the same person";
    connection().execute("UPDATE outbox.plan SET os_user = 'gcmirror'");
    EXPECT_EQ(approve(csrf, signed_in("Anna", "annas-password")).status, 200);
}

TEST_F(Approvals, APlanWhoseContentChangedIsNotApproved) {
    connection().execute("UPDATE outbox.change SET document = '{}' WHERE plan_id = 1");
    const std::string csrf = json("/api/plan?id=1")->getValue<std::string>("csrf");
    const Answer refused = approve(csrf, signed_in("Anna", "annas-password"));
    EXPECT_EQ(refused.status, 409);
    EXPECT_NE(refused.body.find("its content changed"), std::string::npos) << refused.body;
}

TEST_F(Approvals, ADashboardThatCouldReadTheKeyThatMayWriteDoesNotStart) {
    EXPECT_NO_THROW(jobs::refuse_write_key(config_, false));
    EXPECT_THROW(jobs::refuse_write_key(config_, true), etl::Error);
    etl::Config off = config_;
    off.approvers.clear();
    EXPECT_NO_THROW(jobs::refuse_write_key(off, true)) << "approving is off";
    config_.getcourse.write_key_file = test_support::data_folder() + "/reports/school.sql";
    EXPECT_THROW(jobs::refuse_write_key(config_, false), etl::Error) << "a file it can read";
    config_.getcourse.write_key_file = "/nonexistent/key";
    EXPECT_NO_THROW(jobs::refuse_write_key(config_, false));
}

TEST_F(Pages, AnActionFromAForeignPageIsRefusedEvenWithTheRightToken) {
    const std::string csrf = json("/api/overview")->getValue<std::string>("csrf");
    EXPECT_EQ(ask("POST", "/api/sync", {{"X-CSRF-Token", csrf}, {"Origin", "https://evil.example"}})
                  .status,
              403);
    EXPECT_EQ(ask("POST", "/api/sync", {{"X-CSRF-Token", csrf}, {"Origin", "null"}}).status, 403);
    EXPECT_FALSE(controls_->take_sync());
    EXPECT_EQ(ask("POST", "/api/sync",
                  {{"X-CSRF-Token", csrf}, {"Origin", "http://" + dashboard_->address()}})
                  .status,
              200);
}

TEST_F(Pages, SpeaksTlsWithACertificateOfItsOwn) {
    const std::filesystem::path dir =
        std::filesystem::temp_directory_path() / ("gcmirror-tls-" + std::to_string(getpid()));
    {
        const simulator::Certificates certificates = simulator::make_certificates(dir);
        config_.serve_certificate_file = certificates.certificate.string();
        config_.serve_key_file = certificates.key.string();
        open();
        Poco::Net::Context::Ptr context = new Poco::Net::Context(
            Poco::Net::Context::TLS_CLIENT_USE, "", "", certificates.ca.string(),
            Poco::Net::Context::VERIFY_STRICT, 9, false);
        const Poco::Net::SocketAddress address(dashboard_->address());
        Poco::Net::HTTPSClientSession session("localhost", address.port(), context);
        Poco::Net::HTTPRequest request("GET", "/healthz", "HTTP/1.1");
        session.sendRequest(request);
        Poco::Net::HTTPResponse response;
        std::ostringstream text;
        Poco::StreamCopier::copyStream(session.receiveResponse(response), text);
        EXPECT_EQ(text.str(), "ok\n");
    }
    dashboard_.reset();
    config_.serve_key_file = "/nowhere/key.pem";
    EXPECT_THROW(open(), etl::Error);
    std::filesystem::remove_all(dir);
}

TEST_F(Pages, ASlowClientIsCutOffAndOthersAreServed) {
    open();
    std::vector<Poco::Net::StreamSocket> slow;
    for (int i = 0; i < 3; ++i) {
        slow.emplace_back(Poco::Net::SocketAddress(dashboard_->address()));
        slow.back().sendBytes("GET / HT", 8);
    }
    EXPECT_EQ(ask("GET", "/api/overview").status, 200);
    const auto begin = std::chrono::steady_clock::now();
    char byte = 0;
    slow[0].setReceiveTimeout(Poco::Timespan(30, 0));
    int read = 1;
    while (read > 0 &&
           std::chrono::steady_clock::now() - begin < 25s) {  // one byte now and then does not help
        try {
            slow[0].sendBytes("T", 1);
            slow[0].setReceiveTimeout(Poco::Timespan(2, 0));
            read = slow[0].receiveBytes(&byte, 1);
        } catch (const Poco::TimeoutException&) {
        } catch (const Poco::Exception&) {
            read = 0;
        }
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
}

TEST_F(Pages, ItReadsOnlyAndSaysWhenTheDatabaseOrTheServiceIsGone) {
    EXPECT_EQ(ask("GET", "/api/runs").status, 200);
    EXPECT_EQ(value("SELECT current_setting('is_superuser')"), "on");
    EXPECT_EQ(value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                    "application_name = 'gcmirror: dashboard'"),
              "1");
    controls_ = std::make_shared<jobs::Controls>(0s);  // no tick is recent enough
    dashboard_.reset();
    EXPECT_EQ(ask("GET", "/healthz").status, 503);
    config_.database.url = "postgresql:///nothing?host=/nowhere";
    dashboard_.reset();
    dashboard_ = std::make_unique<jobs::Dashboard>(config_, config_.database.url, controls_);
    EXPECT_EQ(ask("GET", "/readyz").status, 503);
    EXPECT_EQ(ask("GET", "/api/overview").status, 503);
    EXPECT_EQ(ask("GET", "/").status, 200);
}

TEST_F(Pages, MetricsCountDurableRows) {
    const std::string before = ask("GET", "/metrics").body;
    etl::pg::Connection(database_.url(), "test")
        .execute(
            "INSERT INTO journal.run (job, state, finished_at) VALUES ('sync', 'failed', "
            "clock_timestamp()); INSERT INTO journal.expected_run (job, due_at, state) VALUES "
            "('sync', '2026-01-01', 'missed'); INSERT INTO journal.history_dropped SELECT max(id), "
            "'deals', now(), '', 7, '2024-01-01', '2025-01-01', 1 FROM journal.run");
    const std::string after = ask("GET", "/metrics").body;
    EXPECT_EQ(before.find("gcmirror_runs{job=\"sync\",state=\"failed\"}"), std::string::npos);
    EXPECT_NE(after.find("gcmirror_runs{job=\"sync\",state=\"failed\"} 1"), std::string::npos)
        << after;
    EXPECT_NE(after.find("gcmirror_expected_runs{state=\"missed\"} 1"), std::string::npos);
    EXPECT_NE(after.find("gcmirror_history_versions{table=\"deals\",state=\"dropped\"} 7"),
              std::string::npos)
        << after;
    EXPECT_NE(after.find("gcmirror_history_bytes{table=\"users\"} "), std::string::npos);
    EXPECT_NE(after.find("gcmirror_trust{level=\"red\"} 1"), std::string::npos);
    EXPECT_NE(after.find("# TYPE gcmirror_requests_total counter"), std::string::npos);
}

TEST_F(Pages, TrustNamesItsReasons) {
    const auto trust = json("/api/overview")->getObject("trust");
    EXPECT_FALSE(trust->getValue<std::string>("level").empty());
    EXPECT_EQ(trust->getArray("tables")->size(), 4u);
}
