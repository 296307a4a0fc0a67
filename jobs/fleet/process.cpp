#include "jobs/fleet/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "etl/clock.hpp"
#include "etl/error.hpp"

namespace jobs::fleet {
namespace {

using etl::Error;
using etl::Kind;

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

constexpr int kNotRun = 127;

// Between fork and exec: only what is safe there while other threads hold locks.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment,
                         int output, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(kNotRun);  // it died before that
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::setpgid(0, 0);  // a Ctrl-C is the supervisor's, who stops its children in order
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execve(program, arguments, environment);
    ::_exit(kNotRun);
}

}  // namespace

Child::Child(const std::string& program, const std::vector<std::string>& arguments,
             const std::map<std::string, std::string>& environment) {
    std::vector<std::string> words = {"gcmirror"}, settings;
    words.insert(words.end(), arguments.begin(), arguments.end());
    for (const auto& [name, value] : environment) settings.push_back(name + "=" + value);
    const std::vector<char*> word_pointers = pointers(words), setting_pointers = pointers(settings);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw Error(Kind::unexpected, fmt::format("no pipe: {}", std::strerror(errno)));
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0)
        become(program.c_str(), word_pointers.data(), setting_pointers.data(), ends[1], parent);
    const int reason = errno;
    ::close(ends[1]);
    output_ = ends[0];
    if (pid_ < 0) {
        ::close(output_);
        throw Error(Kind::unexpected, fmt::format("no process: {}", std::strerror(reason)));
    }
    ::fcntl(output_, F_SETFL, O_NONBLOCK);
    // by its number: glibc 2.36 declares pidfd_open for C alone
    pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

Child::~Child() {
    if (!over_) {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    if (pidfd_ >= 0) ::close(pidfd_);
    ::close(output_);
}

void Child::signal(int number) const {
    if (!over_) ::kill(pid_, number);
}

bool Child::ended(std::string& how) {
    int status = 0;
    if (over_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return over_;
    over_ = true;
    how = WIFSIGNALED(status)
              ? fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)))
              : fmt::format("exit {}", WEXITSTATUS(status));
    return true;
}

bool Child::read(std::string& into) const {
    std::array<char, 16384> piece{};
    const ssize_t got = ::read(output_, piece.data(), piece.size());
    if (got > 0) into.append(piece.data(), static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

Finished run_to_end(const std::string& program, const std::vector<std::string>& arguments,
                    const std::map<std::string, std::string>& environment,
                    std::chrono::milliseconds most, const std::stop_token& stop) {
    constexpr int kLook = 100;
    constexpr std::size_t kMostOutput = 1 << 20;
    Child child(program, arguments, environment);
    Finished finished;
    const auto until = std::chrono::steady_clock::now() + most;
    std::string more;
    const auto listen = [&] {
        for (more.clear(); child.read(more) && !more.empty(); more.clear())
            if (finished.output.size() < kMostOutput) finished.output += more;
    };
    while (!child.ended(finished.how)) {
        std::array<pollfd, 2> files{{{child.output(), POLLIN, 0}, {child.ends(), POLLIN, 0}}};
        ::poll(files.data(), files.size(), kLook);
        listen();
        if (!stop.stop_requested() && std::chrono::steady_clock::now() < until) continue;
        finished.how = "no answer within " + etl::format_duration(most);
        return finished;
    }
    listen();
    if (finished.how.starts_with("exit ")) finished.code = std::stoi(finished.how.substr(5));
    return finished;
}

std::string own_program() {
    std::error_code unknown;
    const auto path = std::filesystem::read_symlink("/proc/self/exe", unknown);
    return !unknown && std::filesystem::exists(path, unknown) ? path.string() : "/proc/self/exe";
}

}  // namespace jobs::fleet
