// The schools of a fleet: a folder of *.toml, one a school. A file that is wrong is a school with
// an error, never the end of the others.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "etl/config.hpp"

namespace jobs::fleet {

struct School {
    std::string name;  // of the file, without .toml
    std::filesystem::path file;
    etl::Config config;   // without keys; with an error whatever was read of it, perhaps nothing
    std::string error;    // why it is left out; empty: it is well
    std::string content;  // of the file, to be compared
};

// Letters, digits, - and _, at most 40 of them.
[[nodiscard]] bool is_school_name(std::string_view name);
// Its files by name, hidden ones left out; conflicts are errors already. Error{usage}: there is no
// such folder, or it cannot be read.
[[nodiscard]] std::vector<School> read_schools(const std::filesystem::path& folder);
// The folder that `option` names, else [fleet] schools.
[[nodiscard]] std::filesystem::path schools_folder(const etl::Config& fleet,
                                                   const std::string& option);

// "postgresql://host/name" without user and password, or the private cluster's folder: what tells
// two databases apart, and what may be shown. Pure.
[[nodiscard]] std::string database_of(const etl::Config& config);
// Two schools of one account, one database, one data_dir or one dashboard's address: the later by
// name gets the error, the earlier goes on. Pure.
void find_conflicts(std::vector<School>& schools);
// What is said of a school whose database was found to be that of school `first`.
[[nodiscard]] std::string already_of(const School& school, const std::string& first);

}  // namespace jobs::fleet
