#include "etl/installation.hpp"

#include <Poco/URI.h>
#include <Poco/UUIDGenerator.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "etl/error.hpp"
#include "etl/log.hpp"

namespace etl {
namespace {

namespace fs = std::filesystem;

struct Installation {
    std::string account, host, server, name, place;
    bool is_private = false;
};

std::string first_line(const fs::path& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

// Of this machine the port says nothing: a simulator is started on any.
std::string host_of(const std::string& base_url) {
    const Poco::URI uri(base_url);
    const std::string& host = uri.getHost();
    if (host == "localhost" || host == "127.0.0.1" || host == "::1") return "localhost";
    return uri.getPort() == 443 ? host : fmt::format("{}:{}", host, uri.getPort());
}

bool has_account(const Config& config) {
    return !config.getcourse.account.empty() || !config.getcourse.url.empty();
}

// Beside the private cluster; for databases elsewhere one for all schools of this user.
fs::path name_file(const Config& config) {
    Config of_all = config;
    of_all.getcourse = {};
    return (config.database.url.empty() ? config : of_all).data_dir() / "installation";
}

std::string place_of(const Config& config) {
    std::string machine = first_line("/etc/machine-id");
    if (machine.empty()) {
        std::array<char, 256> host{};
        gethostname(host.data(), host.size() - 1);
        machine = host.data();
    }
    return fmt::format("{} {}", machine.substr(0, 12), fs::absolute(config.data_dir()).string());
}

Installation ours(pg::Connection& connection, const Config& config) {
    Installation own;
    own.account = config.getcourse.url.empty() ? config.getcourse.account : "";
    if (has_account(config)) own.host = host_of(config.base_url());
    own.server = connection.value(
        "SELECT system_identifier || ' ' || d.oid FROM pg_control_system(), pg_database d WHERE "
        "d.datname = current_database()");
    own.name = first_line(name_file(config));
    own.place = place_of(config);
    own.is_private = config.database.url.empty();
    return own;
}

std::optional<Installation> claimed(pg::Connection& connection) {
    const pg::Result found = connection.query(
        "SELECT account, host, server, name, place, private FROM journal.installation");
    if (found.empty()) return std::nullopt;
    return Installation{found.text(0, 0), found.text(0, 1), found.text(0, 2),
                        found.text(0, 3), found.text(0, 4), found.flag(0, 5)};
}

// What makes `own` another installation than the one the database belongs to; empty: nothing.
std::string difference(const Installation& theirs, const Installation& own) {
    if (!own.host.empty() && theirs.host != own.host)
        return fmt::format("this database holds the school at {}, and {} is configured",
                           theirs.host, own.host);
    if (theirs.server != own.server)
        return fmt::format(
            "this database is a copy: it was claimed on another server or as another database "
            "(installation {}, {})",
            theirs.name, theirs.place);
    if (!own.name.empty() && theirs.name != own.name)
        return fmt::format("this database belongs to installation {} ({}), and this is {} ({})",
                           theirs.name, theirs.place, own.name, own.place);
    if (theirs.is_private && own.is_private && theirs.place != own.place)
        return fmt::format(
            "this private PostgreSQL was copied or moved: it belongs to {}, and "
            "this is {}",
            theirs.place, own.place);
    return {};
}

void refuse(const std::string& what) {
    if (what.empty()) return;
    throw Error(Kind::usage, what,
                "Nothing was sent. Name the right database or account; if this one is to go on "
                "from here, and no other, run gcmirror db adopt.");
}

std::string new_name() { return Poco::UUIDGenerator::defaultGenerator().createRandom().toString(); }

// Keeps `name` unless another process was first; returns the one that is kept. Where nothing can be
// written, the server's identity is all there is.
std::string keep_name(const Config& config, const std::string& name) {
    const fs::path file = name_file(config), made = file.string() + "." + new_name();
    std::error_code ignored;
    fs::create_directories(file.parent_path(), ignored);
    const bool written = static_cast<bool>(std::ofstream(made) << name << '\n');
    if (written) fs::create_hard_link(made, file, ignored);  // fails when the name is there
    fs::remove(made, ignored);
    const std::string kept = first_line(file);
    if (kept.empty())
        log::info("the installation's name cannot be kept", {{"file", file.string()}});
    return kept.empty() ? name : kept;
}

void write_claim(pg::Connection& connection, const Installation& own) {
    connection.query(
        "INSERT INTO journal.installation AS i (account, host, server, name, place, private) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (single) DO UPDATE SET account = $1, host = "
        "$2, "
        "server = $3, name = $4, place = $5, private = $6, groups = '{}', fields = '{}', "
        "claimed_at = clock_timestamp(), "
        "claimed_by = session_user, previously = i.previously || (to_jsonb(i) - 'previously')",
        {own.account, own.host, own.server, own.name, own.place, own.is_private ? "t" : "f"});
}

}  // namespace

void require_own_database(pg::Connection& connection, const Config& config) {
    if (const auto theirs = claimed(connection))
        refuse(difference(*theirs, ours(connection, config)));
}

void claim_database(pg::Connection& connection, const Config& config) {
    Installation own = ours(connection, config);
    const auto theirs = claimed(connection);
    if (theirs) refuse(difference(*theirs, own));
    if (own.name.empty()) own.name = keep_name(config, theirs ? theirs->name : new_name());
    if (!theirs) write_claim(connection, own);
}

std::string adopt_database(pg::Connection& connection, const Config& config) {
    Installation own = ours(connection, config);
    const auto theirs = claimed(connection);
    if (own.name.empty()) own.name = keep_name(config, new_name());
    write_claim(connection, own);
    return fmt::format(
        "the database belongs to installation {} ({}, {}) now{}", own.name, own.host, own.place,
        theirs ? fmt::format("; before: {} ({}, {})", theirs->name, theirs->host, theirs->place)
               : "");
}

void tell_second_user(const Config& config, const fs::path& notes, uid_t own) {
    const bool default_place = config.database.data_dir == Config::Database{}.data_dir;
    if (!config.database.url.empty() || !default_place || !has_account(config)) return;
    std::string school = host_of(config.base_url());
    for (char& c : school)
        if (c == '/' || c == ':') c = '_';
    const fs::path note = notes / ("gcmirror-of-" + school);
    const int made = open(note.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0444);
    if (made >= 0) {
        close(made);
        return;
    }
    struct stat found {};
    if (lstat(note.c_str(), &found) != 0 || found.st_uid == own) return;
    const passwd* other = getpwuid(found.st_uid);
    throw Error(
        Kind::usage,
        fmt::format("the user {} of this machine keeps a mirror of {} already; a second one "
                    "would count the account's requests for itself",
                    other == nullptr ? std::to_string(found.st_uid) : other->pw_name, school),
        fmt::format("Let [database] url name that database; or, if there is none any more, set "
                    "[database] data_dir to say where yours shall be (the note is {}).",
                    note.string()));
}

}  // namespace etl
