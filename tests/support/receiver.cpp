#include "tests/support/receiver.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/DialogSocket.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/ThreadPool.h>

#include <sstream>

#include "jobs/simulator/tls_certificates.hpp"

namespace test_support {

struct HttpsReceiver::State {
    simulator::Certificates certificates;
    mutable std::mutex mutex;
    std::vector<std::string> got;
    std::atomic<int> status = 200;
    std::unique_ptr<Poco::Net::SecureServerSocket> socket;
    Poco::ThreadPool threads{1, 4};
    std::unique_ptr<Poco::Net::HTTPServer> server;
};

namespace {

class Taker final : public Poco::Net::HTTPRequestHandler {
public:
    explicit Taker(HttpsReceiver::State& state) : state_(state) {}
    void handleRequest(Poco::Net::HTTPServerRequest& request,
                       Poco::Net::HTTPServerResponse& response) override {
        std::ostringstream body;
        Poco::StreamCopier::copyStream(request.stream(), body);
        {
            const std::lock_guard guard(state_.mutex);
            state_.got.push_back(request.getMethod() + " " + request.getURI() + " " + body.str());
        }
        response.setStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(state_.status.load()));
        response.setContentLength(2);
        response.send() << "ok";
    }

private:
    HttpsReceiver::State& state_;
};
class Takers final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    explicit Takers(HttpsReceiver::State& state) : state_(state) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(
        const Poco::Net::HTTPServerRequest&) override {
        return new Taker(state_);
    }

private:
    HttpsReceiver::State& state_;
};

}  // namespace

HttpsReceiver::HttpsReceiver(const std::filesystem::path& dir) : state_(std::make_unique<State>()) {
    state_->certificates = simulator::make_certificates(dir);
    Poco::Net::Context::Ptr context = new Poco::Net::Context(
        Poco::Net::Context::TLS_SERVER_USE, state_->certificates.key.string(),
        state_->certificates.certificate.string(), "", Poco::Net::Context::VERIFY_NONE);
    state_->socket = std::make_unique<Poco::Net::SecureServerSocket>(
        Poco::Net::SocketAddress("127.0.0.1", 0), 16, context);
    Poco::Net::HTTPServerParams::Ptr params = new Poco::Net::HTTPServerParams;
    params->setKeepAlive(false);
    state_->server = std::make_unique<Poco::Net::HTTPServer>(new Takers(*state_), state_->threads,
                                                             *state_->socket, params);
    state_->server->start();
}
HttpsReceiver::~HttpsReceiver() {
    state_->server->stopAll(true);
    state_->server.reset();
    state_->threads.joinAll();
}
std::string HttpsReceiver::url() const {
    return "https://localhost:" + std::to_string(state_->socket->address().port());
}
std::filesystem::path HttpsReceiver::ca_file() const { return state_->certificates.ca; }
std::vector<std::string> HttpsReceiver::got() const {
    const std::lock_guard guard(state_->mutex);
    return state_->got;
}
void HttpsReceiver::answer(int status) { state_->status = status; }

struct MailReceiver::State {
    Poco::Net::ServerSocket socket{Poco::Net::SocketAddress("127.0.0.1", 0)};
    std::atomic<bool> done = false;
    mutable std::mutex mutex;
    std::vector<std::string> got;
    std::thread thread;

    void talk(Poco::Net::StreamSocket peer) {
        Poco::Net::DialogSocket dialog(peer);
        dialog.setReceiveTimeout(Poco::Timespan(10, 0));
        dialog.sendMessage("220 test");
        std::string line;
        while (dialog.receiveMessage(line)) {
            if (line.starts_with("EHLO") || line.starts_with("HELO"))
                dialog.sendMessage("250 test");
            else if (line.starts_with("DATA")) {
                dialog.sendMessage("354 go on");
                std::string message;
                while (dialog.receiveMessage(line) && line != ".") message += line + "\n";
                {
                    const std::lock_guard guard(mutex);
                    got.push_back(message);
                }
                dialog.sendMessage("250 kept");
            } else if (line.starts_with("QUIT")) {
                dialog.sendMessage("221 bye");
                break;
            } else {
                dialog.sendMessage("250 ok");
            }
        }
    }
    void run() {
        while (!done) {
            if (!socket.poll(Poco::Timespan(0, 100000), Poco::Net::Socket::SELECT_READ)) continue;
            try {
                talk(socket.acceptConnection());
            } catch (const Poco::Exception&) {  // a client that went away
            }
        }
    }
};

MailReceiver::MailReceiver() : state_(std::make_unique<State>()) {
    state_->thread = std::thread([this] { state_->run(); });
}
MailReceiver::~MailReceiver() {
    state_->done = true;
    state_->thread.join();
}
std::string MailReceiver::address() const { return state_->socket.address().toString(); }
std::vector<std::string> MailReceiver::got() const {
    const std::lock_guard guard(state_->mutex);
    return state_->got;
}

}  // namespace test_support
