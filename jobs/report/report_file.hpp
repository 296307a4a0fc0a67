// A report's file, whole or as it was before. Reports hold people: none but this user and its group
// reads it.
#pragma once

#include <filesystem>
#include <string>

namespace jobs {

// Written beside and renamed, so that who reads it never meets half a report and a full disk leaves
// the one of yesterday; in place where nothing can stand beside it (a pipe, a mounted file) or its
// owner could not be kept. Whose it was it stays. Error{usage} with the system's reason.
void write_report_file(const std::filesystem::path& path, const std::string& text);

}  // namespace jobs
