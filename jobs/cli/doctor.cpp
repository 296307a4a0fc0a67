#include "jobs/cli/doctor.hpp"

#include <fmt/ostream.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

#include "jobs/cli/command.hpp"
#include "jobs/cli/doctor_checks.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"

namespace jobs {
namespace {

constexpr const char* kLevels[] = {"ok", "note", "wrong"};

struct Check {
    void (*look)(Doctor& doctor);
    enum class Needs { nothing, database, service } needs = Needs::nothing;
};

// In the order of their lines.
constexpr Check kChecks[] = {
    {look_at_configuration},
    {look_at_files},
    {look_at_database},
    {look_at_disk},
    {look_at_roles, Check::Needs::database},
    {look_at_zone, Check::Needs::database},
    {look_at_schedule, Check::Needs::database},
    {look_at_freshness, Check::Needs::database},
    {look_at_history, Check::Needs::database},
    {look_at_push, Check::Needs::database},
    {look_at_alerts, Check::Needs::database},
    {look_at_service, Check::Needs::service},
};

int exit_code(const Findings& findings) {
    for (const Finding& finding : findings)
        if (finding.level == Finding::Level::wrong) return etl::exit_code(finding.kind);
    return 0;
}

void print_findings_json(std::ostream& out, const Findings& findings) {
    out << "[";
    for (std::size_t i = 0; i < findings.size(); ++i) {
        const Finding& finding = findings[i];
        fmt::print(out, "{}\n {{\"level\": \"{}\", \"topic\": {}, \"text\": {}, \"hint\": {}}}",
                   i > 0 ? "," : "", kLevels[static_cast<int>(finding.level)],
                   json_string(finding.topic), json_string(finding.text),
                   json_string(finding.hint));
    }
    out << "\n]\n";
}

void print_findings(std::ostream& out, const Findings& findings, bool russian) {
    for (const Finding& finding : findings) {
        const std::string level =
            words::shown("level", kLevels[static_cast<int>(finding.level)], russian);
        fmt::print(out, "{:<{}} {:<14} {}\n", level, russian ? 10 : 6,
                   words::shown("topic", finding.topic, russian),
                   words::sentence(finding.text, russian));
        if (finding.level != Finding::Level::ok && !finding.hint.empty())
            fmt::print(out, "{:{}}-> {}\n", "", russian ? 26 : 22,
                       words::sentence(finding.hint, russian));
    }
}

}  // namespace

int run_doctor(Context& context, bool offline) {
    Doctor doctor{context, context.config, {}, {}, {}};
    for (const Check& check : kChecks) {
        if (check.needs != Check::Needs::nothing && !doctor.connection) continue;
        if (check.needs == Check::Needs::service && offline) continue;
        check.look(doctor);
    }
    if (context.json)
        print_findings_json(context.out, doctor.findings);
    else
        print_findings(context.out, doctor.findings, context.russian);
    return exit_code(doctor.findings);
}

Run declare_doctor(CLI::App& app, const GlobalOptions&) {
    auto offline = std::make_shared<bool>(false);
    app.add_flag("--offline", *offline, "send nothing");
    return [offline](Context& context) { return run_doctor(context, *offline); };
}

}  // namespace jobs
