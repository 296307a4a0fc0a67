// Rows per second without a database: cut, cut and parsed, cut, parsed and normalized; of a raw UTF-8 body and of the same with \u escapes.
//   parse_bench [rows] [rounds]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "etl/normalizer.hpp"
#include "etl/sheet.hpp"
#include "jobs/simulator/school.hpp"

namespace {

std::string escaped(const std::string& text, bool ascii) {
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const std::size_t length = byte < 0x80 ? 1 : byte >> 5 == 6 ? 2 : byte >> 4 == 14 ? 3 : 4;
        char32_t point = length == 1 ? byte : byte & (0xFFu >> (length + 1));
        for (std::size_t k = 1; k < length; ++k) point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
        char hex[16];
        if (point == '"' || point == '\\') out += '\\', out += text[i];
        else if (point < 0x20) std::snprintf(hex, sizeof hex, "\\u%04x", static_cast<unsigned>(point)), out += hex;
        else if (!ascii || point < 0x80) out.append(text, i, length);
        else if (point < 0x10000) std::snprintf(hex, sizeof hex, "\\u%04x", static_cast<unsigned>(point)), out += hex;
        else std::snprintf(hex, sizeof hex, "\\u%04x\\u%04x", static_cast<unsigned>(0xD800 + ((point - 0x10000) >> 10)), static_cast<unsigned>(0xDC00 + ((point - 0x10000) & 0x3FF))), out += hex;
        i += length;
    }
    return out + "\"";
}

std::string body(std::int64_t rows, bool ascii) {
    simulator::SchoolOptions options;
    options.deals = rows;
    const simulator::School school(options);
    std::string out = "{\"success\":true,\"info\":{\"fields\":[";
    for (const std::string& heading : simulator::School::deal_headings()) out += escaped(heading, ascii) + ",";
    out.back() = ']';
    out += ",\"items\":[";
    for (std::int64_t i = 0; i < rows; ++i) {
        out += i > 0 ? ",[" : "[";
        for (const simulator::Value& value : school.deal_row(i, 0)) {
            if (!value.is_list) {
                out += escaped(value.text, ascii) + ",";
                continue;
            }
            out += '[';
            for (std::size_t k = 0; k < value.list.size(); ++k) out += (k > 0 ? "," : "") + escaped(value.list[k], ascii);
            out += "],";
        }
        out.back() = ']';
    }
    return out + "]}}";
}

struct Rows final : etl::RowHandler {
    std::function<void(std::uint64_t, std::string_view)> act;
    void row(std::uint64_t n, std::string_view raw) override { act(n, raw); }
};

double rate(const std::string& text, std::int64_t rows, int rounds, const std::function<void(std::uint64_t, std::string_view)>& act) {
    std::vector<double> seconds;
    for (int i = 0; i < rounds; ++i) {
        Rows handler;
        handler.act = act;
        const auto begin = std::chrono::steady_clock::now();
        etl::SheetScanner scanner(act ? &handler : nullptr);
        for (std::size_t at = 0; at < text.size(); at += 256 * 1024) scanner.feed(std::string_view(text).substr(at, 256 * 1024));
        if (scanner.finish().rows != static_cast<std::uint64_t>(rows)) std::abort();
        seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    std::sort(seconds.begin(), seconds.end());
    return static_cast<double>(rows) / seconds[seconds.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    const std::int64_t rows = argc > 1 ? std::atoll(argv[1]) : 100000;
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
    std::printf("%lld orders of %zu columns, medians of %d rounds\n%-14s %8s %12s %14s %26s %8s\n", static_cast<long long>(rows), simulator::School::deal_headings().size(), rounds, "body", "MB", "cut rows/s",
                "+ parse rows/s", "+ normalize, hash rows/s", "ratio");
    for (const bool ascii : {false, true}) {
        const std::string text = body(rows, ascii);
        const double cut = rate(text, rows, rounds, nullptr);
        etl::RowParser parser;
        const double parsed = rate(text, rows, rounds, [&](std::uint64_t, std::string_view raw) {
            if (!parser.parse(raw)) std::abort();
        });
        const etl::Zone zone("Europe/Moscow");
        const schema::Layout layout = schema::assign(schema::deals(), simulator::School::deal_headings(), {}, {});
        etl::Normalizer normalizer(schema::deals(), layout, zone, [](etl::Reject) {});
        std::string line;
        const double normalized = rate(text, rows, rounds, [&](std::uint64_t n, std::string_view raw) {
            if (!parser.parse(raw)) std::abort();
            line.clear();
            (void)normalizer.row(n, parser.cells(), line);
        });
        std::printf("%-14s %8.0f %12.0f %14.0f %26.0f %8.2f\n", ascii ? "\\uXXXX" : "UTF-8", static_cast<double>(text.size()) / 1e6, cut, parsed, normalized, normalized / parsed);
    }
    return 0;
}
