#include "etl/leash.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "etl/pg_state.hpp"

namespace etl::pg {

Leash::Leash(Connection& connection, std::chrono::milliseconds most)
    : socket_(::dup(PQsocket(connection.state().raw()))),
      thread_([this, most](const std::stop_token& done) {
          std::unique_lock lock(mutex_);
          changed_.wait_for(lock, done, most, [] { return false; });
          if (done.stop_requested()) return;
          cut_ = true;
          ::shutdown(socket_, SHUT_RDWR);
      }) {}

Leash::~Leash() {
    thread_.request_stop();
    thread_.join();
    ::close(socket_);
}

std::string connecting_within(const std::string& url, std::chrono::seconds most) {
    if (url.find("connect_timeout") != std::string::npos) return url;
    const std::string limit = fmt::format("connect_timeout={}", most.count());
    if (!url.starts_with("postgres://") && !url.starts_with("postgresql://"))
        return url + " " + limit;
    return url + (url.find('?') == std::string::npos ? "?" : "&") + limit;
}

}  // namespace etl::pg
