#include "tests/support/database.hpp"

#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <set>
#include <stdexcept>

#include "etl/error.hpp"
#include "etl/migrator.hpp"
#include "etl/pg.hpp"
#include "tests/support/data.hpp"
#include "tests/support/moved_clock.hpp"

namespace test_support {
namespace {

std::string server_url() {
    const char* url = std::getenv("GCMIRROR_TEST_URL");
    if (url == nullptr)
        throw std::runtime_error(
            "GCMIRROR_TEST_URL is not set: run ./test.sh, or name a PostgreSQL to make databases "
            "on");
    return url;
}

// The server's URL with another database: postgresql:///postgres?host=… ->
// postgresql:///name?host=…
std::string with_database(const std::string& url, const std::string& name) {
    const auto path = url.find('/', url.find("//") + 2);
    const auto query = url.find('?', path);
    return url.substr(0, path + 1) + name + (query == std::string::npos ? "" : url.substr(query));
}

// The process's own connection to the server, for making and dropping databases. It is never
// closed: a database that a static holds is dropped when statics end.
etl::pg::Connection& server() {
    static auto* const connection = new etl::pg::Connection(server_url(), "test databases");
    return *connection;
}

// Files as they are instead of each page through the log (PostgreSQL 15's new default): less than
// half the time for a database of 300 small files.
std::string copy_of(const std::string& other) {
    static const bool either = std::stoi(server().value("SHOW server_version_num")) >= 150000;
    return " TEMPLATE " + other + (either ? " STRATEGY file_copy" : "");
}

// A database that many tests copy, made once per server, user, state of the migrations and `kind`:
// `fill` is given its URL. Migrations take a second, a copy a fiftieth of it.
std::string filled_template(const std::string& kind, const std::string& from,
                            const std::function<void(const std::string& url)>& fill) {
    std::string all = server_url() + kind;  // with its user, who owns what is copied
    for (const etl::Migration& migration : etl::embedded_migrations()) all += migration.sql;
    const std::string name = "gcmirror_template_" + std::to_string(std::hash<std::string>()(all));
    static std::set<std::string> known;
    if (known.count(name) != 0) return name;
    etl::pg::Connection filling(server_url(), "test");
    filling.execute("SELECT pg_advisory_lock(hashtext('" + name + "'))");  // until it closes
    const auto found =
        filling.query("SELECT NOT datallowconn FROM pg_database WHERE datname = $1", {name});
    if (!found.empty() && found.flag(0, 0)) return *known.insert(name).first;
    if (!found.empty()) filling.execute("DROP DATABASE " + name + " WITH (FORCE)");  // half made
    filling.execute("CREATE DATABASE " + name + (from.empty() ? "" : copy_of(from)));
    fill(with_database(server_url(), name));
    filling.execute("ALTER DATABASE " + name + " IS_TEMPLATE true ALLOW_CONNECTIONS false");
    return name;
}

void migrate(const std::string& url) {
    etl::pg::Connection connection(url, "test");
    etl::migrate(connection);
}

std::string migrated_template() { return filled_template("", "", migrate); }

}  // namespace

void TestDatabase::create(const std::string& how) {
    static int counter = 0;
    name_ = "gcmirror_test_" + std::to_string(getpid()) + "_" + std::to_string(++counter);
    server().execute("CREATE DATABASE " + name_ + how);
    url_ = with_database(server_url(), name_);
}

void TestDatabase::copy(const std::string& other) {
    create(copy_of(other));
    // What a template does not hand on: settings of the database and who may connect.
    etl::pg::Connection(url_, "test").query("SELECT report.apply_settings(), report.close_door()");
}

TestDatabase::TestDatabase(const TestDatabase* copy_of) { copy(copy_of->name_); }

TestDatabase::TestDatabase(bool migrated) {
    if (migrated)
        copy(migrated_template());
    else
        create("");
}

TestDatabase TestDatabase::with_moved_clock() {
    return TestDatabase(filled_template("moved clock", "", [](const std::string& url) {
        (void)MovedClock(url);
        migrate(url);
    }));
}

TestDatabase TestDatabase::with_small_school() {
    const std::string school = read_data("reports/school.sql");
    return TestDatabase(filled_template(school, migrated_template(), [&](const std::string& url) {
        etl::pg::Connection(url, "test").execute(school);
    }));
}

std::filesystem::path TestDatabase::folder() const { return settings().data_dir; }

etl::Config::Database TestDatabase::settings_of(const std::string& url) {
    const auto from = url.rfind('/', url.find('?')) + 1;
    etl::Config::Database database;
    database.url = url;
    database.data_dir =
        std::filesystem::temp_directory_path() / (url.substr(from, url.find('?') - from) + "_data");
    return database;
}

TestDatabase::~TestDatabase() {
    std::error_code ignored;
    std::filesystem::remove_all(folder(), ignored);
    if (std::getenv("GCMIRROR_TEST_KEEP_DB") != nullptr) {
        std::cerr << "kept: " << url_ << '\n';
        return;
    }
    try {
        server().execute("DROP DATABASE " + name_ + " WITH (FORCE)");
    } catch (const std::exception& error) {
        std::cerr << "test database not dropped: " << error.what() << '\n';
    }
}

void drop_role(etl::pg::Connection& connection, const std::string& login) {
    for (int tries = 1;; ++tries) {
        try {
            return connection.execute("DROP OWNED BY " + login + " CASCADE; DROP ROLE " + login);
        } catch (const etl::Error& error) {
            if (tries == 10 || error.sqlstate() != "XX000") throw;
        }
    }
}

}  // namespace test_support
