#include "etl/transport.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/URI.h>

#include <array>
#include <istream>

#include "etl/encoding.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"

namespace etl {
namespace {

constexpr std::size_t kRead = 64 * 1024;  // performance.md 4: as fast as bare OpenSSL
constexpr std::uint64_t kLargestBody = 8ULL * 1024 * 1024 * 1024;

std::string encoded(const Fields& fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        std::string key;
        Poco::URI::encode(name, " %&=+#", key);  // brackets may stay (getcourse-api.md 2)
        out += (out.empty() ? "" : "&") + key + "=" + percent_encoded(value);
    }
    return out;
}

Poco::Timespan span(Micros d) { return Poco::Timespan(d.count()); }

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

    [[nodiscard]] Response send(const Request& request, BodySink& sink) override {
        Response response;
        try {
            exchange(request, sink, response);
        } catch (const Poco::Net::SSLException& error) {
            failed(response, response.sent ? Response::Failure::cut : Response::Failure::tls,
                   error.displayText());
        } catch (const Poco::Net::HostNotFoundException& error) {
            failed(response, Response::Failure::resolve, error.displayText());
        } catch (const Poco::Net::DNSException& error) {
            failed(response, Response::Failure::resolve, error.displayText());
        } catch (const Poco::TimeoutException&) {
            failed(response,
                   !response.sent         ? Response::Failure::connect
                   : response.status == 0 ? Response::Failure::first_byte
                                          : Response::Failure::stalled,
                   !response.sent ? "no connection within " + format_duration(timeouts_.connect)
                   : response.status == 0
                       ? "no answer within " + format_duration(timeouts_.first_byte)
                       : "nothing more came for " + format_duration(timeouts_.stall));
        } catch (const Poco::Exception& error) {
            failed(response, response.sent ? Response::Failure::cut : Response::Failure::connect,
                   error.displayText());
        }
        return response;
    }

private:
    static void failed(Response& response, Response::Failure failure, const std::string& reason) {
        response.failure = failure;
        response.reason = log::redacted(reason);
    }

    void exchange(const Request& request, BodySink& sink, Response& response) {
        Poco::Net::HTTPSClientSession session(host_, port_, context_);
        session.setTimeout(span(timeouts_.connect), span(timeouts_.first_byte),
                           span(timeouts_.first_byte));
        session.setKeepAlive(false);
        const bool post = request.method == Request::Method::post;
        std::string target = request.path;
        if (!request.query.empty()) target += "?" + encoded(request.query);
        Poco::Net::HTTPRequest http(post ? "POST" : "GET", target, "HTTP/1.1");
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
        std::ostream& out = session.sendRequest(http);  // connects; the headers leave here
        response.sent = true;
        out << body << std::flush;
        Poco::Net::HTTPResponse answer;
        std::istream& in = session.receiveResponse(answer);
        response.status = static_cast<int>(answer.getStatus());
        response.content_type = answer.getContentType();
        response.gzip = answer.get("Content-Encoding", "").find("gzip") != std::string::npos;
        response.location = answer.get("Location", "");
        response.date = answer.get("Date", "");
        sink.begin(response);
        session.socket().setReceiveTimeout(span(timeouts_.stall));
        receive(in, sink, response);
        if (const Poco::Exception* error = session.networkException()) error->rethrow();
        const auto promised = answer.hasContentLength() ? answer.getContentLength64() : -1;
        if (promised >= 0 && static_cast<std::uint64_t>(promised) != response.bytes)
            failed(
                response, Response::Failure::cut,
                std::to_string(response.bytes) + " of " + std::to_string(promised) + " bytes came");
    }

    static void receive(std::istream& in, BodySink& sink, Response& response) {
        std::array<char, kRead> buffer;
        while (in.good()) {
            in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
            const auto count = static_cast<std::size_t>(in.gcount());
            if (count == 0) break;
            response.bytes += count;
            if (response.bytes > kLargestBody)
                return failed(response, Response::Failure::too_large,
                              "the answer exceeds " + std::to_string(kLargestBody) + " bytes");
            sink.write({buffer.data(), count});
        }
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
