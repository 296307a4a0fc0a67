#include "etl/school.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "etl/api.hpp"
#include "etl/error.hpp"

namespace etl {
namespace {

constexpr std::size_t kProof = 2;  // one group may have been deleted, and another made

std::vector<std::string> numbers_in(Journal& journal, const ExportRow& list) {
    const std::string body = kept_body(journal, list.body_id);
    std::vector<std::string> ids;
    const auto add = [&](std::int64_t id) {
        if (id != 0) ids.push_back(std::to_string(id));
    };
    if (list.query.resource == "groups")
        for (const Group& group : decode_groups(body)) add(group.id);
    else
        for (const schema::Field& field : decode_fields(body)) add(field.id);
    return ids;
}

}  // namespace

void require_same_school(pg::Connection& connection, Journal& journal, const ExportRow& list) {
    const std::vector<std::string> now = numbers_in(journal, list);
    if (now.empty()) return;
    const std::string& kind = list.query.resource;
    const bool groups = kind == "groups";
    const std::vector<std::string> known = pg::parse_array(connection.value(
        groups ? "SELECT coalesce((SELECT groups FROM journal.installation), '{}')::text"
               : "SELECT coalesce((SELECT fields FROM journal.installation), '{}')::text"));
    const bool none = std::none_of(known.begin(), known.end(), [&](const std::string& id) {
        return std::find(now.begin(), now.end(), id) != now.end();
    });
    if (known.size() >= kProof && none)
        throw Error(Kind::usage,
                    fmt::format("another school answers: it has {} {}, and none of the {} that "
                                "this database knows (such as {})",
                                now.size(), kind, known.size(), known.front()),
                    "Nothing was loaded. Look at [getcourse] account, url and key; if this school "
                    "is to go on in this database, run gcmirror db adopt.");
    pg::retried([&] {
        connection.query(groups ? "UPDATE journal.installation SET groups = $1::bigint[]"
                                : "UPDATE journal.installation SET fields = $1::bigint[]",
                         {pg::array_literal(now)});
    });
}

}  // namespace etl
