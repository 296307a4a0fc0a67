#include "jobs/report/report.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <ostream>

#include "etl/clock.hpp"
#include "etl/error.hpp"
#include "etl/pg.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"
#include "jobs/report/explain.hpp"
#include "jobs/report/morning.hpp"
#include "jobs/report/notes.hpp"
#include "jobs/report/reading.hpp"
#include "jobs/report/report_file.hpp"
#include "jobs/report/report_page.hpp"
#include "jobs/report/rows_behind.hpp"
#include "jobs/report/workbook.hpp"
#include "schema/sql.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

void csv_of(std::ostream& out, const etl::pg::Result& result, const ReportOptions& options) {
    if (options.excel)
        print_excel(out, result, options.lang == "ru");
    else
        print_csv(out, result);
}

void check(const ReportOptions& options) {
    const auto day = [](const std::string& text, const char* option) {
        if (!text.empty() && !etl::parse_day(text))
            throw Error(Kind::usage,
                        std::string(option) + " is \"" + text +
                            "\", expected a day that exists, as YYYY-MM-DD",
                        "Nothing was read.");
    };
    day(options.from, "--from");
    day(options.to, "--to");
    if (!options.from.empty() && !options.to.empty() && options.from > options.to)
        throw Error(Kind::usage, "--from " + options.from + " lies behind --to " + options.to,
                    "Nothing was read.");
    if (!options.as_of.empty() && !etl::parse_day(options.as_of) &&
        !etl::parse_instant(options.as_of))
        throw Error(Kind::usage,
                    "--as-of is \"" + options.as_of +
                        "\", expected a day as YYYY-MM-DD or a moment as YYYY-MM-DDThh:mm:ssZ",
                    "Nothing was read.");
    if (!options.where.empty() && !options.rows)
        throw Error(Kind::usage, "--where goes with --rows", "Nothing was read.");
    if (!options.figure.empty() && !options.rows)
        throw Error(Kind::usage, "--figure goes with --rows", "Nothing was read.");
    if (options.excel &&
        (options.name == "all" ? options.format == "xlsx" : options.format != "csv"))
        throw Error(Kind::usage, "--excel goes with --format csv", "Nothing was read.");
    if (options.name == "all" && options.out.empty())
        throw Error(Kind::usage,
                    options.format == "xlsx" ? "report all needs --out FILE.xlsx"
                                             : "report all needs --out FOLDER",
                    "Nothing was read.");
}

void list(std::ostream& out, const std::string& lang) {
    std::size_t width = 0;
    for (const Report& report : reports()) width = std::max(width, report.name.size());
    for (const Report& report : reports())
        out << report.name << std::string(width - report.name.size() + 2, ' ')
            << (lang == "ru" ? report.question_ru : report.question) << '\n';
}

// The contract of the report: what it has no use for is refused, never swallowed.
void check_contract(const Report& report, const ReportOptions& options) {
    const auto refuse = [&](const char* option, const std::string& why) {
        throw Error(Kind::usage, std::string(option) + ": report " + report.name + " " + why,
                    "Nothing was read.");
    };
    if (!report.has_range && !options.rows && (!options.from.empty() || !options.to.empty()))
        refuse(options.from.empty() ? "--to" : "--from", "has no range: it is the state now");
    if (!report.has_by && !options.by.empty()) refuse("--by", "has no periods to choose");
    if (!report.has_as_of && !options.as_of.empty()) refuse("--as-of", "knows only the state now");
    if (!options.out.empty() && options.format != "xlsx")
        refuse("--out", "goes to stdout; only report all writes a folder");
}

// The morning pack: a page and a CSV per report, and an index.
int all(Context& context, Reading& reading, const ReportOptions& options) {
    if (options.format == "xlsx") {
        std::size_t count = 0;
        write_report_file(options.out, all_workbook(reading, options, count));
        context.out << fmt::format(
            fmt::runtime(options.lang == "ru" ? "отчётов: {}, одной книгой: {}\n"
                                              : "{} reports, one workbook: {}\n"),
            count, options.out);
        return 0;
    }
    std::error_code failed;
    std::filesystem::create_directories(options.out, failed);
    std::vector<Page> pages;
    for (const Report& report : reports()) {
        if (!report.has_as_of && !options.as_of.empty()) continue;  // knows no history
        const etl::pg::Result result = reading.report(report);
        const Page page = page_of(reading, report, result, options.lang);
        write_report_file(std::filesystem::path(options.out) / (report.name + ".html"),
                          html_page(page, result));
        std::ostringstream csv;
        csv_of(csv, result, options);
        write_report_file(std::filesystem::path(options.out) / (report.name + ".csv"), csv.str());
        pages.push_back(page);
    }
    write_report_file(std::filesystem::path(options.out) / "index.html", html_index(pages));
    context.out << fmt::format(
        fmt::runtime(options.lang == "ru"
                         ? "отчётов: {}, страницами и CSV, в {}; начните с index.html\n"
                         : "{} reports, as pages and CSV, in {}; begin with index.html\n"),
        pages.size(), options.out);
    return 0;
}

}  // namespace

void check_options(const Report& report, const ReportOptions& options) {
    check(options);
    check_contract(report, options);
    const std::string& by = options.by;
    if (!by.empty() && by != "day" && by != "week" && by != "month")
        throw Error(Kind::usage, "by is \"" + by + "\", expected day, week, month",
                    "Nothing was read.");
}

bool print_for_programs(Context& context, const ReportOptions& options,
                        const etl::pg::Result& result) {
    if (options.format == "csv")
        csv_of(context.out, result, options);
    else if (options.format == "json" || context.json)
        print_json(context.out, result);
    else
        return false;
    return true;
}

ReportOptions report_asked(const std::function<std::string(const char*)>& said) {
    ReportOptions options;
    options.name = said("name");
    options.from = said("from");
    options.to = said("to");
    options.by = said("by");
    options.as_of = said("as_of");
    return options;
}

void limit_reading(etl::pg::Connection& connection, etl::Duration statement_timeout) {
    connection.execute(
        "SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL statement_timeout = " +
        std::to_string(
            std::chrono::duration_cast<std::chrono::milliseconds>(statement_timeout).count()));
}

namespace {

// Of the window that stdout goes to; a file takes any.
std::size_t terminal_width() {
    winsize size{};
    return ::isatty(STDOUT_FILENO) != 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
                   size.ws_col > 0
               ? size.ws_col
               : SIZE_MAX;
}

void print(Context& context, Reading& reading, const Report& report, const ReportOptions& options,
           const etl::pg::Result& result) {
    const bool russian = options.lang == "ru";
    if (result.empty() && options.format != "html")
        (options.format == "table" && !context.json ? context.out : context.err)
            << nothing(reading, report, russian) << '\n';
    const bool printed = print_for_programs(context, options, result);
    if (!printed && options.format == "html") {
        context.out << html_page(page_of(reading, report, result, options.lang), result);
    } else if (!printed && !result.empty()) {
        const std::string asked = reading.bound(report, russian);
        context.out << (russian ? report.question_ru : report.question) << " ("
                    << (asked.empty() ? "" : asked + "; ") << (russian ? "пояс " : "zone ")
                    << reading.zone() << (russian ? ", состояние на " : ", state of ")
                    << (russian ? words::day_said(reading.state()) : reading.state()) << ")\n\n";
        print_table_within(context.out, result, terminal_width(), russian);
        if (options.rows) context.out << counted_line(result, russian);
    }
    if (options.rows || options.format == "html") return;
    for (const std::string& note : notes(reading, report, russian, result.empty()))
        (options.format == "table" && !context.json ? context.out : context.err) << note << '\n';
}

}  // namespace

namespace {

// Below the rows: what they add up to. A program that reads them gets them alone.
void made_of(Context& context, const Report& report, const ReportOptions& options,
             const RowsBehind& found) {
    const bool russian = options.lang == "ru";
    const Figure& figure = find_figure(report, options.figure);
    (options.format == "table" && !context.json ? context.out : context.err)
        << figure_title(report, figure, russian) << ": "
        << (found.figure ? words::said("value", *found.figure, russian) : "–") << " = "
        << figure_made_of(figure, russian) << '\n';
}

// A workbook is no text: to a file, or to a pipe that asked for it, never to somebody's eyes.
int put_workbook(Context& context, Reading& reading, const Report& report,
                 const ReportOptions& options) {
    if (options.out.empty() && ::isatty(STDOUT_FILENO) != 0)
        throw Error(Kind::usage, "a workbook is no text for a terminal",
                    "Add --out " + report.name + ".xlsx, or > " + report.name + ".xlsx.");
    std::string book;
    if (report.name == "morning" && !options.rows) {
        book = morning_workbook(reading, options.lang == "ru");
    } else if (options.rows) {
        book = rows_workbook(reading, report, options);
    } else {
        const etl::pg::Result result = reading.report(report);
        book = report_workbook(page_of(reading, report, result, options.lang), result);
    }
    if (options.out.empty())
        context.out << book;
    else
        write_report_file(options.out, book);
    return 0;
}

// The morning is more than a table: the other forms of it. False: it is asked as a table of rows.
bool put_morning(Context& context, Reading& reading, const ReportOptions& options) {
    const bool russian = options.lang == "ru", json = options.format == "json" || context.json;
    if (options.explain || options.rows || options.format == "csv") return false;
    const Morning morning = read_morning(reading, russian);
    if (morning.figures.empty() && !json && options.format != "html") return false;
    context.out << (json                       ? morning_json(reading, morning, russian)
                    : options.format == "html" ? morning_page(reading, morning, russian)
                                               : morning_text(morning, russian));
    return true;
}

}  // namespace

int run_report(Context& context, const ReportOptions& asked) {
    ReportOptions options = asked;
    if (options.lang.empty()) options.lang = context.russian ? "ru" : "en";
    if (options.name.empty()) return list(context.out, options.lang), 0;
    check(options);
    const Report* report = options.name == "all" ? nullptr : &find_report(options.name);
    if (report != nullptr) check_contract(*report, options);
    Reading reading(context, options);
    if (report == nullptr) return all(context, reading, options);
    if (options.explain) return explain(context.out, reading, *report, options.lang == "ru"), 0;
    if (options.format == "xlsx") return put_workbook(context, reading, *report, options);
    if (report->name == "morning" && put_morning(context, reading, options)) return 0;
    if (!options.rows) {
        print(context, reading, *report, options, reading.report(*report));
        return 0;
    }
    const RowsBehind found = rows_behind(reading, *report, options);
    print(context, reading, *report, options, found.rows);
    if (!options.figure.empty()) made_of(context, *report, options, found);
    return 0;
}

}  // namespace jobs
