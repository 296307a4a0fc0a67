#include "jobs/fleet/overview_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include "jobs/fleet/overview_probe.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"
#include "jobs/output/xlsx.hpp"
#include "jobs/report/notes.hpp"
#include "jobs/report/reading.hpp"
#include "jobs/report/report_catalog.hpp"
#include "jobs/report/report_file.hpp"
#include "jobs/report/rows_behind.hpp"

namespace jobs::fleet {
namespace {

using etl::Error;
using etl::Kind;
using etl::pg::Result;

// What one school said.
struct Answer {
    std::string school, error;  // error: why it said nothing
    std::string asked, zone, state;
    std::string database;  // empty: its server does not tell
    Result rows;
    std::vector<std::string> notes;
    std::vector<std::string> sums;  // of its columns those that may be added up
};

void check_across(const Report& report, const ReportOptions& options) {
    check_options(report, options);
    const auto refuse = [](const std::string& what, const std::string& hint) {
        throw Error(Kind::usage, what, hint + " Nothing was read.");
    };
    if (options.format == "html")
        refuse("--format html shows one school", "Ask for table, csv, json or xlsx.");
    if (options.explain || !options.figure.empty())
        refuse("--explain and --figure speak of one school",
               "Ask them with the school's own configuration.");
    if (options.format == "xlsx" && options.out.empty() && ::isatty(STDOUT_FILENO) != 0)
        refuse("a workbook is no text for a terminal", "Add --out FILE.xlsx.");
}

std::string told_database(etl::pg::Connection& connection) {
    try {
        return identity(connection).database;
    } catch (const Error&) {
        return {};  // without the right to ask
    }
}

Answer ask(const Context& context, const School& school, const Report& report,
           const ReportOptions& options) {
    Answer answer;
    answer.school = school.name;
    answer.error = school.error;
    if (!answer.error.empty()) return answer;
    const bool russian = options.lang == "ru";
    try {
        const Context own{school.config, context.out, context.err, false, false, context.stop};
        Reading reading(own, options);
        if (options.rows) {
            answer.rows = rows_behind(reading, report, options).rows;
            answer.sums = money_columns(reading, report.rows_view);
        } else {
            answer.rows = reading.report(report);
            answer.sums = report.sums;
            answer.notes = notes(reading, report, russian, answer.rows.empty());
        }
        if (answer.rows.empty())
            answer.notes.insert(answer.notes.begin(), nothing(reading, report, russian));
        answer.asked = reading.bound(report, russian);
        answer.zone = reading.zone();
        answer.state = russian ? words::day_said(reading.state()) : reading.state();
        answer.database = told_database(reading.connection());  // last: it may end the transaction
    } catch (const std::exception& error) {
        if (const auto* ours = dynamic_cast<const Error*>(&error))
            if (ours->kind() == Kind::stopped) throw;
        answer.error = error_line(error);
    }
    return answer;
}

// One database by two spellings of its address would count twice.
void leave_out_doubles(const std::vector<School>& schools, std::vector<Answer>& answers) {
    std::map<std::string, std::string> first;  // database: the school that it is
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i].error.empty() || answers[i].database.empty()) continue;
        const auto& [database, school] =
            *first.emplace(answers[i].database, answers[i].school).first;
        if (school != answers[i].school) answers[i].error = already_of(schools[i], school);
    }
}

// The rows of all, the school before them. A school whose columns differ from the first one's is
// left out with its reason.
Result side_by_side(std::vector<Answer>& answers) {
    const Answer* first = nullptr;
    std::vector<std::vector<etl::pg::Param>> rows;
    for (Answer& answer : answers) {
        if (!answer.error.empty()) continue;
        if (first == nullptr) first = &answer;
        if (answer.rows.columns() != first->rows.columns()) {
            answer.error = "its columns are others than those of school " + first->school;
            continue;
        }
        for (std::size_t i = 0; i < answer.rows.rows(); ++i) {
            std::vector<etl::pg::Param> row = {answer.school};
            for (std::size_t c = 0; c < answer.rows.columns().size(); ++c)
                row.push_back(answer.rows.at(i, c));
            rows.push_back(std::move(row));
        }
    }
    std::vector<std::string> columns = {"school"};
    std::vector<etl::pg::Shape> shapes = {etl::pg::Shape::text};
    if (first != nullptr)
        for (std::size_t c = 0; c < first->rows.columns().size(); ++c) {
            columns.push_back(first->rows.columns()[c]);
            shapes.push_back(first->rows.shape(c));
        }
    return {std::move(columns), std::move(rows), 0, std::move(shapes)};
}

std::string of_school(const Answer& answer, bool russian) {
    if (!answer.error.empty())
        return words::say(russian, "school {} is missing: {}", answer.school,
                          words::sentence(answer.error, russian));
    return words::say(russian, "school {}: zone {}, state of {}", answer.school, answer.zone,
                      answer.state);
}

// Which school, its zone and state, then what stands under its own report.
void print_answers(std::ostream& out, const std::vector<Answer>& answers, bool missing,
                   bool russian) {
    for (const Answer& answer : answers) {
        if (!missing && !answer.error.empty()) continue;
        if (missing && answer.error.empty()) continue;
        out << of_school(answer, russian) << '\n';
        for (const std::string& note : answer.notes) out << "  " << note << '\n';
    }
}

std::string workbook_of(const Report& report, const Result& rows, const Result& sums,
                        const std::vector<Answer>& answers, bool russian) {
    Workbook book(russian);
    book.table(report.name, rows);
    if (!sums.empty()) book.table(russian ? "Итого" : "Total", sums);
    std::vector<std::pair<std::string, std::string>> lines = {
        {report.name, russian ? report.question_ru : report.question}};
    for (const Answer& answer : answers) {
        lines.emplace_back(answer.school, of_school(answer, russian));
        for (const std::string& note : answer.notes) lines.emplace_back("", note);
    }
    book.lines(russian ? "Школы" : "Schools", lines);
    return book.bytes();
}

void print_people(Context& context, const Report& report, const ReportOptions& options,
                  const Result& rows, const Result& sums, const std::vector<Answer>& answers) {
    const bool russian = options.lang == "ru";
    const auto first = std::find_if(answers.begin(), answers.end(),
                                    [](const Answer& answer) { return answer.error.empty(); });
    const std::string asked = first == answers.end() ? "" : first->asked;
    context.out << (russian ? report.question_ru : report.question)
                << (asked.empty() ? "" : " (" + asked + ")") << "\n\n";
    print_table(context.out, rows, russian);
    if (!sums.empty()) {
        context.out << '\n' << words::say(russian, "all schools above:") << '\n';
        print_table(context.out, sums, russian);
    }
    context.out << '\n';
    print_answers(context.out, answers, false, russian);
}

void print_across(Context& context, const Report& report, const ReportOptions& options,
                  const Result& rows, const Result& sums, const std::vector<Answer>& answers) {
    const bool russian = options.lang == "ru";
    if (options.format == "xlsx") {
        const std::string book = workbook_of(report, rows, sums, answers, russian);
        if (options.out.empty())
            context.out << book;
        else
            write_report_file(options.out, book);
    } else if (!print_for_programs(context, options, rows)) {
        print_people(context, report, options, rows, sums, answers);
        return;
    }
    print_answers(context.err, answers, false, russian);
}

}  // namespace

std::vector<School> chosen_schools(const std::vector<School>& schools, const std::string& names) {
    std::set<std::string> wanted;
    std::string there;
    for (std::size_t from = 0; from <= names.size();) {
        const std::size_t comma = std::min(names.find(',', from), names.size());
        if (comma > from) wanted.insert(names.substr(from, comma - from));
        from = comma + 1;
    }
    const bool all = wanted.erase("all") > 0;  // beside names, too: never fewer than were asked for
    std::vector<School> chosen;
    for (const School& school : schools) {
        there += (there.empty() ? "" : ", ") + school.name;
        if (wanted.erase(school.name) > 0 || all) chosen.push_back(school);
    }
    if (!wanted.empty())
        throw Error(
            Kind::usage, "--schools: there is no school \"" + *wanted.begin() + "\"",
            there.empty() ? "The folder of schools is empty." : "There are: " + there + ".");
    if (chosen.empty())
        throw Error(
            Kind::usage, "--schools names no school",
            there.empty() ? "The folder of schools is empty." : "all, or some of: " + there + ".");
    return chosen;
}

std::string decimal_sum(const std::vector<std::string>& decimals) {
    std::size_t scale = 0;
    for (const std::string& text : decimals)
        if (const std::size_t point = text.find('.'); point != std::string::npos)
            scale = std::max(scale, text.size() - point - 1);
    __extension__ typedef __int128 Wide;
    constexpr std::size_t kMostDigits = 36;  // that it adds without a doubt
    Wide sum = 0;
    for (const std::string& text : decimals) {
        const std::size_t point = std::min(text.find('.'), text.size());
        const std::size_t own = point == text.size() ? 0 : text.size() - point - 1;
        std::string digits = text;
        if (point < text.size()) digits.erase(point, 1);
        digits.append(scale - own, '0');
        if (!words::is_decimal(text) || digits.size() > kMostDigits)
            throw Error(Kind::unexpected, "\"" + text + "\" cannot be added up exactly");
        Wide value = 0;
        for (const char c : digits)
            if (c != '-') value = value * 10 + (c - '0');
        sum += digits[0] == '-' ? -value : value;
    }
    std::string out;
    const bool negative = sum < 0;
    for (Wide rest = negative ? -sum : sum; rest > 0; rest /= 10)
        out += static_cast<char>('0' + static_cast<int>(rest % 10));
    while (out.size() <= scale) out += '0';
    std::reverse(out.begin(), out.end());
    if (scale > 0) out.insert(out.size() - scale, ".");
    return (negative ? "-" : "") + out;
}

Result totals(const Result& rows, const std::vector<std::string>& sums) {
    // as the page has it: of the columns that may be added up, those compared with before, too
    const auto summed = [&](std::string name) {
        for (const std::string_view suffix : {"_before", "_last_year"})
            if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
        return std::find(sums.begin(), sums.end(), name) != sums.end();
    };
    std::vector<std::size_t> places;
    const auto& names = rows.columns();
    for (std::size_t c = 0; c < names.size(); ++c)
        if (summed(names[c]) && rows.shape(c) == etl::pg::Shape::number) places.push_back(c);
    if (places.empty() || rows.rows() < 2) return {};
    const auto money = std::find(names.begin(), names.end(), "currency");
    std::vector<std::string> columns;
    std::vector<etl::pg::Shape> shapes;
    if (money != names.end()) columns.emplace_back("currency"), shapes.push_back({});
    for (const std::size_t c : places)
        columns.push_back(names[c]), shapes.push_back(etl::pg::Shape::number);
    std::map<etl::pg::Param, std::map<std::size_t, std::vector<std::string>>> parts;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        auto& part = parts[money == names.end() ? etl::pg::Param() : rows.at(i, "currency")];
        for (const std::size_t c : places)
            if (rows.at(i, c)) part[c].push_back(*rows.at(i, c));
    }
    std::vector<std::vector<etl::pg::Param>> out;
    for (auto& [currency, part] : parts) {
        std::vector<etl::pg::Param> row;
        if (money != names.end()) row.push_back(currency);
        for (const std::size_t c : places)
            row.push_back(part[c].empty() ? etl::pg::Param() : decimal_sum(part[c]));
        out.push_back(std::move(row));
    }
    return {std::move(columns), std::move(out), 0, std::move(shapes)};
}

int run_report_across(Context& context, const std::vector<School>& schools,
                      const ReportOptions& asked) {
    ReportOptions options = asked;
    if (options.lang.empty()) options.lang = context.russian ? "ru" : "en";
    if (options.name.empty() || options.name == "all")
        throw Error(Kind::usage, "--schools goes with the name of one report",
                    "gcmirror report lists them. Nothing was read.");
    const Report& report = find_report(options.name);
    check_across(report, options);
    std::vector<Answer> answers;
    for (const School& school : schools) answers.push_back(ask(context, school, report, options));
    leave_out_doubles(schools, answers);
    const Result rows = side_by_side(answers);
    const auto answered = [](const Answer& answer) { return answer.error.empty(); };
    const auto first = std::find_if(answers.begin(), answers.end(), answered);
    const bool none = first == answers.end();
    if (!none) print_across(context, report, options, rows, totals(rows, first->sums), answers);
    print_answers(context.err, answers, true, options.lang == "ru");
    if (none) return etl::exit_code(Kind::database);
    return std::all_of(answers.begin(), answers.end(), answered) ? 0
                                                                 : etl::exit_code(Kind::rejects);
}

}  // namespace jobs::fleet
