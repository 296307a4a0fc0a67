#include "jobs/serve/http_message.hpp"

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/URI.h>

#include <cctype>
#include <sstream>

namespace jobs {
namespace {

using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
    "'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

std::optional<HttpCall> call_of(const HTTPRequest& request) {
    HttpCall call;
    call.method = request.getMethod();
    const Poco::URI uri(request.getURI());
    call.path = uri.getPath();
    for (const auto& [name, value] : uri.getQueryParameters()) call.query.emplace(name, value);
    for (const auto& [name, value] : request) call.headers.emplace(lower(name), value);
    return call;
}

}  // namespace

HttpParsed parse_request(std::string_view bytes, std::size_t most_header_bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return {bytes.size() > most_header_bytes, std::nullopt};
    if (end > most_header_bytes) return {true, std::nullopt};
    const std::size_t header = end + 4;
    try {
        HTTPRequest request;
        std::istringstream stream{std::string(bytes.substr(0, header))};
        request.read(stream);
        HttpParsed parsed{true, call_of(request)};
        if (request.getChunkedTransferEncoding()) {
            parsed.call->body_too_large = true;
        } else if (request.hasContentLength()) {
            const auto length = request.getContentLength64();
            if (length < 0) return {true, std::nullopt};
            parsed.call->body_too_large = length > static_cast<Poco::Int64>(kLargestBody);
            if (!parsed.call->body_too_large) {
                parsed.call->body = bytes.substr(header, static_cast<std::size_t>(length));
                parsed.complete = parsed.call->body.size() == static_cast<std::size_t>(length);
            }
        }
        return parsed;
    } catch (const Poco::Exception&) {
        return {true, std::nullopt};
    }
}

std::string to_bytes(const HttpReply& reply, bool with_body) {
    HTTPResponse response;
    const auto status = static_cast<HTTPResponse::HTTPStatus>(reply.status);
    response.setVersion(HTTPResponse::HTTP_1_1);
    response.setStatusAndReason(status, reply.status == http::kMisdirected
                                            ? "Misdirected Request"
                                            : HTTPResponse::getReasonForStatus(status));
    response.setContentType(reply.type);
    response.set("Content-Security-Policy", kPolicy);
    response.set("X-Content-Type-Options", "nosniff");
    response.set("X-Frame-Options", "DENY");
    // Not no-referrer: with that a browser posts the login form from the origin "null".
    response.set("Referrer-Policy", "same-origin");
    response.set("Cross-Origin-Resource-Policy", "same-origin");
    response.set("Cross-Origin-Opener-Policy", "same-origin");
    response.set("Cache-Control", "no-store");
    for (const auto& [name, value] : reply.headers) response.set(name, value);
    response.setContentLength64(static_cast<Poco::Int64>(reply.body.size()));
    response.setKeepAlive(false);
    std::ostringstream out;
    response.write(out);
    if (with_body) out << reply.body;
    return out.str();
}

}  // namespace jobs
