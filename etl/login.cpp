#include "etl/login.hpp"

#include <sys/random.h>

#include "etl/error.hpp"

namespace etl {
namespace {

constexpr const char* kInvalidName = "42602";  // SQLSTATE

}  // namespace

std::string made_password() {
    static constexpr std::string_view kLetters =
        "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    constexpr std::size_t kLength = 24, kFair = 256 - 256 % kLetters.size();
    std::string password;
    while (password.size() < kLength) {
        unsigned char byte = 0;
        if (getrandom(&byte, 1, 0) != 1)
            throw Error(Kind::unexpected, "this machine gives no random numbers");
        if (byte < kFair) password += kLetters[byte % kLetters.size()];
    }
    return password;
}

std::string add_login(pg::Connection& connection, const std::string& login, bool masked,
                      bool new_password) {
    pg::Transaction all_or_nothing(connection);
    // two at once would write the same rights: "tuple concurrently updated"
    connection.execute("LOCK TABLE report.reader IN SHARE ROW EXCLUSIVE MODE");
    const bool is_new =
        connection.value("SELECT count(*) FROM pg_roles WHERE rolname = $1", {login}) == "0";
    try {
        (void)connection.value("SELECT report.add_reader($1, $2::boolean)",
                               {login, std::string(masked ? "true" : "false")});
    } catch (const Error& error) {
        if (error.sqlstate() != kInvalidName) throw;
        throw Error(Kind::usage, "login is \"" + login +
                                     "\", expected letters, digits and . _ @ -, beginning with a "
                                     "letter");
    }
    std::string password;
    if (new_password || is_new) {
        password = made_password();
        connection.execute(
            connection.value("SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)",
                             {login, connection.scram_of(login, password)}));
    }
    all_or_nothing.commit();
    return password;
}

}  // namespace etl
