// Where the private PostgreSQL takes BI tools besides its socket, and by which certificate.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace etl {

struct Listening {
    std::string host;  // an address of this machine, or * for all
    int port = 0;
    std::string certificate_file, key_file;  // PEM; both empty: one of its own
};

// "127.0.0.1:5433", "[::1]:5433", "db.example.com:5433", "*:5433"; nullopt when it is none.
[[nodiscard]] std::optional<Listening> parse_listening(const std::string& text);

// Options of the server process, without the socket's.
[[nodiscard]] std::vector<std::string> server_options(const std::optional<Listening>& listening);

// pg_hba.conf: the socket, which only its owner and root reach, without a password; over the
// network passwords by SCRAM, from other machines only under TLS, and never the owner.
[[nodiscard]] std::string access_rules(const std::string& owner);

struct ServerCertificate {
    std::string certificate, key;  // PEM
};
// Of its own authority, for this machine's names and addresses; ten years. Error{unexpected}.
[[nodiscard]] ServerCertificate make_server_certificate(const std::string& host);
// Whether the PEM is a certificate that is valid for 30 more days and speaks for `host` (any when
// it is *).
[[nodiscard]] bool serves(const std::string& certificate, const std::string& host);

}  // namespace etl
