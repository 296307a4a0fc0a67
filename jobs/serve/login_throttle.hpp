// Wrong passwords slow down whoever guesses. Time is an argument.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace jobs {

class LoginThrottle {
public:
    using Time = std::chrono::steady_clock::time_point;
    // Before a password is compared. How long to wait instead; 0: it may be, and counts as wrong
    // until `right` says otherwise, so that guesses at once are no more than one after another.
    [[nodiscard]] std::chrono::seconds ask(const std::string& address, const std::string& name,
                                           Time now);
    void right(const std::string& address, const std::string& name);

private:
    struct Tries {
        int wrong = 0;
        Time last, free;
    };
    void forget(Time now);
    std::map<std::string, Tries> tries_;  // "name NAME", "from ADDRESS"
};

}  // namespace jobs
