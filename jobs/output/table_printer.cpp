#include "jobs/output/table_printer.hpp"

#include <algorithm>
#include <ostream>
#include <vector>

#include "jobs/output/words.hpp"
#include "schema/text.hpp"

namespace jobs {
namespace {

using schema::display_width;

// One line of a cell: line breaks and tabs would break the table.
std::string one_line(const std::string& text) {
    std::string out;
    for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    return out;
}

// Excel runs a cell that begins so.
bool begins_formula(std::string_view text) {
    return text.size() > 1 && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos;
}

// "+7 (900) 000-00-01", "-12,5": digits and what stands between them.
bool number_or_phone(std::string_view text) {
    return text.find_first_of("0123456789") != std::string_view::npos &&
           text.find_first_not_of("0123456789 ()-.,", text[0] == '+' || text[0] == '-' ? 1 : 0) ==
               std::string_view::npos;
}

void csv_cell(std::ostream& out, std::string_view text, char separator) {
    if (text.find_first_of(std::string("\"\r\n") + separator) == std::string_view::npos) {
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

// "2026-11-26 03:41:07.123456+03" to the second, without the zone, which Excel does not know.
std::string excel_moment(const std::string& text) { return text.substr(0, 19); }

std::string excel_cell(const std::string& column, const std::string& value, bool number,
                       bool russian) {
    std::string text = value;
    const std::string_view kind = words::kind(column);
    if (kind == "moment")
        text = excel_moment(value);
    else if (kind != "day" && !words::is_figure(column) && (russian || kind == "list"))
        text = words::said(column, value, russian);
    // a figure has a decimal comma, a name such as 2.0 is left alone
    if ((words::is_figure(column) || (kind.empty() && number)) && words::is_decimal(text))
        std::replace(text.begin(), text.end(), '.', ',');
    if (begins_formula(text) && !number_or_phone(text)) text.insert(0, 1, '\'');
    return text;
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
            if (words::is_decimal(text) && text.size() <= kDigitsOfDouble) return text;
            [[fallthrough]];
        case etl::pg::Shape::text:
            break;
    }
    return json_string(text);
}

}  // namespace

void print_table(std::ostream& out, const etl::pg::Result& result, bool russian) {
    const std::size_t columns = result.columns().size();
    std::vector<std::string> titles = result.columns();
    std::vector<std::vector<std::string>> cells(result.rows());
    std::vector<bool> right(columns, result.rows() > 0);
    for (std::size_t c = 0; c < columns; ++c) {
        const std::string& name = result.columns()[c];
        if (russian) titles[c] = words::title(name, true);
        for (std::size_t r = 0; r < result.rows(); ++r) {
            const std::string text = result.text(r, c);
            right[c] = right[c] && (text.empty() || words::is_decimal(text));
            cells[r].push_back(one_line(russian ? words::said(name, text, true) : text));
        }
    }
    std::vector<std::size_t> widths;
    for (const std::string& title : titles) widths.push_back(display_width(title));
    for (const auto& row : cells)
        for (std::size_t c = 0; c < columns; ++c)
            widths[c] = std::max(widths[c], display_width(row[c]));
    const auto line = [&](const std::vector<std::string>& row) {
        for (std::size_t c = 0; c < columns; ++c) {
            const std::string blanks(widths[c] - display_width(row[c]), ' ');
            out << (c > 0 ? "  " : "") << (right[c] ? blanks : "") << row[c]
                << (right[c] || c + 1 == columns ? "" : blanks);
        }
        out << '\n';
    };
    line(titles);
    for (std::size_t c = 0; c < columns; ++c)
        out << (c > 0 ? "  " : "") << std::string(widths[c], '-');
    out << '\n';
    for (const auto& row : cells) line(row);
    if (result.empty()) out << (russian ? "(строк нет)\n" : "(no rows)\n");
}

void print_table_within(std::ostream& out, const etl::pg::Result& result, std::size_t width,
                        bool russian) {
    const auto title = [&](std::size_t c) {
        return russian ? words::title(result.columns()[c], true) : result.columns()[c];
    };
    std::size_t taken = 0, fit = 0;
    for (; fit < result.columns().size(); ++fit) {
        std::size_t widest = display_width(title(fit));
        for (std::size_t r = 0; r < result.rows(); ++r) {
            const std::string text = result.text(r, fit);
            widest = std::max(
                widest, display_width(one_line(
                            russian ? words::said(result.columns()[fit], text, true) : text)));
        }
        taken += widest + (fit > 0 ? 2 : 0);
        if (taken > width) break;
    }
    if (fit == result.columns().size() || fit == 0) return print_table(out, result, russian);
    std::vector<std::string> columns(result.columns().begin(),
                                     result.columns().begin() + static_cast<std::ptrdiff_t>(fit));
    std::vector<std::vector<etl::pg::Param>> rows;
    for (std::size_t r = 0; r < result.rows(); ++r) {
        std::vector<etl::pg::Param>& row = rows.emplace_back();
        for (std::size_t c = 0; c < fit; ++c) row.push_back(result.at(r, c));
    }
    print_table(out, {std::move(columns), std::move(rows)}, russian);
    out << (russian ? "и за краем окна (--format csv, html или окно шире):"
                    : "and beyond this window (--format csv or html, or a wider one):");
    for (std::size_t c = fit; c < result.columns().size(); ++c)
        out << (c > fit ? ", " : " ") << title(c);
    out << '\n';
}

void print_csv(std::ostream& out, const etl::pg::Result& result) {
    for (std::size_t c = 0; c < result.columns().size(); ++c) {
        if (c > 0) out << ',';
        csv_cell(out, result.columns()[c], ',');
    }
    out << "\r\n";
    for (std::size_t r = 0; r < result.rows(); ++r) {
        for (std::size_t c = 0; c < result.columns().size(); ++c) {
            if (c > 0) out << ',';
            csv_cell(out, result.text(r, c), ',');
        }
        out << "\r\n";
    }
}

void print_excel(std::ostream& out, const etl::pg::Result& result, bool russian) {
    out << "\xEF\xBB\xBF";
    for (std::size_t c = 0; c < result.columns().size(); ++c) {
        const std::string& name = result.columns()[c];
        if (c > 0) out << ';';
        csv_cell(out, russian ? words::title(name, true) : name, ';');
    }
    out << "\r\n";
    for (std::size_t r = 0; r < result.rows(); ++r) {
        for (std::size_t c = 0; c < result.columns().size(); ++c) {
            if (c > 0) out << ';';
            csv_cell(out,
                     excel_cell(result.columns()[c], result.text(r, c),
                                result.shape(c) == etl::pg::Shape::number, russian),
                     ';');
        }
        out << "\r\n";
    }
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
