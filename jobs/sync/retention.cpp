#include "jobs/sync/retention.hpp"

#include <string>

namespace jobs {

std::int64_t drop_old_bodies(etl::pg::Connection& connection, const etl::Config::Keep& keep) {
    return connection
        .query(
            "DELETE FROM journal.body b USING journal.export e WHERE e.id = b.export_id AND "
            "e.state <> 'received' AND (b.kept_at < clock_timestamp() - $1::interval OR "
            "coalesce(e.loaded_run_id, e.run_id) < (SELECT coalesce(min(id), 0) FROM (SELECT id "
            "FROM journal.run WHERE loaded_at IS NOT NULL ORDER BY id DESC LIMIT $2) newest))",
            {etl::format_interval(keep.bodies), std::to_string(keep.runs)})
        .affected();
}

}  // namespace jobs
