#include "etl/export_runner.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "etl/error.hpp"
#include "etl/gzip.hpp"
#include "tests/support/data.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_journal.hpp"

using namespace etl;
using namespace std::chrono_literals;
using test_support::read_data;

namespace {

// Answers from a list, in order; the last is repeated. Counts what it was asked.
class Script final : public Transport {
public:
    struct Line {
        std::string body;
        Response response;
    };
    [[nodiscard]] Response send(const Request& request, BodySink& sink, std::stop_token,
                                Deadline) override {
        asked.push_back(describe(request));
        sent.push_back(request);
        Line line = lines.front();
        if (lines.size() > 1) lines.pop_front();
        line.response.sent = line.response.failure != Response::Failure::connect;
        if (line.response.failure == Response::Failure::none && line.response.status == 0)
            line.response.status = 200;
        sink.begin(line.response);
        for (std::size_t at = 0; at < line.body.size(); at += 1000)
            if (!sink.write(std::string_view(line.body).substr(at, 1000))) break;
        line.response.bytes = line.body.size();
        clock->advance(200ms);
        return line.response;
    }
    std::deque<Line> lines;
    std::vector<std::string> asked;
    std::vector<Request> sent;
    test_support::ManualClock* clock = nullptr;
};

Script::Line says(const std::string& body) { return {body, {}}; }
Script::Line fails(Response::Failure failure) {
    Script::Line line;
    line.response.failure = failure;
    line.response.reason = "as the test says";
    return line;
}
const Script::Line kStarted =
    says(R"({"success":true,"info":{"export_id":60000001},"error_message":"","error":false})");
const Script::Line kNotReady = says(
    R"({"success":false,"info":[],"error_message":"Файл еще не создан ","error":true,"error_code":909})");
const Script::Line kBusy = says(
    R"({"success":false,"info":[],"error_message":"Уже запущен один экспорт","error":true,"error_code":905})");
const Script::Line kOver = says(
    R"({"success":false,"info":[],"error_message":"Слишком много запросов","error":true,"error_code":903})");
const Script::Line kNoFile = says(
    R"({"success":false,"info":[],"error_message":"Файл не создан","error":true,"error_code":910})");
const Script::Line kWrongKey = says(
    R"({"success":false,"info":[],"error_message":"Неавторизованное API-обращение","error":true,"error_code":901})");
Script::Line table() { return says(read_data("bodies/02-deals-export.json")); }

class Runner : public testing::Test {
protected:
    Runner() {
        script_.clock = &clock_;
        config_.key = Secret("test-secret-key");
    }
    static ExportQuery deals() {
        ExportQuery query;
        query.resource = "deals";
        query.filter = "created_at";
        query.from = parse_day("2026-02-01");
        query.to = parse_day("2026-02-28");
        return query;
    }
    ExportOutcome run(std::vector<Script::Line> lines) {
        script_.lines.assign(lines.begin(), lines.end());
        return runner_.run(journal_->begin_run("test", "{}"), deals(), 0.8, clock_.now() + 24h,
                           stop_.get_token());
    }

    test_support::ManualClock clock_;
    Script script_;
    Config config_;
    std::unique_ptr<Journal> journal_ = test_support::memory_journal({}, [this] {
        return Moment{clock_.now(), "", {}};
    });
    ExportRunner runner_{script_, *journal_, clock_, config_, {}};
    std::stop_source stop_;
};

}  // namespace

TEST_F(Runner, StartsPollsAndKeepsTheBody) {
    const ExportOutcome outcome = run({kStarted, kNotReady, kNotReady, table()});
    EXPECT_EQ(outcome.row.state, ExportState::received);
    EXPECT_EQ(outcome.row.rows, 7u);
    EXPECT_EQ(outcome.row.polls, 3);
    EXPECT_EQ(outcome.row.service_id, "60000001");
    EXPECT_EQ(script_.asked.size(), 4u);
    EXPECT_EQ(journal_->ledger().size(), 4u);
    std::string body;
    journal_->read_body(outcome.row.body_id, [&](std::string_view piece) { body.append(piece); });
    EXPECT_EQ(gunzip(body), read_data("bodies/02-deals-export.json"));
}

TEST_F(Runner, ABodyThatCameCompressedIsKeptAsItCame) {
    Script::Line compressed{gzip(read_data("bodies/02-deals-export.json")), {}};
    compressed.response.gzip = true;
    const ExportOutcome outcome = run({kStarted, compressed});
    EXPECT_EQ(outcome.row.rows, 7u);
    std::string body;
    journal_->read_body(outcome.row.body_id, [&](std::string_view piece) { body.append(piece); });
    EXPECT_EQ(body, compressed.body);
}

TEST_F(Runner, TheIdIsInTheJournalBeforeTheFirstPoll) {
    script_.lines = {kStarted, kNotReady};
    stop_.request_stop();
    EXPECT_THROW(run({kStarted, kNotReady}), Error);  // stopped before anything was sent
    EXPECT_TRUE(script_.asked.empty());

    std::stop_source later;
    ExportRunner stopping(script_, *journal_, clock_, config_, [&](const Progress& progress) {
        if (progress.doing.find("being built") != std::string::npos) later.request_stop();
    });
    script_.lines = {kStarted, kNotReady};
    EXPECT_THROW(stopping.run(1, deals(), 0.8, clock_.now() + 24h, later.get_token()), Error);
    const auto open = journal_->exports({ExportState::started});
    ASSERT_EQ(open.size(), 1u);
    EXPECT_EQ(open[0].service_id, "60000001");

    script_.lines = {table()};
    const ExportOutcome outcome = ExportRunner(script_, *journal_, clock_, config_, {})
                                      .resume(2, open[0], 0.8, clock_.now() + 24h, {});
    EXPECT_EQ(outcome.row.state, ExportState::received);
    EXPECT_EQ(script_.asked.size(), 2u);  // the start, and the one poll of the resumed run
}

TEST_F(Runner, BusyIsWaitedOutWithGrowingGaps) {
    const Instant before = clock_.now();
    const ExportOutcome outcome = run({kBusy, kBusy, kBusy, kStarted, table()});
    EXPECT_EQ(outcome.row.state, ExportState::received);
    EXPECT_EQ(script_.asked.size(), 5u);
    EXPECT_GT(clock_.now() - before, 4min);
}

TEST_F(Runner, TheServicesOwnLimitIsBelievedOverOurCount) {
    const Instant before = clock_.now();
    const ExportOutcome outcome = run({kStarted, kOver, kOver, table()});
    EXPECT_EQ(outcome.row.state, ExportState::received);
    EXPECT_GT(clock_.now() - before, 45min);  // 15 minutes, then twice as long
    EXPECT_EQ(script_.asked.size(), 4u);
}

TEST_F(Runner, AStartWithoutAnAnswerIsUnclearAndNotRepeatedAtOnce) {
    const Instant before = clock_.now();
    const ExportOutcome outcome = run({fails(Response::Failure::cut), kBusy, kStarted, table()});
    EXPECT_EQ(outcome.row.state, ExportState::received);
    EXPECT_EQ(journal_->exports({ExportState::unclear}).size(), 1u);
    EXPECT_GT(clock_.now() - before, 2min);
}

TEST_F(Runner, AStartThatWasNeverSentIsNotUnclear) {
    EXPECT_EQ(run({fails(Response::Failure::connect), kStarted, table()}).row.state,
              ExportState::received);
    EXPECT_TRUE(journal_->exports({ExportState::unclear}).empty());
}

TEST_F(Runner, AHostThatCannotBeReachedEndsSoonNamesTheSettingAndCostsNoBudget) {
    const Instant before = clock_.now();
    try {
        run({fails(Response::Failure::connect)});
        FAIL() << "went on without a service";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Kind::refused);
        EXPECT_NE(error.hint().find("[getcourse] account or url"), std::string::npos);
    }
    EXPECT_EQ(script_.asked.size(), 3u);
    EXPECT_LT(clock_.now() - before, 30s);
    EXPECT_TRUE(journal_->ledger().empty());
}

TEST_F(Runner, AServiceThatWasReachedBeforeIsWaitedFor) {
    EXPECT_EQ(run({kStarted, fails(Response::Failure::connect), fails(Response::Failure::resolve),
                   fails(Response::Failure::connect), table()})
                  .row.state,
              ExportState::received);
}

TEST_F(Runner, HalfATableIsAskedForAgainAndLeavesNoBody) {
    Script::Line half = table();
    half.body.resize(half.body.size() / 2);
    half.response.failure = Response::Failure::cut;
    const ExportOutcome outcome =
        run({kStarted, half, says(""), says("<html>maintenance</html>"), table()});
    EXPECT_EQ(outcome.row.state, ExportState::received);
    EXPECT_EQ(outcome.row.body_id, 1);
}

TEST_F(Runner, AnExportWithoutAFileEndsAndIsNoEmptyTable) {
    const ExportOutcome outcome = run({kStarted, kNoFile, kNoFile});
    EXPECT_EQ(outcome.row.state, ExportState::no_file);
    EXPECT_EQ(outcome.row.body_id, 0);
    EXPECT_EQ(script_.asked.size(), 3u);
}

TEST_F(Runner, PastItsDeadlineAnExportIsLateAndKeepsItsId) {
    const ExportOutcome outcome = run({kStarted, kNotReady});
    EXPECT_EQ(outcome.row.state, ExportState::late);
    EXPECT_EQ(journal_->exports({ExportState::late}).at(0).service_id, "60000001");
    script_.lines = {table()};
    EXPECT_EQ(runner_.resume(2, outcome.row, 0.8, clock_.now() + 24h, {}).row.state,
              ExportState::received);
}

TEST_F(Runner, AWrongKeyStopsAtOnceAndSaysWhichSettingToChange) {
    try {
        run({kWrongKey});
        FAIL() << "went on with a wrong key";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Kind::refused);
        EXPECT_NE(error.hint().find("GETCOURSE_KEY"), std::string::npos);
    }
    EXPECT_EQ(script_.asked.size(), 1u);
}

TEST_F(Runner, AnIdSeenBeforeIsARepeatedExport) {
    EXPECT_FALSE(run({kStarted, table()}).row.repeated);
    EXPECT_TRUE(run({kStarted, table()}).row.repeated);
}

TEST_F(Runner, TheLimitHoldsByWaitingAndAWaitPastTheEndIsPostponed) {
    journal_ = test_support::memory_journal({3, 2h, 0}, [this] {
        return Moment{clock_.now(), "", {}};
    });
    ExportRunner runner(script_, *journal_, clock_, config_, {});
    const Instant before = clock_.now();
    script_.lines = {kStarted, kNotReady, kNotReady, table()};
    EXPECT_EQ(runner.run(1, deals(), 0.8, before + 24h, {}).row.state, ExportState::received);
    EXPECT_GT(clock_.now() - before,
              2h);  // the fourth request waits until the first leaves the window
    script_.lines = {kStarted};
    try {
        for (int i = 0; i < 4; ++i)
            (void)runner.list(1,
                              [] {
                                  ExportQuery query;
                                  query.resource = "groups";
                                  return query;
                              }(),
                              clock_.now() + 1h, {});
        FAIL() << "four requests where three are allowed";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Kind::postponed);
    }
}

TEST_F(Runner, ListsAreKeptLikeBodies) {
    script_.lines = {fails(Response::Failure::first_byte),
                     says(read_data("bodies/06-fields-list.json"))};
    ExportQuery query;
    query.resource = "fields";
    const ExportOutcome outcome = runner_.list(1, query, clock_.now() + 24h, {});
    EXPECT_EQ(outcome.row.state, ExportState::received);
    EXPECT_GT(outcome.row.body_id, 0);
    EXPECT_EQ(script_.asked[0], "POST /pl/api/account/fields?action=get");
}

namespace {

Script::Line whole(Script::Line line) {
    line.response.whole = true;
    return line;
}
Script::Line refuses(int code, const std::string& words) {
    return says(R"({"success":false,"info":[],"error":true,"error_message":")" + words +
                R"(","error_code":)" + std::to_string(code) + "}");
}

}  // namespace

// One export that an earlier run left open, against what the service says of it now: the cases of
// fixture 23, with the polls they may cost.
class OneExport : public Runner {
protected:
    OneExport() {
        row_ = journal_->export_row(journal_->intend(1, deals()));
        row_.service_id = "67200501";
        row_.state = ExportState::waiting;
        row_.started_at = clock_.now();
        journal_->save(row_);
        clock_.advance(24h);
    }
    // The next run; the polls it took.
    std::size_t polls(const Script::Line& answer) {
        script_.lines = {answer};
        const std::size_t before = script_.asked.size();
        row_ = runner_.resume(2, journal_->export_row(row_.id), 0.8, clock_.now() + 24h, {}).row;
        return script_.asked.size() - before;
    }
    ExportRow row_;
};

TEST_F(OneExport, AnUnknownCodeCostsOnePollARunAndEndsItWithItsWordsInTheSecond) {
    EXPECT_EQ(polls(refuses(987, "Неизвестная неполадка")), 1u);
    EXPECT_EQ(row_.state, ExportState::late);
    EXPECT_EQ(polls(refuses(987, "Неизвестная неполадка")), 1u);
    EXPECT_EQ(row_.state, ExportState::refused);
    EXPECT_EQ(row_.reason, "Неизвестная неполадка (code 987)");
}

TEST_F(OneExport, ALongRussianRefusalIsCutBetweenLetters) {
    std::string words = "x";
    for (int i = 0; i < 600; ++i) words += "я";
    polls(refuses(986, words));
    polls(refuses(986, words));
    EXPECT_EQ(row_.state, ExportState::refused);
    EXPECT_NE(row_.reason.find("xяяя"), std::string::npos);
    EXPECT_NE(row_.reason.find("яя (code 986)"), std::string::npos);
}

TEST_F(OneExport, OurOwnFaultA404AndAnUnknownIdEndItAtTheFirstPoll) {
    Script::Line page = says("<html><body><h1>404</h1></body></html>");
    page.response.status = 404;
    for (const auto& [answer, words] :
         {std::pair{refuses(908, "Должен быть передан хотя бы один фильтр"), "908"},
          std::pair{page, "404"},
          std::pair{says(R"({"success":false,"error_message":"Объект не найден","error":true})"),
                    "Объект не найден"},
          std::pair{says(R"({"success":true,"info":{"status":"error"}})"), "status"}}) {
        row_.state = ExportState::waiting;
        journal_->save(row_);
        EXPECT_EQ(polls(answer), 1u) << words;
        EXPECT_EQ(row_.state, ExportState::refused) << words;
        EXPECT_NE(row_.reason.find(words), std::string::npos) << row_.reason;
    }
}

TEST_F(OneExport, WithoutAFileItIsAskedForOnceMore) {
    EXPECT_EQ(polls(kNoFile), 2u);
    EXPECT_EQ(row_.state, ExportState::no_file);
}

TEST_F(OneExport, ThatIsNeverReadyCostsOnePollARunAndNoWaiting) {
    const Instant before = clock_.now();
    EXPECT_EQ(polls(kNotReady), 1u);
    EXPECT_EQ(row_.state, ExportState::late);
    EXPECT_LT(clock_.now() - before, 1min);
}

TEST_F(OneExport, AnUnknownShapeIsSaidAndEndedWithinFourPolls) {
    const std::size_t first =
        polls(says(R"({"success":true,"info":{"columns":["ID"],"rows":[["1"]]},"error":false})"));
    EXPECT_LE(first, 4u);
    EXPECT_EQ(row_.state, ExportState::refused);
    EXPECT_NE(row_.reason.find("columns, rows"), std::string::npos) << row_.reason;
}

TEST_F(OneExport, ABodyThatCameWholeAndIsBrokenIsAskedForOnceMore) {
    Script::Line half = whole(table());
    half.body.resize(half.body.size() / 2);
    EXPECT_EQ(polls(half), 2u);
    EXPECT_EQ(row_.state, ExportState::late);
    EXPECT_EQ(polls(half), 2u);
    EXPECT_EQ(row_.state, ExportState::refused);
}

TEST_F(OneExport, AWrongKeyOrHostEndsTheRunAndTheExportWaits) {
    Script::Line subdomain = says("Wrong subdomain");
    subdomain.response.status = 404;
    for (const Script::Line& answer : {kWrongKey, subdomain}) {
        EXPECT_THROW(polls(answer), Error);
        EXPECT_EQ(journal_->export_row(row_.id).state, ExportState::waiting);
    }
    EXPECT_EQ(script_.asked.size(), 2u);
}

TEST_F(OneExport, OfAClockThatWasDaysAheadIsPolledAtOnce) {
    row_.started_at = clock_.now() + 48h;
    row_.not_ready = 47h;
    journal_->save(row_);
    const Instant before = clock_.now();
    EXPECT_EQ(polls(table()), 1u);
    EXPECT_EQ(row_.state, ExportState::received);
    EXPECT_LT(clock_.now() - before, 1h);
}

TEST_F(Runner, ARefusedResourceEndsItselfAndNotTheRun) {
    EXPECT_EQ(run({refuses(913, "поле статус")}).row.state, ExportState::refused);
    EXPECT_EQ(run({refuses(555, "что-то")}).row.reason, "что-то (code 555)");
    ExportQuery fields;
    fields.resource = "fields";
    script_.lines = {refuses(917, "Функционал недоступен")};
    EXPECT_EQ(runner_.list(1, fields, clock_.now() + 1h, {}).row.state, ExportState::refused);
}

TEST_F(Runner, AnIdSeenBeforeIsAsOldAsItsFirstStart) {
    const ExportRow first = run({kStarted, table()}).row;
    clock_.advance(3h);
    const ExportRow second = run({kStarted, table()}).row;
    EXPECT_TRUE(second.repeated);
    EXPECT_EQ(second.started_at, first.started_at);
    ASSERT_TRUE(second.repeated_at);
    EXPECT_GE(*second.repeated_at, *first.started_at + 3h);
}

TEST_F(Runner, AfterA903EveryRunnerOfTheJournalWaitsAndNoneProbesTwice) {
    script_.lines = {kOver};
    const Instant begin = clock_.now();
    for (int restart = 0; restart < 6; ++restart) {
        ExportRunner fresh(script_, *journal_, clock_, config_, {});
        EXPECT_THROW(fresh.run(1, deals(), 0.8, clock_.now() + 10min, {}), Error);
        clock_.advance(5s);
    }
    EXPECT_LT(clock_.now() - begin, 10min);
    EXPECT_EQ(script_.asked.size(), 1u);
    EXPECT_EQ(journal_->free_now().free, 0);
}

TEST_F(Runner, AnAccountAtItsLimitForGoodEndsPostponedAndNamesTheHours) {
    const Instant begin = clock_.now();
    try {
        run({kOver});
        FAIL() << "went on for ever";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Kind::postponed);
        EXPECT_NE(std::string(error.what()).find("at its limit for 2 windows"), std::string::npos);
    }
    EXPECT_LT(clock_.now() - begin, 5h);
    EXPECT_LE(script_.asked.size(), 10u);
}

TEST_F(Runner, TheLockOfTheAccountIsWaitedForOnceARunNotOncePerExport) {
    script_.lines = {kBusy};
    for (int i = 0; i < 3; ++i)
        EXPECT_THROW(runner_.run(1, deals(), 0.8, clock_.now() + 24h, {}), Error);
    EXPECT_LE(script_.asked.size(), 14u);
}

TEST_F(Runner, TheKeyIsInNoAddressWhenExportsGoByPost) {
    config_.getcourse.export_by_post = true;
    run({kStarted, kNotReady, table()});
    for (const char* resource : {"groups", "fields"}) {
        ExportQuery list;
        list.resource = resource;
        script_.lines = {says(read_data("bodies/04-groups-list.json"))};
        (void)runner_.list(1, list, clock_.now() + 24h, {});
    }
    ASSERT_EQ(script_.sent.size(), 5u);
    for (const Request& request : script_.sent) {
        EXPECT_EQ(request.method, Request::Method::post) << request.path;
        EXPECT_TRUE(request.query.empty()) << request.path;
    }
}
