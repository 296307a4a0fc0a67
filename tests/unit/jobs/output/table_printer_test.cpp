#include "jobs/output/table_printer.hpp"

#include <gtest/gtest.h>

using jobs::display_width;

TEST(DisplayWidth, CountsWhatATerminalShows) {
    EXPECT_EQ(display_width("abc"), 3u);
    EXPECT_EQ(display_width("Ёлка"), 4u);
    EXPECT_EQ(display_width("🌸"), 2u);
    EXPECT_EQ(display_width("e\u0301"), 1u);
    EXPECT_EQ(display_width("日本"), 4u);
    EXPECT_EQ(display_width(""), 0u);
}
