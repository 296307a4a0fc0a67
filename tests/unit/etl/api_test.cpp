#include "etl/api.hpp"

#include <gtest/gtest.h>

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "etl/error.hpp"
#include "tests/support/data.hpp"

using namespace etl;
using test_support::read_data;

namespace {

Answer answer(Asked asked, const std::string& body, int status = 200,
              const std::string& type = "application/json") {
    Response response;
    response.status = status;
    response.content_type = type;
    SheetScanner scanner(nullptr);
    scanner.feed(body);
    return decode(asked, response, scanner.finish());
}

std::string poll(const std::string& body) {
    return std::string(name_of(answer(Asked::poll, body)));
}

Refused::Cause cause(const Answer& given) {
    const auto* refused = std::get_if<Refused>(&given);
    EXPECT_NE(refused, nullptr) << name_of(given);
    return refused == nullptr ? Refused::Cause::other : refused->cause;
}

}  // namespace

TEST(Decode, Http429IsOverTheLimitWhateverItsBody) {
    for (const char* body : {"", "Too Many Requests", R"({"success":true,"info":{}})"})
        EXPECT_EQ(std::string(name_of(answer(Asked::poll, body, 429, "text/plain"))), "OverLimit")
            << body;
}

TEST(Decode, A5xxIsNoAnswerHoweverGoodItsJson) {
    for (const int status : {500, 502, 504}) {
        EXPECT_EQ(std::string(name_of(
                      answer(Asked::poll, read_data("bodies/02-deals-export.json"), status))),
                  "Unclear");
        EXPECT_EQ(std::string(name_of(
                      answer(Asked::start, read_data("bodies/13-export-started.json"), status))),
                  "Unclear");
    }
}

TEST(Decode, EveryFixtureMeansWhatItsReadmeSays) {
    EXPECT_EQ(std::get<Started>(answer(Asked::start, read_data("bodies/13-export-started.json")))
                  .export_id.size(),
              8u);
    EXPECT_EQ(poll(read_data("bodies/07-not-ready.json")), "NotReady");
    EXPECT_EQ(poll(read_data("bodies/08-rate-limited.json")), "OverLimit");
    EXPECT_EQ(cause(answer(Asked::poll, read_data("bodies/09-wrong-key.json"))),
              Refused::Cause::key);
    EXPECT_EQ(cause(answer(Asked::start, read_data("bodies/10-html-error.html"), 404, "text/html")),
              Refused::Cause::host);
    EXPECT_EQ(poll(read_data("bodies/10-html-error.html")), "Unclear");
    EXPECT_EQ(
        cause(answer(Asked::start, read_data("bodies/10b-wrong-subdomain.txt"), 404, "text/plain")),
        Refused::Cause::host);
    EXPECT_EQ(poll(read_data("bodies/10c-empty-body.txt")), "Unclear");
    EXPECT_EQ(std::get<Ready>(answer(Asked::poll, read_data("bodies/11-empty-export.json"))).rows,
              0u);
    const Ready ready =
        std::get<Ready>(answer(Asked::poll, read_data("bodies/02-deals-export.json")));
    EXPECT_EQ(ready.rows, 7u);
    EXPECT_EQ(ready.headings.size(), 52u);
    EXPECT_EQ(std::string(name_of(answer(Asked::start, read_data("bodies/14-busy.json")))), "Busy");
    EXPECT_EQ(poll(read_data("bodies/15-file-not-created.json")), "NoFile");
    EXPECT_EQ(std::string(name_of(answer(Asked::list, read_data("bodies/04-groups-list.json")))),
              "Listed");
}

TEST(Decode, CodesGoBeforeTextsAndBothSpellingsOfNotCreatedAreToldApart) {
    EXPECT_EQ(
        poll(
            R"({"success":false,"info":[],"error_message":"Файл еще не создан ","error":true,"error_code":910})"),
        "NoFile");
    EXPECT_EQ(poll(R"({"success":false,"error_message":"Файл еще не создан ","error":true})"),
              "NotReady");
    EXPECT_EQ(
        poll(
            R"({"success":false,"error_message":"Файл не создан, попробуйте другой фильтр","error":true})"),
        "NoFile");
    EXPECT_EQ(
        poll(
            R"({"success":false,"error_message":"File not created, try another filter","error":true,"error_code":"910"})"),
        "NoFile");
    EXPECT_EQ(
        poll(R"({"success":false,"error_message":"Too many","error":true,"error_code":"903"})"),
        "OverLimit");
    EXPECT_EQ(poll(R"({"success":false,"error_message":"Объект не найден","error":true})"), "Gone");
    EXPECT_EQ(poll(R"({"success":false,"error_message":"x","error":true,"error_code":906})"),
              "Busy");
}

TEST(Decode, FlagsAreReadAsBooleansNumbersAndWords) {
    for (const char* flag : {"true", "1", "\"true\"", "\"1\"", "\"TRUE \""})
        EXPECT_TRUE(read_flag(flag)) << flag;
    for (const char* flag : {"false", "0", "\"false\"", "\"0\"", "\"\"", "null", "\" False\""})
        EXPECT_FALSE(read_flag(flag)) << flag;
    for (const char* success : {"true", "1", "\"true\""}) {
        const std::string body =
            std::string("{\"success\":") + success +
            R"(,"info":{"export_id":"77"},"error":"false","error_message":""})";
        EXPECT_EQ(std::get<Started>(answer(Asked::start, body)).export_id, "77") << success;
    }
}

TEST(Decode, InfoMayBeTextListOrAbsent) {
    EXPECT_EQ(
        std::get<Started>(answer(Asked::start, R"({"success":true,"info":"{\"export_id\":5}"})"))
            .export_id,
        "5");
    EXPECT_EQ(std::string(name_of(answer(Asked::start, R"({"success":true,"info":[]})"))),
              "Unclear");
    EXPECT_EQ(std::string(name_of(answer(Asked::start, R"({"success":true})"))), "Unclear");
    EXPECT_EQ(poll(R"({"success":true,"info":{"status":"processing"}})"), "NotReady");
    EXPECT_EQ(poll(R"({"success":true,"info":{"status":"error"}})"), "Gone");
    EXPECT_EQ(poll("\xEF\xBB\xBF{\"success\":true,\"info\":{\"fields\":[\"id\"],\"items\":[]}}"),
              "Ready");
}

TEST(Decode, ACutAnswerIsNeverData) {
    const std::string body = read_data("bodies/02-deals-export.json");
    for (std::size_t length = 1; length + 3 < body.size(); length += 131)
        EXPECT_EQ(poll(body.substr(0, length)), "Unclear") << length;
}

TEST(Decode, ARedirectNamesTheHostAndIsNotFollowed) {
    Response response;
    response.status = 302;
    response.location = "https://learn.example.com/";
    const Answer given = decode(Asked::start, response, {});
    EXPECT_EQ(cause(given), Refused::Cause::redirect);
    EXPECT_NE(std::get<Refused>(given).message.find("learn.example.com"), std::string::npos);
}

TEST(Decode, AFailureOfTheNetworkIsUnclearAndSaysWhetherItWasSent) {
    Response response;
    response.failure = Response::Failure::connect;
    response.reason = "connection refused";
    EXPECT_FALSE(std::get<Unclear>(decode(Asked::start, response, {})).sent);
}

TEST(Requests, CarryBracketsFiltersAndNeverShowTheKey) {
    ExportQuery query;
    query.resource = "users";
    query.filter = "created_at";
    query.from = parse_day("2026-01-01");
    query.to = parse_day("2026-01-31");
    const Request request = start_request(query, Secret("very-secret"), false);
    EXPECT_EQ(describe(request),
              "GET "
              "/pl/api/account/"
              "users?created_at[from]=2026-01-01&created_at[to]=2026-01-31&idgrouplist=id_date");
    EXPECT_EQ(request.query[0], (std::pair<std::string, std::string>("key", "very-secret")));
    EXPECT_EQ(start_request(query, Secret("very-secret"), true).query.size(), 0u);
    EXPECT_EQ(describe(poll_request("60000001", Secret("k"), false)),
              "GET /pl/api/account/exports/60000001");
}

TEST(Requests, AFilterThatIsNotDocumentedIsRefused) {
    ExportQuery query;
    query.resource = "deals";
    query.filter = "updated_at";
    EXPECT_THROW(check_filter(query), Error);
    query.filter = "payed_at";
    EXPECT_NO_THROW(check_filter(query));
    query.status = "Завершен";
    EXPECT_THROW(check_filter(query), Error);
    query = {};
    query.resource = "payments";
    EXPECT_THROW(check_filter(query), Error);
}

TEST(Lists, FieldsAndGroupsComeWithTheirIds) {
    const auto fields = decode_fields(read_data("bodies/06-fields-list.json"));
    EXPECT_EQ(std::count_if(fields.begin(), fields.end(),
                            [](const auto& f) { return f.context == "user"; }),
              11);
    EXPECT_EQ(std::count_if(fields.begin(), fields.end(),
                            [](const auto& f) { return f.context == "deal"; }),
              3);
    EXPECT_EQ(fields[3].title, "");
    const auto groups = decode_groups(read_data("bodies/04-groups-list.json"));
    ASSERT_EQ(groups.size(), 5u);
    EXPECT_EQ(groups[0].id, 4512019);
    EXPECT_EQ(groups[2].last_added_at, "");
}

TEST(Imports, EveryAnswerOfTheFixtureIsJudgedByItsInnerResult) {
    Poco::JSON::Parser parser;
    const auto cases =
        parser.parse(read_data("bodies/16-import-answers.json")).extract<Poco::JSON::Array::Ptr>();
    std::string verdicts;
    for (const auto& item : *cases) {
        const auto object = item.extract<Poco::JSON::Object::Ptr>();
        Response response;
        response.status = object->getValue<int>("http_status");
        std::ostringstream body;
        if (const auto json = object->getObject("body")) json->stringify(body);
        const ImportAnswer verdict = decode_import(response, body.str());
        const auto* rejected = std::get_if<Rejected>(&verdict);
        verdicts += std::holds_alternative<Written>(verdict)        ? "W"
                    : rejected == nullptr                           ? "U"
                    : rejected->cause == Rejected::Cause::allowance ? "A"
                    : rejected->cause == Rejected::Cause::said      ? "R"
                                                                    : "S";
    }
    EXPECT_EQ(verdicts, "WWWRWSASS");
}

TEST(Imports, ParamsAreBase64WithoutLineBreaks) {
    const Request request = import_request("users", "add", std::string(300, 'x'), Secret("k"));
    const auto params = std::find_if(request.form.begin(), request.form.end(),
                                     [](const auto& f) { return f.first == "params"; });
    EXPECT_EQ(params->second.size(), 400u);
    EXPECT_EQ(params->second.find_first_of("\r\n"), std::string::npos);
}
