// The private PostgreSQL: one cluster below data_dir, on a unix socket and, when it is told to
// listen, over TCP for BI tools. Not a manager of servers that others made.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "etl/config.hpp"
#include "etl/listening.hpp"

namespace etl {

class Cluster {
public:
    // Cluster in data_dir/pg, socket in data_dir/run (or below /tmp when too long). `versions`:
    // where each major version has its folder, as Debian has it.
    explicit Cluster(const std::filesystem::path& data_dir,
                     std::filesystem::path versions = "/usr/lib/postgresql");
    explicit Cluster(const Config& config);

    // From the next start on; a server that runs otherwise is started anew when nobody is connected
    // to it.
    void listen(std::optional<Listening> listening);

    // initdb when there is none or it was never finished, start when it does not run (also over a
    // stale pid file), create the database. Returns its URL. As root the server runs as the user
    // postgres. PG* of the environment are forgotten: they speak of other servers. Error{database}:
    // binaries missing, another major version (both named, with what to do), no permission.
    std::string ensure_running();
    // The database made anew, without tables. Error{database} when somebody is connected to it.
    void make_database_anew();
    void stop();  // no error when it does not run
    [[nodiscard]] bool running() const;
    [[nodiscard]] std::string url() const;  // postgresql:///gcmirror?host=…
    // Whether the server that runs was started with what listen() said.
    [[nodiscard]] bool listens_as_told() const;
    // What clients trust; empty when there is none yet.
    [[nodiscard]] std::string certificate() const;
    // Of the major version the data belong to, the newest when there are none yet, else from PATH.
    [[nodiscard]] std::filesystem::path binaries() const;

private:
    void init();
    void check_version() const;
    void start();
    void prepare_listening();
    void start_anew_when_alone();
    [[nodiscard]] int port() const;
    [[nodiscard]] std::string maintenance_url() const;

    std::filesystem::path data_dir_;
    std::filesystem::path versions_;
    std::optional<Listening> listening_;
};

}  // namespace etl
