#include "jobs/report/report_page.hpp"

#include <algorithm>
#include <set>

#include "embedded_page.hpp"
#include "etl/embedded.hpp"
#include "jobs/output/places.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"
#include "jobs/report/notes.hpp"
#include "jobs/report/rows_behind.hpp"

namespace jobs {
namespace {

std::string_view embedded_file(std::string_view name) {
    return etl::embedded_text(embedded::embedded_page(), name);
}

// JSON that may stand inside <script>: no "<" can end it.
std::string script_json(const std::string& json) {
    std::string out;
    for (const char c : json) {
        if (c == '<')
            out += "\\u003c";
        else
            out += c;
    }
    return out;
}

std::string list_json(const std::vector<std::string>& items) {
    std::string out = "[";
    for (const std::string& item : items) out += (out.size() > 1 ? "," : "") + json_string(item);
    return out + "]";
}

std::string rows_json(const etl::pg::Result& result, std::size_t first, std::size_t end) {
    std::string data;
    for (std::size_t r = first; r < end; ++r) {
        data += r > first ? ",\n[" : "\n[";
        for (std::size_t c = 0; c < result.columns().size(); ++c) {
            if (c > 0) data += ',';
            data += result.at(r, c) ? json_string(*result.at(r, c)) : "null";
        }
        data += ']';
    }
    return data;
}

// Titles and kinds of the columns, and the values of ours that occur, in the reader's words; the
// rows stay as the database has them, for sorting and for the way to the rows behind them.
std::string words_json(const Page& page, const etl::pg::Result& result, std::size_t first,
                       std::size_t end) {
    const bool russian = page.lang == "ru";
    std::vector<std::string> titles, kinds;
    std::string shown;
    for (std::size_t c = 0; c < result.columns().size(); ++c) {
        const std::string& name = result.columns()[c];
        titles.push_back(words::title(name, russian));
        kinds.emplace_back(words::kind(name));
        std::set<std::string> met;
        std::string pairs;
        for (std::size_t r = first; r < end; ++r) {
            const std::string value = result.text(r, c), said = words::shown(name, value, russian);
            if (said == value || !met.insert(value).second) continue;
            pairs += (pairs.empty() ? "" : ",") + json_string(value) + ":" + json_string(said);
        }
        if (!pairs.empty())
            shown += (shown.empty() ? "" : ",") + json_string(name) + ":{" + pairs + "}";
    }
    return "\"titles\":" + list_json(titles) + ",\"kinds\":" + list_json(kinds) + ",\"shown\":{" +
           shown + "}";
}

const char* json_flag(bool value) { return value ? "true" : "false"; }

// [[column of the view, column of the report], [column, null, value]]
std::string drill_json(const Page& page) {
    std::string out;
    for (const Drill& drill : page.drill)
        out += (out.empty() ? "[" : ",[") + json_string(drill.column) + "," +
               (drill.of.empty() ? "null," + json_string(drill.value) : json_string(drill.of)) +
               "]";
    return page.has_drill ? "[" + out + "]" : "null";
}

std::string figure_json(const std::optional<Page::MadeOf>& figure) {
    if (!figure) return "null";
    return "{\"name\":" + json_string(figure->name) + ",\"title\":" + json_string(figure->title) +
           ",\"how\":" + json_string(figure->how) + ",\"column\":" + json_string(figure->column) +
           ",\"value\":" + json_string(figure->value) + ",\"said\":" + json_string(figure->said) +
           "}";
}

std::string head_json(const Page& page) {
    std::string cut;
    for (const auto& [bucket, covers] : page.cut)
        cut += (cut.empty() ? "" : ",") + json_string(bucket) + ":" + json_string(covers);
    return "\"title\":" + json_string(page.title) +
           ",\"definition\":" + json_string(page.definition) +
           ",\"range\":" + json_string(page.range) + ",\"zone\":" + json_string(page.zone) +
           ",\"state\":" + json_string(page.state) + ",\"name\":" + json_string(page.name) +
           ",\"nothing\":" + json_string(page.nothing) + ",\"notes\":" + list_json(page.notes) +
           ",\"bucket\":" + json_string(page.bucket) + ",\"cut\":{" + cut + "}" +
           ",\"has_range\":" + json_flag(page.has_range) + ",\"has_by\":" + json_flag(page.has_by) +
           ",\"from\":" + json_string(page.bound.from.value_or("")) +
           ",\"to\":" + json_string(page.bound.to.value_or("")) +
           ",\"by\":" + json_string(page.bound.by) + ",\"sums\":" + list_json(page.sums) +
           ",\"drill\":" + drill_json(page) + ",\"has_as_of\":" + json_flag(page.has_as_of) +
           ",\"figures\":" + list_json(page.figures) + ",\"figure\":" + figure_json(page.figure) +
           ",\"as_of\":" + json_string(page.as_of) + ",\"rest\":" + json_string(page.rest) +
           ",\"chart\":{\"type\":" + json_string(page.chart.type) +
           ",\"x\":" + json_string(page.chart.x) +
           ",\"measures\":" + list_json(page.chart.measures) +
           ",\"gap\":" + json_string(page.chart.gap) +
           ",\"order\":" + json_string(page.chart.order) +
           ",\"series\":" + json_string(page.chart.series) + "}";
}

std::string filled(const std::string& lang, const std::string& data, bool with_charts) {
    return filled_places(embedded_file("page.html"), [&](std::string_view name) -> std::string {
        if (name == "lang") return lang == "ru" ? "ru" : "en";
        if (name == "data") return script_json(data);
        if (name == "chart.js")
            return with_charts ? std::string(embedded_file("chart.min.js")) : "";
        return std::string(embedded_file(name));
    });
}

}  // namespace

Page page_of(Reading& reading, const Report& report, const etl::pg::Result& result,
             const std::string& lang) {
    const bool russian = lang == "ru";
    Page page;
    page.title = russian ? report.question_ru : report.question;
    page.definition =
        russian && !report.definition_ru.empty() ? report.definition_ru : report.definition;
    page.range = reading.bound(report, russian);
    page.zone = reading.zone();
    page.state = reading.state();
    page.name = report.name;
    page.lang = lang;
    page.sums = report.sums;
    page.has_as_of = report.has_as_of;
    page.has_drill = report.has_drill;
    page.drill = report.drill;
    for (const Figure& figure : report.figures) page.figures.push_back(figure.name);
    page.nothing = result.empty() ? nothing(reading, report, russian) : "";
    page.chart = report.chart;
    page.notes = notes(reading, report, russian, result.empty());
    page.bucket = report.bucket;
    page.cut = cut_of(reading, report);
    page.has_range = report.has_range;
    page.has_by = report.has_by;
    page.bound = reading.range(report);
    return page;
}

Page rows_page_of(Reading& reading, const Report& report, const RowsBehind& found,
                  const ReportOptions& options) {
    const bool russian = options.lang == "ru";
    Page page;
    page.title = russian ? report.question_ru : report.question;
    page.zone = reading.zone();
    page.state = reading.state();
    page.name = report.name;
    page.lang = options.lang;
    page.range = reading.asked_days(russian);
    page.has_range = true;
    for (const std::string& condition : options.where) {
        const std::size_t equals = condition.find('=');
        page.notes.push_back(words::title(condition.substr(0, equals), russian) + ": " +
                             condition.substr(equals + 1));
    }
    if (options.figure.empty()) {
        page.sums = money_columns(reading, report.rows_view);
    } else {
        const Figure& figure = find_figure(report, options.figure);
        const bool column = figure.how != "rows" && figure.how != "percent";
        if (column) page.sums = {figure.of};
        page.figure = {figure.name,
                       figure_title(report, figure, russian),
                       figure.how,
                       column ? figure.of : "",
                       found.figure.value_or(""),
                       figure_made_of(figure, russian)};
    }
    page.nothing =
        found.rows.empty() ? (russian ? "Таких строк нет." : "There are no such rows.") : "";
    page.rest = file_limit(found.total, report, russian);
    page.bound = reading.range(report);
    page.as_of = options.as_of;
    return page;
}

std::string page_json(const Page& page, const etl::pg::Result& result, std::size_t most,
                      std::size_t total) {
    const std::size_t shown = std::min(result.rows(), most);
    const std::size_t first = page.bucket.empty() ? 0 : result.rows() - shown;
    return "{" + head_json(page) + ",\"columns\":" + list_json(result.columns()) + "," +
           words_json(page, result, first, first + shown) +
           ",\"total\":" + std::to_string(std::max(total, result.rows())) + ",\"rows\":[" +
           rows_json(result, first, first + shown) + "]}";
}

std::string html_page(const Page& page, const etl::pg::Result& result) {
    return filled(page.lang, page_json(page, result, result.rows()),
                  !page.chart.type.empty() && !result.empty());
}

std::string html_index(const std::vector<Page>& pages) {
    std::string data = "{\"pages\":[";
    for (const Page& page : pages)
        data += (data.back() == '[' ? "\n{" : ",\n{") + head_json(page) + "}";
    return filled(pages.empty() ? "en" : pages.front().lang, data + "]}", false);
}

}  // namespace jobs
