#include "etl/client_program.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <csignal>

#include <cerrno>
#include <vector>

extern char** environ;

namespace etl {

int run_client(const std::vector<std::string>& program, const std::string& url) {
    // what the url leaves open is the caller's, as in the program's own connections
    const std::map<std::string, std::string> ours = client_environment(url);
    std::vector<std::string> settings;
    for (const auto& [name, value] : ours) settings.push_back(name + "=" + value);
    for (char** entry = environ; *entry != nullptr; ++entry)
        if (const std::string text = *entry;
            !ours.contains(text.substr(0, text.find('='))) && !text.starts_with("GETCOURSE_"))
            settings.push_back(text);
    std::vector<std::string> words = program;
    const auto pointers = [](std::vector<std::string>& texts) {
        std::vector<char*> all;
        for (std::string& text : texts) all.push_back(text.data());
        all.push_back(nullptr);
        return all;
    };
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;  // our own mask is not the program's
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t child = 0;
    const int failed = posix_spawnp(&child, words[0].c_str(), nullptr, &attributes,
                                    pointers(words).data(), pointers(settings).data());
    posix_spawnattr_destroy(&attributes);
    constexpr int kNotThere = 127, kBySignal = 128;
    if (failed != 0) return kNotThere;
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : kBySignal;
}

}  // namespace etl
