#include "jobs/fleet/school_file.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "etl/error.hpp"
#include "etl/json.hpp"

namespace jobs::fleet {
namespace {

namespace fs = std::filesystem;
using etl::Error;
using etl::Kind;

constexpr int kFirstPort = 8081, kLastPort = 65535;
constexpr const char* kNothingDone = "Nothing was done.";

bool is_free(int port) {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return true;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const bool bound = ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    return bound;
}

// A basic string of TOML is written as JSON's.
std::string line_of_toml(const char* key, const std::string& value) {
    return value.empty() ? "" : fmt::format("{} = {}\n", key, etl::json_string(value));
}

void write_whole(const fs::path& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool written =
        file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file) == 0;
    const int reason = errno;
    if (file >= 0) ::close(file);
    if (!written)
        throw Error(Kind::usage,
                    fmt::format("{} cannot be written: {}", path.string(), std::strerror(reason)),
                    kNothingDone);
}

// What root writes is read by the service's user, whose group the folder has.
void share_with_group(const fs::path& file, const fs::path& folder) {
    constexpr mode_t kOwnerWritesGroupReads = 0640;
    struct stat found {};
    if (::geteuid() != 0 || ::stat(folder.c_str(), &found) != 0 || found.st_gid == 0) return;
    if (::chown(file.c_str(), static_cast<uid_t>(-1), found.st_gid) != 0 ||
        ::chmod(file.c_str(), kOwnerWritesGroupReads) != 0)
        throw Error(Kind::usage,
                    fmt::format("{} cannot be written: {}", file.string(), std::strerror(errno)),
                    kNothingDone);
}

// A file that goes unless it was given its name.
struct Draft {
    fs::path path;
    ~Draft() {
        std::error_code ignored;
        fs::remove(path, ignored);
    }
};

void require_name(const std::string& name) {
    if (!is_school_name(name))
        throw Error(Kind::usage,
                    fmt::format("\"{}\" is no name of a school; expected letters, digits, - and _, "
                                "at most {}, not all, which is every school",
                                name, 40),
                    kNothingDone);
}

void check_settings(SchoolSettings& settings) {
    require_name(settings.name);
    if (settings.account.empty() && settings.url.empty())
        throw Error(Kind::usage, "--account or --url must be given", kNothingDone);
    if (settings.key_file.empty()) return;
    settings.key_file = fs::absolute(settings.key_file).lexically_normal();
    if (::access(settings.key_file.c_str(), R_OK) != 0)
        throw Error(Kind::usage,
                    fmt::format("--key-file {} cannot be read: {}", settings.key_file,
                                std::strerror(errno)),
                    kNothingDone);
}

std::vector<School> known_schools(const fs::path& folder) {
    std::error_code wrong;
    fs::create_directories(folder, wrong);
    if (wrong)
        throw Error(Kind::usage,
                    fmt::format("{} cannot be made: {}", folder.string(), wrong.message()),
                    kNothingDone);
    return read_schools(folder);
}

}  // namespace

std::string school_text(const SchoolSettings& settings, int port) {
    return "# A school of the fleet. Further keys: gcmirror init --print.\n[getcourse]\n" +
           line_of_toml("account", settings.account) + line_of_toml("url", settings.url) +
           line_of_toml("key_file", settings.key_file) +
           (settings.database_url.empty()
                ? ""
                : "\n[database]\n" + line_of_toml("url", settings.database_url)) +
           fmt::format("\n[serve]\nlisten = \"127.0.0.1:{}\"\n", port);
}

int free_port(const std::vector<School>& schools, const etl::Config& fleet) {
    const auto taken = [&](int port) {
        const std::string end = fmt::format(":{}", port);
        return fleet.fleet.listen.ends_with(end) ||
               std::any_of(schools.begin(), schools.end(), [&](const School& school) {
                   return school.config.serve_listen.ends_with(end);
               });
    };
    for (int port = kFirstPort; port <= kLastPort; ++port)
        if (!taken(port) && is_free(port)) return port;
    throw Error(Kind::usage, "no port is free for a further dashboard", kNothingDone);
}

fs::path add_school(const fs::path& folder, SchoolSettings settings, const etl::Config& fleet) {
    check_settings(settings);
    std::vector<School> schools = known_schools(folder);
    fs::path target = folder / (settings.name + ".toml");
    const Draft draft{folder / ("." + settings.name + ".new")};
    write_whole(draft.path, school_text(settings, free_port(schools, fleet)));
    share_with_group(draft.path, folder);
    School added{settings.name, target, etl::load_without_keys(draft.path), {}, {}};
    schools.push_back(added);  // last: whatever is double is the new one's mistake
    find_conflicts(schools);
    if (!schools.back().error.empty()) throw Error(Kind::usage, schools.back().error, kNothingDone);
    if (::link(draft.path.c_str(), target.c_str()) != 0)
        throw Error(Kind::usage,
                    fmt::format("{} cannot be written: {}", target.string(), std::strerror(errno)),
                    kNothingDone);
    return target;
}

fs::path remove_school(const fs::path& folder, const std::string& name) {
    require_name(name);
    const fs::path file = folder / (name + ".toml");
    if (!fs::exists(fs::symlink_status(file)))
        throw Error(Kind::usage,
                    fmt::format("there is no school {}: no file {}", name, file.string()),
                    "gcmirror fleet list shows them.");
    fs::path aside = file.string() + ".removed";
    for (int i = 2; fs::exists(fs::symlink_status(aside)); ++i)
        aside = fmt::format("{}.removed-{}", file.string(), i);
    std::error_code wrong;
    fs::rename(file, aside, wrong);
    if (wrong)
        throw Error(Kind::usage,
                    fmt::format("{} cannot be renamed: {}", file.string(), wrong.message()),
                    kNothingDone);
    return aside;
}

}  // namespace jobs::fleet
