// gcmirror fleet: options of its commands, but for views (fleet_views.cpp).
#include "jobs/cli/fleet.hpp"

#include <fmt/ostream.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

#include "etl/error.hpp"
#include "jobs/fleet/decisions.hpp"
#include "jobs/fleet/list.hpp"
#include "jobs/fleet/overview.hpp"
#include "jobs/fleet/process.hpp"
#include "jobs/fleet/school_file.hpp"
#include "jobs/fleet/schools.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"

namespace jobs {
namespace {

constexpr std::chrono::minutes kLongestCheck{2};

etl::Instant fleet_now() {
    return std::chrono::time_point_cast<etl::Duration>(std::chrono::system_clock::now());
}

// Which of the schools are left out decides how list and check end.
int code_of_schools(const std::vector<fleet::School>& schools) {
    const bool well = std::all_of(schools.begin(), schools.end(),
                                  [](const auto& school) { return school.error.empty(); });
    return well ? 0 : etl::exit_code(etl::Kind::usage);
}

int list_schools(Context& context, const std::string& folder) {
    const auto schools = fleet::read_schools(fleet::schools_folder(context.config, folder));
    const auto table = fleet::school_table(schools, context.russian);
    if (context.json)
        print_json(context.out, table), context.out << '\n';
    else
        print_table(context.out, table, context.russian);
    return code_of_schools(schools);
}

int show_schools(Context& context, const std::string& folder) {
    const auto schools = fleet::read_schools(fleet::schools_folder(context.config, folder));
    const etl::Instant now = fleet_now();
    const std::vector<fleet::Seen> seen = fleet::look_at_all(schools, now);
    std::vector<fleet::Row> rows;
    bool all_reached = true;
    for (std::size_t i = 0; i < schools.size(); ++i) {
        fleet::Row row;
        row.running.school = schools[i];
        row.running.state.clear();
        row.seen = seen[i];
        all_reached = all_reached && seen[i].unreachable.empty();
        rows.push_back(std::move(row));
    }
    fleet::sort_by_trouble(rows);
    if (context.json)
        context.out << fleet::overview_json(rows, now) << '\n';
    else
        print_table(context.out, fleet::status_table(rows, context.russian), context.russian);
    return all_reached ? code_of_schools(schools) : etl::exit_code(etl::Kind::database);
}

int add_one_school(Context& context, const std::string& folder,
                   const fleet::SchoolSettings& settings) {
    const auto file =
        fleet::add_school(fleet::schools_folder(context.config, folder), settings, context.config);
    context.out << words::say(context.russian, "wrote {}", file.string()) << '\n'
                << words::say(context.russian,
                              "a fleet that runs takes it up within a minute; gcmirror fleet check "
                              "looks whether all is in place")
                << '\n';
    return 0;
}

int remove_one_school(Context& context, const std::string& folder, const std::string& name) {
    const auto from = fleet::schools_folder(context.config, folder);
    std::string database;
    for (const fleet::School& school : fleet::read_schools(from))
        if (school.name == name && school.error.empty())
            database = fleet::database_of(school.config);
    const auto aside = fleet::remove_school(from, name);
    context.out << words::say(context.russian,
                              "{} is no school of the fleet any more; its file is {}", name,
                              aside.string())
                << '\n';
    if (!database.empty())
        context.out << words::say(context.russian, "its database stays: {}", database) << '\n';
    return 0;
}

// doctor --offline of each school, in a process with its own key alone.
int check_schools(Context& context, const GlobalOptions& global, const std::string& folder) {
    const auto schools = fleet::read_schools(fleet::schools_folder(context.config, folder));
    int worst = code_of_schools(schools);
    for (const fleet::School& school : schools) {
        if (context.stop.stop_requested()) return etl::exit_code(etl::Kind::stopped);
        fmt::print(context.out, "{}\n", school.name);
        if (!school.error.empty()) {
            fmt::print(context.out, "{}\n\n", words::sentence(school.error, context.russian));
            continue;
        }
        const fleet::Finished finished = fleet::run_to_end(
            fleet::own_program(),
            {"--lang", context.russian ? "ru" : "en", "--config", school.file.string(), "doctor",
             "--offline"},
            fleet::environment_of(
                school, global.environment,
                {"", context.config.fleet.loads_at_once, context.config.fleet.stagger}),
            kLongestCheck, context.stop);
        context.out << finished.output;
        if (finished.code < 0) fmt::print(context.out, "{}\n", finished.how);
        context.out << std::endl;
        if (worst == 0)
            worst = finished.code < 0 ? etl::exit_code(etl::Kind::unexpected) : finished.code;
    }
    return worst;
}

using Folder = std::shared_ptr<std::string>;

}  // namespace

Folder declare_schools_dir(CLI::App& app) {
    auto folder = std::make_shared<std::string>();
    app.add_option("--schools-dir", *folder,
                   "folder of *.toml, one a school; default: [fleet] schools");
    return folder;
}

Run declare_fleet_list(CLI::App& app, const GlobalOptions&) {
    const Folder folder = declare_schools_dir(app);
    return [folder](Context& context) { return list_schools(context, *folder); };
}

Run declare_fleet_status(CLI::App& app, const GlobalOptions&) {
    const Folder folder = declare_schools_dir(app);
    return [folder](Context& context) { return show_schools(context, *folder); };
}

Run declare_fleet_add(CLI::App& app, const GlobalOptions&) {
    const Folder folder = declare_schools_dir(app);
    const auto settings = std::make_shared<fleet::SchoolSettings>();
    app.add_option("name", settings->name, "name of the school")->required();
    app.add_option("--account", settings->account, "account: https://ACCOUNT.getcourse.ru");
    app.add_option("--url", settings->url, "https://host of a school with its own domain");
    app.add_option("--key-file", settings->key_file, "file that holds the API key");
    app.add_option("--database-url", settings->database_url,
                   "postgresql://user@host/database; without it a private PostgreSQL");
    return [folder, settings](Context& context) {
        return add_one_school(context, *folder, *settings);
    };
}

Run declare_fleet_remove(CLI::App& app, const GlobalOptions&) {
    const Folder folder = declare_schools_dir(app);
    const auto name = std::make_shared<std::string>();
    app.add_option("name", *name, "name of the school")->required();
    return [folder, name](Context& context) { return remove_one_school(context, *folder, *name); };
}

Run declare_fleet_check(CLI::App& app, const GlobalOptions& global) {
    const Folder folder = declare_schools_dir(app);
    return [folder, &global](Context& context) { return check_schools(context, global, *folder); };
}

}  // namespace jobs
