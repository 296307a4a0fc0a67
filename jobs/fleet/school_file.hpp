// Writes the file of a further school, and takes one out of the folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "jobs/fleet/schools.hpp"

namespace jobs::fleet {

struct SchoolSettings {
    std::string name, account, url, key_file, database_url;
};

// The file's text. Pure.
[[nodiscard]] std::string school_text(const SchoolSettings& settings, int port);
// The first port from 8081 on that no school's and not the fleet's address has, and that is free on
// this machine.
[[nodiscard]] int free_port(const std::vector<School>& schools, const etl::Config& fleet);
// The path of the file, complete from the moment it is there; the folder is made when it is not.
// Error{usage}, and nothing is left: a name that is none or taken, an account or database that
// another school has, a key file that cannot be read.
std::filesystem::path add_school(const std::filesystem::path& folder, SchoolSettings settings,
                                 const etl::Config& fleet);
// Renames NAME.toml so that it is none of the folder's schools any more; where it is now.
std::filesystem::path remove_school(const std::filesystem::path& folder, const std::string& name);

}  // namespace jobs::fleet
