#include "etl/hash_index.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <map>

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

TEST(HashIndex, RecallsAMarkOnlyWhileTheRowIsAsItWasAndTheBodyHasNotBroughtIt) {
    HashIndex index;
    const auto mark = [](std::int64_t hash) { return static_cast<std::uint64_t>(hash) + 5; };
    index.know(1, 10);
    index.know(2, 20);
    index.remember(1, 15);
    index.remember(2, 15);  // made when the row had another hash
    index.remember(3, 15);  // no row of the table
    EXPECT_EQ(index.recall(1, mark), 10);
    EXPECT_EQ(index.recall(2, mark), std::nullopt);
    EXPECT_EQ(index.recall(3, mark), std::nullopt);

    (void)index.see(1, 10);
    EXPECT_EQ(index.recall(1, mark), std::nullopt);
}

TEST(HashIndex, HandsOutWhatWasLearnedOfTheRowThatStands) {
    HashIndex index;
    index.reserve(3);
    for (const std::uint64_t key : {1, 2, 3}) {
        (void)index.see(key, 10);
        index.learn(key, key * 100);
    }
    (void)index.see(2, 11);  // came again, and is not to be remembered
    std::map<std::uint64_t, std::uint64_t> learned;
    index.each_learned([&](std::uint64_t key, std::uint64_t mark) { learned[key] = mark; });
    EXPECT_EQ(learned, (std::map<std::uint64_t, std::uint64_t>{{1, 100}, {3, 300}}));
}

TEST(HashIndex, ABodyThatCountsEndlessRowsReservesNoMemoryForThem) {
    HashIndex index;
    index.reserve(std::numeric_limits<std::size_t>::max() / 2);
    index.know(7, 1);
    EXPECT_EQ(index.see(7, 1), HashIndex::Seen::unchanged);
}
