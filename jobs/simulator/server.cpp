// The HTTPS server: getcourse-api.md 1. A connection costs a thread only while it speaks.
#include <Poco/DeflatingStream.h>
#include <Poco/JSON/Object.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTMLForm.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureStreamSocketImpl.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/URI.h>
#include <fmt/format.h>

#include <thread>

#include "jobs/simulator/state.hpp"

namespace simulator {
namespace {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

constexpr int kMostConnections = 64;  // silent ones among them do not block the others
constexpr int kSilenceSeconds = 10;   // until a connection that says nothing is closed
constexpr char kTlsHandshake = 0x16;  // first byte of a TLS connection

Form read_form(HTTPServerRequest& request) {
    Form form;
    for (const auto& [name, value] : Poco::URI(request.getURI()).getQueryParameters())
        form.emplace(name, value);
    const std::string& type = request.getContentType();
    if (request.getMethod() == "POST" &&  // a JSON body is not read
        (type.starts_with("application/x-www-form-urlencoded") ||
         type.starts_with("multipart/form-data"))) {
        Poco::Net::HTMLForm body(request, request.stream());
        for (const auto& [name, value] : body) form.emplace(name, value);
    }
    return form;
}

// Sends a body as the reply's manner wants it: plain or gzip, in drips, or half of it.
class BodySender {
public:
    BodySender(std::ostream& out, const Manner& manner, bool gzip) : out_(out), manner_(manner) {
        if (gzip && !manner.bad_gzip)
            deflating_ = std::make_unique<Poco::DeflatingOutputStream>(
                out, Poco::DeflatingStreamBuf::STREAM_GZIP, 1);
    }
    void write(std::string_view piece) {
        if (manner_.cut && sent_ > 0) return;
        if (manner_.cut) piece = piece.substr(0, piece.size() / 2);
        sent_ += piece.size();
        std::ostream& to = deflating_ ? *deflating_ : out_;
        if (!manner_.drip) {
            to.write(piece.data(), static_cast<std::streamsize>(piece.size()));
            return;
        }
        for (std::size_t at = 0; at < piece.size(); at += kDrop) {
            const std::string_view drop = piece.substr(at, kDrop);
            to.write(drop.data(), static_cast<std::streamsize>(drop.size()));
            to.flush();
        }
    }
    void finish() {
        if (deflating_ && !manner_.cut) deflating_->close();
        out_.flush();
    }

private:
    static constexpr std::size_t kDrop = 700;
    std::ostream& out_;
    const Manner& manner_;
    std::unique_ptr<Poco::DeflatingOutputStream> deflating_;
    std::size_t sent_ = 0;
};

class Handler final : public Poco::Net::HTTPRequestHandler {
public:
    explicit Handler(Simulator::State& state) : state_(state) {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        try {
            bool lost = false;
            const Reply reply = answer(request, lost);
            if (lost)
                dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().shutdown();
            else
                send(reply, request, response);
        } catch (const Poco::Exception&) {  // the client went away; nothing to tell it
        }
    }

private:
    [[nodiscard]] bool is_own_host(const std::string& given) const {
        std::string host = lower(given.substr(0, given.find(':')));
        if (host.empty() || host == "localhost" || host == "127.0.0.1") return true;
        for (const std::string& own : state_.options.hosts)
            if (host == lower(own)) return true;
        return false;
    }

    Reply answer(HTTPServerRequest& request, bool& lost) {
        const Form form = read_form(request);
        std::string path = Poco::URI(request.getURI()).getPath();
        while (path.size() > 1 && path.back() == '/') path.pop_back();  // changes nothing (1)
        constexpr std::string_view kAccount = "/pl/api/account/";
        Reply reply;
        if (!is_own_host(request.getHost()))
            reply = {404, "text/plain", "Wrong subdomain", "", "wrong host"};
        else if (path.starts_with(kAccount))
            reply = state_.account(path.substr(kAccount.size()), form);
        else if (path == "/pl/api/users" || path == "/pl/api/deals")
            reply =
                state_.import(path.substr(8), request.getMethod() == "POST" ? form : Form{}, lost);
        else
            reply = {404, "text/html; charset=utf-8", "<html><body>404</body></html>", "", "404"};
        const std::lock_guard guard(state_.mutex);
        note(request, path, reply, form);
        if (!lost && state_.lose > 0)
            lost = true, --state_.lose;
        else if (state_.cut > 0)
            reply.manner.cut = true, --state_.cut;
        return reply;
    }

    // The log for tests, and the JSON line for people; never with a key.
    void note(const HTTPServerRequest& request, const std::string& path, const Reply& reply,
              const Form& form) {
        state_.log.push_back(
            fmt::format("{} {} {} {}", request.getMethod(), path, reply.status, reply.means));
        if (request.getURI().find("key=") != std::string::npos) ++state_.keys_in_addresses;
        if (!state_.log_file.is_open()) return;
        std::string names;
        for (const auto& [name, value] : form)
            names += (names.empty() ? "" : ",") + json_text(name);
        state_.log_file
            << fmt::format(
                   R"({{"at":{},"method":{},"path":{},"parameters":[{}],"status":{},"answer":{},"against":{}}})",
                   json_text(state_.now()), json_text(request.getMethod()), json_text(path), names,
                   reply.status, json_text(reply.means), json_text(against(request, reply)))
            << std::endl;
    }

    // What the contract says against this request, for people who test a client of theirs.
    static std::string against(const HTTPServerRequest& request, const Reply& reply) {
        static const std::map<std::string, std::string> hints = {
            {"901", "the key is wrong or belongs to another account (4.1)"},
            {"903", "more than 100 requests in two hours; wait, do not try again at once (5)"},
            {"904", "no parameter key (4.1)"},
            {"905", "one export at a time; collect the one that is being built first (3.5)"},
            {"908", "no filter the service knows; unknown parameters are ignored (2.1, 2.3)"},
            {"913", "status takes codes, not labels (2.2)"},
            {"914", "status takes codes, not labels (2.2)"},
            {"918", "status takes codes, not labels (2.2)"},
            {"no action", "action must stand in a POST form; JSON bodies are not read (1, 4.2)"},
            {"no params", "params is base64 of JSON, percent-encoded (8.1)"},
            {"forbidden", "the key may only read, or the action is unknown (4.2)"},
            {"wrong host", "the Host header names another account (1)"},
            {"404", "there is no such address (2)"}};
        const auto hint = hints.find(reply.means);
        if (hint != hints.end()) return hint->second;
        if (request.getMethod() == "POST" &&
            request.getContentType().find("json") != std::string::npos)
            return "a JSON body is not read (1)";
        return {};
    }

    void send(const Reply& reply, HTTPServerRequest& request, HTTPServerResponse& response) {
        response.setStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(reply.status));
        response.setContentType(reply.type);
        if (!reply.location.empty()) response.set("Location", reply.location);
        response.setChunkedTransferEncoding(true);
        const bool gzip = state_.options.gzip &&
                          request.get("Accept-Encoding", "").find("gzip") != std::string::npos;
        if (gzip || reply.manner.bad_gzip) response.set("Content-Encoding", "gzip");
        BodySender sender(response.send(), reply.manner, gzip);
        if (reply.table_of.empty()) {
            sender.write(reply.body);
        } else {
            const Export table = [&] {
                const std::lock_guard guard(state_.mutex);
                return state_.exports.at(reply.table_of);
            }();
            state_.write_table(table, reply.manner,
                               [&](const std::string& piece) { sender.write(piece); });
        }
        sender.finish();
        if (reply.manner.cut)
            dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().shutdown();
    }

    Simulator::State& state_;
};

class HandlerFactory final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    explicit HandlerFactory(Simulator::State& state) : state_(state) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override {
        return new Handler(state_);
    }

private:
    Simulator::State& state_;
};

// The server's side of TLS over a connection that was accepted in the clear.
class SecureConnection final : public Poco::Net::SecureStreamSocketImpl {
public:
    SecureConnection(Poco::Net::StreamSocketImpl* socket, const Poco::Net::Context::Ptr& context)
        : SecureStreamSocketImpl(socket, context) {
        acceptSSL();
    }
};

// Looks at the first byte: TLS is served, plain HTTP is told that only https is (1, 4.2).
class Connection final : public Poco::Net::TCPServerConnection {
public:
    Connection(const Poco::Net::StreamSocket& socket, Simulator::State& state,
               Poco::Net::Context::Ptr context, Poco::Net::HTTPServerParams::Ptr params,
               Poco::Net::HTTPRequestHandlerFactory::Ptr handlers)
        : TCPServerConnection(socket),
          state_(state),
          context_(std::move(context)),
          params_(std::move(params)),
          handlers_(std::move(handlers)) {}

    void run() override {
        try {
            char first = 0;
            if (!socket().poll(Poco::Timespan(kSilenceSeconds, 0),
                               Poco::Net::Socket::SELECT_READ) ||
                socket().impl()->receiveBytes(&first, 1, MSG_PEEK) != 1)
                return;
            if (first != kTlsHandshake) return refuse_plain_http();
            Poco::Net::StreamSocket secure(new SecureConnection(
                static_cast<Poco::Net::StreamSocketImpl*>(socket().impl()), context_));
            secure.setReceiveTimeout(Poco::Timespan(kSilenceSeconds, 0));
            Poco::Net::HTTPServerConnection(secure, params_, handlers_).run();
        } catch (const Poco::Exception&) {  // no handshake came of it, or the client went away
        }
    }

private:
    void refuse_plain_http() {
        char ignored[4096];
        const int got = socket().receiveBytes(ignored, sizeof ignored);
        const std::string request(ignored, static_cast<std::size_t>(std::max(got, 0)));
        const bool of_exports = request.find(" /pl/api/account/") != std::string::npos;
        const std::string message = "Доступ возможен только по https";
        const std::string body =
            of_exports
                ? fmt::format(R"({{"success":false,"info":[],"error_message":{},"error":true}})",
                              json_text(message))
                : not_understood("", message);
        const std::string answer = fmt::format(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
            "Connection: close\r\n\r\n{}",
            body.size(), body);
        socket().sendBytes(answer.data(), static_cast<int>(answer.size()));
        socket().shutdownSend();
        const std::lock_guard guard(state_.mutex);
        state_.log.push_back("plain HTTP refused");
    }

    Simulator::State& state_;
    Poco::Net::Context::Ptr context_;
    Poco::Net::HTTPServerParams::Ptr params_;
    Poco::Net::HTTPRequestHandlerFactory::Ptr handlers_;
};

class ConnectionFactory final : public Poco::Net::TCPServerConnectionFactory {
public:
    explicit ConnectionFactory(Simulator::State& state)
        : state_(state),
          context_(new Poco::Net::Context(
              Poco::Net::Context::TLS_SERVER_USE, state.certificates.key.string(),
              state.certificates.certificate.string(), "", Poco::Net::Context::VERIFY_NONE)),
          params_(new Poco::Net::HTTPServerParams),
          handlers_(new HandlerFactory(state)) {
        context_->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
        params_->setKeepAlive(false);
    }
    Poco::Net::TCPServerConnection* createConnection(
        const Poco::Net::StreamSocket& socket) override {
        return new Connection(socket, state_, context_, params_, handlers_);
    }

private:
    Simulator::State& state_;
    Poco::Net::Context::Ptr context_;
    Poco::Net::HTTPServerParams::Ptr params_;
    Poco::Net::HTTPRequestHandlerFactory::Ptr handlers_;
};

}  // namespace

void Simulator::start() {
    State& s = *state_;
    s.socket = std::make_unique<Poco::Net::ServerSocket>(
        Poco::Net::SocketAddress("127.0.0.1", static_cast<Poco::UInt16>(s.options.port)),
        kMostConnections);
    Poco::Net::TCPServerParams::Ptr params = new Poco::Net::TCPServerParams;
    params->setMaxThreads(kMostConnections);
    params->setMaxQueued(kMostConnections);
    s.threads = std::make_unique<Poco::ThreadPool>(1, kMostConnections + 1);
    s.server = std::make_unique<Poco::Net::TCPServer>(new ConnectionFactory(s), *s.threads,
                                                      *s.socket, params);
    s.server->start();
}

void Simulator::stop() {
    if (state_->server) state_->server->stop();
    state_->server.reset();
    if (state_->threads) state_->threads->joinAll();
    state_->threads.reset();
    state_->socket.reset();
}

}  // namespace simulator
