// Composition root of gcmirror: streams, signals, command line.
#include <unistd.h>
#include <csignal>

#include <iostream>
#include <thread>

#include "etl/config.hpp"
#include "jobs/cli/command_line.hpp"
#include "jobs/serve/serve.hpp"
#include "jobs/serve/service.hpp"

namespace {

sigset_t watched_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    return signals;
}

// Signals are taken by a thread that waits for them, so that stopping runs ordinary code.
void watch_signals(std::stop_source stop) {
    std::thread([stop]() mutable {
        const sigset_t signals = watched_signals();
        int received = 0;
        while (sigwait(&signals, &received) == 0) {
            if (received == SIGHUP && jobs::takes_reload())
                jobs::reload_requested() = true;
            else
                stop.request_stop();
        }
    }).detach();
}

}  // namespace

int main(int argc, char** argv) {
    const sigset_t signals = watched_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    const std::stop_source stop;
    watch_signals(stop);
    return jobs::run_command_line({argv + 1, argv + argc}, etl::process_environment(), std::cout,
                                  std::cerr, isatty(STDERR_FILENO) != 0, stop.get_token(),
                                  [stop] { watch_signals(stop); });
}
