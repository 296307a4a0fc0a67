#include <fmt/core.h>

#include "etl/gzip.hpp"
#include "tests/support/hostile_answers.hpp"

namespace test_support {
namespace {

using Asked = HostileAnswer::Asked;
using Place = HostileAnswer::Place;
using Then = HostileAnswer::Then;

auto text(std::string bytes) {
    return [bytes = std::move(bytes)](const Asked&) { return bytes; };
}

// `{KEY}` in what is sent is the client's key; the length of the body is right.
auto page(std::string status, std::string body, std::string headers = {},
          std::string type = "text/html") {
    return [=](const Asked& asked) {
        std::string all = http(body, status, headers, type);
        const auto fill = [&](std::string given) {
            for (std::size_t at = 0; (at = given.find("{KEY}", at)) != std::string::npos;)
                given.replace(at, 5, asked.key);
            return given;
        };
        return http(fill(body), fill(status), fill(headers), type);
    };
}

// The good body under these headers, as it stands or packed.
auto good(std::string headers, std::function<std::string(const std::string&)> pack = {}) {
    return [=](const Asked& asked) {
        const std::string body = pack ? pack(asked.good) : asked.good;
        return "HTTP/1.1 200 OK\r\n" + headers + "\r\n" + body;
    };
}

std::string packed(const std::string& plain) { return etl::gzip(plain); }

// A member of gzip that becomes `size` blanks behind the beginning of an answer.
std::string bomb(std::size_t size) {
    return etl::gzip(R"({"success":true,"info":{"fields":["a"],"items":[)" +
                     std::string(size, ' ') + "]}}");
}

std::string chunks(const std::string& body) {
    std::string out;
    for (std::size_t at = 0; at < body.size(); at += 1000) {
        const std::string piece = body.substr(at, 1000);
        out += fmt::format("{:x}\r\n", piece.size()) + piece + "\r\n";
    }
    return out + "0\r\n\r\n";
}

void connections(std::vector<HostileAnswer>& out) {
    out.insert(out.end(),
               {{"a connection that is closed at once", Place::connection, text(""), 0,
                 Then::no_handshake, 1},
                {"a connection that is torn down", Place::connection, text(""), 0, Then::reset, 1},
                {"plain HTTP where TLS should be", Place::connection,
                 text("HTTP/1.1 400 Bad Request\r\n\r\n"), 0, Then::no_handshake, 1},
                {"bytes that are no handshake", Place::connection, text(std::string(5000, '\xFF')),
                 0, Then::no_handshake, 1},
                {"a handshake that never comes", Place::connection, text(""), 0, Then::hold, 1},
                {"a handshake of one byte at a time", Place::connection, text(""), 0,
                 Then::drip_no_handshake, 1, "\x16"}});
}

void heads(std::vector<HostileAnswer>& out) {
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 5000; ++i) many += fmt::format("X-{}: {}\r\n", i, i);
    out.insert(
        out.end(),
        {{"no answer at all", Place::poll, text(""), 4},
         {"no answer, torn down", Place::poll, text(""), 4, Then::reset},
         {"a line that is no status", Place::poll, text("NONSENSE\r\n\r\n"), 4},
         {"only a body", Place::poll, [](const Asked& asked) { return asked.good; }, 4},
         {"bytes", Place::poll, text(std::string(3000, '\x80')), 4},
         {"a status line alone", Place::poll, text("HTTP/1.1 200 OK\r\n"), 4},
         {"half a header", Place::poll, text("HTTP/1.1 200 OK\r\nContent-Le"), 4},
         {"a header of 100 kB", Place::poll, good("X: " + std::string(100000, 'x') + "\r\n"), 4},
         {"five thousand headers", Place::poll, text(many + "\r\n"), 4},
         {"a header with NUL", Place::poll, good(std::string("X: a\0b\r\n", 8)), 0},
         {"a header without a colon", Place::poll, good("Nothing\r\n"), 0},
         {"a header with escapes", Place::poll, good("Date: \x1b]0;owned\x07\x1b[2J\r\n"), 0},
         {"a status of 999", Place::poll, text("HTTP/1.1 999 \x1b[31mOdd\r\n\r\n"), 4},
         {"a status below zero", Place::poll, text("HTTP/1.1 -1 Odd\r\n\r\n"), 4},
         {"a status that is a word", Place::poll, text("HTTP/1.1 OK OK\r\n\r\n"), 4},
         {"100 Continue before the answer", Place::poll,
          [](const Asked& asked) { return "HTTP/1.1 100 Continue\r\n\r\n" + http(asked.good); }, 0},
         {"101 Switching Protocols", Place::poll, text("HTTP/1.1 101 Switching\r\n\r\n"), 4},
         {"204 without a body", Place::poll, text("HTTP/1.1 204 No Content\r\n\r\n"), 4},
         {"two answers, one behind the other", Place::poll,
          [](const Asked& asked) { return http(asked.good) + http(asked.good); }, 0}});
}

void statuses(std::vector<HostileAnswer>& out) {
    out.insert(
        out.end(),
        {{"500 with the key in its page", Place::poll, page("500 Oops {KEY}", "<p>{KEY}</p>"), 4},
         {"502 of a proxy", Place::poll, page("502 Bad Gateway", "<h1>502</h1>"), 4},
         {"503 with Retry-After", Place::poll,
          page("503 Busy", "later", "Retry-After: 999999999\r\n"), 4},
         {"a good answer under 500", Place::poll,
          [](const Asked& asked) { return http(asked.good, "500 Internal"); }, 4},
         {"429 once", Place::poll, page("429 Too Many", "slow down"), 0, Then::close, 1},
         {"404 page of an export", Place::poll, page("404 Not Found", "<h1>404 {KEY}</h1>"), 4},
         {"404 of the account", Place::poll, page("404 Not Found", "Wrong subdomain"), 5},
         {"401 with the key", Place::poll, page("401 No {KEY}", "{KEY}"), 5},
         {"403 page", Place::start, page("403 Forbidden", "<b>{KEY}</b>"), 5},
         {"a redirect that repeats the key", Place::start,
          page("302 Found", "", "Location: https://evil.example.com/{KEY}?key={KEY}#{KEY}\r\n"), 5},
         {"a redirect to nowhere", Place::poll, page("301 Moved", "moved"), 5},
         {"a redirect with escapes", Place::poll,
          page("307 Temporary", "", "Location: //\x1b[2J{KEY}@host/\r\n"), 5},
         {"300 Multiple Choices", Place::start, page("300 Choose", "{KEY}"), 5},
         {"418 with the key in its reason", Place::poll, page("418 {KEY}\x1b[1m", "{KEY}"), 4}});
}

void lengths(std::vector<HostileAnswer>& out) {
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    out.insert(
        out.end(),
        {{"a length above the body", Place::poll, good("Content-Length: 9000000\r\n"), 4},
         {"a length below the body", Place::poll, good("Content-Length: 50\r\n"), 4},
         {"a length below zero", Place::poll, good("Content-Length: -5\r\n"), 4},
         {"a length that is a word", Place::poll, good("Content-Length: many\r\n"), 4},
         {"a length beyond 64 bits", Place::poll,
          good("Content-Length: 99999999999999999999999\r\n"), 4},
         {"a length of eight exabytes", Place::poll,
          good("Content-Length: 9000000000000000000\r\n"), 4},
         {"two lengths", Place::poll, good("Content-Length: 50\r\nContent-Length: 60\r\n"), 4},
         {"no length, closed at the end", Place::poll, good(""), 0},
         {"chunks", Place::poll, good(chunked, chunks), 0},
         {"chunks that are none", Place::poll, good(chunked), 4},
         {"chunks that are cut", Place::poll,
          good(chunked, [](const std::string& plain) { return chunks(plain).substr(0, 900); }), 4},
         {"a chunk of eight exabytes", Place::poll, good(chunked + "\r\n7fffffffffffffff\r\n"), 4},
         {"a chunk's length without end", Place::poll,
          good(chunked, [](const std::string&) { return std::string(); }), 0, Then::drip, 1, "0"},
         {"chunks and a length", Place::poll, good("Content-Length: 9\r\n" + chunked, chunks), 4}});
}

void zips(std::vector<HostileAnswer>& out) {
    const std::string gzip = "Content-Encoding: gzip\r\n";
    const auto cut = [](const std::string& plain) {
        const std::string all = packed(plain);
        return all.substr(0, all.size() / 2);
    };
    const auto spoilt = [](const std::string& plain) {
        std::string all = packed(plain);
        all[all.size() - 6] = static_cast<char>(all[all.size() - 6] ^ 0x55);
        return all;
    };
    out.insert(
        out.end(),
        {{"gzip", Place::poll, good(gzip, packed), 0},
         {"what is called gzip and is none", Place::poll, good(gzip), 4},
         {"gzip that is cut", Place::poll, good(gzip, cut), 4},
         {"gzip of a wrong sum", Place::poll, good(gzip, spoilt), 4},
         {"gzip within gzip", Place::poll,
          good(gzip, [](const std::string& plain) { return packed(packed(plain)); }), 4},
         {"gzip with a tail", Place::poll,
          good(gzip, [](const std::string& plain) { return packed(plain) + "tail"; }), 4},
         {"gzip that nothing announces", Place::poll, good("", packed), 4},
         {"gzip of nothing", Place::poll, good(gzip, [](const std::string&) { return packed(""); }),
          4},
         {"br, which was not asked for", Place::poll, good("Content-Encoding: br\r\n"), 0},
         {"a bomb of 60 MB", Place::poll,
          good(gzip, [](const std::string&) { return bomb(60'000'000); }), 0, Then::close, 2}});
}

void times(std::vector<HostileAnswer>& out) {
    out.insert(out.end(),
               {{"silence", Place::poll, text(""), 0, Then::hold, 1},
                {"silence behind the head", Place::poll, good("Content-Length: 90000\r\n"), 0,
                 Then::hold, 1},
                {"a head that drips", Place::poll, text("HTTP/1.1 200 OK\r\n"), 0, Then::drip, 1,
                 "X: y\r\n"},
                {"100 Continue without end", Place::poll, text(""), 0, Then::drip, 1,
                 "HTTP/1.1 100 Continue\r\n\r\n"},
                {"a body that drips", Place::poll,
                 text("HTTP/1.1 200 OK\r\n\r\n{\"success\":true,"), 0, Then::drip, 1, " "},
                {"torn down within the body", Place::poll, good("Content-Length: 90000\r\n"), 0,
                 Then::reset, 1},
                {"no JSON, without end", Place::poll, text("HTTP/1.1 200 OK\r\n\r\n"), 4,
                 Then::pour, 1000000, std::string(65536, 'x')},
                {"an envelope without end", Place::poll, text("HTTP/1.1 200 OK\r\n\r\n{\"a\":\""),
                 4, Then::pour, 1000000, std::string(65536, 'x')},
                {"blanks without end", Place::poll, text("HTTP/1.1 200 OK\r\n\r\n"), 4, Then::pour,
                 1000000, std::string(65536, ' ')},
                {"blanks without end between rows", Place::poll,
                 text("HTTP/1.1 200 OK\r\n\r\n{\"success\":true,\"info\":{\"fields\":[\"id\"],"
                      "\"items\":["),
                 4, Then::pour, 1000000, std::string(65536, ' ')},
                {"a head without end", Place::poll, text("HTTP/1.1 200 OK\r\nX: "), 4, Then::pour,
                 1000000, std::string(65536, 'x')}});
}

}  // namespace

std::vector<HostileAnswer> hostile_wires() {
    std::vector<HostileAnswer> out;
    connections(out);
    heads(out);
    statuses(out);
    lengths(out);
    zips(out);
    times(out);
    return out;
}

}  // namespace test_support
