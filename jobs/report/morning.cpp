#include "jobs/report/morning.hpp"

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

Morning read_morning(Reading& reading) {
    return {part(reading, "state.sql"), reading.report(find_report("morning")),
            part(reading, "weeks.sql"), part(reading, "outlook.sql"), part(reading, "hands.sql")};
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
           ",\"line\":" + json_string(morning_line(morning, russian)) + ",\"state\":" + state +
           ",\"figures\":" + objects(morning.figures) + ",\"weeks\":" + objects(morning.weeks) +
           ",\"outlook\":" + objects(morning.outlook) + ",\"hands\":" + objects(morning.hands) +
           ",\"notes\":[" + said + "]}\n";
}

std::string morning_line(const Morning& morning, bool russian) {
    const auto text = [&](const char* column) { return morning.state.at(0, column).value_or(""); };
    const std::string when = text("as_of") + " (" + text("zone") + ")";
    std::string out = russian ? "Числа на " + when : "The numbers are as of " + when;
    if (text("complete").empty()) return out + ".";  // of an earlier day
    if (text("complete") == "t") return out + (russian ? ", полностью." : ", complete.");
    out += russian ? ", не полностью" : ", not complete";
    if (text("balanced") == "f") out += russian ? ": сверка не сходится" : ": they do not balance";
    if (text("refused") != "0")
        out += (russian ? "; отложенных ответов: " : "; bodies set aside: ") + text("refused");
    if (const std::string run = text("run_state"); !run.empty() && run != "done" && run != "amber")
        out += (russian ? "; последний запуск: " : "; the newest run: ") +
               words::shown("state", run, russian);
    return out + ".";
}

}  // namespace jobs
