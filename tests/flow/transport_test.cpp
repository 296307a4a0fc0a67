#include "etl/transport.hpp"

#include <gtest/gtest.h>

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/StreamCopier.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <thread>

#include "etl/error.hpp"
#include "jobs/simulator/tls_certificates.hpp"

using namespace etl;
using namespace std::chrono_literals;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

namespace {

using Serve = std::function<void(HTTPServerRequest&, HTTPServerResponse&)>;

class Handler final : public Poco::Net::HTTPRequestHandler {
public:
    explicit Handler(const Serve& serve) : serve_(serve) {}
    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        serve_(request, response);
    }

private:
    const Serve& serve_;
};

class Factory final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    explicit Factory(const Serve& serve) : serve_(serve) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override {
        return new Handler(serve_);
    }

private:
    const Serve& serve_;
};

struct Collect final : BodySink {
    std::string body;
    void begin(const Response&) override {}
    bool write(std::string_view piece) override {
        body.append(piece);
        return body.size() < enough;
    }
    std::size_t enough = SIZE_MAX;
};

// A server that does what no server should: it takes a connection, and the test says the rest.
class Hostile {
public:
    using Act = std::function<void(Poco::Net::StreamSocket&, const std::stop_token&)>;
    // `context` null: not even a handshake.
    Hostile(const Poco::Net::Context::Ptr& context, Act act)
        : server_(Poco::Net::SocketAddress("127.0.0.1", 0)),
          thread_([this, context, act = std::move(act)](const std::stop_token& stop) {
              while (!stop.stop_requested()) {
                  if (!server_.poll(Poco::Timespan(0, 20000), Poco::Net::Socket::SELECT_READ))
                      continue;
                  try {
                      Poco::Net::StreamSocket socket = server_.acceptConnection();
                      if (context) socket = Poco::Net::SecureStreamSocket::attach(socket, context);
                      if (context) {
                          char request[4096];
                          socket.receiveBytes(request, sizeof request);
                      }
                      act(socket, stop);
                  } catch (const Poco::Exception&) {  // the client has gone: that is the test
                  }
              }
          }) {}
    [[nodiscard]] std::string url() const {
        return "https://localhost:" + std::to_string(server_.address().port());
    }

private:
    Poco::Net::ServerSocket server_;
    std::jthread thread_;
};

// `text` again and again with a pause, until the other side has had enough.
Hostile::Act drips(std::string head, std::string text, std::chrono::milliseconds pause) {
    return [=](Poco::Net::StreamSocket& socket, const std::stop_token& stop) {
        if (!head.empty()) socket.sendBytes(head.data(), static_cast<int>(head.size()));
        while (!stop.stop_requested()) {
            if (socket.sendBytes(text.data(), static_cast<int>(text.size())) <= 0) return;
            std::this_thread::sleep_for(pause);  // the server's own rhythm
        }
    };
}

// Takes the connection and says nothing.
void holds(Poco::Net::StreamSocket&, const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::sleep_for(10ms);  // until the test is over
}

class TransportTest : public testing::Test {
protected:
    TransportTest()
        : dir_(std::filesystem::temp_directory_path() /
               ("gcmirror-transport-" + std::to_string(getpid()))),
          files_(simulator::make_certificates(dir_)) {
        context_ = new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, files_.key.string(),
                                          files_.certificate.string(), "",
                                          Poco::Net::Context::VERIFY_NONE);
        socket_ = std::make_unique<Poco::Net::SecureServerSocket>(
            Poco::Net::SocketAddress("127.0.0.1", 0), 8, context_);
        port_ = socket_->address().port();
        server_ = std::make_unique<Poco::Net::HTTPServer>(new Factory(serve_), *socket_,
                                                          new Poco::Net::HTTPServerParams);
        server_->start();
    }
    ~TransportTest() override {
        server_->stopAll(true);
        std::filesystem::remove_all(dir_);
    }
    [[nodiscard]] std::string url(const std::string& host = "localhost") const {
        return "https://" + host + ":" + std::to_string(port_);
    }
    Response get(Transport& transport, Collect& collect, const std::string& path = "/") {
        Request request;
        request.path = path;
        return transport.send(request, collect, stop_.get_token(), Deadline::max());
    }

    Serve serve_ = [](HTTPServerRequest&, HTTPServerResponse& response) {
        response.send() << "hello";
    };
    std::filesystem::path dir_;
    simulator::Certificates files_;
    Poco::Net::Context::Ptr context_;
    std::unique_ptr<Poco::Net::SecureServerSocket> socket_;
    std::unique_ptr<Poco::Net::HTTPServer> server_;
    Poco::UInt16 port_ = 0;
    Config::Timeouts timeouts_{2s, 500ms, 300ms};
    Collect collect_;
    std::stop_source stop_;

    // What came of a request to `server`, and whether it ended within `most`.
    Response against(const Hostile& server, std::chrono::milliseconds most) {
        const auto transport = https_transport(server.url(), files_.ca.string(), timeouts_);
        const auto begin = std::chrono::steady_clock::now();
        const Response response = get(*transport, collect_);
        EXPECT_LT(std::chrono::steady_clock::now() - begin, most) << response.reason;
        return response;
    }
};

}  // namespace

TEST_F(TransportTest, BringsStatusHeadersAndBody) {
    const auto transport = https_transport(url(), files_.ca.string(), timeouts_);
    const Response response = get(*transport, collect_);
    EXPECT_EQ(response.failure, Response::Failure::none) << response.reason;
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(collect_.body, "hello");
    EXPECT_FALSE(response.date.empty());
}

TEST_F(TransportTest, AnAuthorityThatIsNotTrustedIsRefusedBeforeAnythingIsSent) {
    const auto transport = https_transport(url(), "", timeouts_);
    const Response response = get(*transport, collect_);
    EXPECT_EQ(response.failure, Response::Failure::tls) << response.reason;
    EXPECT_FALSE(response.sent);
}

TEST_F(TransportTest, ACertificateForAnotherNameIsRefused) {
    const auto transport = https_transport(url("127.0.0.2"), files_.ca.string(), timeouts_);
    Poco::Net::SecureServerSocket other(Poco::Net::SocketAddress("127.0.0.2", port_), 8,
                                        socket_->context());
    Poco::Net::HTTPServer server(new Factory(serve_), other, new Poco::Net::HTTPServerParams);
    server.start();
    const Response response = get(*transport, collect_);
    server.stopAll(true);
    EXPECT_NE(response.failure, Response::Failure::none);
    EXPECT_FALSE(response.sent);
    EXPECT_EQ(collect_.body, "");
}

TEST_F(TransportTest, FormValuesArePercentEncodedPlusSlashAndEqualsToo) {
    std::string body, type;
    serve_ = [&](HTTPServerRequest& request, HTTPServerResponse& response) {
        Poco::StreamCopier::copyToString(request.stream(), body);
        type = request.getContentType();
        response.send() << "ok";
    };
    Request request;
    request.method = Request::Method::post;
    request.path = "/pl/api/users";
    request.form = {{"action", "add"}, {"params", "a+b/c=="}, {"text", "ё & ?"}};
    const auto transport = https_transport(url(), files_.ca.string(), timeouts_);
    EXPECT_EQ(transport->send(request, collect_, {}, Deadline::max()).status, 200);
    EXPECT_EQ(body, "action=add&params=a%2Bb%2Fc%3D%3D&text=%D1%91%20%26%20%3F");
    EXPECT_EQ(type, "application/x-www-form-urlencoded");
}

TEST_F(TransportTest, ARedirectIsReportedAndNotFollowed) {
    std::atomic<int> requests = 0;
    serve_ = [&](HTTPServerRequest&, HTTPServerResponse& response) {
        ++requests;
        response.redirect("https://elsewhere.example.com/?key=a-secret-key");
    };
    const auto transport = https_transport(url(), files_.ca.string(), timeouts_);
    const Response response = get(*transport, collect_);
    EXPECT_EQ(response.status, 302);
    EXPECT_EQ(response.location, "https://elsewhere.example.com/");
    EXPECT_EQ(requests, 1);
}

TEST_F(TransportTest, ASilentServiceIsGivenUpAfterTheFirstByteLimit) {
    const auto over = std::make_shared<Poco::Event>();
    serve_ = [&](HTTPServerRequest&, HTTPServerResponse&) {
        const auto held = over;  // its thread wakes when this test may have ended
        held->wait();
    };
    const auto transport = https_transport(url(), files_.ca.string(), timeouts_);
    const Response response = get(*transport, collect_);
    EXPECT_EQ(response.failure, Response::Failure::first_byte) << response.reason;
    EXPECT_TRUE(response.sent);
    over->set();
}

TEST_F(TransportTest, HalfAnAnswerIsCutAndNeverWhole) {
    serve_ = [&](HTTPServerRequest& request, HTTPServerResponse& response) {
        response.setContentLength(1000);
        response.send() << "half" << std::flush;
        dynamic_cast<Poco::Net::HTTPServerRequest&>(request).response().setKeepAlive(false);
    };
    const auto transport = https_transport(url(), files_.ca.string(), timeouts_);
    const Response response = get(*transport, collect_);
    EXPECT_NE(response.failure, Response::Failure::none);
    EXPECT_TRUE(response.sent);
}

TEST_F(TransportTest, NobodyListeningIsAConnectFailureThatProvesNothingWasSent) {
    Poco::UInt16 free_port = 0;
    {
        Poco::Net::ServerSocket probe(Poco::Net::SocketAddress("127.0.0.1", 0));
        free_port = probe.address().port();
    }
    const auto transport = https_transport("https://localhost:" + std::to_string(free_port),
                                           files_.ca.string(), timeouts_);
    const Response response = get(*transport, collect_);
    EXPECT_EQ(response.failure, Response::Failure::connect) << response.reason;
    EXPECT_FALSE(response.sent);
}

TEST(Transport, OnlyHttpsIsAccepted) {
    EXPECT_THROW((void)https_transport("http://school.getcourse.ru", "", {}), Error);
}

TEST_F(TransportTest, AHandshakeOfOneByteASecondIsCut) {
    Hostile server({}, drips("", "x", 50ms));
    timeouts_.connect = 400ms;
    const Response response = against(server, 3s);
    EXPECT_EQ(response.failure, Response::Failure::tls) << response.reason;
    EXPECT_FALSE(response.sent);
}

TEST_F(TransportTest, AHandshakeThatNeverComesIsCut) {
    Hostile server({}, holds);
    timeouts_.connect = 300ms;
    EXPECT_EQ(against(server, 3s).failure, Response::Failure::tls);
}

TEST_F(TransportTest, HeadersThatDripAreCut) {
    Hostile server(context_, drips("HTTP/1.1 200 OK\r\n", "X: y\r\n", 50ms));
    EXPECT_EQ(against(server, 3s).failure, Response::Failure::first_byte);
}

TEST_F(TransportTest, EndlessContinueIsCut) {
    Hostile server(context_, drips("", "HTTP/1.1 100 Continue\r\n\r\n", 5ms));
    const Response response = against(server, 3s);
    EXPECT_EQ(response.failure, Response::Failure::first_byte) << response.reason;
    EXPECT_EQ(response.reason, "no answer within 500ms");
    EXPECT_EQ(response.status, 0);
    EXPECT_EQ(response.bytes, 0u);
}

TEST_F(TransportTest, ABodyOfOneByteASecondIsCut) {
    Hostile server(context_, drips("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "x", 50ms));
    const Response response = against(server, 3s);
    EXPECT_EQ(response.failure, Response::Failure::stalled) << response.reason;
    EXPECT_TRUE(response.sent);
}

TEST_F(TransportTest, AChunkWhoseLengthNeverEndsBringsNothingAndEnds) {
    Hostile server(context_,
                   drips("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0", 20ms));
    const Response response = against(server, 3s);
    EXPECT_EQ(response.bytes, 0u);
    EXPECT_FALSE(response.whole);
}

TEST_F(TransportTest, AnEndlessBodyIsReadNoFurtherThanItsSinkWants) {
    Hostile server(context_, drips("HTTP/1.1 200 OK\r\n\r\n", std::string(65536, 'x'), 0ms));
    collect_.enough = 200000;
    const Response response = against(server, 3s);
    EXPECT_EQ(response.failure, Response::Failure::none) << response.reason;
    EXPECT_FALSE(response.whole);
    EXPECT_LT(response.bytes, 400000u);
}

TEST_F(TransportTest, AStopEndsAnyRequestWithinSeconds) {
    const std::vector<std::pair<Poco::Net::Context::Ptr, Hostile::Act>> servers = {
        {{}, holds},
        {context_, holds},
        {context_, drips("HTTP/1.1 200 OK\r\n\r\n", std::string(20000, 'x'), 10ms)}};
    for (const auto& [context, act] : servers) {
        Hostile server(context, act);
        timeouts_ = {1min, 1min, 1min};
        stop_ = {};
        std::jthread stopping([&] { stop_.request_stop(); });
        EXPECT_EQ(against(server, 5s).failure, Response::Failure::stopped);
    }
}

TEST_F(TransportTest, NoRequestOutlastsTheEndOfItsRun) {
    Hostile server(context_, drips("HTTP/1.1 200 OK\r\n\r\n", std::string(20000, 'x'), 10ms));
    const auto transport = https_transport(server.url(), files_.ca.string(), timeouts_);
    Request request;
    request.path = "/";
    const auto until = std::chrono::steady_clock::now() + 300ms;
    EXPECT_EQ(transport->send(request, collect_, {}, until).failure, Response::Failure::overdue);
    EXPECT_LT(std::chrono::steady_clock::now(), until + 2s);
}

TEST_F(TransportTest, AWholeBodyIsKnownAsWhole) {
    serve_ = [](HTTPServerRequest&, HTTPServerResponse& response) {
        response.setContentLength(5);
        response.send() << "hello";
    };
    const auto transport = https_transport(url(), files_.ca.string(), timeouts_);
    EXPECT_TRUE(get(*transport, collect_).whole);
}
