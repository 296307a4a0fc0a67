#include "tests/bench/orders.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "jobs/simulator/school.hpp"
#include "jobs/simulator/text.hpp"

namespace bench {

namespace {

constexpr std::size_t kFirstCustomField = 25;  // of an order
constexpr std::size_t kCity = 11;              // of a person

simulator::School school_of(std::int64_t deals) {
    simulator::SchoolOptions options;
    options.deals = deals;
    options.users = deals;
    return simulator::School(options);
}

// An export's answer, row by row.
class Body {
public:
    explicit Body(const std::vector<std::string>& headings);
    void add(const simulator::Row& row);
    [[nodiscard]] std::string text() &&;

private:
    std::string out_;
    std::int64_t rows_ = 0;
};

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

std::string Body::text() && {
    return std::move(out_) + "]},\"error_message\":\"\",\"error\":false}";
}

void Body::add(const simulator::Row& row) {
    if (rows_++ > 0) out_ += ',';
    append_row(out_, row);
}

Body::Body(const std::vector<std::string>& headings) {
    out_ = "{\"success\":true,\"info\":{\"fields\":[";
    for (std::size_t i = 0; i < headings.size(); ++i)
        out_ += (i > 0 ? ",\"" : "\"") + headings[i] + "\"";
    out_ += "],\"items\":[";
}

std::string orders_body(std::int64_t rows, int changed_of_100) {
    const simulator::School school = school_of(rows);
    Body body(simulator::School::deal_headings());
    for (std::int64_t i = 0; i < rows; ++i) {
        simulator::Row row = school.deal_row(i, 0);
        if (i % 100 < changed_of_100) row[kFirstCustomField].text = "changed by the bench";
        body.add(row);
    }
    return std::move(body).text();
}

std::vector<std::string> user_headings() {
    std::vector<std::string> headings = simulator::School::user_headings();
    headings.emplace_back("id групп пользователя/дата добавления");
    return headings;
}

std::string users_body(std::int64_t rows, int changed_of_100) {
    const simulator::School school = school_of(rows);
    Body body(user_headings());
    for (std::int64_t i = 0; i < rows; ++i) {
        simulator::Row row = school.user_row(i, 0);
        if (i % 100 < changed_of_100) row[kCity].text = "changed by the bench";
        std::string groups;
        for (const auto& [group, joined] : school.user_groups(i, 0))
            groups += (groups.empty() ? "" : ", ") + std::to_string(group) + ":" +
                      simulator::format_day(joined);
        row.push_back({groups, {}, false});
        body.add(row);
    }
    return std::move(body).text();
}

std::string payments_body(std::int64_t rows, int changed_of_100) {
    const simulator::School school = school_of(2 * rows);
    Body body(simulator::School::payment_headings());
    for (std::int64_t deal = 0, i = 0; i < rows; ++deal)
        for (const simulator::PaymentState& payment : school.deal_payments(deal, 0)) {
            if (i == rows) break;
            simulator::Row row = school.payment_row(payment);
            if (i % 100 < changed_of_100) row.back().text = "changed by the bench";
            body.add(row);
            ++i;
        }
    return std::move(body).text();
}

std::string fields_body() {
    return "{\"success\":true,\"info\":" + school_of(1).fields_json(0) + "}";
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
