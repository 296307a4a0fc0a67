// A school behind HTTPS that does what no server should. Its good side is small and exact: a row
// more in each table with each night, so that a good sync has one right sum.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace test_support {

struct HostileAnswer {
    enum class Place { connection, start, poll, groups, fields, import };
    // What happens after the bytes.
    enum class Then {
        close,
        reset,         // the connection is torn down
        hold,          // nothing more comes
        drip,          // `more` again and again, slowly
        pour,          // `more` again and again, as fast as it goes
        no_handshake,  // the bytes come instead of TLS
        drip_no_handshake
    };
    // Of a request: the client's key and the answer that the good school would give.
    struct Asked {
        std::string key, good;
    };

    std::string name;
    Place place = Place::poll;                       // a start and a poll are those of orders
    std::function<std::string(const Asked&)> bytes;  // the whole of HTTP
    int exit = 0;                                    // of the sync that meets it
    Then then = Then::close;
    int times = 1000000;  // so many requests get it, then the school is good again
    std::string more = {};
    // Where it is set: what follows `bytes`, once `meanwhile` has returned.
    std::function<std::string(const Asked&)> rest = {};
    std::function<void()> meanwhile = {};
};

class HostileSchool {
public:
    explicit HostileSchool(const std::filesystem::path& dir);
    ~HostileSchool();
    HostileSchool(const HostileSchool&) = delete;
    HostileSchool& operator=(const HostileSchool&) = delete;

    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::filesystem::path ca_file() const;
    // One order and person more. The figures of a mirror that has read them all: orders, their
    // cost, people, groups.
    [[nodiscard]] std::string next_night();
    [[nodiscard]] std::string people() const;  // their number
    void say(const HostileAnswer& answer);     // from now on, at its place
    void say(const HostileAnswer& answer, HostileAnswer::Place place);
    void be_good();
    [[nodiscard]] int hostile_answers() const;  // given so far
    // Of a gcmirror that mirrors it with short waits; `key` stands in a file that only its owner
    // reads.
    [[nodiscard]] std::vector<std::string> environment(
        const std::string& database_url, const std::string& key = "hostile-school-key-01") const;
    // A heading that every answer about orders has from now on: odd ones stay in a school.
    void add_heading(const std::string& json_text);

    struct State;

private:
    std::unique_ptr<State> state_;
};

// HTTP around a body, with its length.
[[nodiscard]] std::string http(const std::string& body, const std::string& status = "200 OK",
                               const std::string& headers = {},
                               const std::string& type = "application/json; charset=utf-8");

}  // namespace test_support
