#include <array>
#include <map>
#include <memory>
#include <utility>

#include "etl/client_program.hpp"
#include "etl/pg_state.hpp"

namespace etl::pg {
namespace {

// Ours unless the url says otherwise: a peer that is silently gone is noticed within a minute.
constexpr std::array<std::pair<const char*, const char*>, 5> kDefaults = {
    {{"connect_timeout", "20"},
     {"keepalives_idle", "30"},
     {"keepalives_interval", "10"},
     {"keepalives_count", "3"},
     {"tcp_user_timeout", "60000"}}};

// Since 17; a look into pg_settings costs 3 ms a session.
constexpr const char* kNoTransactionTimeout =
    "SELECT set_config('transaction_timeout', '0', false) WHERE current_setting("
    "'transaction_timeout', true) IS NOT NULL";

}  // namespace

std::string conninfo_value(const std::string& value) {
    std::string out = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

Conninfo conninfo(const std::string& url, const std::string& purpose) {
    char* problem = nullptr;
    PQconninfoOption* options = PQconninfoParse(url.c_str(), &problem);
    if (options == nullptr) {  // libpq's words may quote the url and with it a password
        PQfreemem(problem);
        throw Error(Kind::usage,
                    "the database url cannot be read; expected postgresql://user@host/database or "
                    "libpq's key=value form",
                    "Set [database] url.");
    }
    Conninfo info;
    std::map<std::string, std::string> all(kDefaults.begin(), kDefaults.end());
    for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        const std::string keyword = option->keyword;
        if (keyword == "host" || keyword == "port" || keyword == "dbname" || keyword == "user")
            info.where += (info.where.empty() ? "" : " ") + keyword + "=" + option->val;
        all[keyword] = option->val;
    }
    PQconninfoFree(options);
    all["client_encoding"] = "UTF8";
    all["application_name"] = "gcmirror: " + purpose;
    for (const auto& [keyword, value] : all)
        info.text += keyword + "=" + conninfo_value(value) + " ";
    return info;
}

const std::vector<std::string>& session_settings() {
    static const std::vector<std::string> settings = {
        "SET TIME ZONE 'UTC'",
        "SET DateStyle = 'ISO, YMD'",
        "SET IntervalStyle = 'postgres'",
        "SET client_connection_check_interval = '5s'",
        "SET default_transaction_read_only = off",  // a role's default would end migrations, too
        "SET statement_timeout = 0",
        "SET lock_timeout = '1min'",
        "SET idle_session_timeout = 0",
        "SET idle_in_transaction_session_timeout = 0",
        kNoTransactionTimeout};
    return settings;
}

}  // namespace etl::pg

namespace etl {
namespace {

std::map<std::string, std::string> named_by(const char* const PQconninfoOption::*name,
                                            const std::string& url) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
    if (options == nullptr)
        throw Error(Kind::usage, "the database url cannot be read", "Set [database] url.");
    std::map<std::string, std::string> values;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option)
        if (option->val != nullptr && option->*name != nullptr) values[option->*name] = option->val;
    return values;
}

}  // namespace

std::map<std::string, std::string> client_environment(const std::string& url) {
    return named_by(&PQconninfoOption::envvar, url);
}

std::map<std::string, std::string> client_keywords(const std::string& url) {
    return named_by(&PQconninfoOption::keyword, url);
}

}  // namespace etl
