#include "jobs/push/sql.hpp"

#include <fmt/core.h>

#include "embedded_push_sql.hpp"
#include "etl/error.hpp"

namespace jobs {

std::string_view push_sql(std::string_view name) {
    const std::string wanted = fmt::format("{}.sql", name);
    for (const embedded::File& file : embedded::embedded_push_sql())
        if (file.name == wanted) return file.text;
    throw etl::Error(etl::Kind::unexpected, "there is no statement jobs/push/sql/" + wanted);
}

}  // namespace jobs
