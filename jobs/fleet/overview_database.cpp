#include "jobs/fleet/overview_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "embedded_fleet.hpp"
#include "etl/database.hpp"
#include "etl/embedded.hpp"
#include "etl/json.hpp"

namespace jobs::fleet {
namespace {

using etl::Error;
using etl::Kind;
using etl::pg::Connection;
using etl::pg::Param;
using etl::pg::Result;
using etl::pg::Transaction;

constexpr const char* kInsufficientPrivilege = "42501";
constexpr const char* kLockNotAvailable = "55P03";

// What the refresh knows of a school.
struct State {
    const Probe* probe = nullptr;
    std::string reason;               // why it is left out of everything
    std::vector<std::string> things;  // that it is in
    std::vector<std::string> lacks;   // per thing: why not
};

void require_fdw(Connection& overview) {
    const Result found = overview.query(
        "SELECT to_regnamespace('journal') IS NOT NULL, to_regnamespace('fleet') IS NOT NULL AND "
        "to_regnamespace('fleet_own') IS NULL, current_database()");
    if (found.flag(0, 0))
        throw Error(Kind::database,
                    "[fleet] database is \"" + found.text(0, 2) + "\", which is a school's own",
                    "Name a database that holds nothing else.");
    if (found.flag(0, 1))
        throw Error(
            Kind::database,
            "database \"" + found.text(0, 2) + "\" has a schema fleet that gcmirror has not made",
            "Name a database that holds nothing else.");
    try {
        overview.execute("CREATE EXTENSION IF NOT EXISTS postgres_fdw");
    } catch (const Error& error) {
        throw Error(Kind::database, std::string("postgres_fdw: ") + error.what(),
                    error.sqlstate() == kInsufficientPrivilege
                        ? "As a superuser there: CREATE EXTENSION postgres_fdw; GRANT USAGE ON "
                          "FOREIGN DATA WRAPPER postgres_fdw TO the owner."
                        : "Install PostgreSQL's contrib modules there (Debian has them in its "
                          "package postgresql).");
    }
}

// Once by each version of this program: what is there takes no lock that a reader would wait for.
void make_base(Connection& overview) {
    const auto text = [](const char* file) {
        return std::string(etl::embedded_text(embedded::embedded_fleet(), file));
    };
    const std::string base = text("overview_base.sql") + text("overview_parts.sql");
    const std::string words = overview.value(
        "SELECT 'How gcmirror fleet views makes the overview; nothing for readers. ' || md5($1)",
        {base});
    Transaction transaction(overview);
    overview.query("SELECT pg_advisory_xact_lock(hashtext('gcmirror fleet views'))");
    if (overview.value("SELECT coalesce(obj_description(to_regnamespace('fleet_own')), '')") ==
        words)
        return;
    overview.execute(base);
    overview.execute(
        overview.value("SELECT format('COMMENT ON SCHEMA fleet_own IS %L', $1::text)", {words}));
    transaction.commit();
}

// Held by a connection of its own until the end of the refresh.
class RefreshLock {
public:
    explicit RefreshLock(const Connection& overview)
        : connection_(overview.another("fleet views, lock")), held_(connection_) {
        try {
            connection_.execute("LOCK TABLE fleet_own.lock IN EXCLUSIVE MODE NOWAIT");
        } catch (const Error& error) {
            if (error.sqlstate() != kLockNotAvailable) throw;
            throw Error(Kind::locked, "another gcmirror fleet views refreshes this overview",
                        "Wait until it is done.");
        }
    }

private:
    Connection connection_;
    Transaction held_;
};

std::string json_of(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::string out;
    for (const auto& [name, value] : pairs)
        out += (out.empty() ? "{" : ",") + etl::json_string(name) + ":" + etl::json_string(value);
    return out.empty() ? "{}" : out + "}";
}

std::string json_of(const std::vector<Column>& columns) {
    std::string out;
    for (const Column& column : columns)
        out += (out.empty() ? "[" : ",") + ("{\"name\":" + etl::json_string(column.name)) +
               ",\"type\":" + etl::json_string(column.type) +
               ",\"words\":" + etl::json_string(column.words) + "}";
    return out.empty() ? "[]" : out + "]";
}

// Server, login and what is found at the other end. `password`: as fleet_own.connect takes it.
void connect(Connection& overview, const Probe& probe, bool masked, const Param& password) {
    Transaction transaction(overview);
    overview.query("SELECT fleet_own.connect($1, $2::jsonb, $3, $4)",
                   {probe.school, json_of(probe.place), probe.login, password});
    const Result found = overview.query("SELECT * FROM fleet_own.about($1, $2)",
                                        {probe.school, remote_schema(masked)});
    if (found.text(0, 0) != probe.school)
        throw Error(Kind::database,
                    "its server does not take options of a session (a pooler?): it answers as \"" +
                        found.text(0, 0) + "\"");
    if (found.text(0, 1) != probe.database)
        throw Error(Kind::database,
                    "by that address the overview's server reaches another database (" +
                        found.text(0, 1) + ", expected " + probe.database + ")");
    overview.query(
        "INSERT INTO fleet.schools AS s (school, state, zone, as_of, loaded_at, schema_version, "
        "database, reached_at) VALUES ($1, 'left out', $2, $3, $4, $5, $6, clock_timestamp()) ON "
        "CONFLICT (school) DO UPDATE SET zone = excluded.zone, as_of = excluded.as_of, loaded_at "
        "= excluded.loaded_at, schema_version = excluded.schema_version, database = "
        "excluded.database, reached_at = excluded.reached_at",
        {probe.school, found.at(0, 3), found.at(0, 4), found.at(0, 5), found.at(0, 2),
         found.at(0, 1)});
    transaction.commit();
}

// As readers will reach it; with a new password when the old one, or its absence, does not do.
std::string reach(Connection& overview, const School& school, const Probe& probe, bool masked,
                  const std::string& self) {
    if (!probe.error.empty()) return probe.error;
    const Param given = probe.without_password   ? Param(std::string())
                        : probe.password.empty() ? Param()
                                                 : Param(probe.password);
    try {
        try {
            connect(overview, probe, masked, given);
        } catch (const Error& error) {
            constexpr const char* kNoConnection = "08001";
            if (probe.without_password || error.sqlstate() != kNoConnection) throw;
            const Probe anew = probe_school(school, masked, self, true);
            if (!anew.error.empty()) return anew.error;
            connect(overview, anew, masked, anew.password);
        }
    } catch (const std::exception& error) {
        return error_line(error);
    }
    return {};
}

void leave_out(Connection& overview, const std::string& school) {
    overview.query("SELECT fleet_own.leave_out($1)", {school});
}

std::vector<Column> columns_of(Connection& overview, const std::string& thing) {
    const Result found = overview.query(
        "SELECT x.name, x.type FROM jsonb_to_recordset(fleet_own.columns(to_regclass(format("
        "'fleet.%I', $1::text)))) AS x(name text, type text)",
        {thing});
    std::vector<Column> columns;
    for (std::size_t i = 0; i < found.rows(); ++i)
        columns.push_back({found.text(i, 0), found.text(i, 1), {}});
    return columns;
}

// One table with a partition per school that has all its columns.
void put_thing(Connection& overview, const std::string& thing, std::vector<State>& states,
               bool masked) {
    std::vector<const Things*> reached;
    const Thing* first = nullptr;
    for (const State& state : states) {
        if (!state.reason.empty()) continue;
        reached.push_back(&state.probe->things);
        const auto found = state.probe->things.find(thing);
        if (first == nullptr && found != state.probe->things.end()) first = &found->second;
    }
    const std::vector<Column> has = columns_of(overview, thing);
    if (first == nullptr && has.empty()) return;
    const std::vector<Column> wanted = shared_columns(thing, has, reached);
    Transaction transaction(overview);
    overview.execute("SET LOCAL lock_timeout = '10s'");
    for (State& state : states) {
        if (!state.reason.empty()) continue;
        const auto found = state.probe->things.find(thing);
        const std::string lacks = found == state.probe->things.end()
                                      ? "its database has no such view"
                                      : lacking(wanted, found->second.columns);
        if (lacks.empty()) {
            state.things.push_back(thing);
        } else {
            state.lacks.push_back(thing + ": " + lacks);
            overview.query("SELECT fleet_own.drop_part($1, $2)", {state.probe->school, thing});
        }
    }
    if (first != nullptr)
        overview.query("SELECT fleet_own.put_thing($1, $2::jsonb, $3)",
                       {thing, json_of(wanted), first->words});
    for (const State& state : states)
        if (!state.things.empty() && state.things.back() == thing)
            overview.query("SELECT fleet_own.put_part($1, $2, $3)",
                           {state.probe->school, thing, remote_schema(masked)});
    transaction.commit();
}

void note(Connection& overview, const State& state) {
    std::string reason = state.reason;
    for (const std::string& lacks : state.lacks) reason += (reason.empty() ? "" : "; ") + lacks;
    overview.query(
        "INSERT INTO fleet.schools AS s (school, state, reason, things) VALUES ($1, $2, $3, "
        "$4::text[]) ON CONFLICT (school) DO UPDATE SET state = excluded.state, reason = "
        "excluded.reason, things = excluded.things, checked_at = clock_timestamp()",
        {state.probe->school,
         std::string(!state.reason.empty()  ? "left out"
                     : !state.lacks.empty() ? "partly"
                                            : "read"),
         reason, etl::pg::array_literal(state.things)});
}

void forget_others(Connection& overview, const std::vector<School>& schools) {
    std::vector<std::string> names;
    for (const School& school : schools) names.push_back(school.name);
    overview.query(
        "SELECT fleet_own.forget(school) FROM fleet.schools WHERE school <> ALL ($1::text[])",
        {etl::pg::array_literal(names)});
}

}  // namespace

std::vector<Column> shared_columns(const std::string& thing, const std::vector<Column>& has,
                                   const std::vector<const Things*>& schools) {
    std::vector<Column> columns = has;
    const Thing* first = nullptr;
    std::vector<const Thing*> all;
    for (const Things* things : schools)
        if (const auto found = things->find(thing); found != things->end())
            all.push_back(&found->second);
    if (all.empty()) return columns;
    first = all.front();
    const auto known = [&](const std::string& name) {
        return std::find_if(columns.begin(), columns.end(),
                            [&](const Column& column) { return column.name == name; });
    };
    for (const Column& column : first->columns) {
        if (const auto it = known(column.name); it != columns.end()) {
            it->words = column.words;
            continue;
        }
        if (std::all_of(all.begin(), all.end(), [&](const Thing* other) {
                return std::find(other->columns.begin(), other->columns.end(), column) !=
                       other->columns.end();
            }))
            columns.push_back(column);
    }
    return columns;
}

std::string lacking(const std::vector<Column>& wanted, const std::vector<Column>& columns) {
    std::string lacks, differs;
    for (const Column& column : wanted) {
        const auto found = std::find_if(columns.begin(), columns.end(),
                                        [&](const Column& own) { return own.name == column.name; });
        if (found == columns.end())
            lacks += (lacks.empty() ? "lacks " : ", ") + column.name;
        else if (found->type != column.type)
            differs += fmt::format("{}{} is {}, expected {}", differs.empty() ? "" : ", ",
                                   column.name, found->type, column.type);
    }
    return lacks + (lacks.empty() || differs.empty() ? "" : "; ") + differs;
}

bool refresh_overview(Connection& overview, const std::vector<School>& schools, bool masked) {
    overview.execute("SET client_min_messages = error");
    require_fdw(overview);
    std::optional<RefreshLock> lock;
    if (overview.value("SELECT to_regclass('fleet_own.lock') IS NOT NULL") == "t")
        lock.emplace(overview);
    make_base(overview);
    if (!lock) lock.emplace(overview);
    const Identity self = identity(overview);
    const std::vector<Probe> probes = probe_schools(schools, masked, self.database);
    overview.execute("SET lock_timeout = '10s'");
    forget_others(overview, schools);
    std::vector<State> states(schools.size());
    std::map<std::string, std::string> first;  // database: the school that it is
    for (std::size_t i = 0; i < schools.size(); ++i) {
        states[i].probe = &probes[i];
        // by two spellings of one address: its sums would count twice
        const std::string double_of =
            probes[i].error.empty()
                ? first.emplace(probes[i].database, schools[i].name).first->second
                : schools[i].name;
        if (double_of != schools[i].name)
            states[i].reason = already_of(schools[i], double_of);
        else if (probes[i].error.empty() && probes[i].order != self.order)
            states[i].reason = fmt::format(
                "its database sorts texts by \"{}\", the overview's by \"{}\": merged they would "
                "not be in order; make the overview's database with the same encoding and locale",
                probes[i].order, self.order);
        else
            states[i].reason = reach(overview, schools[i], probes[i], masked, self.database);
        if (!states[i].reason.empty()) leave_out(overview, schools[i].name);
    }
    for (const std::string& thing : overview_things()) put_thing(overview, thing, states, masked);
    Transaction together(overview);
    overview.query("SELECT fleet_own.grant_readers()");
    for (const State& state : states) note(overview, state);
    together.commit();
    return std::all_of(states.begin(), states.end(), [](const State& state) {
        return state.reason.empty() && state.lacks.empty();
    });
}

std::string overview_url(const etl::Config& fleet) {
    etl::Config own = fleet;
    own.database.url = fleet.fleet.database;
    own.database.data_dir = (fleet.data_dir() / "fleet").string();
    return etl::database_url(own);
}

Result overview_schools(Connection& overview) {
    return overview.query(etl::embedded_text(embedded::embedded_fleet(), "overview_schools.sql"));
}

}  // namespace jobs::fleet
