// The dashboard's pages: a table of paths and what each answers.
#pragma once

#include <memory>

#include "etl/read_pool.hpp"
#include "jobs/serve/controls.hpp"
#include "jobs/serve/dashboard_access.hpp"
#include "jobs/serve/http.hpp"

namespace jobs {

struct Site {
    DashboardAccess& access;
    Controls& controls;
    etl::ReadPool& readers;
};
// What the call gets; refusals and errors are replies, too. Never throws.
[[nodiscard]] HttpReply answer(const HttpCall& call, const Site& site);

}  // namespace jobs
