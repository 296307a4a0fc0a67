#include "etl/server_program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <array>
#include <cerrno>
#include <optional>

#include "etl/error.hpp"

namespace etl {
namespace {

// An anonymous file in memory: nothing in any folder that somebody else could put a link in place
// of.
class Memory {
public:
    explicit Memory(std::string_view text = {}) : file_(memfd_create("gcmirror", MFD_CLOEXEC)) {
        if (file_ < 0) throw Error(Kind::unexpected, "no memory for the output of a program");
        while (!text.empty()) {
            const ssize_t done = write(file_, text.data(), text.size());
            if (done <= 0) break;
            text.remove_prefix(static_cast<std::size_t>(done));
        }
        lseek(file_, 0, SEEK_SET);
    }
    ~Memory() { close(file_); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    [[nodiscard]] int file() const { return file_; }
    [[nodiscard]] std::string text() const {
        std::string all;
        std::array<char, 4096> piece{};
        ssize_t size = 0;
        while ((size = pread(file_, piece.data(), piece.size(), static_cast<off_t>(all.size()))) >
               0)
            all.append(piece.data(), static_cast<std::size_t>(size));
        return all;
    }

private:
    int file_;
};

// Only what may be done between fork and exec.
[[noreturn]] void become(const ServerAccount& account, const Memory& input, const Memory& output,
                         char* const* argv) {
    static char* const environment[] = {const_cast<char*>("LC_ALL=C.UTF-8"),
                                        const_cast<char*>("PATH=/usr/local/bin:/usr/bin:/bin"),
                                        const_cast<char*>("HOME=/"), nullptr};
    dup2(input.file(), 0);
    dup2(output.file(), 1);
    dup2(output.file(), 2);
    if (geteuid() == 0 &&
        (setgroups(1, &account.gid) != 0 || setgid(account.gid) != 0 || setuid(account.uid) != 0))
        _exit(126);
    if (chdir("/") != 0) _exit(126);
    sigset_t none;  // our own mask is not the server's
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve(argv[0], argv, environment);
    _exit(127);
}

std::optional<ServerAccount>& owner() {
    static std::optional<ServerAccount> account;
    return account;
}

}  // namespace

void run_server_as_owner_of(const std::filesystem::path& data_dir) {
    owner().reset();
    struct stat found {};
    for (const std::filesystem::path& folder : {data_dir / "pg", data_dir})
        if (stat(folder.c_str(), &found) == 0 && found.st_uid != 0) {
            if (const passwd* user = getpwuid(found.st_uid); user != nullptr)
                owner() = {user->pw_uid, user->pw_gid, user->pw_name};
            return;
        }
}

ServerAccount server_account() {
    if (geteuid() == 0 && owner()) return *owner();
    if (geteuid() != 0) {
        const passwd* self = getpwuid(geteuid());
        if (self != nullptr) return {self->pw_uid, self->pw_gid, self->pw_name};
        return {geteuid(), getegid(), "postgres"};
    }
    const passwd* postgres = getpwnam("postgres");
    if (postgres == nullptr)
        throw Error(Kind::database,
                    "PostgreSQL does not run as root, and there is no user postgres to run it",
                    "Install Debian's package postgresql, or set [database] url.");
    return {postgres->pw_uid, postgres->pw_gid, postgres->pw_name};
}

Ran run_as_server(const std::vector<std::string>& arguments, std::string_view input) {
    const ServerAccount account = server_account();
    const Memory in(input), out;
    std::vector<char*> argv;
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child < 0) throw Error(Kind::unexpected, "cannot start " + arguments[0]);
    if (child == 0) become(account, in, out, argv.data());
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, out.text()};
}

void make_server_folder(const std::filesystem::path& folder) {
    const ServerAccount account = server_account();
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    const int opened = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat found {};
    const bool ours = opened >= 0 && fstat(opened, &found) == 0 &&
                      (found.st_uid == geteuid() || found.st_uid == account.uid);
    const bool done = ours && (geteuid() != 0 || fchown(opened, account.uid, account.gid) == 0) &&
                      fchmod(opened, 0700) == 0;
    const int why = errno;
    if (opened >= 0) close(opened);
    if (done) return;
    throw Error(
        Kind::database,
        fmt::format("{} cannot become a folder of the user {}: {}", folder.string(), account.name,
                    opened >= 0 && !ours ? "it belongs to somebody else"
                                         : std::generic_category().message(why)),
        "Run this as the user it belongs to, or choose another [database] data_dir.");
}

std::string first_line_as_server(const std::filesystem::path& file) {
    const Ran ran = run_as_server({"/bin/cat", "--", file.string()});
    return ran.status == 0 ? ran.output.substr(0, ran.output.find('\n')) : "";
}

}  // namespace etl
