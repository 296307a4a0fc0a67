// What an overview must know of a school, asked of its own database: where it is, which database it
// is, how it sorts, what it publishes, and a login that reads it.
#pragma once

#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etl/pg.hpp"
#include "jobs/fleet/schools.hpp"

namespace jobs::fleet {

struct Column {
    std::string name, type, words;
    friend bool operator==(const Column& a, const Column& b) {
        return a.name == b.name && a.type == b.type;
    }
};
struct Thing {
    std::string words;
    std::vector<Column> columns;
};
using Things = std::map<std::string, Thing>;

struct Probe {
    std::string school;
    std::string error;     // why it is left out; empty: it answered
    std::string database;  // server and database
    std::string order;     // encoding and collation
    std::vector<std::pair<std::string, std::string>> place;  // options of postgres_fdw
    bool without_password = false;  // a private cluster: its socket lies in a folder of its owner
    std::string login;
    std::string password;  // when one was made
    Things things;
};

// The published views that an overview shows.
[[nodiscard]] const std::vector<std::string>& overview_things();
// "fleet_masked" or "fleet_report": where a school has them.
[[nodiscard]] std::string remote_schema(bool masked);
// server and database, encoding and collation, name: of the database connected to.
struct Identity {
    std::string database, order, name;
};
[[nodiscard]] Identity identity(etl::pg::Connection& connection);
// The words of an option of postgres_fdw that sets gcmirror.school to any name. Pure.
[[nodiscard]] std::string session_options(std::string_view school);
// The login of the overview `overview` in the school's database `database`: the same each time, and
// nobody else's. Pure.
[[nodiscard]] std::string login_of(const std::string& overview, const std::string& database);

// What went wrong and what to do, in one line and without a secret.
[[nodiscard]] std::string error_line(const std::exception& error);

// Connects to the school's database as its configuration does; makes the login and the views it
// reads. Throws nothing: what goes wrong is the probe's error, without a secret.
[[nodiscard]] Probe probe_school(const School& school, bool masked, const std::string& overview,
                                 bool new_password);
// The same of all, several at a time, in their order.
[[nodiscard]] std::vector<Probe> probe_schools(const std::vector<School>& schools, bool masked,
                                               const std::string& overview);

}  // namespace jobs::fleet
