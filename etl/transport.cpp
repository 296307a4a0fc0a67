#include "etl/transport.hpp"

#include <fmt/format.h>

#include <Poco/Net/Context.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/SocketImpl.h>
#include <Poco/URI.h>

#include <algorithm>
#include <array>
#include <istream>

#include "etl/encoding.hpp"
#include "etl/error.hpp"
#include "etl/foreign.hpp"
#include "etl/watch.hpp"

namespace etl {
namespace {

constexpr std::size_t kRead = 64 * 1024;  // performance.md 4: as fast as bare OpenSSL
constexpr std::uint64_t kLargestBody = 8ULL * 1024 * 1024 * 1024;
constexpr std::uint64_t kLeastRate = 1024;  // bytes a second: the slowest line ever sold is faster
const Poco::Timespan kSlice(0, 50 * 1000);  // a stop is noticed within this
constexpr std::chrono::hours kLongestRequest{2};  // nothing reasonable takes longer

std::string encoded(const Fields& fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        std::string key;
        Poco::URI::encode(name, " %&=+#", key);  // brackets may stay (getcourse-api.md 2)
        out += (out.empty() ? "" : "&") + key + "=" + percent_encoded(value);
    }
    return out;
}

Poco::Timespan span(Duration d) { return Poco::Timespan(d.count()); }

// The addresses of a host, IPv4 first. The system's resolver cannot be interrupted, so it works
// in a thread that is left behind when nobody waits for it any more.
std::vector<Poco::Net::IPAddress> addresses_of(const std::string& host, Watch& watch) {
    Poco::Net::IPAddress literal;
    if (Poco::Net::IPAddress::tryParse(host, literal)) return {literal};
    struct Lookup {
        std::mutex mutex;
        std::condition_variable answered;
        bool done = false;
        std::vector<Poco::Net::IPAddress> found;
        std::string error;
    };
    const auto lookup = std::make_shared<Lookup>();
    std::thread([lookup, host] {
        std::vector<Poco::Net::IPAddress> found;
        std::string error;
        try {
            found = Poco::Net::DNS::hostByName(host).addresses();
        } catch (const Poco::Exception& failed) {
            error = failed.displayText();
        }
        const std::lock_guard lock(lookup->mutex);
        lookup->found = std::move(found);
        lookup->error = std::move(error);
        lookup->done = true;
        lookup->answered.notify_all();
    }).detach();
    std::unique_lock lock(lookup->mutex);
    while (!lookup->done && !watch.over())
        lookup->answered.wait_for(lock, std::chrono::milliseconds{50});
    if (!lookup->error.empty()) throw Poco::Net::HostNotFoundException(lookup->error);
    std::vector<Poco::Net::IPAddress> found = lookup->found;
    std::stable_partition(found.begin(), found.end(), [](const Poco::Net::IPAddress& address) {
        return address.family() == Poco::Net::IPAddress::IPv4;
    });
    return found;
}

// A connection to the first address that takes one.
Poco::Net::StreamSocket connected(const std::vector<Poco::Net::IPAddress>& addresses,
                                  Poco::UInt16 port, Watch& watch) {
    for (std::size_t i = 0; i < addresses.size() && !watch.over(); ++i) {
        try {
            Poco::Net::StreamSocket socket;
            socket.connectNB(Poco::Net::SocketAddress(addresses[i], port));
            while (!socket.poll(kSlice,
                                Poco::Net::Socket::SELECT_WRITE | Poco::Net::Socket::SELECT_ERROR))
                if (watch.over()) throw Poco::TimeoutException();
            if (const int error = socket.impl()->socketError(); error != 0)
                throw Poco::Net::ConnectionRefusedException(addresses[i].toString() + ": " +
                                                            std::generic_category().message(error));
            socket.setBlocking(true);
            socket.setNoDelay(true);
            return socket;
        } catch (const Poco::Net::NetException&) {
            if (i + 1 == addresses.size()) throw;
        }
    }
    throw Poco::TimeoutException();
}

// HTTP over a connection that is there already: Poco's HTTPSClientSession makes its own, and no
// stop would reach it while it does.
class Session final : public Poco::Net::HTTPClientSession {
public:
    explicit Session(const Poco::Net::SecureStreamSocket& socket) : HTTPClientSession(socket) {}

protected:
    int read(char* buffer, std::streamsize length) override {
        try {
            return HTTPClientSession::read(buffer, length);
        } catch (const Poco::Net::SSLConnectionUnexpectedlyClosedException&) {
            return 0;  // no close_notify: whether the answer is whole is seen in it
        }
    }
};

class HttpsTransport final : public Transport {
public:
    HttpsTransport(const std::string& base_url, const std::string& ca_file,
                   const Config::Timeouts& timeouts)
        : timeouts_(timeouts) {
        const Poco::URI uri(base_url);
        if (uri.getScheme() != "https" || uri.getHost().empty())
            throw Error(Kind::usage,
                        "the service's address is \"" + base_url + "\", expected https://host",
                        "Set [getcourse] account or url.");
        host_ = uri.getHost();
        port_ = uri.getPort();
        try {
            context_ = new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", "", ca_file,
                                              Poco::Net::Context::VERIFY_STRICT, 9, true);
        } catch (const Poco::Exception& error) {
            throw Error(Kind::usage, "certificates cannot be loaded: " + error.displayText(),
                        "Check [getcourse] ca_file.");
        }
        context_->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
        context_->enableExtendedCertificateVerification(true);  // the host's name, too
        context_->disableStatelessSessionResumption();
    }

    [[nodiscard]] Response send(const Request& request, BodySink& sink, std::stop_token stop,
                                Deadline until) override {
        Response response;
        Watch watch(std::move(stop),
                    std::min(until, std::chrono::steady_clock::now() + kLongestRequest));
        try {
            exchange(request, sink, watch, response);
        } catch (const Poco::Net::SSLException& error) {
            failed(response, response.sent ? Response::Failure::cut : Response::Failure::tls,
                   error.displayText());
        } catch (const Poco::Net::HostNotFoundException& error) {
            failed(response, Response::Failure::resolve, error.displayText());
        } catch (const Poco::Net::DNSException& error) {
            failed(response, Response::Failure::resolve, error.displayText());
        } catch (const Poco::Exception& error) {
            failed(response, response.sent ? Response::Failure::cut : Response::Failure::connect,
                   error.displayText());
        }
        if (response.failure != Response::Failure::none) (void)watch.explain(response);
        return response;
    }

private:
    static void failed(Response& response, Response::Failure failure, const std::string& reason) {
        response.failure = failure;
        response.reason = foreign_words(reason);
    }

    void exchange(const Request& request, BodySink& sink, Watch& watch, Response& response) {
        const std::string within = " within " + format_duration(timeouts_.connect);
        watch.phase(timeouts_.connect, Response::Failure::resolve, "no address" + within);
        const std::vector<Poco::Net::IPAddress> addresses = addresses_of(host_, watch);
        watch.phase(timeouts_.connect, Response::Failure::connect, "no connection" + within);
        Poco::Net::StreamSocket socket = connected(addresses, port_, watch);
        watch.guard(socket.impl()->sockfd());
        watch.phase(timeouts_.connect, Response::Failure::tls, "no TLS handshake" + within);
        Session session(Poco::Net::SecureStreamSocket::attach(socket, host_, context_));
        session.setKeepAlive(false);
        session.socket().setSendTimeout(span(timeouts_.first_byte));
        session.socket().setReceiveTimeout(span(timeouts_.first_byte));
        watch.phase(timeouts_.first_byte, Response::Failure::first_byte,
                    "no answer within " + format_duration(timeouts_.first_byte));
        ask(session, request, response);
        Poco::Net::HTTPResponse answer;
        std::istream& in = session.receiveResponse(answer);
        take_head(answer, response);
        sink.begin(response);
        session.socket().setReceiveTimeout(span(timeouts_.stall));
        const double seconds = static_cast<double>(timeouts_.stall.count()) / 1e6;
        watch.least_rate(static_cast<std::uint64_t>(kLeastRate * seconds), timeouts_.stall);
        if (!receive(in, sink, watch, response)) return;
        if (const Poco::Exception* error = session.networkException()) error->rethrow();
        const auto promised = answer.hasContentLength() ? answer.getContentLength64() : -1;
        response.whole = promised >= 0 && static_cast<std::uint64_t>(promised) == response.bytes;
        if (promised >= 0 && !response.whole)
            failed(response, Response::Failure::cut,
                   fmt::format("{} of {} bytes came", response.bytes, promised));
        else if (watch.over())
            failed(response, Response::Failure::cut, "the connection was closed");
    }

    void ask(Session& session, const Request& request, Response& response) {
        const bool post = request.method == Request::Method::post;
        std::string target = request.path;
        if (!request.query.empty()) target += "?" + encoded(request.query);
        Poco::Net::HTTPRequest http(post ? "POST" : "GET", target, "HTTP/1.1");
        http.setHost(host_, port_);
        http.set("Accept-Encoding", "gzip");
        http.set("User-Agent", "gcmirror");
        const std::string body = !post                  ? std::string()
                                 : request.json.empty() ? encoded(request.form)
                                                        : request.json;
        if (post) {
            http.setContentType(request.json.empty() ? "application/x-www-form-urlencoded"
                                                     : "application/json; charset=utf-8");
            http.setContentLength(static_cast<std::streamsize>(body.size()));
        }
        response.sent = true;
        session.sendRequest(http) << body << std::flush;
    }

    static void take_head(const Poco::Net::HTTPResponse& answer, Response& response) {
        response.status = static_cast<int>(answer.getStatus());
        response.content_type = foreign_words(answer.getContentType(), 100);
        response.gzip = answer.get("Content-Encoding", "").find("gzip") != std::string::npos;
        response.location = foreign_address(answer.get("Location", ""));
        response.date = foreign_words(answer.get("Date", ""), 100);
    }

    // False when the sink wanted no more, or got no more.
    static bool receive(std::istream& in, BodySink& sink, Watch& watch, Response& response) {
        std::array<char, kRead> buffer;
        std::size_t held = 0;
        const auto hand_over = [&] {
            watch.pause();
            const bool more = sink.write({buffer.data(), std::exchange(held, 0)});
            watch.resume();
            return more;
        };
        // readsome() after peek(): a piece is counted when it comes, not when the buffer is full.
        while (in.peek() != std::istream::traits_type::eof()) {
            const auto count = static_cast<std::size_t>(in.readsome(
                buffer.data() + held, static_cast<std::streamsize>(buffer.size() - held)));
            watch.received(count);
            response.bytes += count;
            held += count;
            if (response.bytes > kLargestBody) {
                failed(response, Response::Failure::too_large,
                       fmt::format("the answer exceeds {} bytes", kLargestBody));
                return false;
            }
            if (held == buffer.size() && !hand_over()) return false;
        }
        return held == 0 || hand_over();
    }

    Config::Timeouts timeouts_;
    std::string host_;
    Poco::UInt16 port_ = 443;
    Poco::Net::Context::Ptr context_;
};

}  // namespace

std::unique_ptr<Transport> https_transport(const std::string& base_url, const std::string& ca_file,
                                           const Config::Timeouts& timeouts) {
    return std::make_unique<HttpsTransport>(base_url, ca_file, timeouts);
}

}  // namespace etl
