// Where and how a BI tool reaches the database.
#pragma once

#include <string>

#include "etl/pg.hpp"
#include "jobs/output/context.hpp"

namespace jobs {

struct ToolPlace {
    std::string host, port, database, login, schema, sslmode;
};

// For `login`, which db user has made; empty: for anybody's. Error{usage}: the private PostgreSQL
// listens nowhere, or there is no such login.
[[nodiscard]] ToolPlace tool_place(const etl::Config& config, etl::pg::Connection& connection,
                                   const std::string& login);
// Error{usage} when the private PostgreSQL listens nowhere; before a connection is made.
void require_reachable(const etl::Config& config);

}  // namespace jobs
