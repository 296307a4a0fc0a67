// The forms in which a ready answer may come (tests/data/poison/ready_forms.json).
#include <gtest/gtest.h>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <sstream>

#include "etl/api.hpp"
#include "tests/support/data.hpp"

using namespace etl;
using Poco::JSON::Array;
using Poco::JSON::Object;

namespace {

struct Rows final : RowHandler {
    std::vector<std::string> all;
    void row(std::uint64_t, std::string_view raw) override { all.emplace_back(raw); }
};

// `piece`: how many bytes come at a time.
Envelope scan(const std::string& body, std::size_t piece, Rows* rows = nullptr) {
    SheetScanner scanner(rows);
    for (std::size_t at = 0; at < body.size(); at += piece)
        scanner.feed(std::string_view(body).substr(at, piece));
    return scanner.finish();
}

Answer polled(const std::string& body, std::size_t piece = 4096) {
    Response response;
    response.status = 200;
    return decode(Asked::poll, response, scan(body, piece));
}

}  // namespace

TEST(ReadyForms, EachIsWhatItIs) {
    Poco::JSON::Parser parser;
    const auto forms =
        parser.parse(test_support::read_data("poison/ready_forms.json")).extract<Array::Ptr>();
    ASSERT_EQ(forms->size(), 15u);
    for (std::size_t i = 0; i < forms->size(); ++i) {
        const Object::Ptr form = forms->getObject(static_cast<unsigned>(i));
        SCOPED_TRACE(form->getValue<std::string>("case"));
        const Object::Ptr right = form->getObject("right");
        const std::string state = right->getValue<std::string>("state");
        std::ostringstream body;
        if (form->has("body_raw"))
            body << form->getValue<std::string>("body_raw");
        else
            form->getObject("body")->stringify(body);

        for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
            const Answer answer = polled(body.str(), piece);

            if (state == "ready") {
                const auto* ready = std::get_if<Ready>(&answer);
                ASSERT_NE(ready, nullptr) << name_of(answer);
                EXPECT_EQ(ready->rows, right->getValue<std::uint64_t>("rows"));
                ASSERT_EQ(ready->headings.size(), 5u);
                EXPECT_EQ(ready->headings[0], "ID заказа");
            } else if (state == "not ready") {
                ASSERT_TRUE(std::holds_alternative<NotReady>(answer)) << name_of(answer);
            } else if (state == "ended") {
                EXPECT_TRUE(std::holds_alternative<Gone>(answer)) << name_of(answer);
            } else if (state == "unknown shape") {
                const auto* odd = std::get_if<UnknownShape>(&answer);
                ASSERT_NE(odd, nullptr) << name_of(answer);
                for (const auto& word : *right->getArray("said"))
                    EXPECT_NE(odd->seen.find(word.convert<std::string>()), std::string::npos)
                        << odd->seen;
                EXPECT_LE(odd->seen.size(), 500u);
            } else {
                EXPECT_TRUE(std::holds_alternative<Unclear>(answer)) << name_of(answer);
            }
        }
    }
}

TEST(ReadyForms, AnObjectWithOtherKeysThanNumbersIsNoTable) {
    EXPECT_FALSE(std::holds_alternative<Ready>(
        polled(R"({"success":true,"info":{"fields":["id"],"items":{"rows":[["1"]]}}})")));
}

TEST(ReadyForms, AnInfoTextKeepsWhatItsCellsEscape) {
    Rows rows;
    const std::string body =
        R"({"success":true,"info":"{\"fields\":[\"a\"],\"items\":[[\"\\ud83c\\udf38 \\\"x\\\" \ud83c\udf38\"],[\"\ud83d\",7]]}","error":false})";
    const Envelope envelope = scan(body, 3, &rows);

    EXPECT_TRUE(envelope.complete);
    ASSERT_EQ(rows.all.size(), 2u);
    RowParser parser;
    ASSERT_TRUE(parser.parse(rows.all[0]));
    EXPECT_EQ(parser.cells()[0].text, "🌸 \"x\" 🌸");
    ASSERT_TRUE(parser.parse(rows.all[1]));
    EXPECT_EQ(parser.cells()[0].text, "\uFFFD");
    EXPECT_EQ(parser.replaced(), 1u);
}

TEST(ReadyForms, AnExportIdIsLettersAndDigits) {
    Response response;
    response.status = 200;
    const auto start = [&](const std::string& id) {
        return decode(Asked::start, response,
                      scan(R"({"success":true,"info":{"export_id":)" + id + "}}", 100));
    };
    EXPECT_TRUE(std::holds_alternative<Started>(start("424242")));
    EXPECT_TRUE(std::holds_alternative<Started>(start("\"a-B_9\"")));
    EXPECT_TRUE(std::holds_alternative<Unclear>(start("\"../../x\"")));
    EXPECT_TRUE(std::holds_alternative<Unclear>(start("\"" + std::string(65, '1') + "\"")));
}

TEST(ReadyForms, GroupsAndFieldsAreRepaired) {
    const auto groups = decode_groups(
        "{\"success\":true,\"info\":[{\"id\":7,\"name\":\"a\\u0000b \xD1 \\ud83d\x01\"},"
        "{\"id\":\"12x\",\"name\":\"c\"}]}");
    ASSERT_EQ(groups.size(), 2u);
    EXPECT_EQ(groups[0].name, "a\uFFFDb \uFFFD \uFFFD\uFFFD");
    EXPECT_EQ(groups[1].id, 0) << "a number with letters is none";

    const auto fields = decode_fields(
        R"({"success":true,"info":[{"id":1,"title":"t\ud83d"},{"id":1,"title":"again"},{"title":"x"}]})");
    ASSERT_EQ(fields.size(), 1u) << "an id names one field";
    EXPECT_EQ(fields[0].title, "t\uFFFD");
}

TEST(RowParser, RepairsEveryCellThatNeedsIt) {
    RowParser parser;
    ASSERT_TRUE(
        parser.parse("[\"ok\", \"\xD0\x9A\xD1 \xFF\", [\"\\ud83d\"], {\"c\":\"\\x41\"}, null]"));
    const auto cells = parser.cells();
    ASSERT_EQ(cells.size(), 5u);
    EXPECT_EQ(cells[1].text, "К\uFFFD \uFFFD");
    EXPECT_EQ(cells[2].text, "[\"\uFFFD\"]");
    EXPECT_EQ(cells[3].text, "{\"c\":\"\uFFFDx41\"}");
    EXPECT_EQ(parser.replaced(), 4u);

    ASSERT_TRUE(parser.parse(R"(["a", ["b\ud83d"]])"));
    EXPECT_EQ(parser.cells()[1].text, "[\"b\uFFFD\"]") << "nested texts are looked at, too";
    EXPECT_EQ(parser.replaced(), 5u);
}
