#include "tests/bench/orders.hpp"

#include <algorithm>
#include <cstdio>

#include "jobs/simulator/school.hpp"

namespace bench {

namespace {

constexpr std::size_t kFirstCustomField = 25;

void append_text(std::string& out, const std::string& value) {
    out += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n')
            out += "\\n";
        else if (c == '\r')
            out += "\\r";
        else if (c == '\t')
            out += "\\t";
        else
            out += c;
    }
    out += '"';
}

void append_row(std::string& out, const simulator::Row& row) {
    out += '[';
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0) out += ',';
        if (!row[i].is_list) {
            append_text(out, row[i].text);
            continue;
        }
        out += '[';
        for (std::size_t k = 0; k < row[i].list.size(); ++k) {
            if (k > 0) out += ',';
            append_text(out, row[i].list[k]);
        }
        out += ']';
    }
    out += ']';
}

}  // namespace

std::string orders_body(std::int64_t rows, int changed_of_100) {
    simulator::SchoolOptions options;
    options.deals = rows;
    const simulator::School school(options);
    std::string out = "{\"success\":true,\"info\":{\"fields\":[";
    const auto& headings = simulator::School::deal_headings();
    for (std::size_t i = 0; i < headings.size(); ++i)
        out += (i > 0 ? ",\"" : "\"") + headings[i] + "\"";
    out += "],\"items\":[";
    for (std::int64_t i = 0; i < rows; ++i) {
        simulator::Row row = school.deal_row(i, 0);
        if (i % 100 < changed_of_100) row[kFirstCustomField].text = "changed by the bench";
        if (i > 0) out += ',';
        append_row(out, row);
    }
    return out + "]},\"error_message\":\"\",\"error\":false}";
}

std::string escaped(const std::string& json) {
    std::string out;
    for (std::size_t i = 0; i < json.size();) {
        const auto lead = static_cast<unsigned char>(json[i]);
        if (lead < 0x80) {
            if (json[i] == '/') out += '\\';
            out += json[i++];
            continue;
        }
        const int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        std::uint32_t code = lead & (0xFFU >> (length + 1));
        for (int k = 1; k < length; ++k)
            code = (code << 6) |
                   (static_cast<unsigned char>(json[i + static_cast<std::size_t>(k)]) & 0x3FU);
        i += static_cast<std::size_t>(length);
        char text[16];
        if (code >= 0x10000)
            std::snprintf(text, sizeof text, "\\u%04x\\u%04x", 0xD7C0 + (code >> 10),
                          0xDC00 + (code & 0x3FF));
        else
            std::snprintf(text, sizeof text, "\\u%04x", code);
        out += text;
    }
    return out;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace bench
