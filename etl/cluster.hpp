// The private PostgreSQL: one cluster below data_dir, unix socket only. Not a manager of servers
// that others made.
#pragma once

#include <filesystem>
#include <string>

namespace etl {

class Cluster {
public:
    // Cluster in data_dir/pg, socket in data_dir/run (or below /tmp when too long). `versions`:
    // where each major version has its folder, as Debian has it.
    explicit Cluster(const std::filesystem::path& data_dir,
                     std::filesystem::path versions = "/usr/lib/postgresql");

    // initdb when there is none or it was never finished, start when it does not run (also over a
    // stale pid file), create the database. Returns its URL. As root the server runs as the user
    // postgres. PG* of the environment are forgotten: they speak of other servers. Error{database}:
    // binaries missing, another major version (both named, with what to do), no permission.
    std::string ensure_running();
    void stop();  // no error when it does not run
    [[nodiscard]] bool running() const;
    [[nodiscard]] std::string url() const;  // postgresql:///gcmirror?host=…
    // Of the major version the data belong to, the newest when there are none yet, else from PATH.
    [[nodiscard]] std::filesystem::path binaries() const;

private:
    void init();
    void check_version() const;
    void start();

    std::filesystem::path data_dir_;
    std::filesystem::path versions_;
};

}  // namespace etl
