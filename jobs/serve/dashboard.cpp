#include "jobs/serve/dashboard.hpp"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/ThreadPool.h>
#include <Poco/URI.h>

#include <array>
#include <optional>

#include "etl/error.hpp"
#include "jobs/serve/connection_reaper.hpp"
#include "jobs/serve/dashboard_routes.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

constexpr std::chrono::seconds kRequestTime{10}, kConnectionTime{120};
constexpr int kThreads = 6;
constexpr int kQueued = 64;  // connections that wait for a thread
// Bytes of a refused body that are read to say why; never longer than kConnectionTime.
constexpr std::size_t kMostDrained = 64 << 20;
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
    "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

// Reads a body up to the limit, so that a refusal is not lost in a reset connection.
bool too_large(HTTPServerRequest& request) {
    if (!request.hasContentLength() && !request.getChunkedTransferEncoding()) return false;
    if (request.getContentLength64() > static_cast<Poco::Int64>(kLargestBody)) return true;
    std::array<char, kLargestBody + 1> body{};
    request.stream().read(body.data(), static_cast<std::streamsize>(body.size()));
    return request.stream().gcount() > static_cast<std::streamsize>(kLargestBody);
}

// nullopt: an address that is none.
std::optional<HttpCall> call_of(HTTPServerRequest& request) {
    HttpCall call;
    call.method = request.getMethod();
    try {
        const Poco::URI uri(request.getURI());
        call.path = uri.getPath();
        for (const auto& [name, value] : uri.getQueryParameters()) call.query.emplace(name, value);
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
    for (const auto& [name, value] : request) call.headers.emplace(lower(name), value);
    if (call.method == "POST") call.body_too_large = too_large(request);
    return call;
}

class Handler final : public Poco::Net::HTTPRequestHandler {
public:
    Handler(const Site& site, ConnectionReaper& reaper) : site_(site), reaper_(reaper) {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        reaper_.asked(dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket());
        HttpReply reply;
        try {
            const std::optional<HttpCall> call = call_of(request);
            reply = call ? answer(*call, site_)
                         : error_reply(http::kBadRequest, "the address cannot be read");
        } catch (const Poco::Exception&) {
            return;  // the client is gone
        }
        send(reply, request, response);
    }

private:
    static void send(const HttpReply& reply, HTTPServerRequest& request,
                     HTTPServerResponse& response) {
        const auto status = static_cast<HTTPResponse::HTTPStatus>(reply.status);
        response.setStatusAndReason(status, reply.status == http::kMisdirected
                                                ? "Misdirected Request"
                                                : HTTPResponse::getReasonForStatus(status));
        response.setContentType(reply.type);
        response.set("Content-Security-Policy", kPolicy);
        response.set("X-Content-Type-Options", "nosniff");
        response.set("X-Frame-Options", "DENY");
        response.set("Referrer-Policy", "no-referrer");
        response.set("Cross-Origin-Resource-Policy", "same-origin");
        response.set("Cross-Origin-Opener-Policy", "same-origin");
        response.set("Cache-Control", "no-store");
        for (const auto& [name, value] : reply.headers) response.set(name, value);
        response.setContentLength64(static_cast<Poco::Int64>(reply.body.size()));
        response.setKeepAlive(false);
        try {
            std::ostream& out = response.send();
            if (request.getMethod() != "HEAD")
                out.write(reply.body.data(), static_cast<std::streamsize>(reply.body.size()));
            out.flush();
            if (reply.status >= http::kBadRequest && request.getMethod() != "GET") drain(request);
        } catch (const Poco::Exception&) {  // the client went away; nothing to tell it
        }
    }

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

    const Site& site_;
    ConnectionReaper& reaper_;
};

class Factory final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    Factory(const Site& site, ConnectionReaper& reaper) : site_(site), reaper_(reaper) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override {
        return new Handler(site_, reaper_);
    }

private:
    const Site& site_;
    ConnectionReaper& reaper_;
};

// A connection that the reaper knows of, from its first byte to its end.
class Connection final : public Poco::Net::HTTPServerConnection {
public:
    Connection(const Poco::Net::StreamSocket& socket, Poco::Net::HTTPServerParams::Ptr params,
               Poco::Net::HTTPRequestHandlerFactory::Ptr factory, ConnectionReaper& reaper)
        : HTTPServerConnection(socket, std::move(params), std::move(factory)), reaper_(reaper) {}
    void run() override {
        reaper_.begin(socket());
        try {
            HTTPServerConnection::run();
        } catch (const Poco::Exception&) {  // a client that cannot ask, or went away, is not news
        }
        reaper_.end(socket());
    }

private:
    ConnectionReaper& reaper_;
};

class ConnectionFactory final : public Poco::Net::TCPServerConnectionFactory {
public:
    ConnectionFactory(Poco::Net::HTTPServerParams::Ptr params,
                      Poco::Net::HTTPRequestHandlerFactory::Ptr factory, ConnectionReaper& reaper)
        : params_(std::move(params)), factory_(std::move(factory)), reaper_(reaper) {}
    Poco::Net::TCPServerConnection* createConnection(
        const Poco::Net::StreamSocket& socket) override {
        return new Connection(socket, params_, factory_, reaper_);
    }

private:
    Poco::Net::HTTPServerParams::Ptr params_;
    Poco::Net::HTTPRequestHandlerFactory::Ptr factory_;
    ConnectionReaper& reaper_;
};

std::string host_of(const std::string& listen) {
    const std::size_t colon = listen.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == listen.size() ||
        listen.find_first_not_of("0123456789", colon + 1) != std::string::npos)
        throw Error(Kind::usage,
                    "[serve] listen is \"" + listen +
                        "\", expected an address and a port, like 127.0.0.1:8080",
                    "Leave it empty for no dashboard.");
    return listen.substr(0, colon);
}

void open(Poco::Net::ServerSocket& socket, const std::string& listen) {
    try {
        // Not reusePort: two dashboards would share the callers.
        socket.bind(Poco::Net::SocketAddress(listen), true, false);
        socket.listen(kQueued);
    } catch (const Poco::Exception& error) {
        throw Error(Kind::usage,
                    "[serve] listen is \"" + listen +
                        "\", where the dashboard cannot be opened: " + error.displayText(),
                    "Another program may be there; name another port, or leave listen empty.");
    }
}

}  // namespace

struct Dashboard::State {
    std::shared_ptr<Controls> controls;
    DashboardAccess access;
    ReadConnections readers;
    ConnectionReaper reaper{kRequestTime, kConnectionTime};
    Site site{access, *controls, readers};
    Poco::Net::ServerSocket socket;
    Poco::ThreadPool threads{2, kThreads};
    std::unique_ptr<Poco::Net::TCPServer> server;

    State(const etl::Config& config, const std::string& url, std::shared_ptr<Controls> asked)
        : controls(std::move(asked)), access(config, host_of(config.serve_listen)), readers(url) {}
};

Dashboard::Dashboard(const etl::Config& config, const std::string& database_url,
                     std::shared_ptr<Controls> controls)
    : state_(std::make_unique<State>(config, database_url, std::move(controls))) {
    State& s = *state_;
    open(s.socket, config.serve_listen);
    Poco::Net::HTTPServerParams::Ptr params = new Poco::Net::HTTPServerParams;
    params->setMaxThreads(kThreads);
    params->setMaxQueued(kQueued);
    params->setKeepAlive(false);
    params->setTimeout(Poco::Timespan(kRequestTime.count(), 0));
    s.server = std::make_unique<Poco::Net::TCPServer>(
        new ConnectionFactory(params, new Factory(s.site, s.reaper), s.reaper), s.threads, s.socket,
        params);
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

}  // namespace jobs
