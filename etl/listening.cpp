#include "etl/listening.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace etl {
namespace {

bool is_host(const std::string& host) {
    in6_addr address{};
    if (host == "*" || inet_pton(AF_INET6, host.c_str(), &address) == 1) return true;
    const auto plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '-'; };
    return !host.empty() && std::all_of(host.begin(), host.end(), plain);
}

}  // namespace

std::optional<Listening> parse_listening(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) return std::nullopt;
    Listening found;
    found.host = text.substr(0, colon);
    if (found.host.starts_with('[') && found.host.ends_with(']'))
        found.host = found.host.substr(1, found.host.size() - 2);
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + colon + 1, end, found.port);
    constexpr int kLastPort = 65535;
    const bool whole = read.ec == std::errc() && read.ptr == end;
    if (!whole || found.port < 1 || found.port > kLastPort || !is_host(found.host))
        return std::nullopt;
    if (found.host == "0.0.0.0" || found.host == "::") found.host = "*";
    return found;
}

std::vector<std::string> server_options(const std::optional<Listening>& listening) {
    if (!listening) return {"port=5432", "listen_addresses="};
    return {fmt::format("port={}", listening->port),
            fmt::format("listen_addresses={}", listening->host),
            "ssl=on",
            "ssl_cert_file=gcmirror.crt",
            "ssl_key_file=gcmirror.key",
            "password_encryption=scram-sha-256"};
}

std::string access_rules(const std::string& owner) {
    return fmt::format(
        "# written by gcmirror at each start; [database] listen says where it is reached\n"
        "local    all  all             trust  # the socket lies in a folder of its owner\n"
        "host     all  \"{}\"  all  reject\n"
        "host     all  all  127.0.0.1/32  scram-sha-256\n"
        "host     all  all  ::1/128       scram-sha-256\n"
        "hostssl  all  all  all           scram-sha-256\n",
        owner);
}

}  // namespace etl
