#include "etl/gzip.hpp"

#include <gtest/gtest.h>

#include "etl/error.hpp"

namespace {
std::string long_text() {
    std::string text;
    for (int i = 0; i < 100000; ++i) text += std::to_string(i * 7919) + " Заказ ";
    return text;
}
}  // namespace

TEST(Gzip, ComesBackWholeHoweverItIsCut) {
    const std::string plain = long_text();
    const std::string compressed = etl::gzip(plain);
    EXPECT_LT(compressed.size(), plain.size() / 2);
    for (const std::size_t step : {1u, 7u, 1000u, 1000000u}) {
        std::string out;
        etl::Inflater inflater([&](std::string_view piece) { out.append(piece); });
        for (std::size_t at = 0; at < compressed.size(); at += step)
            inflater.write(std::string_view(compressed).substr(at, step));
        EXPECT_TRUE(inflater.finished());
        EXPECT_EQ(out, plain);
    }
}

TEST(Gzip, ReadsConcatenatedMembersOn) {
    EXPECT_EQ(etl::gunzip(etl::gzip("one ") + etl::gzip("two")), "one two");
}

TEST(Gzip, ABrokenOrCutStreamIsAnError) {
    std::string broken = etl::gzip(long_text());
    EXPECT_THROW((void)etl::gunzip(std::string_view(broken).substr(0, broken.size() / 2)),
                 etl::Error);
    broken[broken.size() / 2] = static_cast<char>(broken[broken.size() / 2] ^ 0x55);
    EXPECT_THROW((void)etl::gunzip(broken), etl::Error);
}
