// One field of a change: what the mirror shows, what is wanted, and where exports show it. Pure.
#pragma once

#include <string>
#include <vector>

#include "etl/value.hpp"
#include "jobs/push/school.hpp"

namespace jobs {

struct Difference {
    std::string field;  // as the row calls it: "group_add", "field:Сегмент", "deal_status"
    std::string old;    // what the mirror shows; empty: nothing; equal to wanted: goes along
                        // unchanged
    std::string wanted;
    std::string where;  // where exports show it: "user city", "user custom segment", "group VIP",
                        // "deal status_code"; empty: nowhere
};

// What the mirror shows now in the place of a difference, and whether that is what was wanted.
struct Shown {
    std::string text;
    bool same = false;
};
[[nodiscard]] Shown shown(const Difference& difference, const MirrorUser* user,
                          const MirrorDeal* deal, const School& school, const etl::Zone& zone);

[[nodiscard]] std::string differences_json(const std::vector<Difference>& differences);
[[nodiscard]] std::vector<Difference> parse_differences(const std::string& json);

}  // namespace jobs
