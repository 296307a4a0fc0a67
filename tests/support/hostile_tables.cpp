#include <fmt/core.h>

#include "tests/support/hostile_answers.hpp"

namespace test_support {
namespace {

using Asked = HostileAnswer::Asked;
using Place = HostileAnswer::Place;

auto body(std::string given) {
    return [given = std::move(given)](const Asked& asked) {
        std::string out = given;
        for (std::size_t at = 0; (at = out.find("{KEY}", at)) != std::string::npos;)
            out.replace(at, 5, asked.key);
        return http(out);
    };
}

// The good answer with the first of `old` made `now`.
auto with(std::string old, std::string now) {
    return [=](const Asked& asked) {
        std::string out = asked.good;
        const auto at = out.find(old);
        if (at != std::string::npos) out.replace(at, old.size(), now);
        return http(out);
    };
}

// A cell of the first order: its note, its title, its id …
auto note(const std::string& now) { return with("\"заметка\"", now); }

std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

std::string started(const std::string& id) {
    return R"({"success":true,"info":{"export_id":)" + id + "}}";
}

void starts(std::vector<HostileAnswer>& out) {
    for (const auto& [name, info] : std::vector<std::pair<std::string, std::string>>{
             {"a start without an id", R"({"success":true,"info":{}})"},
             {"a start without info", R"({"success":true})"},
             {"a start whose info is a list", R"({"success":true,"info":["{KEY}"]})"},
             {"an id of 900 kB", started('"' + std::string(900000, '7') + '"')},
             {"an id that is a path", started(R"("../../../etc/passwd?key={KEY}")")},
             {"an id with lines", started(R"("68\r\nHost: evil\r\n\r\n")")},
             {"an id below zero", started("-5.5")},
             {"an id that is an object", started(R"({"id":5})")},
             {"an id that is null", started("null")},
             {"an id that is true", started("true")},
             {"an id with NUL", started(R"("68\u0000")")},
             {"an empty id", started("\"\"")}})
        out.push_back({name, Place::start, body(info), 4});
}

void shapes(std::vector<HostileAnswer>& out) {
    for (const auto& [name, info] : std::vector<std::pair<std::string, std::string>>{
             {"info that is null", "null"},
             {"info that is a number", "5"},
             {"info that is a broken text", R"("{\"fields\":[")"},
             {"info without items", R"({"fields":["ID заказа"]})"},
             {"info without fields", R"({"items":[["1"]]})"},
             {"items that are null", R"({"fields":["ID заказа"],"items":null})"},
             {"items that are a text", R"({"fields":["ID заказа"],"items":"{KEY}"})"},
             {"items that are a number", R"({"fields":["ID заказа"],"items":5})"},
             {"fields that are a number", R"({"fields":5,"items":[["1"]]})"},
             {"columns and rows", R"({"columns":["{KEY}"],"rows":[["1"]]})"},
             {"an address of a file", R"({"file":"https://x.example.com/?key={KEY}"})"},
             {"no headings, and rows", R"({"fields":[],"items":[["1"]]})"},
             {"headings that are numbers", R"({"fields":[1,2],"items":5})"}})
        out.push_back({name, Place::poll, body(R"({"success":true,"info":)" + info + "}"), 4});
    out.push_back({"headings of nobody", Place::poll,
                   body(R"({"success":true,"info":{"fields":["a","b"],"items":[["1","2"]]}})"), 3});
    out.push_back({"a table without rows", Place::poll,
                   [](const Asked& asked) {
                       const auto at = asked.good.find("\"items\":[") + 9;
                       return http(asked.good.substr(0, at) + "]}}");
                   },
                   3});
}

void rows(std::vector<HostileAnswer>& out) {
    const std::string first = "\"items\":[";
    for (const auto& [name, row] : std::vector<std::pair<std::string, std::string>>{
             {"a row that is null", "null,"},
             {"a row that is a number", "5,"},
             {"a row that is a text", "\"{KEY}\","},
             {"a row that is an object", R"({"ID заказа":"1"},)"},
             {"a row without cells", "[],"},
             {"a row of a thousand cells", "[" + repeated("\"x\",", 999) + "\"x\"],"},
             {"a row within a row", R"([["912000001"]],)"},
             {"a row of Cyrillic without brackets", '"' + repeated("я", 3000) + "\","},
             {"a row without an id", R"(["","","","я"],)"}})
        out.push_back({name, Place::poll, with(first, first + row), 3});
}

void cells(std::vector<HostileAnswer>& out) {
    for (const auto& [name, cell, exit] : std::vector<std::tuple<std::string, std::string, int>>{
             {"a cell of 5 MB", '"' + std::string(5000000, 'x') + '"', 0},
             {"a cell with NUL", R"("a\u0000b")", 3},
             {"a cell with lone surrogates", R"("\ud800 \udc00")", 3},
             {"a cell cut within a letter", "\"Н\xD0\"", 3},
             {"a cell with all control characters", R"("\u0001\u0008\u001b\u007f\u0085")", 0},
             {"a cell that is a list", R"(["a",{"b":[1]}])", 0},
             {"a cell that is an object", R"({"a\u0000":"\ud800"})", 3},
             {"a cell that is a number", "1e400", 0},
             {"a cell that is true", "true", 0}})
        out.push_back({name, Place::poll, note(cell), exit});
    for (const auto& [name, old, now] :
         std::vector<std::tuple<std::string, std::string, std::string>>{
             {"an id beyond 64 bits", "\"912000001\"", "\"99999999999999999999\""},
             {"an id that is a word", "\"912000001\"", "\"one\""},
             {"an id of 6 000 letters", "\"912000001\"", '"' + std::string(6000, '9') + '"'},
             {"money with three decimals", "\"100.10\"", "\"12,000\""},
             {"money that is a word", "\"100.10\"", "\"{KEY}\""},
             {"money of 400 digits", "\"100.10\"", '"' + std::string(400, '9') + '"'}})
        out.push_back({name, Place::poll, with(old, now), 3});
    for (const char* day : {"0001-01-01", "9999-12-31", "2026-02-30", "0000-13-99"})
        out.push_back({std::string("a day of ") + day, Place::poll,
                       [day](const Asked& asked) {
                           std::string text = asked.good;
                           const std::string before = "a1@example.com\",\"";
                           const auto at = text.find(before);
                           if (at != std::string::npos) text.replace(at + before.size(), 10, day);
                           return http(text);
                       },
                       3});
    out.push_back({"an order number of 6 000 letters", Place::poll,
                   with("\"5001\"", '"' + std::string(6000, 'q') + '"'), 0});
    out.push_back({"an e-mail of 6 000 letters", Place::poll,
                   with("\"a1@example.com\"", '"' + std::string(6000, 'q') + "@x.example\""), 0});
    out.push_back({"an unknown status", Place::poll, with("\"Завершен\"", "\"Висит\""), 0});
}

void lists(std::vector<HostileAnswer>& out) {
    const auto list = [](const std::string& info) {
        return body(R"({"success":true,"info":)" + info + "}");
    };
    for (const Place place : {Place::groups, Place::fields}) {
        const std::string what = place == Place::groups ? "groups: " : "fields: ";
        out.push_back({what + "refused", place, body(refusal("\"нельзя {KEY}\"")), 4});
        out.push_back(
            {what + "the API is off", place, body(refusal("\"Функционал недоступен\"", "917")), 4});
        out.push_back(
            {what + "403", place, [](const Asked&) { return http("no", "403 Forbidden"); }, 4});
        out.push_back({what + "a number", place, list("5"), 4});
        out.push_back({what + "entries of all kinds", place,
                       list(R"([null,5,"x",[],{},{"id":{},"name":[],"title":{}}])"),
                       place == Place::groups ? 3 : 0});
        out.push_back({what + "a page", place,
                       [](const Asked&) { return http("<html>", "200 OK", {}, "text/html"); }, 4});
    }
    const std::string name = '"' + std::string("a\\u0000b\\u001b[2J") + repeated("я", 3000) + '"';
    out.push_back({"groups: an odd name", Place::groups,
                   list(R"([{"id":4512019,"name":)" + name + R"(,"last_added_at":"never"}])"), 3});
    out.push_back({"groups: two of one id", Place::groups,
                   list(R"([{"id":4512019,"name":"a"},{"id":4512019,"name":"b"}])"), 0});
    out.push_back({"fields: an odd title", Place::fields,
                   list(R"([{"id":77,"title":)" + name +
                        R"(,"type":"\ud800","context_type":"deal","field_order_pos":"x"}])"),
                   0});
    out.push_back({"fields: an id beyond 64 bits", Place::fields,
                   list(R"([{"id":99999999999999999999,"title":"t","type":"string"}])"), 0});
}

}  // namespace

std::vector<HostileAnswer> hostile_tables() {
    std::vector<HostileAnswer> out;
    starts(out);
    shapes(out);
    rows(out);
    cells(out);
    lists(out);
    return out;
}

std::vector<HostileAnswer> hostile_answers() {
    std::vector<HostileAnswer> out = hostile_wires();
    for (const auto& part : {hostile_words(), hostile_tables()})
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

}  // namespace test_support
