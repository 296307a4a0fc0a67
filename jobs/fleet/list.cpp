#include "jobs/fleet/list.hpp"

#include "jobs/output/words.hpp"

namespace jobs::fleet {

etl::pg::Result school_table(const std::vector<School>& schools, bool russian) {
    std::vector<std::vector<etl::pg::Param>> rows;
    for (const School& school : schools) {
        const bool known =
            !school.config.getcourse.account.empty() || !school.config.getcourse.url.empty();
        const bool well = school.error.empty();
        rows.push_back({school.name, known ? school.config.base_url() : "",
                        well ? database_of(school.config) : "",
                        words::sentence(well ? "in order" : school.error, russian)});
    }
    return {{"school", "account", "database", "file_state"}, std::move(rows)};
}

}  // namespace jobs::fleet
