// What the commands of the fleet share.
#pragma once

#include <memory>
#include <string>

#include "jobs/cli/command.hpp"

namespace jobs {

// --schools-dir; read with fleet::schools_folder.
std::shared_ptr<std::string> declare_schools_dir(CLI::App& app);

}  // namespace jobs
