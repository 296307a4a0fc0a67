// Bytes of HTTP/1.1 to and from plain data. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "jobs/serve/http.hpp"

namespace jobs {

// What has come so far of a request.
struct HttpParsed {
    bool complete = false;
    std::optional<HttpCall> call;  // with complete: nullopt when it cannot be read
};
[[nodiscard]] HttpParsed parse_request(std::string_view bytes, std::size_t most_header_bytes);

[[nodiscard]] std::string to_bytes(const HttpReply& reply, bool with_body);

}  // namespace jobs
