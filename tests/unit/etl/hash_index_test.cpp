#include "etl/hash_index.hpp"

#include <gtest/gtest.h>

using etl::HashIndex;
using Seen = etl::HashIndex::Seen;

TEST(HashIndex, TellsUnknownChangedAndUnchangedRowsApart) {
    HashIndex index;
    index.know(1, 10);
    index.know(2, 20);

    EXPECT_EQ(index.see(1, 10), Seen::unchanged);
    EXPECT_EQ(index.see(2, 21), Seen::differs);
    EXPECT_EQ(index.see(3, 30), Seen::unknown);
}

TEST(HashIndex, NeverSkipsAKeyThatTheBodyRepeats) {
    HashIndex index;
    index.know(1, 10);

    EXPECT_EQ(index.see(1, 10), Seen::unchanged);
    EXPECT_EQ(index.see(1, 10), Seen::again_unchanged);
    EXPECT_EQ(index.see(1, 10), Seen::again);
    EXPECT_EQ(index.see(7, 70), Seen::unknown);
    EXPECT_EQ(index.see(7, 70), Seen::again);
}

TEST(HashIndex, KeepsEveryKeyWhileItGrows) {
    HashIndex index;
    for (std::uint64_t key = 0; key < 100000; ++key)
        index.know(key * 1024, static_cast<std::int64_t>(key));

    for (std::uint64_t key = 0; key < 100000; ++key)
        ASSERT_EQ(index.see(key * 1024, static_cast<std::int64_t>(key)), Seen::unchanged) << key;
}
