// Ends a request from outside: shuts its connection when a stop comes, when a phase exceeds its
// limit, or when a body drips. A read that blocks then returns; nobody waits for the other side.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "etl/transport.hpp"

namespace etl {

class Watch {
public:
    Watch(std::stop_token stop, Deadline until);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // From now on this connection is shut at the end.
    void guard(int socket);
    // The phase that begins now: what it is called when it takes longer than `most`.
    void phase(Duration most, Response::Failure failure, std::string reason);
    // From now on at least `least` bytes must come in each `span`.
    void least_rate(std::uint64_t least, Duration span);
    void received(std::uint64_t bytes);
    // Time that passes on our side of the wire is not the sender's.
    void pause();
    void resume();

    [[nodiscard]] bool over();
    // What ended it; false when nothing did.
    [[nodiscard]] bool explain(Response& response);

private:
    void run(const std::stop_token& done);
    void end(Response::Failure failure, std::string reason);
    [[nodiscard]] Deadline next() const;
    void look(Deadline now);

    std::stop_token stop_;
    Deadline until_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    int socket_ = -1;  // a duplicate: the connection may be closed meanwhile
    Deadline limit_ = Deadline::max();
    Response::Failure failure_ = Response::Failure::connect;
    std::string reason_;
    std::optional<Deadline> span_end_;
    std::uint64_t least_ = 0, in_span_ = 0;
    std::chrono::steady_clock::duration span_{};
    bool paused_ = false;
    std::optional<Response::Failure> ended_;
    std::string ended_reason_;
    std::stop_callback<std::function<void()>> woken_;
    std::jthread thread_;
};

}  // namespace etl
