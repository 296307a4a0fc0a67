#include "tests/support/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>

#include "tests/support/data.hpp"

namespace test_support {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
}

std::string content(int file) {
    std::string text;
    std::array<char, 65536> piece;
    for (off_t at = 0;;) {
        const ssize_t count = pread(file, piece.data(), piece.size(), at);
        if (count <= 0) return text;
        text.append(piece.data(), static_cast<std::size_t>(count));
        at += count;
    }
}

}  // namespace

Child::Child(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
             const std::string& out, bool group)
    : out_(out.empty() ? memfd_create("out", MFD_CLOEXEC)
                       : open(out.c_str(), O_WRONLY | O_CLOEXEC)),
      err_(memfd_create("err", MFD_CLOEXEC)) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out_, 1);
    posix_spawn_file_actions_adddup2(&files, err_, 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    if (group) {
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        posix_spawnattr_setpgroup(&attributes, 0);
    }
    const int failed = posix_spawn(&pid_, argv[0].c_str(), &files, &attributes,
                                   pointers(argv).data(), pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) throw std::runtime_error("cannot start " + argv[0]);
}

Child::~Child() {
    if (pid_ != 0) {
        kill(pid_, SIGKILL);
        (void)wait();
    }
    close(out_);
    close(err_);
}

std::string Child::said() const { return content(err_); }

Ended Child::wait() {
    Ended ended;
    // rusage would count what this process had when it started the child.
    const std::string file = "/proc/" + std::to_string(pid_) + "/status";
    int status = 0;
    while (waitpid(pid_, &status, WNOHANG) == 0) {
        std::ifstream lines(file);
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("VmHWM:"))
                ended.peak_kb = std::max(ended.peak_kb, std::stol(line.substr(6)));
        usleep(3000);  // between two looks
    }
    pid_ = 0;
    ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ended.out = content(out_);
    ended.err = content(err_);
    return ended;
}

Ended run_gcmirror(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment, const std::string& out) {
    std::vector<std::string> argv = {program()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return Child(argv, environment, out).wait();
}

}  // namespace test_support
