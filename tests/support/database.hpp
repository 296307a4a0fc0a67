// A database of its own for each test: made on the server of GCMIRROR_TEST_URL, migrated, dropped
// at the end.
#pragma once

#include <filesystem>
#include <string>

#include "etl/config.hpp"
#include "etl/pg.hpp"

namespace test_support {

class TestDatabase {
public:
    explicit TestDatabase(
        bool migrated = true);  // throws with what to do when GCMIRROR_TEST_URL is not set
    // Migrated by the clock that a MovedClock sets afterwards.
    static TestDatabase with_moved_clock();
    // Migrated, with the school of tests/data/reports/school.sql.
    static TestDatabase with_small_school();
    // A copy of one that nobody is connected to.
    explicit TestDatabase(const TestDatabase* copy_of);
    ~TestDatabase();  // GCMIRROR_TEST_KEEP_DB=1 keeps it and prints its name
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;
    [[nodiscard]] const std::string& url() const { return url_; }
    // What a configuration says of it: its URL, and a folder that goes with it, so that no test
    // writes into the machine's own /var/lib/gcmirror.
    [[nodiscard]] etl::Config::Database settings() const { return settings_of(url_); }
    static etl::Config::Database settings_of(const std::string& url);
    [[nodiscard]] std::filesystem::path folder() const;

private:
    explicit TestDatabase(const std::string& copy_of) { copy(copy_of); }
    void create(const std::string& how);
    void copy(const std::string& other);

    std::string name_;
    std::string url_;
};

// Drops a login with what it was granted here; again where another test's DROP DATABASE deleted its
// settings there first ("tuple concurrently deleted").
void drop_role(etl::pg::Connection& connection, const std::string& login);

}  // namespace test_support
