// A program as a child of the test: what it said, how it ended, how much memory it took.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace test_support {

struct Ended {
    int code = -1;  // of the program; 128 and more: the signal that ended it
    std::string out, err;
    long peak_kb = 0;  // most memory that was resident at once
};

class Child {
public:
    // `environment` is all it gets. `out` names a file instead of the pipe that wait() reads, such
    // as /dev/full; `group` puts it into a process group of its own.
    Child(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
          const std::string& out = {}, bool group = false);
    ~Child();  // kills it when nobody waited
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] std::string said() const;  // on stderr, so far
    Ended wait();

private:
    pid_t pid_ = 0;
    int out_ = -1, err_ = -1;
};

// gcmirror of this build with `arguments`, to its end.
Ended run_gcmirror(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment, const std::string& out = {});

}  // namespace test_support
