// Composition root of gcmirror: streams, signals, command line.
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <thread>

#include "etl/config.hpp"
#include "jobs/cli/command_line.hpp"
#include "jobs/serve/serve.hpp"

int main(int argc, char** argv) {
    // Signals are taken by a thread that waits for them, so that stopping runs ordinary code.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    std::stop_source stop;
    std::thread([signals, stop]() mutable {
        int received = 0;
        while (sigwait(&signals, &received) == 0) {
            if (received == SIGHUP && jobs::takes_reload())
                jobs::reload_requested() = true;
            else
                stop.request_stop();
        }
    }).detach();
    return jobs::run_command_line({argv + 1, argv + argc}, etl::process_environment(), std::cout,
                                  std::cerr, isatty(STDERR_FILENO) != 0, stop.get_token());
}
