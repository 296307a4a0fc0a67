#include "jobs/report.hpp"

#include <algorithm>
#include <ostream>
#include <sstream>

#include "embedded_reports.hpp"
#include "etl/clock.hpp"
#include "etl/error.hpp"
#include "jobs/database.hpp"
#include "jobs/table_printer.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

Report read_report(const embedded::File& file) {
    Report report;
    report.name = std::string(file.name.substr(0, file.name.rfind('.')));
    report.sql = file.text;
    std::istringstream lines{std::string(file.text)};
    for (std::string line; std::getline(lines, line) && line.rfind("-- ", 0) == 0;) {
        if (report.question.empty()) report.question = line.substr(3);
        else report.definition += line.substr(3) + "\n";
    }
    return report;
}

std::size_t common_letters(const std::string& a, const std::string& b) {   // of all pairs of neighbours
    std::size_t common = 0;
    for (std::size_t i = 0; i + 1 < a.size(); ++i) common += b.find(a.substr(i, 2)) != std::string::npos ? 1u : 0u;
    return common;
}

const Report& find_report(const std::string& name) {
    for (const Report& report : reports())
        if (report.name == name) return report;
    std::vector<const Report*> near;
    for (const Report& report : reports()) near.push_back(&report);
    std::stable_sort(near.begin(), near.end(), [&](const Report* a, const Report* b) { return common_letters(name, a->name) > common_letters(name, b->name); });
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(3, near.size()); ++i) names += (i > 0 ? ", " : "") + near[i]->name;
    throw Error(Kind::usage, "there is no report \"" + name + "\"; the nearest are " + names, "gcmirror report lists them all.");
}

void check_day(const std::string& text, const char* option) {
    if (!text.empty() && !etl::parse_day(text))
        throw Error(Kind::usage, std::string(option) + " is \"" + text + "\", expected a day that exists, as YYYY-MM-DD");
}

}  // namespace

const std::vector<Report>& reports() {
    static const std::vector<Report> all = [] {
        std::vector<Report> list;
        for (const embedded::File& file : embedded::embedded_reports()) list.push_back(read_report(file));
        return list;
    }();
    return all;
}

int run_report(Context& context, const ReportOptions& options) {
    if (options.name.empty()) {
        std::size_t width = 0;
        for (const Report& report : reports()) width = std::max(width, report.name.size());
        for (const Report& report : reports()) context.out << report.name << std::string(width - report.name.size() + 2, ' ') << report.question << '\n';
        return 0;
    }
    const Report& report = find_report(options.name);
    check_day(options.from, "--from");
    check_day(options.to, "--to");
    etl::pg::Connection connection = open_database(context.config, "report");
    if (connection.value("SELECT count(*) FROM journal.run WHERE loaded_at IS NOT NULL") == "0")
        throw Error(Kind::usage, "nothing has been mirrored yet", "Run gcmirror sync first.");
    etl::pg::Transaction transaction(connection, "REPEATABLE READ READ ONLY");
    connection.query("SELECT set_config('statement_timeout', $1, true)", {std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(context.config.database.statement_timeout).count()) + "ms"});
    const auto day = [](const std::string& text) { return text.empty() ? etl::pg::Param() : etl::pg::Param(text); };
    const etl::pg::Result result = connection.query(report.sql, {context.config.getcourse.time_zone, day(options.from), day(options.to)});
    if (options.format == "csv") return print_csv(context.out, result), 0;
    if (options.format == "json" || context.json) return print_json(context.out, result), 0;
    context.out << report.question << " (zone " << context.config.getcourse.time_zone << ")\n\n";
    print_table(context.out, result);
    return 0;
}

}  // namespace jobs
