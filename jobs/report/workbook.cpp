#include "jobs/report/workbook.hpp"

#include <algorithm>
#include <array>

#include "etl/error.hpp"
#include "jobs/output/words.hpp"
#include "jobs/output/xlsx.hpp"
#include "jobs/report/morning.hpp"
#include "jobs/report/notes.hpp"

namespace jobs {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

// "label: first line", then the others below it.
void add_lines(Lines& lines, std::string label, const std::string& text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.emplace_back(std::move(label), text.substr(at, end - at));
        label.clear();
        at = end + 1;
    }
}

Lines about(const Page& page) {
    const bool ru = page.lang == "ru";
    Lines lines;
    lines.emplace_back(ru ? "Вопрос" : "Question", page.title);
    add_lines(lines, ru ? "Определение" : "Definition", page.definition);
    lines.emplace_back(ru ? "Промежуток" : "Range",
                       !page.range.empty() ? page.range
                       : page.has_range    ? (ru ? "за всё время" : "everything")
                                        : (ru ? "состояние на сейчас" : "the state now"));
    lines.emplace_back(ru ? "Состояние на" : "State of", words::said("as_of", page.state, ru));
    lines.emplace_back(ru ? "Часовой пояс" : "Time zone", page.zone);
    if (!page.nothing.empty()) lines.emplace_back(ru ? "Строк нет" : "No rows", page.nothing);
    if (page.figure)
        lines.emplace_back(page.figure->title, page.figure->value +
                                                   (page.figure->how == "percent" ? " %" : "") +
                                                   " = " + page.figure->said);
    std::string notes;
    for (const std::string& note : page.notes) notes += note + "\n";
    add_lines(lines, ru ? "Примечания" : "Notes", notes);
    lines.emplace_back(ru ? "Отчёт" : "Report", page.name);
    return lines;
}

constexpr std::array kGroups = {"money",    "sales",  "people", "channels",
                                "managers", "access", "quality"};

// As people look for them: the morning, then group by group.
std::vector<const Report*> in_order() {
    std::vector<const Report*> all;
    for (const Report& report : reports()) all.push_back(&report);
    const auto place = [](const Report* report) {
        return report->name == "morning"
                   ? -1
                   : std::find(kGroups.begin(), kGroups.end(), report->group) - kGroups.begin();
    };
    std::stable_sort(all.begin(), all.end(),
                     [&](const Report* a, const Report* b) { return place(a) < place(b); });
    return all;
}

}  // namespace

std::string report_workbook(const Page& page, const etl::pg::Result& result) {
    const bool russian = page.lang == "ru";
    Workbook book(russian);
    (void)book.table(page.title, result);
    (void)book.lines(russian ? "О числах" : "About", about(page));
    return book.bytes();
}

std::string rows_workbook(Reading& reading, const Report& report, const ReportOptions& options) {
    const RowsBehind found = rows_behind(reading, report, options, kMostFileRows);
    require_file_rows(found.total, report);
    Page page = rows_page_of(reading, report, found, options);
    page.definition = options.lang == "ru" ? report.definition_ru : report.definition;
    return report_workbook(page, found.rows);
}

std::string morning_workbook(Reading& reading, bool russian) {
    const Morning morning = read_morning(reading, russian);
    const Report& report = find_report("morning");
    Page page = page_of(reading, report, morning.figures, russian ? "ru" : "en");
    page.notes.insert(page.notes.begin(), morning_line(morning, russian));
    Workbook book(russian);
    (void)book.table(russian ? "Утро" : "Morning", morning.figures);
    (void)book.table(russian ? "13 недель" : "13 weeks", morning.weeks);
    (void)book.table(russian ? "Прогноз месяца" : "The month's outlook", morning.outlook);
    (void)book.table(russian ? "Что требует внимания" : "What needs a hand", morning.hands);
    (void)book.lines(russian ? "О числах" : "About", about(page));
    return book.bytes();
}

std::string all_workbook(Reading& reading, const ReportOptions& options, std::size_t& count) {
    const bool russian = options.lang == "ru";
    Workbook book(russian);
    const std::string first = book.reserve(russian ? "Содержание" : "Contents");
    std::vector<Workbook::Entry> entries;
    Lines meanings;
    entries.push_back(
        {"",
         (russian ? "Состояние на " : "State of ") + reading.state() + " (" + reading.zone() + ")",
         "", ""});
    std::string group;
    for (const Report* report : in_order()) {
        if (!report->has_as_of && !options.as_of.empty()) continue;  // knows no history
        const etl::pg::Result result = reading.report(*report);
        const Page page = page_of(reading, *report, result, options.lang);
        const std::string sheet = book.table(page.title, result);
        const std::string of = words::shown("group", report->group, russian);
        const std::string rows = (russian ? "строк: " : "rows: ") + std::to_string(result.rows());
        entries.push_back({of == group ? "" : of, page.title, sheet,
                           result.empty()       ? page.nothing
                           : page.range.empty() ? rows
                                                : page.range + "; " + rows});
        group = of;
        const Lines said = about(page);
        meanings.insert(meanings.end(), said.begin(), said.end());
        meanings.emplace_back("", "");
        ++count;
    }
    (void)book.lines(russian ? "О числах" : "About", meanings);
    book.contents(first, entries);
    return book.bytes();
}

}  // namespace jobs
