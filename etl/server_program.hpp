// Runs PostgreSQL's own programs (initdb, pg_ctl) as the user that the private server belongs to.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace etl {

struct ServerAccount {
    uid_t uid;
    gid_t gid;
    std::string name;
};
// Ourselves, or, as PostgreSQL refuses root, whom run_server_as_owner_of found, else the user
// postgres. Error{database} when there is none.
[[nodiscard]] ServerAccount server_account();

// Of this process, when it is root: an installed service has a user of its own, to whom `data_dir`
// belongs, and root's commands must leave nothing there that it cannot use.
void run_server_as_owner_of(const std::filesystem::path& data_dir);

struct Ran {
    int status = -1;
    std::string output;  // of both kinds
};
// Waits for the program's end. It gets an environment of its own (no key of ours, no PG* of the
// shell), no group of ours, and writes into memory: no file is opened for it. `input` is its stdin.
[[nodiscard]] Ran run_as_server(const std::vector<std::string>& arguments,
                                std::string_view input = {});

// A folder of the server's user, made when missing, mode 0700. Error{database} when it cannot be,
// or belongs to somebody else, or is a link.
void make_server_folder(const std::filesystem::path& folder);
// The first line of a file in such a folder, read as its user; empty when there is none.
[[nodiscard]] std::string first_line_as_server(const std::filesystem::path& file);

}  // namespace etl
