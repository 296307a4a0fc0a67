#include "etl/passing_groups.hpp"

#include <gtest/gtest.h>

#include <string>

TEST(PassingGroups, AreTooManyWhenMemoryIsForFewer) {
    etl::PassingGroups groups(true);
    const std::string million = "\t{" + std::string(1000000, '1') + "}\t{}";
    for (int i = 0; i < 20; ++i) groups.add("1", million);
    EXPECT_FALSE(groups.too_many());
    for (int i = 0; i < 2; ++i) groups.add("2", million);
    EXPECT_TRUE(groups.too_many());
}

TEST(PassingGroups, OfPeopleWhoAreInNoneTakeNoRoomWhereNoMembershipIsKnown) {
    etl::PassingGroups groups(false);
    const std::string none = "\t{}\t{}" + std::string(1000000, ' ');
    for (int i = 0; i < 30; ++i) groups.add("1", none);
    EXPECT_FALSE(groups.too_many());
}
