// gcmirror fleet views: makes or refreshes the overview of all schools.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "etl/error.hpp"
#include "jobs/cli/fleet.hpp"
#include "jobs/fleet/overview_database.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"

namespace jobs {

Run declare_fleet_views(CLI::App& app, const GlobalOptions&) {
    const auto folder = declare_schools_dir(app);
    return [folder](Context& context) {
        const auto place = fleet::schools_folder(context.config, *folder);
        const auto schools = fleet::read_schools(place);
        if (schools.empty())  // a folder that is not mounted would empty every sum in silence
            throw etl::Error(
                etl::Kind::usage,
                fmt::format("the folder {} holds no school; the overview stays as it is",
                            place.string()),
                "Name another by [fleet] schools or --schools-dir; an overview that nobody wants "
                "any more goes with its database.");
        const std::string url = fleet::overview_url(context.config);
        etl::pg::Connection overview(url, "fleet views");
        const bool whole =
            fleet::refresh_overview(overview, schools, context.config.fleet.role == "masked");
        const etl::pg::Result found = fleet::overview_schools(overview);
        if (context.json) {
            print_json(context.out, found);
        } else {
            print_table(context.out, found, context.russian);
            if (context.config.fleet.database.empty())
                context.out << '\n'
                            << words::say(context.russian, "as its owner: psql {}", "'" + url + "'")
                            << '\n';
        }
        if (!whole)
            context.err << words::say(context.russian,
                                      "some schools are missing from some tables: fleet.missing "
                                      "in the overview says which and why")
                        << '\n';
        return whole ? 0 : etl::exit_code(etl::Kind::rejects);
    };
}

}  // namespace jobs
