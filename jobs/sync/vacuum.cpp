#include "jobs/sync/vacuum.hpp"

namespace jobs {

bool worth_a_vacuum(etl::pg::Connection& connection, const std::string& table, std::uint64_t rows) {
    constexpr std::uint64_t kNobodyNotices = 1000, kShare = 20;
    if (rows < kNobodyNotices) return false;
    const auto all = connection.query(
        "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = $1::regclass", {table});
    return rows > static_cast<std::uint64_t>(all.number(0, 0)) / kShare;
}

}  // namespace jobs
