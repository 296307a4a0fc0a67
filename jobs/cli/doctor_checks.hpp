// The checks of doctor, one topic each; they add their findings.
#pragma once

#include <cstdint>
#include <optional>

#include "etl/config.hpp"
#include "etl/pg.hpp"
#include "jobs/cli/finding.hpp"
#include "jobs/output/context.hpp"

namespace jobs {

struct Doctor {
    Context& context;
    const etl::Config& config;
    std::optional<etl::pg::Connection> connection;  // once look_at_database has reached it
    std::optional<std::uint64_t> database_bytes;
    Findings findings;
};

void look_at_configuration(Doctor& doctor);
void look_at_files(Doctor& doctor);     // who can read those that hold secrets
void look_at_database(Doctor& doctor);  // opens the connection
void look_at_disk(Doctor& doctor);      // also when there is no database to reach
void look_at_roles(Doctor& doctor);
void look_at_zone(Doctor& doctor);
void look_at_schedule(Doctor& doctor);
void look_at_freshness(Doctor& doctor);
void look_at_history(Doctor& doctor);  // what it holds, and from when on it is whole
void look_at_push(Doctor& doctor);
void look_at_alerts(Doctor& doctor);
// One request: the list of fields. It proves address, certificate and key, and the next sync need
// not ask for it again.
void look_at_service(Doctor& doctor);

}  // namespace jobs
