#include "jobs/serve/login_throttle.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "schema/text.hpp"

namespace jobs {
namespace {

using std::chrono::seconds;

// A name is one person's; behind one address (of a proxy, say) may be many people.
constexpr int kFreeOfName = 5, kFreeOfAddress = 20;
constexpr seconds kLongestWait{60};  // so that nobody locks another out for good
constexpr std::chrono::minutes kForgotten{15};
constexpr std::size_t kMost = 10000, kLongestName = 100;

seconds wait_after(int wrong, int free) {
    if (wrong < free) return seconds{0};
    return std::min(kLongestWait, seconds{1LL << std::min(wrong - free, 10)});
}

std::string name_key(const std::string& name) {
    return "name " + schema::fold(name.substr(0, kLongestName));
}

std::string address_key(const std::string& address) { return "from " + address; }

}  // namespace

seconds LoginThrottle::ask(const std::string& address, const std::string& name, Time now) {
    forget(now);
    std::vector<std::pair<std::string, int>> keys = {{address_key(address), kFreeOfAddress}};
    if (!name.empty()) keys.emplace_back(name_key(name), kFreeOfName);
    seconds wait{0};
    for (const auto& [key, free] : keys)
        if (const auto found = tries_.find(key); found != tries_.end())
            wait = std::max(wait, std::chrono::ceil<seconds>(found->second.free - now));
    if (wait > seconds{0}) return wait;
    for (const auto& [key, free] : keys) {
        Tries& tries = tries_[key];
        tries.last = now;
        tries.free = now + wait_after(++tries.wrong, free);
    }
    return seconds{0};
}

void LoginThrottle::right(const std::string& address, const std::string& name) {
    tries_.erase(name_key(name));
    tries_.erase(address_key(address));
}

// What is long ago; of too many those that have waited longest.
void LoginThrottle::forget(Time now) {
    std::erase_if(tries_, [&](const auto& entry) { return now - entry.second.last > kForgotten; });
    while (tries_.size() >= kMost)
        tries_.erase(std::min_element(
            tries_.begin(), tries_.end(),
            [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
}

}  // namespace jobs
