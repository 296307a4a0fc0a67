#include "jobs/output/table_printer.hpp"

#include <algorithm>
#include <ostream>
#include <vector>

#include "schema/text.hpp"

namespace jobs {
namespace {

using schema::display_width;

bool numeric(const std::string& text) {
    if (text.empty()) return true;
    std::size_t i = text[0] == '-' ? 1 : 0;
    if (i == text.size()) return false;
    bool dot = false;
    for (; i < text.size(); ++i) {
        if (text[i] == '.' && !dot)
            dot = true;
        else if (text[i] < '0' || text[i] > '9')
            return false;
    }
    return true;
}

// One line of a cell: line breaks and tabs would break the table.
std::string one_line(const std::string& text) {
    std::string out;
    for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    return out;
}

bool number(std::string text) {  // with a point or a comma
    std::replace(text.begin(), text.end(), ',', '.');
    return numeric(text);
}

void csv_cell(std::ostream& out, std::string text, char separator) {
    if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos &&
        !number(text))
        text = '\'' + text;
    if (text.find_first_of(std::string("\"\r\n") + separator) == std::string::npos) {
        out << text;
        return;
    }
    out << '"';
    for (const char c : text) {
        if (c == '"') out << '"';
        out << c;
    }
    out << '"';
}

void delimited(std::ostream& out, const etl::pg::Result& result, char separator,
               bool decimal_comma) {
    for (std::size_t c = 0; c < result.columns().size(); ++c) {
        if (c > 0) out << separator;
        csv_cell(out, result.columns()[c], separator);
    }
    out << "\r\n";
    for (std::size_t r = 0; r < result.rows(); ++r) {
        for (std::size_t c = 0; c < result.columns().size(); ++c) {
            if (c > 0) out << separator;
            std::string text = result.text(r, c);
            if (decimal_comma && numeric(text)) std::replace(text.begin(), text.end(), '.', ',');
            csv_cell(out, std::move(text), separator);
        }
        out << "\r\n";
    }
}

// A number of more digits than a reader's double holds stays a text, as do NaN and Infinity.
std::string json_value(const std::string& text, etl::pg::Shape shape) {
    constexpr std::size_t kDigitsOfDouble = 15;
    switch (shape) {
        case etl::pg::Shape::flag:
            return text == "t" ? "true" : "false";
        case etl::pg::Shape::json:
            return text;
        case etl::pg::Shape::number:
            if (!text.empty() && numeric(text) && text.size() <= kDigitsOfDouble) return text;
            [[fallthrough]];
        case etl::pg::Shape::text:
            break;
    }
    return json_string(text);
}

}  // namespace

void print_table(std::ostream& out, const etl::pg::Result& result) {
    const std::size_t columns = result.columns().size();
    std::vector<std::size_t> widths;
    std::vector<bool> right(columns, result.rows() > 0);
    for (const std::string& name : result.columns()) widths.push_back(display_width(name));
    for (std::size_t r = 0; r < result.rows(); ++r)
        for (std::size_t c = 0; c < columns; ++c) {
            widths[c] = std::max(widths[c], display_width(one_line(result.text(r, c))));
            right[c] = right[c] && numeric(result.text(r, c));
        }
    const auto cell = [&](const std::string& text, std::size_t c) {
        const std::string blanks(widths[c] - display_width(text), ' ');
        if (c > 0) out << "  ";
        if (right[c])
            out << blanks << text;
        else
            out << text << (c + 1 < columns ? blanks : "");
    };
    for (std::size_t c = 0; c < columns; ++c) cell(result.columns()[c], c);
    out << '\n';
    for (std::size_t c = 0; c < columns; ++c)
        out << (c > 0 ? "  " : "") << std::string(widths[c], '-');
    out << '\n';
    for (std::size_t r = 0; r < result.rows(); ++r) {
        for (std::size_t c = 0; c < columns; ++c) cell(one_line(result.text(r, c)), c);
        out << '\n';
    }
    if (result.empty()) out << "(no rows)\n";
}

void print_table_within(std::ostream& out, const etl::pg::Result& result, std::size_t width) {
    std::size_t taken = 0, fit = 0;
    for (; fit < result.columns().size(); ++fit) {
        std::size_t widest = display_width(result.columns()[fit]);
        for (std::size_t r = 0; r < result.rows(); ++r)
            widest = std::max(widest, display_width(one_line(result.text(r, fit))));
        taken += widest + (fit > 0 ? 2 : 0);
        if (taken > width) break;
    }
    if (fit == result.columns().size() || fit == 0) return print_table(out, result);
    std::vector<std::string> columns(result.columns().begin(),
                                     result.columns().begin() + static_cast<std::ptrdiff_t>(fit));
    std::vector<std::vector<etl::pg::Param>> rows;
    for (std::size_t r = 0; r < result.rows(); ++r) {
        std::vector<etl::pg::Param>& row = rows.emplace_back();
        for (std::size_t c = 0; c < fit; ++c) row.push_back(result.at(r, c));
    }
    print_table(out, {std::move(columns), std::move(rows)});
    out << "and beyond this window (--format csv or html, or a wider one):";
    for (std::size_t c = fit; c < result.columns().size(); ++c)
        out << (c > fit ? ", " : " ") << result.columns()[c];
    out << '\n';
}

void print_csv(std::ostream& out, const etl::pg::Result& result) {
    delimited(out, result, ',', false);
}

void print_excel(std::ostream& out, const etl::pg::Result& result) {
    out << "\xEF\xBB\xBF";
    delimited(out, result, ';', true);
}

void print_json(std::ostream& out, const etl::pg::Result& result) {
    out << "[";
    for (std::size_t r = 0; r < result.rows(); ++r) {
        out << (r > 0 ? ",\n {" : "\n {");
        for (std::size_t c = 0; c < result.columns().size(); ++c) {
            if (c > 0) out << ", ";
            out << json_string(result.columns()[c]);
            out << ": ";
            out << (result.at(r, c) ? json_value(*result.at(r, c), result.shape(c)) : "null");
        }
        out << "}";
    }
    out << "\n]\n";
}

}  // namespace jobs
