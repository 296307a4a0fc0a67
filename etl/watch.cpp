#include "etl/watch.hpp"

#include <fmt/format.h>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "etl/log.hpp"

namespace etl {
namespace {

using Steady = std::chrono::steady_clock;

// After a stop an answer that is on its way may still come: for a write it decides between done
// and unclear. Well below the 5 s in which a stop is promised.
constexpr std::chrono::seconds kGrace{2};

}  // namespace

Watch::Watch(std::stop_token stop, Deadline until)
    : stop_(std::move(stop)),
      until_(until),
      woken_(stop_,
             [this] {
                 const std::lock_guard lock(mutex_);
                 if (until_ > Steady::now() + kGrace) until_ = Steady::now() + kGrace;
                 changed_.notify_all();
             }),
      thread_([this](const std::stop_token& done) { run(done); }) {}

Watch::~Watch() {
    thread_.request_stop();
    thread_.join();
    if (socket_ >= 0) close(socket_);
}

void Watch::guard(int socket) {
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0) close(socket_);
    socket_ = dup(socket);
    if (ended_) shutdown(socket_, SHUT_RDWR);
}

void Watch::phase(Duration most, Response::Failure failure, std::string reason) {
    const std::lock_guard lock(mutex_);
    limit_ = Steady::now() + most;
    failure_ = failure;
    reason_ = std::move(reason);
    changed_.notify_all();
}

void Watch::least_rate(std::uint64_t least, Duration span) {
    const std::lock_guard lock(mutex_);
    limit_ = Deadline::max();
    least_ = least;
    in_span_ = 0;
    span_ = span;
    span_end_ = Steady::now() + span;
    changed_.notify_all();
}

void Watch::received(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    in_span_ += bytes;
}

void Watch::pause() {
    const std::lock_guard lock(mutex_);
    paused_ = true;
}

void Watch::resume() {
    const std::lock_guard lock(mutex_);
    paused_ = false;
}

bool Watch::over() {
    const std::lock_guard lock(mutex_);
    look(Steady::now());
    return ended_.has_value();
}

bool Watch::explain(Response& response) {
    const std::lock_guard lock(mutex_);
    if (!ended_) return false;
    response.failure = *ended_;
    response.reason = ended_reason_;
    return true;
}

Deadline Watch::next() const {
    return std::min({until_, limit_, span_end_.value_or(Deadline::max())});
}

void Watch::end(Response::Failure failure, std::string reason) {
    if (ended_) return;
    ended_ = failure;
    ended_reason_ = std::move(reason);
    if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
}

void Watch::look(Deadline now) {
    if (now >= until_) {
        if (stop_.stop_requested())
            end(Response::Failure::stopped, "stopped before the answer had come");
        else
            end(Response::Failure::overdue, "the whole request took too long");
    }
    if (now >= limit_) end(failure_, reason_);
    if (!span_end_ || now < *span_end_) return;
    if (!paused_ && in_span_ < least_)
        end(Response::Failure::stalled,
            fmt::format("{} bytes came within {}, fewer than the {} that a working service sends",
                        in_span_, format_duration(std::chrono::duration_cast<Duration>(span_)),
                        least_));
    in_span_ = 0;
    span_end_ = now + span_;
}

void Watch::run(const std::stop_token& done) {
    std::unique_lock lock(mutex_);
    while (!done.stop_requested() && !ended_) {
        const Deadline at = next();
        if (at == Deadline::max())
            changed_.wait(lock, done, [&] { return next() != at; });
        else
            changed_.wait_until(lock, done, at, [&] { return next() < at; });
        look(Steady::now());
    }
}

}  // namespace etl
