// Rows per second of cutting, parsing and normalizing orders, nothing else: UTF-8 and \uXXXX
// bodies, interleaved rounds, medians.
//   parse_bench [rows] [rounds]
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "etl/normalizer.hpp"
#include "etl/sheet.hpp"
#include "jobs/simulator/school.hpp"
#include "schema/naming.hpp"
#include "schema/table.hpp"
#include "tests/bench/orders.hpp"

namespace {

using Clock = std::chrono::steady_clock;

class Count : public etl::RowHandler {
public:
    void row(std::uint64_t, std::string_view) override { ++rows; }
    std::uint64_t rows = 0;
};

// The yardstick of performance.md 1: each row by simdjson On-Demand, every string touched, nothing
// kept.
class Simdjson : public etl::RowHandler {
public:
    void row(std::uint64_t, std::string_view raw) override {
        if (buffer_.size() < raw.size() + simdjson::SIMDJSON_PADDING)
            buffer_.resize(2 * raw.size() + simdjson::SIMDJSON_PADDING);
        raw.copy(buffer_.data(), raw.size());
        auto document = parser_.iterate(buffer_.data(), raw.size(), buffer_.size());
        for (auto cell : document.get_array()) {
            std::string_view text;
            if (cell.get_string().get(text) == simdjson::SUCCESS) bytes += text.size();
        }
    }
    std::uint64_t bytes = 0;

private:
    std::string buffer_;
    simdjson::ondemand::parser parser_;
};

class Parse : public etl::RowHandler {
public:
    void row(std::uint64_t, std::string_view raw) override {
        if (!parser_.parse(raw)) std::abort();
        bytes += parser_.cells().size();
    }
    std::uint64_t bytes = 0;

private:
    etl::RowParser parser_;
};

class Normalize : public etl::RowHandler {
public:
    explicit Normalize(const std::vector<std::string>& headings)
        : layout_(schema::assign(schema::deals(), headings, {}, {})),
          normalizer_(schema::deals(), layout_, zone_, [](const etl::Reject&) {}) {}
    void row(std::uint64_t row_no, std::string_view raw) override {
        if (!parser_.parse(raw)) std::abort();
        line_.clear();
        (void)normalizer_.row(row_no, parser_.cells(), line_);
        bytes += line_.size();
    }
    std::uint64_t bytes = 0;

private:
    etl::Zone zone_{"Europe/Moscow"};
    schema::Layout layout_;
    etl::Normalizer normalizer_;
    etl::RowParser parser_;
    std::string line_;
};

double read(const std::string& body, etl::RowHandler& rows) {
    const auto begin = Clock::now();
    etl::SheetScanner scanner(&rows);
    for (std::size_t at = 0; at < body.size(); at += 262144)
        scanner.feed(std::string_view(body).substr(at, 262144));
    if (!scanner.finish().complete) std::abort();
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
    const std::int64_t rows = argc > 1 ? std::atoll(argv[1]) : 100000;
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 7;
    const std::string plain = bench::orders_body(rows, 0), escaped = bench::escaped(plain);
    std::map<std::string, std::vector<double>> times[2];
    for (int round = 0; round < rounds; ++round) {
        for (const int form : {0, 1}) {
            const std::string& body = form == 0 ? plain : escaped;
            Count count;
            Simdjson simdjson;
            Parse parse;
            Normalize normalize(simulator::School::deal_headings());
            times[form]["1 cut into rows"].push_back(read(body, count));
            times[form]["2 cut + simdjson On-Demand (the yardstick)"].push_back(
                read(body, simdjson));
            times[form]["3 cut + parse into cells"].push_back(read(body, parse));
            times[form]["4 cut + parse + normalize into COPY lines"].push_back(
                read(body, normalize));
        }
    }
    for (const int form : {0, 1}) {
        const std::string& body = form == 0 ? plain : escaped;
        std::printf(
            "%lld orders of %zu columns, %s: %.0f MB; medians of %d rounds\n\n%-46s %10s %8s "
            "%14s\n",
            static_cast<long long>(rows), simulator::School::deal_headings().size(),
            form == 0 ? "UTF-8" : "\\uXXXX and \\/", static_cast<double>(body.size()) / 1e6, rounds,
            "", "rows/s", "MB/s", "x yardstick");
        const double yardstick =
            bench::median(times[form].at("2 cut + simdjson On-Demand (the yardstick)"));
        for (const auto& [name, seconds] : times[form]) {
            const double time = bench::median(seconds);
            std::printf("%-46s %10.0f %8.0f %14.2f\n", name.c_str() + 2,
                        static_cast<double>(rows) / time,
                        static_cast<double>(body.size()) / 1e6 / time, yardstick / time);
        }
        std::printf("\n");
    }
    return 0;
}
