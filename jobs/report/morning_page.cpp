#include <fmt/format.h>

#include <algorithm>

#include "embedded_morning.hpp"
#include "etl/embedded.hpp"
#include "etl/encoding.hpp"
#include "jobs/output/places.hpp"
#include "jobs/output/words.hpp"
#include "jobs/report/morning.hpp"
#include "schema/text.hpp"

namespace jobs {
namespace {

struct FigureText {
    std::string name, value, before, year;  // "+12,3 %"; "было 0,00"
    std::string measure, currency;
};
struct SpanFigures {
    std::string title, range, before_range, year_range;
    std::vector<FigureText> figures;
};

// Both languages of one sentence stand together where it is said.
const char* either(bool russian, const char* en, const char* ru) { return russian ? ru : en; }

std::string amount(const etl::pg::Param& value, const etl::pg::Param& currency, bool russian) {
    if (!value) return currency ? "–\u00A0" + *currency : "–";
    const std::string text = words::said("value", *value, russian);
    return currency ? text + "\u00A0" + *currency : text;
}

// How a figure moved: by percent, a share by points; from nothing there is no percent.
std::string moved(const etl::pg::Param& percent, const etl::pg::Param& was,
                  const std::string& measure, const etl::pg::Param& currency, bool russian) {
    if (!was) return "–";
    if (!percent) return either(russian, "was ", "было ") + amount(was, currency, russian);
    const std::string sign = percent->starts_with('-') || *percent == "0.0" ? "" : "+";
    return sign + words::said("percent", *percent, russian) +
           (measure == "paid_share" ? either(russian, " points", " п. п.") : "\u00A0%");
}

std::string days_said(const etl::pg::Result& rows, std::size_t r, const char* from, const char* to,
                      bool russian) {
    const std::string first = words::said("day", rows.at(r, from).value_or(""), russian),
                      last = words::said("day", rows.at(r, to).value_or(""), russian);
    return first == last ? first : first + "–" + last;
}

std::vector<SpanFigures> spans_of(const Morning& morning, bool russian) {
    std::vector<SpanFigures> all;
    const etl::pg::Result& rows = morning.figures;
    std::string span;
    for (std::size_t r = 0; r < rows.rows(); ++r) {
        if (rows.at(r, "span") != span || all.empty()) {
            span = rows.at(r, "span").value_or("");
            std::string title = words::shown("span", span, russian);
            all.push_back({title,
                           days_said(rows, r, "from_day", "to_day", russian),
                           days_said(rows, r, "before_from", "before_to", russian),
                           days_said(rows, r, "last_year_from", "last_year_to", russian),
                           {}});
        }
        const std::string measure = rows.at(r, "measure").value_or("");
        const etl::pg::Param& currency = rows.at(r, "currency");
        all.back().figures.push_back(
            {words::shown("measure", measure, russian),
             amount(rows.at(r, "value"), currency, russian),
             moved(rows.at(r, "before_percent"), rows.at(r, "before"), measure, currency, russian),
             moved(rows.at(r, "last_year_percent"), rows.at(r, "last_year"), measure, currency,
                   russian),
             measure, currency.value_or("")});
    }
    return all;
}

// "RUB: 7 250,00 за 30 дн. из 31, прогноз 7 491,67; план 10 000,00 (75,0 %)".
std::vector<std::string> outlook_lines(const Morning& morning, bool russian) {
    std::vector<std::string> out;
    const etl::pg::Result& rows = morning.outlook;
    const auto said = [&](std::size_t r, const char* column) {
        return words::said(column, rows.at(r, column).value_or(""), russian);
    };
    for (std::size_t r = 0; r < rows.rows(); ++r) {
        std::string line =
            fmt::format(fmt::runtime(either(russian, "{}: {} in {} of {} days, forecast {}",
                                            "{}: {} за {} дн. из {}, прогноз {}")),
                        rows.at(r, "currency").value_or("?"), said(r, "net"), said(r, "days"),
                        said(r, "days_of_month"), said(r, "forecast"));
        if (rows.at(r, "plan"))
            line += fmt::format(
                fmt::runtime(either(russian, "; plan {}, {} % so far, {} % by the forecast",
                                    "; план {}, выполнен на {} %, по прогнозу на {} %")),
                said(r, "plan"), said(r, "plan_percent"), said(r, "forecast_percent"));
        if (rows.at(r, "expected") != "0.00")
            line += fmt::format(fmt::runtime(either(russian, "; announced to its end: {}",
                                                    "; до конца месяца объявлено: {}")),
                                said(r, "expected"));
        out.push_back(line);
    }
    return out;
}

std::vector<std::string> hand_lines(const Morning& morning, bool russian) {
    std::vector<std::string> out;
    const etl::pg::Result& rows = morning.hands;
    for (std::size_t r = 0; r < rows.rows(); ++r) {
        std::string line = words::shown("hand", rows.at(r, "hand").value_or(""), russian) + ": ";
        if (rows.at(r, "set_up") == "f") {
            out.push_back(line + either(russian, "not set up (report.access_rules)",
                                        "не настроено (report.access_rules)"));
            continue;
        }
        if (rows.at(r, "found") == "0") continue;
        line += words::said("found", rows.at(r, "found").value_or(""), russian);
        if (rows.at(r, "amount"))
            line += ", " + amount(rows.at(r, "amount"), rows.at(r, "currency"), russian);
        if (rows.at(r, "labels")) line += " (" + *rows.at(r, "labels") + ")";
        if (rows.at(r, "newest"))
            line += std::string(either(russian, ", the newest of ", ", новейшее от ")) +
                    words::said("newest", *rows.at(r, "newest"), russian);
        out.push_back(line);
    }
    if (out.empty()) out.emplace_back(either(russian, "nothing", "ничего"));
    return out;
}

// Places of a picture, never figures: the points of one measure, the highest at the top; a gap
// where there is none.
std::string sparkline(const Morning& morning, const FigureText& figure) {
    std::vector<std::optional<double>> points;
    const etl::pg::Result& rows = morning.weeks;
    for (std::size_t r = 0; r < rows.rows(); ++r)
        if (rows.at(r, "measure") == figure.measure &&
            rows.at(r, "currency").value_or("") == figure.currency) {
            const auto value = rows.at(r, "value");
            points.push_back(value ? std::optional(std::strtod(value->c_str(), nullptr))
                                   : std::nullopt);
        }
    if (points.size() < 2) return "";
    double low = 0, high = 0;
    for (const auto& point : points) {
        low = std::min(low, point.value_or(0));
        high = std::max(high, point.value_or(0));
    }
    std::string lines;
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (!points[i]) continue;
        if (i == 0 || !points[i - 1])
            lines += std::string(lines.empty() ? "" : "\"/>") + "<polyline points=\"";
        lines +=
            fmt::format("{:.1f},{:.1f} ",
                        126.0 * static_cast<double>(i) / static_cast<double>(points.size() - 1) + 2,
                        high == low ? 24 : 24 - 22 * (*points[i] - low) / (high - low));
    }
    if (!lines.empty()) lines += "\"/>";
    return "<svg viewBox=\"0 0 130 26\" aria-hidden=\"true\">" + lines + "</svg>";
}

std::string span_table(const Morning& morning, const SpanFigures& span, bool russian) {
    std::string out =
        "<section><h2>" + etl::html_encoded(span.title) + ", " + etl::html_encoded(span.range) +
        "</h2><table><thead><tr><th scope=\"col\">" + either(russian, "figure", "показатель") +
        "</th><th scope=\"col\" class=\"number\">" + either(russian, "value", "значение") +
        "</th><th scope=\"col\" class=\"number\">" + either(russian, "against ", "к периоду до: ") +
        etl::html_encoded(span.before_range) + "</th><th scope=\"col\" class=\"number\">" +
        either(russian, "against ", "к прошлому году: ") + etl::html_encoded(span.year_range) +
        "</th><th scope=\"col\">" + either(russian, "13 weeks", "13 недель") +
        "</th></tr></thead><tbody>";
    for (const FigureText& figure : span.figures)
        out += "<tr><th scope=\"row\">" + etl::html_encoded(figure.name) +
               "</th><td class=\"number\">" + etl::html_encoded(figure.value) +
               "</td><td class=\"number\">" + etl::html_encoded(figure.before) +
               "</td><td class=\"number\">" + etl::html_encoded(figure.year) + "</td><td>" +
               sparkline(morning, figure) + "</td></tr>";
    return out + "</tbody></table></section>\n";
}

std::string list_section(const std::string& title, const std::vector<std::string>& lines) {
    std::string out = "<section><h2>" + etl::html_encoded(title) + "</h2><ul>";
    for (const std::string& line : lines) out += "<li>" + etl::html_encoded(line) + "</li>";
    return out + "</ul></section>\n";
}

std::string padded(const std::string& text, std::size_t width, bool right) {
    const std::size_t is = schema::display_width(text);
    const std::string blanks(width > is ? width - is : 0, ' ');
    return right ? blanks + text : text + blanks;
}

}  // namespace

std::string morning_text(const Morning& morning, bool russian) {
    constexpr std::size_t kName = 18, kValue = 18, kMoved = 14;
    std::string out = morning_line(morning, russian) + "\n";
    if (morning.figures.empty())
        return out + either(russian, "There are no figures yet.\n", "Чисел пока нет.\n");
    for (const SpanFigures& span : spans_of(morning, russian)) {
        out += "\n" + span.title + ", " + span.range +
               either(russian, "; against ", "; к периоду до: ") + span.before_range +
               either(russian, ", and a year ago: ", ", к прошлому году: ") + span.year_range +
               "\n";
        for (const FigureText& figure : span.figures)
            out += "  " + padded(figure.name, kName, false) + "  " +
                   padded(figure.value, kValue, true) + "  " + padded(figure.before, kMoved, true) +
                   "  " + padded(figure.year, kMoved, true) + "\n";
    }
    const auto list = [&](const char* title, const std::vector<std::string>& lines) {
        out += std::string("\n") + title + "\n";
        for (const std::string& line : lines) out += "  " + line + "\n";
    };
    if (!morning.outlook.empty())
        list(either(russian, "This month", "Этот месяц"), outlook_lines(morning, russian));
    list(either(russian, "Needs a hand", "Требует внимания"), hand_lines(morning, russian));
    return out;
}

std::string morning_page(Reading& reading, const Morning& morning, bool russian) {
    const Report& report = find_report("morning");
    std::string sections;
    for (const SpanFigures& span : spans_of(morning, russian))
        sections += span_table(morning, span, russian);
    if (!morning.outlook.empty())
        sections += list_section(either(russian, "This month", "Этот месяц"),
                                 outlook_lines(morning, russian));
    sections += list_section(either(russian, "Needs a hand", "Требует внимания"),
                             hand_lines(morning, russian));
    const std::map<std::string_view, std::string> places = {
        {"lang", russian ? "ru" : "en"},
        {"title", etl::html_encoded(russian ? report.question_ru : report.question)},
        {"line", etl::html_encoded(morning_line(morning, russian))},
        {"sections", sections},
        {"definition", etl::html_encoded(russian ? report.definition_ru : report.definition) + " " +
                           etl::html_encoded(reading.zone())}};
    return filled_places(etl::embedded_text(embedded::embedded_morning(), "page.html"),
                         [&](std::string_view name) { return places.at(name); });
}

}  // namespace jobs
