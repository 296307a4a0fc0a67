// What the roles of BI may see beyond what they should, or lack.
#include <fmt/core.h>

#include "jobs/cli/doctor.hpp"
#include "jobs/cli/sql.hpp"

namespace jobs {
namespace {

using etl::Kind;

struct Role {
    const char* name;
    const char* schemas;  // those it reads, as a text[] literal
};
constexpr Role kRoles[] = {{"gcmirror_reader", "{report,mirror,history,analytics}"},
                           {"gcmirror_masked", "{masked}"}};

// Missing, or mightier than BI should be.
std::optional<Finding> check_powers(etl::pg::Connection& connection, const std::string& name) {
    const auto found = connection.query(cli_sql("role_powers"), {name});
    if (found.empty())
        return found_note("roles", name + " does not exist",
                          fmt::format("As a superuser of the server: CREATE ROLE {} LOGIN; then "
                                      "SELECT report.grant_roles();",
                                      name));
    if (found.flag(0, 0))
        return found_wrong("roles", name + " has powers or memberships of other roles",
                           fmt::format("ALTER ROLE {} NOSUPERUSER NOCREATEROLE NOCREATEDB "
                                       "NOBYPASSRLS, and REVOKE the roles it is a member of.",
                                       name),
                           Kind::database);
    return std::nullopt;
}

Findings check_role(etl::pg::Connection& connection, const Role& role) {
    const std::string name = role.name;
    if (auto finding = check_powers(connection, name)) return {std::move(*finding)};
    const std::string sees = connection.value(cli_sql("role_sees"), {name, role.schemas}),
                      writes = connection.value(cli_sql("role_writes"), {name}),
                      lacks = connection.value(cli_sql("role_lacks"), {name, role.schemas});
    Findings findings;
    if (!sees.empty())
        findings.push_back(
            found_wrong("roles", name + " sees " + sees,
                        fmt::format("REVOKE SELECT ON {} FROM {} (or from PUBLIC).", sees, name),
                        Kind::database));
    if (!writes.empty())
        findings.push_back(found_wrong(
            "roles", name + " may write to " + writes,
            fmt::format("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {} (or from PUBLIC).",
                        writes, name),
            Kind::database));
    if (!lacks.empty())
        findings.push_back(
            found_note("roles", name + " cannot read " + lacks, "SELECT report.grant_roles();"));
    if (findings.empty())
        findings.push_back(found_ok("roles", name + " reads what it should and nothing else"));
    return findings;
}

}  // namespace

Findings check_roles(etl::pg::Connection& connection) {
    Findings all;
    for (const Role& role : kRoles)
        for (Finding& finding : check_role(connection, role)) all.push_back(std::move(finding));
    return all;
}

}  // namespace jobs
