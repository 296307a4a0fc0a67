#include "jobs/report/report_catalog.hpp"

#include <algorithm>
#include <sstream>

#include "embedded_reports.hpp"
#include "etl/error.hpp"
#include "etl/nearest.hpp"

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
        if (day == "month" || day == "week" || day == "period" || day == "cohort")
            throw Error(Kind::unexpected,
                        "report " + report.name + " holds the range against " + day +
                            ", the first day of a bucket",
                        "Filter the facts: :in_range(day).");
    }
    report.has_by = report.sql.find(":period(") != std::string::npos;
    const std::string_view bucket = report.has_by ? ":period" : ":month";
    const std::size_t at = report.sql.find(std::string(bucket) + "(");
    if (at == std::string::npos) return;
    const std::size_t name = report.sql.find(" AS ", report.sql.find(')', at)) + 4;
    report.bucket = report.sql.substr(name, report.sql.find_first_of(", \n", name) - name);
}

// One line of the comment; false: none of these labels.
bool read_more(Report& report, const std::string& line) {
    const auto value = [&](std::string_view label) -> std::optional<std::string> {
        if (line.rfind(label, 0) != 0) return std::nullopt;
        return line.substr(label.size());
    };
    if (const auto gap = value("gap: "))
        report.chart.gap = *gap;
    else if (const auto as_of = value("as-of: "))
        report.has_as_of = *as_of != "no";
    else if (const auto apart = value("apart: ")) {
        const std::vector<std::string> words = split(*apart, ' ');
        report.apart.push_back({words.at(0), words.at(1)});
    } else if (const auto needs = value("needs: ")) {
        report.needs_table = needs->substr(0, needs->find(' '));
        report.needs_sql = needs->substr(needs->find(' ') + 1);
    } else
        return false;
    return true;
}

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
    while (std::getline(lines, line) && line.rfind("-- ", 0) == 0) {
        line.erase(0, 3);
        if (const auto ru = value("ru: "))
            report.question_ru = *ru;
        else if (const auto answers = value("answers: "))
            for (const std::string& number : split(*answers, ','))
                report.answers.push_back(std::stoi(number));
        else if (const auto of = value("of: "))
            report.of = *of;
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

const Report& find_report(const std::string& name) {
    for (const Report& report : reports())
        if (report.name == name) return report;
    std::vector<std::string> names;
    for (const Report& report : reports()) names.push_back(report.name);
    throw Error(
        Kind::usage,
        "there is no report \"" + name + "\"; the nearest are " + etl::nearest_text(name, names),
        "gcmirror report lists them all.");
}

Bound bind_range(std::string_view sql, const Range& range) {
    Bound bound;
    std::map<std::string, std::string> places;
    const auto place = [&](const std::string& name, const std::optional<std::string>& value,
                           const char* type) {
        auto [at, fresh] = places.emplace(name, "");
        if (fresh) {
            bound.parameters.push_back(value);
            at->second = "$" + std::to_string(bound.parameters.size()) + "::" + type;
        }
        return at->second;
    };
    for (std::size_t i = 0; i < sql.size();) {
        if (sql[i] == '\'') {  // a text stays as it is
            const std::size_t close = std::min(sql.find('\'', i + 1), sql.size() - 1);
            bound.sql += sql.substr(i, close - i + 1);
            i = close + 1;
            continue;
        }
        if (sql[i] != ':' || (i > 0 && sql[i - 1] == ':')) {
            bound.sql += sql[i++];
            continue;
        }
        if (const auto column = called(sql, i, ":in_range")) {
            const std::string name(*column), from = place("from", range.from, "date"),
                                             to = place("to", range.to, "date");
            bound.sql += "((" + from + " IS NULL AND " + to + " IS NULL) OR " + name +
                         " BETWEEN coalesce(" + from + ", '-infinity') AND coalesce(" + to +
                         ", 'infinity'))";
            i += std::string_view(":in_range()").size() + column->size();
        } else if (const auto day = called(sql, i, ":period")) {
            bound.sql += "date_trunc(" + place("by", range.by, "text") + ", " + std::string(*day) +
                         "::timestamp)::date";
            i += std::string_view(":period()").size() + day->size();
        } else if (const auto of_month = called(sql, i, ":month")) {
            bound.sql += "date_trunc('month', " + std::string(*of_month) + "::timestamp)::date";
            i += std::string_view(":month()").size() + of_month->size();
        } else {
            bound.sql += sql[i++];
        }
    }
    return bound;
}

}  // namespace jobs
