// gcmirror fleet: options of its commands, but for views (fleet_views.cpp).
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

#include "jobs/cli/fleet.hpp"
#include "jobs/fleet/list.hpp"
#include "jobs/fleet/schools.hpp"
#include "jobs/output/table_printer.hpp"

namespace jobs {

std::shared_ptr<std::string> declare_schools_dir(CLI::App& app) {
    auto folder = std::make_shared<std::string>();
    app.add_option("--schools-dir", *folder,
                   "folder of *.toml, one a school; default: [fleet] schools");
    return folder;
}

Run declare_fleet_list(CLI::App& app, const GlobalOptions&) {
    const auto folder = declare_schools_dir(app);
    return [folder](Context& context) {
        const auto schools = fleet::read_schools(fleet::schools_folder(context.config, *folder));
        const auto table = fleet::school_table(schools, context.russian);
        if (context.json)
            print_json(context.out, table), context.out << '\n';
        else
            print_table(context.out, table, context.russian);
        const bool well = std::all_of(schools.begin(), schools.end(),
                                      [](const auto& school) { return school.error.empty(); });
        return well ? 0 : etl::exit_code(etl::Kind::usage);
    };
}

}  // namespace jobs
