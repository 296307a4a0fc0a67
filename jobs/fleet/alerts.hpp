// Alerts of a fleet: one message for all schools that have the same trouble.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "etl/config.hpp"
#include "jobs/fleet/decisions.hpp"
#include "jobs/fleet/overview.hpp"
#include "jobs/serve/channels.hpp"

namespace jobs::fleet {

// What was told of each trouble; in memory, so that a restart tells what still stands once more.
struct Told {
    Steady since{};           // the trouble stands since
    Steady at{};              // told last
    std::size_t schools = 0;  // so many were told of; 0: nothing was told yet
    std::string en, ru;       // as it was told
};
using TroublesTold = std::map<std::string, Told>;  // by code

// Pure. A trouble is told once it has stood for five minutes, so that the schools that share it are
// one message; again when further schools have it, at most once an hour; and when it is over.
[[nodiscard]] std::vector<Message> messages_of(const std::vector<Group>& groups, TroublesTold& told,
                                               const std::string& language, Steady now);

// Sends by the channels of the fleet's [alert]; what did not arrive is tried again.
class Alerts {
public:
    explicit Alerts(const etl::Config& fleet);
    void seen(const std::vector<Row>& rows, Steady now);

private:
    struct Waiting {
        std::size_t channel;
        Message message;
        int attempts = 0;
        Steady not_before{};
    };
    void deliver(Steady now);

    etl::Config config_;
    std::vector<std::pair<std::string, Channel>> channels_;
    TroublesTold told_;
    std::vector<Waiting> waiting_;
};

}  // namespace jobs::fleet
