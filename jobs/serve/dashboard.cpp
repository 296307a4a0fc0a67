#include "jobs/serve/dashboard.hpp"

#include <Poco/Base64Decoder.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerConnectionFactory.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>
#include <Poco/URI.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "embedded_page.hpp"
#include "embedded_web.hpp"
#include "etl/encoding.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/pg.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/serve/dashboard_data.hpp"
#include "jobs/serve/metrics.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kLargestBody = 4096;  // no action needs one
constexpr std::chrono::seconds kRequestTime{10}, kConnectionTime{120};
constexpr int kThreads = 6;
constexpr std::size_t kMostDrained =
    64
    << 20;  // bytes of a refused body that are read to say why; never longer than kConnectionTime
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
    "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string random_token() {
    std::array<unsigned char, 24> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw Error(Kind::unexpected, "no random numbers for the dashboard's token");
    return etl::hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "127.0.0.1" || host == "::1" || host == "[::1]" ||
           host.rfind("127.", 0) == 0;
}

// Connections of the dashboard, one per request under way: read-only, and short of patience except
// for reports.
class Readers {
public:
    explicit Readers(std::string url) : url_(std::move(url)) {}

    std::string read(const std::function<std::string(etl::pg::Connection&)>& act) {
        for (bool again = true;; again = false) {
            bool idle = false;
            std::unique_ptr<etl::pg::Connection> connection = take(idle);
            try {
                std::string out;
                {
                    etl::pg::Transaction transaction(*connection, "REPEATABLE READ READ ONLY");
                    out = act(*connection);
                    transaction.commit();
                }
                give_back(std::move(connection));
                return out;
            } catch (const Error&) {
                const bool gone = connection->broken();
                if (!gone) give_back(std::move(connection));
                if (!gone || !idle || !again)
                    throw;  // one that the server closed while it lay idle is no failure
            }
        }
    }

private:
    std::unique_ptr<etl::pg::Connection> take(bool& idle) {
        {
            const std::lock_guard guard(mutex_);
            if (!idle_.empty()) {
                idle = true;
                auto connection = std::move(idle_.back());
                idle_.pop_back();
                return connection;
            }
        }
        auto connection = std::make_unique<etl::pg::Connection>(url_, "dashboard");
        connection->execute(
            "SET default_transaction_read_only = on; SET statement_timeout = '10s'; SET "
            "lock_timeout = '2s'; SET idle_in_transaction_session_timeout = '1min'");
        return connection;
    }
    void give_back(std::unique_ptr<etl::pg::Connection> connection) {
        const std::lock_guard guard(mutex_);
        if (idle_.size() < 2) idle_.push_back(std::move(connection));
    }

    std::string url_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<etl::pg::Connection>> idle_;
};

// Ends connections that take too long to ask or to read: a slow client may not hold a thread.
class Patience {
public:
    Patience() : thread_([this] { watch(); }) {}
    ~Patience() {
        {
            const std::lock_guard guard(mutex_);
            done_ = true;
        }
        wake_.notify_all();
        thread_.join();
    }
    void begin(const Poco::Net::StreamSocket& socket) {
        const std::lock_guard guard(mutex_);
        sockets_.push_back({socket, std::chrono::steady_clock::now(), false});
    }
    void asked(const Poco::Net::StreamSocket& socket) {  // the request is whole
        const std::lock_guard guard(mutex_);
        for (Entry& entry : sockets_)
            if (entry.socket.impl() == socket.impl()) entry.asked = true;
    }
    void end(const Poco::Net::StreamSocket& socket) {
        const std::lock_guard guard(mutex_);
        sockets_.remove_if(
            [&](const Entry& entry) { return entry.socket.impl() == socket.impl(); });
    }

private:
    struct Entry {
        Poco::Net::StreamSocket socket;
        SteadyTime since;
        bool asked;
    };
    void watch() {
        std::unique_lock lock(mutex_);
        while (!done_) {
            wake_.wait_for(lock, std::chrono::seconds{1});
            const SteadyTime now = std::chrono::steady_clock::now();
            for (Entry& entry : sockets_) {
                if (now - entry.since <
                    (entry.asked ? std::chrono::duration_cast<std::chrono::seconds>(kConnectionTime)
                                 : kRequestTime))
                    continue;
                try {
                    entry.socket.shutdown();
                } catch (const Poco::Exception&) {  // gone already
                }
            }
        }
    }
    std::mutex mutex_;
    std::condition_variable wake_;
    std::list<Entry> sockets_;
    bool done_ = false;
    std::thread thread_;
};

struct Refusal {
    HTTPResponse::HTTPStatus status;
    std::string message;
};

struct Reply {
    std::string type = "application/json";
    std::string body;
};

std::string_view file(const std::vector<embedded::File>& files, std::string_view name) {
    for (const embedded::File& file : files)
        if (file.name == name) return file.text;
    throw Error(Kind::unexpected, "the program was built without " + std::string(name));
}

}  // namespace

struct Dashboard::State {
    etl::Config config;
    ServiceView service;
    Readers readers;
    Patience patience;
    std::string csrf = random_token();
    std::set<std::string> hosts;  // empty: any, since every request needs the token
    Poco::Net::ServerSocket socket;
    Poco::ThreadPool threads{2, kThreads};
    std::unique_ptr<Poco::Net::TCPServer> server;

    State(const etl::Config& c, const std::string& url, ServiceView view)
        : config(c), service(std::move(view)), readers(url) {}

    [[nodiscard]] bool needs_token() const { return !config.serve_token.empty(); }

    // Bearer, or Basic with the token as password and any name: browsers ask for that by
    // themselves.
    void check_token(const HTTPServerRequest& request) const {
        if (!needs_token()) return;
        const std::string given = request.get("Authorization", "");
        std::string token;
        if (given.rfind("Bearer ", 0) == 0) token = given.substr(7);
        if (given.rfind("Basic ", 0) == 0) {
            std::istringstream encoded(given.substr(6));
            Poco::Base64Decoder decoder(encoded);
            std::ostringstream decoded;
            decoded << decoder.rdbuf();
            const std::string pair = decoded.str();
            if (const std::size_t colon = pair.find(':'); colon != std::string::npos)
                token = pair.substr(colon + 1);
        }
        if (!equal_in_constant_time(token, config.serve_token.reveal()))
            throw Refusal{
                HTTPResponse::HTTP_UNAUTHORIZED,
                "this dashboard asks for its token: as password with any name, or as Bearer"};
    }

    // Names by which nobody calls us are somebody else's page trying to read this one (DNS
    // rebinding).
    void check_host(const HTTPServerRequest& request) const {
        std::string host = request.get("Host", "");
        if (const std::size_t colon = host.rfind(':');
            colon != std::string::npos && host.find(']', colon) == std::string::npos)
            host.resize(colon);
        if (host.empty())
            throw Refusal{HTTPResponse::HTTP_BAD_REQUEST, "the Host header is missing"};
        if (!hosts.empty() && !hosts.contains(host))
            throw Refusal{static_cast<HTTPResponse::HTTPStatus>(421),
                          "this dashboard is not called \"" + host.substr(0, 100) +
                              "\"; [serve] hosts names further names"};
    }

    void check_action(HTTPServerRequest& request) const {
        if (request.getContentLength64() > static_cast<Poco::Int64>(kLargestBody))
            throw Refusal{HTTPResponse::HTTP_REQUEST_ENTITY_TOO_LARGE,
                          "a body of at most " + std::to_string(kLargestBody) + " bytes is taken"};
        if (!request.hasContentLength() && !request.getChunkedTransferEncoding())
            return check_csrf(request);  // no body: nothing to wait for
        std::array<char, kLargestBody + 1> body{};
        request.stream().read(body.data(), static_cast<std::streamsize>(body.size()));
        if (request.stream().gcount() > static_cast<std::streamsize>(kLargestBody))
            throw Refusal{HTTPResponse::HTTP_REQUEST_ENTITY_TOO_LARGE,
                          "a body of at most " + std::to_string(kLargestBody) + " bytes is taken"};
        check_csrf(request);
    }
    void check_csrf(const HTTPServerRequest& request) const {
        if (!equal_in_constant_time(request.get("X-CSRF-Token", ""), csrf))
            throw Refusal{HTTPResponse::HTTP_FORBIDDEN,
                          "the page is older than the service; load it again"};
    }

    Reply act(HTTPServerRequest& request, const std::function<std::string()>& wish) const {
        check_action(request);
        const std::string refused = wish();
        if (!refused.empty()) throw Refusal{HTTPResponse::HTTP_CONFLICT, refused};
        return {"application/json", "{\"accepted\":true}"};
    }

    Reply answer(HTTPServerRequest& request) {
        const Poco::URI uri(request.getURI());
        const std::string path = uri.getPath();
        std::map<std::string, std::string> query;
        for (const auto& [name, value] : uri.getQueryParameters()) query.emplace(name, value);
        const auto number = [&](const char* name) -> std::int64_t {
            const std::string& text = query[name];
            if (text.empty()) return 0;
            if (text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
                throw Refusal{
                    HTTPResponse::HTTP_BAD_REQUEST,
                    std::string(name) + " is \"" + text.substr(0, 50) + "\", expected a number"};
            return std::stoll(text);
        };
        if (path == "/healthz") {
            if (!service.alive())
                throw Refusal{HTTPResponse::HTTP_SERVICE_UNAVAILABLE,
                              "the service's loop stands still"};
            return {"text/plain; charset=utf-8", "ok\n"};
        }
        check_host(request);
        check_token(request);
        if (request.getMethod() == "POST") {
            if (path == "/api/sync") return act(request, service.ask_sync);
            if (path == "/api/stop") return act(request, service.ask_stop);
        } else if (request.getMethod() != "GET" && request.getMethod() != "HEAD") {
            throw Refusal{HTTPResponse::HTTP_METHOD_NOT_ALLOWED,
                          "only GET, and POST for the two actions"};
        }
        if (path == "/")
            return {"text/html; charset=utf-8",
                    std::string(file(embedded::embedded_web(), "index.html"))};
        if (path == "/app.js")
            return {"text/javascript; charset=utf-8",
                    std::string(file(embedded::embedded_web(), "app.js"))};
        if (path == "/app.css")
            return {"text/css; charset=utf-8",
                    std::string(file(embedded::embedded_web(), "app.css"))};
        if (path == "/view.js")
            return {"text/javascript; charset=utf-8",
                    std::string(file(embedded::embedded_page(), "view.js"))};
        if (path == "/favicon.svg")
            return {"image/svg+xml", std::string(file(embedded::embedded_web(), "favicon.svg"))};
        if (path == "/chart.js")
            return {"text/javascript; charset=utf-8",
                    std::string(file(embedded::embedded_page(), "chart.min.js"))};
        const etl::Config now = service.config();
        const auto read = [&](const std::function<std::string(etl::pg::Connection&)>& query_of) {
            return Reply{"application/json", readers.read(query_of)};
        };
        if (path == "/readyz")
            return {"text/plain; charset=utf-8", readers.read([&](etl::pg::Connection& c) {
                        return c.value("SELECT 'ready'") +
                               (service.leading() ? ", leading\n" : ", another instance leads\n");
                    })};
        if (path == "/metrics")
            return {"text/plain; version=0.0.4; charset=utf-8",
                    readers.read([&](etl::pg::Connection& c) {
                        return metrics_text(c, now, service.leading(), service.syncing(),
                                            service.now());
                    })};
        if (path == "/api/overview")
            return read([&](etl::pg::Connection& c) {
                return overview_json(c, now,
                                     {service.leading(), service.syncing(), service.now(), csrf});
            });
        if (path == "/api/runs") return read([&](etl::pg::Connection& c) { return runs_json(c); });
        if (path == "/api/run") {
            const Reply reply =
                read([&](etl::pg::Connection& c) { return run_json(c, number("id")); });
            if (reply.body == "null")
                throw Refusal{HTTPResponse::HTTP_NOT_FOUND,
                              "there is no run " + std::to_string(number("id"))};
            return reply;
        }
        if (path == "/api/rejects")
            return read([&](etl::pg::Connection& c) { return rejects_json(c, number("run")); });
        if (path == "/api/fields")
            return read([&](etl::pg::Connection& c) { return fields_json(c); });
        if (path == "/api/push")
            return read([&](etl::pg::Connection& c) { return push_json(c, number("plan")); });
        if (path == "/api/reports") return {"application/json", reports_json()};
        if (path == "/api/report")
            return read([&](etl::pg::Connection& c) {
                return report_json(c, now, query["name"], query["from"], query["to"], query["by"]);
            });
        throw Refusal{HTTPResponse::HTTP_NOT_FOUND,
                      "there is no page \"" + path.substr(0, 100) + "\""};
    }
};

namespace {

class Handler final : public Poco::Net::HTTPRequestHandler {
public:
    explicit Handler(Dashboard::State& state) : state_(state) {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        Reply reply;
        state_.patience.asked(dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket());
        try {
            reply = state_.answer(request);
        } catch (const Refusal& refusal) {
            fail(response, refusal.status, refusal.message, reply);
        } catch (const Error& error) {
            const std::string hint = error.hint().empty() ? "" : " (" + error.hint() + ")";
            fail(response,
                 error.kind() == Kind::usage ? HTTPResponse::HTTP_BAD_REQUEST
                                             : HTTPResponse::HTTP_SERVICE_UNAVAILABLE,
                 etl::log::redacted(error.what() + hint), reply);
        } catch (const Poco::Net::NetException&) {
            return;  // the client is gone
        } catch (const std::exception& error) {
            fail(response, HTTPResponse::HTTP_BAD_REQUEST, etl::log::redacted(error.what()), reply);
        }
        response.setContentType(reply.type);
        response.set("Content-Security-Policy", kPolicy);
        response.set("X-Content-Type-Options", "nosniff");
        response.set("X-Frame-Options", "DENY");
        response.set("Referrer-Policy", "no-referrer");
        response.set("Cross-Origin-Resource-Policy", "same-origin");
        response.set("Cross-Origin-Opener-Policy", "same-origin");
        response.set("Cache-Control", "no-store");
        if (response.getStatus() == HTTPResponse::HTTP_UNAUTHORIZED)
            response.set("WWW-Authenticate", "Basic realm=\"gcmirror\", charset=\"UTF-8\"");
        response.setContentLength64(static_cast<Poco::Int64>(reply.body.size()));
        response.setKeepAlive(false);
        try {
            std::ostream& out = response.send();
            if (request.getMethod() != "HEAD")
                out.write(reply.body.data(), static_cast<std::streamsize>(reply.body.size()));
            out.flush();
            if (response.getStatus() >= HTTPResponse::HTTP_BAD_REQUEST &&
                request.getMethod() != "GET")
                drain(request);
        } catch (const Poco::Exception&) {  // the client went away; nothing to tell it
        }
    }

private:
    // Closing over a body that nobody read would reset the connection, and the client might never
    // see why it was refused.
    static void drain(HTTPServerRequest& request) {
        Poco::Net::StreamSocket& socket =
            dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket();
        socket.shutdownSend();
        socket.setReceiveTimeout(Poco::Timespan(1, 0));
        std::array<char, 64 * 1024> piece{};
        for (std::size_t drained = 0; drained < kMostDrained;) {
            const int count = socket.receiveBytes(piece.data(), static_cast<int>(piece.size()));
            if (count <= 0) break;
            drained += static_cast<std::size_t>(count);
        }
    }

    static void fail(HTTPServerResponse& response, HTTPResponse::HTTPStatus status,
                     const std::string& message, Reply& reply) {
        response.setStatusAndReason(status, status == 421
                                                ? "Misdirected Request"
                                                : HTTPResponse::getReasonForStatus(status));
        reply = {"application/json", "{\"error\":" + json_string(message) + "}\n"};
    }

    Dashboard::State& state_;
};

class Factory final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    explicit Factory(Dashboard::State& state) : state_(state) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override {
        return new Handler(state_);
    }

private:
    Dashboard::State& state_;
};

// A connection that Patience knows of, from its first byte to its end.
class Connection final : public Poco::Net::HTTPServerConnection {
public:
    Connection(const Poco::Net::StreamSocket& socket, Poco::Net::HTTPServerParams::Ptr params,
               Poco::Net::HTTPRequestHandlerFactory::Ptr factory, Patience& patience)
        : HTTPServerConnection(socket, std::move(params), std::move(factory)),
          patience_(patience) {}
    void run() override {
        patience_.begin(socket());
        try {
            HTTPServerConnection::run();
        } catch (const Poco::Exception&) {  // a client that cannot ask, or went away, is not news
        }
        patience_.end(socket());
    }

private:
    Patience& patience_;
};

class ConnectionFactory final : public Poco::Net::TCPServerConnectionFactory {
public:
    ConnectionFactory(Poco::Net::HTTPServerParams::Ptr params,
                      Poco::Net::HTTPRequestHandlerFactory::Ptr factory, Patience& patience)
        : params_(std::move(params)), factory_(std::move(factory)), patience_(patience) {}
    Poco::Net::TCPServerConnection* createConnection(
        const Poco::Net::StreamSocket& socket) override {
        return new Connection(socket, params_, factory_, patience_);
    }

private:
    Poco::Net::HTTPServerParams::Ptr params_;
    Poco::Net::HTTPRequestHandlerFactory::Ptr factory_;
    Patience& patience_;
};

}  // namespace

Dashboard::Dashboard(const etl::Config& config, const std::string& database_url,
                     ServiceView service)
    : state_(std::make_unique<State>(config, database_url, std::move(service))) {
    State& s = *state_;
    const std::string& listen = config.serve_listen;
    const std::size_t colon = listen.rfind(':');
    const std::string host = listen.substr(0, colon);
    if (colon == std::string::npos || host.empty() ||
        listen.find_first_not_of("0123456789", colon + 1) != std::string::npos ||
        colon + 1 == listen.size())
        throw Error(Kind::usage,
                    "[serve] listen is \"" + listen +
                        "\", expected an address and a port, like 127.0.0.1:8080",
                    "Leave it empty for no dashboard.");
    if (!is_loopback(host) && !s.needs_token())
        throw Error(
            Kind::usage,
            "[serve] listen is \"" + listen + "\", which others can reach, and there is no token",
            "Set [serve] token_file, or listen on 127.0.0.1.");
    if (!s.needs_token() || !config.serve_hosts.empty()) {
        s.hosts = {"localhost", "127.0.0.1", "[::1]", host};
        std::istringstream names(config.serve_hosts);
        for (std::string name; std::getline(names, name, ',');) {
            std::erase_if(name, [](unsigned char c) { return c <= ' '; });
            s.hosts.insert(name);
        }
    }
    try {
        s.socket.bind(Poco::Net::SocketAddress(listen), true,
                      false);  // not reusePort: two dashboards would share the callers
        s.socket.listen(64);
    } catch (const Poco::Exception& error) {
        throw Error(Kind::usage,
                    "[serve] listen is \"" + listen +
                        "\", where the dashboard cannot be opened: " + error.displayText(),
                    "Another program may be there; name another port, or leave listen empty.");
    }
    Poco::Net::HTTPServerParams::Ptr params = new Poco::Net::HTTPServerParams;
    params->setMaxThreads(kThreads);
    params->setMaxQueued(64);
    params->setKeepAlive(false);
    params->setTimeout(Poco::Timespan(kRequestTime.count(), 0));
    s.server = std::make_unique<Poco::Net::TCPServer>(
        new ConnectionFactory(params, new Factory(s), s.patience), s.threads, s.socket, params);
    s.server->start();
}

Dashboard::~Dashboard() {
    if (!state_->server) return;
    state_->server->stop();
    state_->socket.close();
    state_->server.reset();
    state_->threads.joinAll();
}

std::string Dashboard::address() const { return state_->socket.address().toString(); }

bool equal_in_constant_time(const std::string& a, const std::string& b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace jobs
