#include <fmt/core.h>

#include "etl/encoding.hpp"
#include "tests/support/hostile_answers.hpp"

namespace test_support {
namespace {

using Asked = HostileAnswer::Asked;
using Place = HostileAnswer::Place;

// A body under 200 with the client's key for {KEY}, percent-encoded for {%KEY}, base64 for {64KEY}.
auto body(std::string given, std::string type = "application/json; charset=utf-8") {
    return [given = std::move(given), type = std::move(type)](const Asked& asked) {
        std::string out = given;
        std::string bytes;  // each byte as %XX: what a careless proxy makes of it
        for (const char c : asked.key)
            bytes += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        for (const auto& [mark, word] : {std::pair<std::string, std::string>{"{KEY}", asked.key},
                                         {"{%KEY}", bytes},
                                         {"{64KEY}", etl::base64(asked.key)}})
            for (std::size_t at = 0; (at = out.find(mark, at)) != std::string::npos;)
                out.replace(at, mark.size(), word);
        return http(out, "200 OK", {}, type);
    };
}

auto says(const std::string& words, const std::string& code = {}) {
    return body(refusal('"' + words + '"', code));
}

std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

void codes(std::vector<HostileAnswer>& out) {
    out.insert(
        out.end(),
        {{"901, a wrong key", Place::start, says("Неавторизованное API {KEY}", "901"), 5},
         {"901 at a poll", Place::poll, says("Неавторизованное API", "901"), 5},
         {"904, no key", Place::start, says("параметр key={KEY}", "904"), 5},
         {"903 once", Place::start, body(refusal("\"Слишком много запросов\"", "903")), 0,
          HostileAnswer::Then::close, 1},
         {"905 once", Place::start, says("Уже запущен один экспорт", "905"), 0,
          HostileAnswer::Then::close, 1},
         {"908, no filter", Place::poll, says("Должен быть передан хотя бы один фильтр", "908"), 4},
         {"909 for ever", Place::poll, says("Файл еще не создан ", "909"), 4},
         {"910, no file", Place::poll, says("Файл не создан, попробуйте другой фильтр", "910"), 4},
         {"910 at a start", Place::start, says("попробуйте другой фильтр", "910"), 4},
         {"913, a status", Place::start, says("поле статус {KEY}", "913"), 4},
         {"917 at a start", Place::start, says("Функционал недоступен", "917"), 5},
         {"917 at a poll", Place::poll, says("Функционал недоступен", "917"), 5},
         {"986 in 600 letters", Place::poll, says("x" + repeated("я", 600), "986"), 4},
         {"987 with the key", Place::poll, says("Сбой ?key={KEY}&a=1", "987"), 4},
         {"a code that is a text", Place::poll, says("сбой", "\"987\""), 4},
         {"a code with decimals", Place::poll, says("сбой", "987.5"), 4},
         {"a code beyond 64 bits", Place::poll, says("сбой", "99999999999999999999"), 4},
         {"a code below zero", Place::poll, says("сбой", "-1"), 4},
         {"a code that is a list", Place::poll, says("сбой", "[901]"), 4},
         {"not found", Place::poll, says("Объект не найден"), 4}});
}

void messages(std::vector<HostileAnswer>& out) {
    out.insert(out.end(),
               {{"the key in the words", Place::poll, says("нет доступа: {KEY}"), 4},
                {"the key percent-encoded", Place::poll, says("GET /?key={%KEY}"), 4},
                {"the key in base64", Place::poll, says("Authorization: Basic {64KEY}"), 4},
                {"the key within a word", Place::start, says("abc{KEY}def"), 4},
                {"the key cut by an escape", Place::poll, says(R"({KEY}\u001b[0m{KEY})"), 4},
                {"the key behind 990 letters", Place::poll, says(repeated("я", 495) + "{KEY}"), 4},
                {"colours and titles of a terminal", Place::poll,
                 says(R"(\u001b]0;owned\u0007\u001b[2J\u009b31m{KEY})"), 4},
                {"NUL in the words", Place::poll, says(R"(a\u0000b)"), 4},
                {"lone surrogates in the words", Place::poll, says(R"(a\ud800b\udfff)"), 4},
                {"broken UTF-8 in the words", Place::poll, says("a\xD0\xFF\xC0\x80 z"), 4},
                {"words in windows-1251", Place::poll, says("\xCE\xF8\xE8\xE1\xEA\xE0"), 4},
                {"a megabyte of words", Place::poll, says(repeated("слово ", 90000)), 4},
                {"lines and quotes in the words", Place::poll,
                 says(R"(a\r\nb\\\"'; DROP TABLE x; --)"), 4},
                {"words that are an object", Place::poll, body(refusal(R"({"text":"{KEY}"})")), 4},
                {"words that are a list", Place::poll, body(refusal(R"(["{KEY}"])")), 4},
                {"an error that is a text", Place::poll,
                 body(R"({"success":false,"error":"{KEY} сбой"})"), 4},
                {"an error beside success", Place::poll,
                 body(R"({"success":true,"error":true,"error_message":"{KEY}"})"), 4},
                {"success that is a text", Place::poll,
                 body(R"({"success":"false","error_message":"{KEY}"})"), 4},
                {"success that is null", Place::poll, body(R"({"success":null,"info":{}})"), 4},
                {"no success", Place::poll, body(R"({"info":{"fields":[],"items":[]}})"), 4},
                {"success twice", Place::poll,
                 body(R"({"success":true,"success":false,"error_message":"сбой"})"), 4},
                {"an empty object", Place::poll, body("{}"), 4}});
}

void no_json(std::vector<HostileAnswer>& out) {
    out.insert(
        out.end(),
        {{"nothing under 200", Place::poll, body(""), 4},
         {"a login page with the key", Place::poll,
          body("<!DOCTYPE html><a href=\"/?key={KEY}\">login</a>", "text/html"), 4},
         {"a text with the key", Place::poll, body("error for key {KEY}", "text/plain"), 4},
         {"a page called JSON", Place::poll, body("<html>{KEY}</html>"), 4},
         {"a type with the key and escapes", Place::poll, body("x", "text/{KEY}\x1b[2J"), 4},
         {"a list", Place::poll, body("[1,2,3]"), 4},
         {"a text", Place::poll, body("\"{KEY}\""), 4},
         {"a number", Place::poll, body("12"), 4},
         {"null", Place::poll, body("null"), 4},
         {"single quotes", Place::poll, body("{'success':true}"), 4},
         {"a trailing comma", Place::poll, body(R"({"success":true,})"), 4},
         {"not a number", Place::poll, body(R"({"success":NaN,"info":Infinity})"), 4},
         {"two documents", Place::poll, body(R"({"success":true}{"success":true})"), 4},
         {"brackets a hundred thousand deep", Place::poll, body(repeated("[", 100000)), 4},
         {"objects a hundred thousand deep", Place::poll,
          body("{\"success\":true,\"info\":" + repeated("{\"a\":", 100000)), 4},
         {"UTF-16", Place::poll,
          body(std::string("\xFF\xFE{\0\"\0s\0\"\0:\0"
                           "1\0}\0",
                           18)),
          4},
         {"half of an answer", Place::poll,
          [](const Asked& asked) { return http(asked.good.substr(0, asked.good.size() / 2)); }, 4},
         {"an answer behind a mark of byte order", Place::poll,
          [](const Asked& asked) { return http("\xEF\xBB\xBF" + asked.good); }, 0},
         {"an answer behind a warning of PHP", Place::poll,
          [](const Asked& asked) { return http("<br />Warning: x in y on line 3" + asked.good); },
          4},
         {"an answer before a warning of PHP", Place::poll,
          [](const Asked& asked) { return http(asked.good + "<br />Warning: x"); }, 4}});
}

}  // namespace

std::string refusal(const std::string& words, const std::string& code) {
    return R"({"success":false,"info":[],"error_message":)" + words + R"(,"error":true)" +
           (code.empty() ? "" : R"(,"error_code":)" + code) + "}";
}

std::vector<HostileAnswer> hostile_words() {
    std::vector<HostileAnswer> out;
    codes(out);
    messages(out);
    no_json(out);
    return out;
}

}  // namespace test_support
