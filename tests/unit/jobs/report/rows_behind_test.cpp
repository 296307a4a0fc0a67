// What a page says of rows that no file of it can hold.
#include "jobs/report/rows_behind.hpp"

#include <gtest/gtest.h>

#include "etl/error.hpp"

TEST(RowsBehind, BeyondAFileAreSaidOnThePageAndRefusedAsAFile) {
    jobs::Report report;
    report.name = "products";
    EXPECT_EQ(jobs::file_limit(jobs::kMostFileRows, report, false), "");
    EXPECT_NO_THROW(jobs::require_file_rows(jobs::kMostFileRows, report));
    for (const bool russian : {false, true}) {
        const std::string said = jobs::file_limit(jobs::kMostFileRows + 1, report, russian);
        EXPECT_NE(said.find("100000"), std::string::npos) << said;
        EXPECT_NE(said.find("gcmirror report products --rows --format csv"), std::string::npos);
    }
    EXPECT_THROW(jobs::require_file_rows(jobs::kMostFileRows + 1, report), etl::Error);
}
