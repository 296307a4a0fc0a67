// The one error type: what happened, and what to do next. Kinds map to the exit codes of design.md.
#pragma once

#include <stdexcept>
#include <string>

namespace etl {

enum class Kind {
    unexpected = 1,
    usage = 2,      // command line or configuration
    rejects = 3,    // done, but cells or rows could not be read
    postponed = 4,  // by the budget
    refused = 5,    // by the service
    database = 6,
    locked = 7,  // another process holds the lock
    stopped = 8  // on request; resumable
};

class Error final : public std::runtime_error {
public:
    // `message`: thing, value, expectation. `hint`: what to do next, a sentence; may be empty.
    // `sqlstate`: of the server's answer, when it was one: "23505", "55P03", …
    Error(Kind kind, const std::string& message, std::string hint = {}, std::string sqlstate = {});
    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
    [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }

private:
    Kind kind_;
    std::string hint_;
    std::string sqlstate_;
};

[[nodiscard]] int exit_code(Kind kind) noexcept;

}  // namespace etl
