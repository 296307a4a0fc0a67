#include "jobs/report/morning.hpp"

#include <algorithm>
#include <sstream>

#include "embedded_morning.hpp"
#include "etl/embedded.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"
#include "jobs/report/notes.hpp"

namespace jobs {
namespace {

etl::pg::Result part(Reading& reading, const char* name) {
    return reading.query("morning",
                         std::string(etl::embedded_text(embedded::embedded_morning(), name)), {});
}

std::string objects(const etl::pg::Result& result) {
    std::ostringstream out;
    print_json(out, result);
    return out.str();
}

}  // namespace

Morning read_morning(Reading& reading, bool russian) {
    const ReportOptions& options = reading.options();
    Trust trust;
    if (options.trust && options.as_of.empty())
        trust = options.trust(reading.connection(), russian);
    return {part(reading, "state.sql"),
            trust,
            reading.report(find_report("morning")),
            part(reading, "weeks.sql"),
            part(reading, "outlook.sql"),
            part(reading, "hands.sql")};
}

std::string morning_json(Reading& reading, const Morning& morning, bool russian) {
    const Report& report = find_report("morning");
    std::string said;
    for (const std::string& note : notes(reading, report, russian, false))
        said += (said.empty() ? "" : ",") + json_string(note);
    std::string state = objects(morning.state);  // an array of the one row
    state = state.substr(state.find('{'), state.rfind('}') - state.find('{') + 1);
    return "{\"name\":\"morning\",\"title\":" +
           json_string(russian ? report.question_ru : report.question) + ",\"definition\":" +
           json_string(russian && !report.definition_ru.empty() ? report.definition_ru
                                                                : report.definition) +
           ",\"level\":" + json_string(morning.trust.level) +
           ",\"line\":" + json_string(morning_line(morning, russian)) + ",\"state\":" + state +
           ",\"figures\":" + objects(morning.figures) + ",\"weeks\":" + objects(morning.weeks) +
           ",\"outlook\":" + objects(morning.outlook) + ",\"hands\":" + objects(morning.hands) +
           ",\"notes\":[" + said + "]}\n";
}

std::string morning_line(const Morning& morning, bool russian) {
    const auto text = [&](const char* column) { return morning.state.at(0, column).value_or(""); };
    const std::string as_of = russian ? words::day_said(text("as_of")) : text("as_of");
    const std::string when = as_of + " (" + text("zone") + ")";
    std::string out = russian ? "Числа на " + when : "The numbers are as of " + when;
    const Trust& trust = morning.trust;
    if (trust.level.empty()) return out + ".";  // of an earlier day
    if (trust.level == "green") return out + (russian ? ", полностью." : ", complete.");
    out += trust.level == "red"
               ? (russian ? "; верить им сейчас нельзя" : "; they cannot be trusted now")
               : (russian ? "; есть на что взглянуть" : "; something needs a look");
    constexpr std::size_t kMost = 3;  // the page of the state has them all
    for (std::size_t i = 0; i < std::min(kMost, trust.reasons.size()); ++i)
        out += (i == 0 ? ": " : "; ") + trust.reasons[i];
    if (trust.reasons.size() > kMost)
        out += (russian ? "; и ещё " : "; and ") + std::to_string(trust.reasons.size() - kMost) +
               (russian ? "" : " more");
    return out + ".";
}

}  // namespace jobs
