#include "jobs/serve/dashboard_push.hpp"

#include <unistd.h>

#include "etl/error.hpp"
#include "jobs/output/places.hpp"
#include "jobs/push/approval.hpp"
#include "jobs/push/outbox.hpp"
#include "jobs/push/sql.hpp"
#include "jobs/serve/queries.hpp"

namespace jobs {

using etl::Error;
using etl::Kind;

std::string plan_json(etl::pg::Connection& connection, std::int64_t plan,
                      const DashboardAccess& access, const HttpCall& call) {
    return connection.value(filled_places(serve_query("push_plan"), push_sql),
                            {std::to_string(plan), access.has_approvers() ? "true" : "false",
                             access.approver(call), access.csrf()});
}

void approve_here(const etl::Config& config, std::int64_t plan, const DashboardAccess& access,
                  const HttpCall& call) {
    access.check_action(call);
    if (!access.has_approvers())
        throw HttpRefusal{http::kForbidden,
                          "plans are not approved here: [serve] approvers_file names nobody"};
    const std::string name = access.approver(call);
    if (name.empty())
        throw HttpRefusal{http::kForbidden, "sign in with your name and password to approve"};
    const auto shown = call.query.find("hash");
    if (shown == call.query.end() || shown->second.empty())
        throw HttpRefusal{http::kBadRequest,
                          "hash is missing: the plan's as /api/plan showed it, so that what is "
                          "approved is what was read"};
    try {
        etl::pg::Connection connection = open_locked_outbox(config, "approve on the dashboard");
        approve_plan(connection, config, plan, {name, Approver::Known::by_password, shown->second},
                     false);
    } catch (const Error& error) {
        if (error.kind() != Kind::usage && error.kind() != Kind::locked) throw;
        throw HttpRefusal{http::kConflict, error.what()};
    }
}

void refuse_write_key(const etl::Config& config, bool given) {
    if (config.approvers.empty()) return;
    const std::string& file = config.getcourse.write_key_file;
    const bool readable = !file.empty() && access(file.c_str(), R_OK) == 0;
    if (!given && !readable) return;
    throw Error(Kind::usage,
                "plans are approved on this dashboard, and its process can read the key that may "
                "write: " +
                    (readable ? "[getcourse] write_key_file \"" + file + "\""
                              : std::string("GETCOURSE_WRITE_KEY")),
                "Give it to gcmirror push sender alone: another user, or a configuration of its "
                "own.");
}

}  // namespace jobs
