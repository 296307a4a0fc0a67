// The private PostgreSQL: one cluster below data_dir, unix socket only. Not a manager of servers
// that others made.
#pragma once

#include <filesystem>
#include <string>

namespace etl {

class Cluster {
public:
    explicit Cluster(std::filesystem::path data_dir);  // cluster in data_dir/pg, socket in
                                                       // data_dir/run (or below /tmp when too long)

    // initdb when there is none, start when it does not run (also over a stale pid file), create
    // the database. Returns its URL. As root the server runs as another user (postgres, else the
    // owner of data_dir). Error{database}: binaries missing, another major version (both named,
    // with what to do), no permission.
    std::string ensure_running();
    void stop();  // no error when it does not run
    [[nodiscard]] bool running() const;
    [[nodiscard]] std::string url() const;  // postgresql:///gcmirror?host=…
    [[nodiscard]] static std::filesystem::path
    binaries();  // newest /usr/lib/postgresql/*/bin, or from PATH

private:
    std::filesystem::path data_dir_;
};

}  // namespace etl
