#include "tests/support/database.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "etl/migrator.hpp"
#include "etl/pg.hpp"

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

}  // namespace

void TestDatabase::create(const std::string& how) {
    static int counter = 0;
    name_ = "gcmirror_test_" + std::to_string(getpid()) + "_" + std::to_string(++counter);
    etl::pg::Connection(server_url(), "test").execute("CREATE DATABASE " + name_ + how);
    url_ = with_database(server_url(), name_);
}

void TestDatabase::copy(const TestDatabase& other) {
    create(" TEMPLATE " + other.name_);
    // What a template does not hand on: settings of the database and who may connect.
    etl::pg::Connection(url_, "test").query("SELECT report.apply_settings(), report.close_door()");
}

TestDatabase::TestDatabase(const TestDatabase* copy_of) { copy(*copy_of); }

TestDatabase::TestDatabase(bool migrated) {
    if (!migrated) {
        create("");
        return;
    }
    static const auto first = [] {  // migrations take a second: once a program
        auto made = std::make_unique<TestDatabase>(false);
        etl::pg::Connection connection(made->url(), "test");
        etl::migrate(connection);
        return made;
    }();
    copy(*first);
}

TestDatabase::~TestDatabase() {
    if (std::getenv("GCMIRROR_KEEP_TEST_DB") != nullptr) {
        std::cerr << "kept: " << url_ << '\n';
        return;
    }
    try {
        etl::pg::Connection(server_url(), "test")
            .execute("DROP DATABASE " + name_ + " WITH (FORCE)");
    } catch (const std::exception& error) {
        std::cerr << "test database not dropped: " << error.what() << '\n';
    }
}

}  // namespace test_support
