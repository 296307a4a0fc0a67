#include "jobs/serve/http_connection.hpp"

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace jobs {
namespace {

constexpr std::size_t kPiece = 16 << 10;
constexpr std::size_t kMostDrained = 64 << 20;  // bytes of a refused body; the time is limited, too

}  // namespace

HttpConnection::HttpConnection(int accepted, std::string from, SSL_CTX* context)
    : socket(accepted), address(std::move(from)) {
    if (context == nullptr) return;
    tls_.reset(SSL_new(context));
    SSL_set_fd(tls_.get(), socket);
    SSL_set_accept_state(tls_.get());
    SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

HttpConnection::~HttpConnection() {
    tls_.reset();
    ::close(socket);
}

bool HttpConnection::wants_write() const { return step == HttpStep::writing || tls_wants_write_; }

// Whether `result`, no success, only means "later".
bool HttpConnection::again(int result) {
    bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (tls_) {
        const int error = SSL_get_error(tls_.get(), result);
        tls_wants_write_ = error == SSL_ERROR_WANT_WRITE;
        later = tls_wants_write_ || error == SSL_ERROR_WANT_READ;
        ERR_clear_error();
    }
    if (!later) step = HttpStep::over;
    return later;
}

void HttpConnection::read() {
    std::array<char, kPiece> piece{};
    for (;;) {
        const int count = tls_ ? SSL_read(tls_.get(), piece.data(), static_cast<int>(piece.size()))
                               : static_cast<int>(::recv(socket, piece.data(), piece.size(), 0));
        if (count == 0 && !tls_) {
            ended = true;
            return;
        }
        if (count <= 0) return (void)again(count);
        tls_wants_write_ = false;
        in.append(piece.data(), static_cast<std::size_t>(count));
        if (in.size() > 4 * kPiece) return;  // enough to judge it by
    }
}

void HttpConnection::reply(std::string bytes, bool then_drain) {
    out = std::move(bytes);
    written_ = 0;
    then_drain_ = then_drain;
    in.clear();
    step = HttpStep::writing;
    since = std::chrono::steady_clock::now();
    write();
}

void HttpConnection::write() {
    while (written_ < out.size()) {
        const std::size_t left = out.size() - written_;
        const int size = static_cast<int>(std::min<std::size_t>(left, 1 << 20));
        const int count =
            tls_ ? SSL_write(tls_.get(), out.data() + written_, size)
                 : static_cast<int>(::send(socket, out.data() + written_,
                                           static_cast<std::size_t>(size), MSG_NOSIGNAL));
        if (count <= 0) return (void)again(count);
        written_ += static_cast<std::size_t>(count);
    }
    out.clear();
    if (tls_) SSL_shutdown(tls_.get());
    ::shutdown(socket, SHUT_WR);
    step = then_drain_ ? HttpStep::draining : HttpStep::over;
    since = std::chrono::steady_clock::now();
}

void HttpConnection::drain() {
    std::array<char, kPiece> piece{};
    for (;;) {
        const auto count = ::recv(socket, piece.data(), piece.size(), 0);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
        drained_ += count > 0 ? static_cast<std::size_t>(count) : 0;
        if (count <= 0 || drained_ > kMostDrained) {
            step = HttpStep::over;
            return;
        }
    }
}

}  // namespace jobs
