// A child process that a supervisor starts: what it says comes through a pipe, its end through a
// pidfd, and it ends when the supervisor dies.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace jobs::fleet {

class Child {
public:
    // Starts `program` (a path) with its own environment; stdin is empty, stdout and stderr are
    // output(). Error{unexpected}: no process could be made. A program that cannot be run ends with
    // status 127.
    Child(const std::string& program, const std::vector<std::string>& arguments,
          const std::map<std::string, std::string>& environment);
    ~Child();  // kills what still runs, and waits for it
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] int ends() const { return pidfd_; }     // readable once it has ended
    [[nodiscard]] int output() const { return output_; }  // never blocks
    void signal(int number) const;
    // Whether it has ended; "exit 2", "signal 9 (Killed)".
    [[nodiscard]] bool ended(std::string& how);
    // What there is of its output, whole lines first; false: it will say nothing more.
    bool read(std::string& into) const;

private:
    pid_t pid_ = -1;
    int pidfd_ = -1, output_ = -1;
    bool over_ = false;
};

// Runs it to its end, at most `most`, or until `stop`; then it is killed.
struct Finished {
    int code = -1;  // of an exit; -1: a signal ended it
    std::string how, output;
};
[[nodiscard]] Finished run_to_end(const std::string& program,
                                  const std::vector<std::string>& arguments,
                                  const std::map<std::string, std::string>& environment,
                                  std::chrono::milliseconds most, const std::stop_token& stop);

// The program that runs now, to be started again.
[[nodiscard]] std::string own_program();

}  // namespace jobs::fleet
