#include <gtest/gtest.h>

#include <sstream>

#include "etl/config.hpp"
#include "etl/error.hpp"
#include "jobs/sync/sync.hpp"

// The service's nights began all the same, and ended in the middle of a load.
TEST(Room, NoSyncBeginsOnAFullDiskWhoeverAsksForIt) {
    etl::Config config;
    config.getcourse.account = "school";
    config.key = etl::Secret("a-key-that-is-long-enough");
    config.database.data_dir = "/proc/gcmirror";  // a file system without a free byte
    std::ostringstream out, err;
    try {
        (void)jobs::run_sync(config, {}, out, err, {});
        FAIL() << "began";
    } catch (const etl::Error& error) {
        EXPECT_NE(std::string(error.what()).find("only 0 MB are free"), std::string::npos)
            << error.what();
    }
}
