#include "tests/support/database.hpp"

#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <mutex>
#include <set>
#include <stdexcept>

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

// The process's own connection to the server, for making and dropping databases; one thread at a
// time.
class Server {
public:
    Server() : lock_(mutex()) {
        static etl::pg::Connection connection(server_url(), "test databases");
        connection_ = &connection;
    }
    etl::pg::Connection* operator->() { return connection_; }

private:
    static std::mutex& mutex() {
        static std::mutex all;
        return all;
    }
    std::lock_guard<std::mutex> lock_;
    etl::pg::Connection* connection_ = nullptr;
};

// Files as they are instead of each page through the log (PostgreSQL 15's new default): less than
// half the time for a database of 300 small files.
std::string copied_as_files(Server& server) {
    const bool either = std::stoi(server->value("SHOW server_version_num")) >= 150000;
    return either ? " STRATEGY file_copy" : "";
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
    etl::pg::Connection server(server_url(), "test");
    server.execute("SELECT pg_advisory_lock(hashtext('" + name + "'))");  // until it closes
    const auto found =
        server.query("SELECT NOT datallowconn FROM pg_database WHERE datname = $1", {name});
    if (!found.empty() && found.flag(0, 0)) return *known.insert(name).first;
    if (!found.empty()) server.execute("DROP DATABASE " + name + " WITH (FORCE)");  // half made
    server.execute("CREATE DATABASE " + name + (from.empty() ? "" : " TEMPLATE " + from));
    fill(with_database(server_url(), name));
    server.execute("ALTER DATABASE " + name + " IS_TEMPLATE true ALLOW_CONNECTIONS false");
    return name;
}

void migrate(const std::string& url) {
    etl::pg::Connection connection(url, "test");
    etl::migrate(connection);
}

std::string migrated_template() { return filled_template("", "", migrate); }

}  // namespace

void TestDatabase::create(const std::string& other) {
    static int counter = 0;
    Server server;
    name_ = "gcmirror_test_" + std::to_string(getpid()) + "_" + std::to_string(++counter);
    server->execute("CREATE DATABASE " + name_ +
                    (other.empty() ? "" : " TEMPLATE " + other + copied_as_files(server)));
    url_ = with_database(server_url(), name_);
}

void TestDatabase::copy(const std::string& other) {
    create(other);
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
        Server()->execute("DROP DATABASE " + name_ + " WITH (FORCE)");
    } catch (const std::exception& error) {
        std::cerr << "test database not dropped: " << error.what() << '\n';
    }
}

}  // namespace test_support
