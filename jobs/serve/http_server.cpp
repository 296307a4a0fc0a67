#include "jobs/serve/http_server.hpp"

#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "etl/error.hpp"
#include "jobs/serve/http_connection.hpp"
#include "jobs/serve/http_message.hpp"
#include "jobs/serve/http_workers.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using Clock = std::chrono::steady_clock;

constexpr int kQueued = 512;                     // connections the kernel keeps for us
constexpr std::chrono::milliseconds kTick{250};  // how often times are looked at
constexpr std::chrono::milliseconds kDrainTime{3000};

void open(Poco::Net::ServerSocket& socket, const std::string& listen) {
    try {
        // Not reusePort: two dashboards would share the callers.
        socket.bind(Poco::Net::SocketAddress(listen), true, false);
        socket.listen(kQueued);
        socket.setBlocking(false);
    } catch (const Poco::Exception& error) {
        throw Error(Kind::usage,
                    "[serve] listen is \"" + listen +
                        "\", where the dashboard cannot be opened: " + error.displayText(),
                    "Another program may be there; name another port, or leave listen empty.");
    }
}

using TlsContext = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

TlsContext tls_context(const TlsFiles& files) {
    TlsContext context(nullptr, SSL_CTX_free);
    if (files.certificate.empty()) return context;
    context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1)
        throw Error(Kind::usage,
                    "[serve] certificate_file \"" + files.certificate + "\" cannot be read",
                    "It is a PEM file: the certificate, then those of its issuers.");
    if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1)
        throw Error(
            Kind::usage,
            "[serve] key_file \"" + files.key + "\" cannot be read or is not the certificate's",
            "It is a PEM file without a password, which only this user may read.");
    return context;
}

struct Event {  // by which workers wake the thread that waits
    int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    Event() = default;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { ::close(fd); }
};

}  // namespace

class HttpServer::Loop {
public:
    Loop(const std::string& listen, const TlsFiles& tls, const HttpLimits& limits,
         HttpHandlers handlers)
        : tls_(tls_context(tls)),
          limits_(limits),
          handlers_(std::move(handlers)),
          workers_(limits.workers),
          slow_workers_(limits.slow_workers) {
        open(listening_, listen);
        thread_ = std::thread([this] { run(); });
    }
    ~Loop() {
        stop_ = true;
        wake();
        thread_.join();
    }
    [[nodiscard]] std::string address() const { return listening_.address().toString(); }

private:
    struct Done {
        std::weak_ptr<HttpConnection> connection;
        HttpReply reply;
        bool with_body;
    };
    using Connections = std::list<std::shared_ptr<HttpConnection>>;  // oldest first

    void wake() {
        const std::uint64_t one = 1;
        (void)!::write(woken_.fd, &one, sizeof one);
    }

    void run() {
        while (!stop_) {
            std::vector<pollfd> watched = {{listening_.impl()->sockfd(), POLLIN, 0},
                                           {woken_.fd, POLLIN, 0}};
            Connections polled;
            for (const auto& connection : connections_) {
                if (connection->step == HttpStep::working) continue;
                const short events = connection->wants_write() ? POLLOUT : POLLIN;
                watched.push_back({connection->socket, events, 0});
                polled.push_back(connection);
            }
            ::poll(watched.data(), watched.size(), static_cast<int>(kTick.count()));
            std::size_t i = 2;
            for (const auto& connection : polled)
                if (watched[i++].revents != 0) go_on(connection);
            if (watched[1].revents != 0) take_replies();
            if (watched[0].revents != 0) accept();
            end_overdue();
            connections_.remove_if([](const auto& c) { return c->step == HttpStep::over; });
        }
    }

    void accept() {
        sockaddr_storage from{};
        for (;;) {
            socklen_t length = sizeof from;
            const int socket =
                ::accept4(listening_.impl()->sockfd(), reinterpret_cast<sockaddr*>(&from), &length,
                          SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (socket < 0) return;
            const Poco::Net::SocketAddress peer(reinterpret_cast<sockaddr*>(&from), length);
            const std::string address = peer.host().toString();
            make_room(address);
            connections_.push_back(std::make_shared<HttpConnection>(socket, address, tls_.get()));
            go_on(connections_.back());  // the request is often there already
        }
    }

    // The longest idle goes, of the same address when that has its share.
    void make_room(const std::string& address) {
        std::size_t same = 0;
        for (const auto& connection : connections_) same += connection->address == address ? 1 : 0;
        if (same >= limits_.of_one_address)
            end_oldest([&](const HttpConnection& c) { return c.address == address; });
        else if (connections_.size() >= limits_.connections)
            end_oldest([](const HttpConnection&) { return true; });
    }

    template <typename Which>
    void end_oldest(Which which) {
        auto oldest = connections_.end();
        for (auto it = connections_.begin(); it != connections_.end(); ++it)
            if ((*it)->step != HttpStep::working && which(**it) &&
                (oldest == connections_.end() || (*it)->since < (*oldest)->since))
                oldest = it;
        if (oldest != connections_.end()) connections_.erase(oldest);
    }

    void go_on(const std::shared_ptr<HttpConnection>& connection) {
        if (connection->step == HttpStep::writing) return connection->write();
        if (connection->step == HttpStep::draining) return connection->drain();
        connection->read();
        if (connection->step == HttpStep::over) return;
        HttpParsed parsed = parse_request(connection->in, limits_.header_bytes);
        if (!parsed.complete && parsed.call && parsed.call->body_too_large) parsed.complete = true;
        if (!parsed.complete) {
            if (connection->ended) connection->step = HttpStep::over;
            return;
        }
        begin(connection, std::move(parsed.call));
    }

    void begin(const std::shared_ptr<HttpConnection>& connection, std::optional<HttpCall> call) {
        if (!call)
            return send(*connection,
                        {http::kBadRequest,
                         "application/json",
                         "{\"error\":\"the request cannot be read\"}\n",
                         {}},
                        true);
        call->over_tls = tls_ != nullptr;
        call->address = connection->address;
        const bool with_body = call->method != "HEAD";
        if (handlers_.immediate(*call)) return send(*connection, handlers_.reply(*call), with_body);
        connection->step = HttpStep::working;
        HttpWorkers& workers = handlers_.slow(*call) ? slow_workers_ : workers_;
        workers.add([this, with_body, call = std::move(*call), asking = std::weak_ptr(connection)] {
            Done done{asking, handlers_.reply(call), with_body};
            {
                const std::lock_guard guard(mutex_);
                done_.push_back(std::move(done));
            }
            wake();
        });
    }

    void take_replies() {
        std::uint64_t count = 0;
        (void)!::read(woken_.fd, &count, sizeof count);
        std::vector<Done> ready;
        {
            const std::lock_guard guard(mutex_);
            ready.swap(done_);
        }
        for (const Done& done : ready)
            if (const auto connection = done.connection.lock())
                send(*connection, done.reply, done.with_body);
    }

    // What a refused client may still be sending is read away: closing over it would reset the
    // connection, and the client might never see why.
    static void send(HttpConnection& connection, const HttpReply& reply, bool with_body) {
        connection.reply(to_bytes(reply, with_body), reply.status >= http::kBadRequest);
    }

    void end_overdue() {
        const auto now = Clock::now();
        for (const auto& connection : connections_) {
            const auto allowed = connection->step == HttpStep::reading    ? limits_.request_time
                                 : connection->step == HttpStep::draining ? kDrainTime
                                                                          : limits_.reply_time;
            if (connection->step != HttpStep::working && now - connection->since > allowed)
                connection->step = HttpStep::over;
        }
    }

    TlsContext tls_;
    HttpLimits limits_;
    HttpHandlers handlers_;
    Poco::Net::ServerSocket listening_;
    Event woken_;
    Connections connections_;
    std::mutex mutex_;
    std::vector<Done> done_;
    std::atomic<bool> stop_ = false;
    HttpWorkers workers_, slow_workers_;  // end before what they use
    std::thread thread_;
};

HttpServer::HttpServer(const std::string& listen, const TlsFiles& tls, const HttpLimits& limits,
                       HttpHandlers handlers)
    : loop_(std::make_unique<Loop>(listen, tls, limits, std::move(handlers))) {}

HttpServer::~HttpServer() = default;

std::string HttpServer::address() const { return loop_->address(); }

}  // namespace jobs
