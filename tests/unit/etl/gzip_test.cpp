#include "etl/gzip.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <optional>
#include <random>

#include "etl/error.hpp"

namespace {
std::string long_text() {
    std::string text;
    for (int i = 0; i < 100000; ++i) text += std::to_string(i * 7919) + " Заказ ";
    return text;
}

// What became of a stream: nothing when it is broken.
struct Inflated {
    bool finished = false;
    std::string plain;
};

// As zlib sees it, member after member.
std::optional<Inflated> by_zlib(const std::string& compressed) {
    Inflated out;
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 32) != Z_OK) throw std::runtime_error("zlib");
    std::string input = compressed, buffer(65536, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    int result = Z_OK;
    do {
        if (out.finished && inflateReset(&stream) != Z_OK) throw std::runtime_error("zlib");
        stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream.avail_out = static_cast<uInt>(buffer.size());
        result = inflate(&stream, Z_NO_FLUSH);
        out.plain.append(buffer, 0, buffer.size() - stream.avail_out);
        out.finished = result == Z_STREAM_END;
    } while ((result == Z_OK || result == Z_STREAM_END) &&
             (stream.avail_in > 0 || stream.avail_out == 0));
    inflateEnd(&stream);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return std::nullopt;
    return out;
}

std::optional<Inflated> by_us(const std::string& compressed, std::mt19937& random) {
    Inflated out;
    etl::Inflater inflater([&](std::string_view piece) { out.plain.append(piece); });
    try {
        for (std::size_t at = 0; at < compressed.size();) {
            const std::size_t step = 1 + random() % (random() % 2 == 0 ? 12 : 100000);
            inflater.write(std::string_view(compressed).substr(at, step));
            at += step;
        }
    } catch (const etl::Error&) {
        return std::nullopt;
    }
    out.finished = inflater.finished();
    return out;
}

std::string some_text(std::mt19937& random) {
    std::string text;
    for (std::size_t words = random() % 3000; words > 0; --words)
        text += random() % 3 == 0 ? std::string(1 + random() % 300, static_cast<char>(random()))
                                  : std::to_string(random() % 100000) + " Заказ ";
    return text;
}

// One member: of any wrapping, level, strategy and header.
std::string member(const std::string& plain, std::mt19937& random) {
    z_stream stream{};
    const bool zlib = random() % 4 == 0;
    const int level = static_cast<int>(random() % 10), strategy = static_cast<int>(random() % 5);
    const int window = 9 + static_cast<int>(random() % 7);
    if (deflateInit2(&stream, level, Z_DEFLATED, window + (zlib ? 0 : 16), 8, strategy) != Z_OK)
        throw std::runtime_error("zlib");
    gz_header header{};
    std::string name = "orders.json", comment = "Заказы", extra(random() % 300, 'x');
    header.name = random() % 2 == 0 ? reinterpret_cast<Bytef*>(name.data()) : nullptr;
    header.comment = random() % 2 == 0 ? reinterpret_cast<Bytef*>(comment.data()) : nullptr;
    header.extra = random() % 2 == 0 ? reinterpret_cast<Bytef*>(extra.data()) : nullptr;
    header.extra_len = static_cast<uInt>(extra.size());
    header.hcrc = static_cast<int>(random() % 2);
    if (!zlib && random() % 2 == 0) deflateSetHeader(&stream, &header);
    std::string out(deflateBound(&stream, plain.size()) + 1000, '\0'), input = plain;
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("zlib");
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

void damage(std::string& stream, std::mt19937& random) {
    const std::size_t at = random() % 3 == 0 ? random() % std::min<std::size_t>(40, stream.size())
                                             : random() % stream.size();
    switch (random() % 5) {
        case 0:
            stream[at] = static_cast<char>(stream[at] ^ (1 << random() % 8));
            break;
        case 1:
            stream.resize(at);
            break;
        case 2:
            stream.resize(stream.size() - std::min<std::size_t>(stream.size(), random() % 12));
            break;
        case 3:
            stream += std::string(1 + random() % 20, static_cast<char>(random()));
            break;
        default:
            stream.insert(at, 1, static_cast<char>(random()));
    }
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

TEST(Gzip, IsReadAndRefusedAsZlibReadsAndRefusesIt) {
    const char* rounds = std::getenv("GCMIRROR_GZIP_ROUNDS");
    int whole = 0, broken = 0, cut = 0;
    for (unsigned seed = 0; seed < (rounds != nullptr ? std::stoul(rounds) : 150); ++seed) {
        std::mt19937 random(seed);
        std::string stream;
        for (std::size_t members = 1 + random() % 3; members > 0; --members)
            stream += member(some_text(random), random);
        if (random() % 3 > 0) damage(stream, random);
        const std::optional<Inflated> theirs = by_zlib(stream), ours = by_us(stream, random);
        ASSERT_EQ(ours.has_value(), theirs.has_value()) << "seed " << seed;
        if (!theirs) {
            ++broken;
            continue;
        }
        ASSERT_EQ(ours->finished, theirs->finished) << "seed " << seed;
        ++(theirs->finished ? whole : cut);
        if (theirs->finished) {
            ASSERT_EQ(ours->plain, theirs->plain) << "seed " << seed;
        }
    }
    EXPECT_GT(whole, 0);
    EXPECT_GT(broken, 0);
    EXPECT_GT(cut, 0);
}

TEST(Gzip, WhatBecomesVeryMuchComesInSmallPieces) {
    const std::string zeros(64 << 20, '\0');
    std::size_t longest = 0, all = 0;
    etl::Inflater inflater([&](std::string_view piece) {
        longest = std::max(longest, piece.size());
        all += piece.size();
    });
    inflater.write(etl::gzip(zeros));
    EXPECT_TRUE(inflater.finished());
    EXPECT_EQ(all, zeros.size());
    EXPECT_LE(longest, 256u * 1024);
}
