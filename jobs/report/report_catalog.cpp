#include "jobs/report/report_catalog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "embedded_reports.hpp"
#include "etl/error.hpp"
#include "etl/nearest.hpp"
#include "schema/text.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

std::vector<std::string> split(const std::string& text, char by) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, by);) {
        const std::size_t from = part.find_first_not_of(' ');
        if (from != std::string::npos)
            parts.push_back(part.substr(from, part.find_last_not_of(' ') - from + 1));
    }
    return parts;
}

Chart parse_chart(const std::string& text) {
    const std::vector<std::string> words = split(text, ' ');
    Chart chart;
    if (words.size() < 3) return chart;
    chart.type = words[0];
    chart.x = words[1];
    chart.measures = split(words[2], ',');
    if (words.size() > 3) chart.series = words[3];
    return chart;
}

// "name(argument)" at `at` of the text: the argument.
std::optional<std::string_view> called(std::string_view text, std::size_t at,
                                       std::string_view name) {
    if (text.substr(at, name.size()) != name || text.substr(at + name.size(), 1) != "(")
        return std::nullopt;
    const std::size_t close = text.find(')', at);
    if (close == std::string_view::npos) return std::nullopt;
    return text.substr(at + name.size() + 1, close - at - name.size() - 1);
}

// What the SQL offers: a range, periods, the column of its buckets.
void read_contract(Report& report) {
    constexpr std::string_view kRange = ":in_range(";
    for (std::size_t at = report.sql.find(kRange); at != std::string::npos;
         at = report.sql.find(kRange, at + 1)) {
        const std::string day(*called(report.sql, at, ":in_range"));
        report.has_range = true;
        if (report.range_day.empty()) report.range_day = day;
        if (day == "month" || day == "week" || day == "period" || day == "cohort")
            throw Error(Kind::unexpected,
                        "report " + report.name + " holds the range against " + day +
                            ", the first day of a bucket",
                        "Filter the facts: :in_range(day).");
    }
    report.has_by = report.sql.find(":period(") != std::string::npos;
    report.compares = report.sql.find(":in_before(") != std::string::npos;
    if (report.days_view.empty()) {
        report.days_view = report.rows_view;
        report.days_column = report.rows_day;
    }
    const std::string_view bucket = report.has_by ? ":period" : ":month";
    const std::size_t at = report.sql.find(std::string(bucket) + "(");
    if (at == std::string::npos) return;
    const std::size_t name = report.sql.find(" AS ", report.sql.find(')', at)) + 4;
    report.bucket = report.sql.substr(name, report.sql.find_first_of(", \n", name) - name);
}

// "table|settings.column EXAMPLE"
void read_needs(Report& report, const std::string& text) {
    report.needs = split(text.substr(0, text.find(' ')), '|');
    report.needs_sql = text.substr(text.find(' ') + 1);
}

// "product,person_utm_source:utm_source,kind=expected"; "-": by its bucket alone.
void read_drill(Report& report, const std::string& text) {
    report.has_drill = true;
    if (text == "-") return;
    for (const std::string& item : split(text, ',')) {
        const std::size_t at = item.find_first_of(":=");
        const std::string column = item.substr(0, at);
        if (at == std::string::npos)
            report.drill.push_back({column, column, ""});
        else if (item[at] == ':')
            report.drill.push_back({column, item.substr(at + 1), ""});
        else
            report.drill.push_back({column, "", item.substr(at + 1)});
    }
}

// "net = sum(net) of report.payments day where counted": of several names each has a column of its
// own name when the parentheses are empty.
void read_figures(Report& report, const std::string& text) {
    const auto part = [&](std::string_view mark, std::size_t from) {
        const std::size_t at = text.find(mark, from);
        if (at == std::string::npos)
            throw Error(Kind::unexpected,
                        "report " + report.name + ": figure lacks \"" + std::string(mark) + "\"",
                        "See jobs/report/README.md.");
        return at;
    };
    const std::size_t is = part(" = ", 0), source = part(" of ", is);
    const std::size_t where = std::min(text.find(" where ", source), text.size());
    const std::vector<std::string> from = split(text.substr(source + 4, where - source - 4), ' ');
    const std::string how = text.substr(is + 3, source - is - 3);
    const std::size_t open = how.find('(');
    for (const std::string& name : split(text.substr(0, is), ',')) {
        Figure figure{name, how.substr(0, open), "", from.at(0), from.at(1), ""};
        if (open != std::string::npos) figure.of = how.substr(open + 1, how.size() - open - 2);
        if (open != std::string::npos && figure.of.empty()) figure.of = name;
        if (where < text.size()) figure.where = text.substr(where + 7);
        report.figures.push_back(figure);
    }
}

// One line of the comment; false: none of these labels.
bool read_more(Report& report, const std::string& line) {
    const auto value = [&](std::string_view label) -> std::optional<std::string> {
        if (line.rfind(label, 0) != 0) return std::nullopt;
        return line.substr(label.size());
    };
    if (const auto gap = value("gap: "))
        report.chart.gap = *gap;
    else if (const auto sums = value("sums: "))
        report.sums = split(*sums, ',');
    else if (const auto drill = value("drill: "))
        read_drill(report, *drill);
    else if (const auto figure = value("figure: "))
        read_figures(report, *figure);
    else if (const auto order = value("order: "))
        report.chart.order = *order;
    else if (const auto ahead = value("ahead: "))
        report.ahead = *ahead == "yes";
    else if (const auto in = value("days: ")) {
        const std::vector<std::string> words = split(*in, ' ');
        report.days_view = words.at(0);
        report.days_column = words.at(1);
    } else if (const auto as_of = value("as-of: "))
        report.has_as_of = *as_of != "no";
    else if (const auto apart = value("apart: ")) {
        const std::vector<std::string> words = split(*apart, ' ');
        report.apart.push_back({words.at(0), words.at(1)});
    } else if (const auto wants = value("wants: ")) {
        read_needs(report, *wants);
        report.needs_all = false;
    } else if (const auto needs = value("needs: ")) {
        read_needs(report, *needs);
    } else
        return false;
    return true;
}

// Places of a report's SQL become conditions and parameters.
class Binder {
public:
    Binder(std::string_view sql, const Range& range) : sql_(sql), range_(range) {}

    Bound bound() {
        for (std::size_t i = 0; i < sql_.size();) {
            if (sql_[i] == '\'') {  // a text stays as it is
                const std::size_t close = std::min(sql_.find('\'', i + 1), sql_.size() - 1);
                bound_.sql += sql_.substr(i, close - i + 1);
                i = close + 1;
            } else if (sql_[i] != ':' || (i > 0 && sql_[i - 1] == ':') || !place_at(i)) {
                bound_.sql += sql_[i++];
            }
        }
        return std::move(bound_);
    }

private:
    using Value = std::optional<std::string>;

    std::string parameter(const std::string& name, const Value& value, const char* type) {
        const auto [at, fresh] = numbers_.emplace(name, "");
        if (fresh) {
            bound_.parameters.push_back(value);
            at->second = "$" + std::to_string(bound_.parameters.size()) + "::" + type;
        }
        return at->second;
    }
    std::string in_range(const std::string& day) {
        const std::string from = parameter("from", range_.from, "date"),
                          to = parameter("to", range_.to, "date");
        return "((" + from + " IS NULL AND " + to + " IS NULL) OR " + day + " BETWEEN coalesce(" +
               from + ", '-infinity') AND coalesce(" + to + ", 'infinity'))";
    }
    std::string in_earlier(const std::string& name, const std::optional<Earlier>& earlier,
                           const std::string& day) {
        const std::string from =
            parameter(name + " from", earlier ? Value(earlier->from) : Value(), "date");
        const std::string to =
            parameter(name + " to", earlier ? Value(earlier->to) : Value(), "date");
        return day + " BETWEEN " + from + " AND " + to;  // bare, so that an index serves it
    }
    std::string shifted(const std::string& name, const std::optional<Earlier>& earlier,
                        const std::string& day) {
        return "(" + day + " + " +
               parameter(name, earlier ? Value(earlier->shift) : Value(), "interval") + ")::date";
    }
    std::string said(std::string_view name, const std::string& day) {
        if (name == ":in_range") return in_range(day);
        if (name == ":in_before") return in_earlier("before", period_before(range_), day);
        if (name == ":in_last_year") return in_earlier("year", last_year(range_), day);
        if (name == ":day_before") return shifted("before", period_before(range_), day);
        if (name == ":day_last_year") return shifted("year", last_year(range_), day);
        if (name == ":until")
            return "(" + parameter("to", range_.to, "date") + " IS NULL OR " + day +
                   " <= " + parameter("to", range_.to, "date") + ")";
        if (name == ":whole" && range_.earlier) return "true";
        if (name == ":whole")  // known when it is planned: an index is for what is asked in part
            return "(" + parameter("from", range_.from, "date") + " IS NULL AND " +
                   parameter("to", range_.to, "date") + " IS NULL)";
        if (name == ":compared") {
            const auto before = period_before(range_);
            return "(" + parameter("before from", before ? Value(before->from) : Value(), "date") +
                   " IS NOT NULL)";
        }
        const std::string unit = name == ":month" ? "'month'" : parameter("by", range_.by, "text");
        return "date_trunc(" + unit + ", " + day + "::timestamp)::date";
    }
    bool place_at(std::size_t& i) {
        for (const std::string_view name :
             {":in_range", ":in_before", ":in_last_year", ":day_before", ":day_last_year",
              ":compared", ":whole", ":period", ":month", ":until"})
            if (const auto day = called(sql_, i, name)) {
                bound_.sql += said(name, std::string(*day));
                i += name.size() + day->size() + 2;
                return true;
            }
        return false;
    }

    std::string_view sql_;
    const Range& range_;
    Bound bound_;
    std::map<std::string, std::string> numbers_;
};

}  // namespace

Report parse_report(std::string_view name, std::string_view text) {
    Report report;
    report.name = std::string(name);
    std::istringstream lines{std::string(text)};
    std::string line;
    const auto value = [&](std::string_view label) -> std::optional<std::string> {
        if (line.rfind(label, 0) != 0) return std::nullopt;
        return line.substr(label.size());
    };
    while (std::getline(lines, line) && line.starts_with("-- ")) {
        line.erase(0, 3);
        if (const auto ru = value("ru: ")) {  // the question, then the definition
            if (report.question_ru.empty())
                report.question_ru = *ru;
            else
                report.definition_ru += *ru + "\n";
        } else if (const auto answers = value("answers: "))
            for (const std::string& number : split(*answers, ','))
                report.answers.push_back(std::stoi(number));
        else if (const auto of = value("of: "))
            report.of = *of;
        else if (const auto group = value("group: "))
            report.group = *group;
        else if (const auto chart = value("chart: "))
            report.chart = parse_chart(*chart);
        else if (const auto rows = value("rows: ")) {
            const std::vector<std::string> words = split(*rows, ' ');
            report.rows_view = words.at(0);
            report.rows_day = words.at(1);
        } else if (read_more(report, line))
            continue;
        else if (report.question.empty())
            report.question = line;
        else
            report.definition += line + "\n";
    }
    do report.sql += line + "\n";
    while (std::getline(lines, line));
    if (report.question.empty() || report.question_ru.empty() || report.definition.empty() ||
        report.of.empty())
        throw Error(Kind::unexpected,
                    "report " + report.name +
                        " lacks its question, its Russian question, its definition or \"of:\"",
                    "See jobs/report/README.md.");
    read_contract(report);
    return report;
}

const std::vector<Report>& reports() {
    static const std::vector<Report> all = [] {
        std::vector<Report> list;
        for (const embedded::File& file : embedded::embedded_reports())
            if (file.name.size() > 4 && file.name.substr(file.name.size() - 4) == ".sql")
                list.push_back(parse_report(file.name.substr(0, file.name.size() - 4), file.text));
        return list;
    }();
    return all;
}

namespace {

// A word of a name says most, then one of a question in either language, then likeness.
std::string nearest_reports(const std::string& wanted) {
    constexpr std::size_t kMost = 6;
    const std::string word = schema::lower(wanted);
    std::vector<std::string> all, found;
    for (const bool in_name : {true, false})
        for (const Report& report : reports()) {
            const std::string text =
                in_name ? report.name : schema::lower(report.question + " " + report.question_ru);
            if (word.size() > 2 && text.find(word) != std::string::npos &&
                std::find(found.begin(), found.end(), report.name) == found.end())
                found.push_back(report.name);
        }
    for (const Report& report : reports()) all.push_back(report.name);
    if (found.empty() || found.size() > kMost) return etl::nearest_text(wanted, all);
    return fmt::format("{}", fmt::join(found, ", "));
}

}  // namespace

const Figure& find_figure(const Report& report, const std::string& name) {
    std::vector<std::string> names;
    for (const Figure& figure : report.figures) {
        if (figure.name == name) return figure;
        names.push_back(figure.name);
    }
    throw Error(Kind::usage,
                "report " + report.name + " has no figure \"" + name + "\" with rows of its own" +
                    (names.empty() ? "" : fmt::format("; it has {}", fmt::join(names, ", "))),
                "Nothing was read.");
}

const Report& find_report(const std::string& name) {
    for (const Report& report : reports())
        if (report.name == name) return report;
    throw Error(Kind::usage,
                "there is no report \"" + name + "\"; the nearest are " + nearest_reports(name),
                "gcmirror report lists them all.");
}

Bound bind_range(std::string_view sql, const Range& range) { return Binder(sql, range).bound(); }

}  // namespace jobs
