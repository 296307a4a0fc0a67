#include "jobs/fleet/alerts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "etl/log.hpp"
#include "jobs/serve/notify.hpp"

namespace jobs::fleet {
namespace {

constexpr std::chrono::minutes kGather{5};
constexpr std::chrono::hours kAgain{1};
constexpr std::size_t kMostWaiting = 500;

Message message_of(const char* kind, const std::string& code, const Group& group,
                   const std::string& language) {
    Message message;
    message.kind = kind;
    message.code = code;
    message.level = std::string(name_of(group.level));
    message.text = language == "ru" ? group.ru : group.en;
    message.school = "fleet";
    return message;
}

}  // namespace

std::vector<Message> messages_of(const std::vector<Group>& groups, TroublesTold& told,
                                 const std::string& language, Steady now) {
    std::vector<Message> messages;
    std::set<std::string> standing;
    for (const Group& group : groups) {
        standing.insert(group.code);
        const auto [found, is_new] = told.try_emplace(group.code, Told{now, {}, 0, {}, {}});
        Told& known = found->second;
        const bool first = known.schools == 0 && now - known.since >= kGather;
        const bool wider =
            known.schools > 0 && group.schools.size() > known.schools && now - known.at >= kAgain;
        if (!first && !wider) continue;
        known.at = now;
        known.schools = group.schools.size();
        known.en = group.en;
        known.ru = group.ru;
        messages.push_back(message_of("raised", group.code, group, language));
    }
    for (auto entry = told.begin(); entry != told.end();) {
        if (standing.contains(entry->first)) {
            ++entry;
            continue;
        }
        if (entry->second.schools > 0) {
            Group over;
            over.en = entry->second.en;
            over.ru = entry->second.ru;
            messages.push_back(message_of("recovered", entry->first, over, language));
        }
        entry = told.erase(entry);
    }
    return messages;
}

Alerts::Alerts(const etl::Config& fleet) : config_(fleet), channels_(channels_of(fleet)) {}

void Alerts::seen(const std::vector<Row>& rows, Steady now) {
    if (channels_.empty()) return;
    for (const Message& message : messages_of(groups_of(rows), told_, config_.alert.language, now))
        for (std::size_t i = 0; i < channels_.size() && waiting_.size() < kMostWaiting; ++i)
            waiting_.push_back({i, message, 0, now});
    deliver(now);
}

void Alerts::deliver(Steady now) {
    std::erase_if(waiting_, [&](Waiting& one) {
        if (now < one.not_before) return false;
        const std::string wrong = channels_[one.channel].second(one.message);
        if (wrong.empty()) return true;
        ++one.attempts;
        one.not_before =
            now + std::chrono::duration_cast<std::chrono::milliseconds>(retry_after(one.attempts));
        const bool last = one.attempts >= config_.alert.attempts;
        etl::log::error(last ? "an alert is given up" : "an alert did not arrive",
                        {{"channel", channels_[one.channel].first}, {"reason", wrong}});
        return last;
    });
}

}  // namespace jobs::fleet
