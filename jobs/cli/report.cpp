// gcmirror report: options of the reports.
#include "jobs/report/report.hpp"

#include <CLI/CLI.hpp>

#include <memory>

#include "etl/clock.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/fleet.hpp"
#include "jobs/cli/option_errors.hpp"
#include "jobs/fleet/overview_report.hpp"
#include "jobs/serve/trust.hpp"

namespace jobs {

Run declare_report(CLI::App& app, const GlobalOptions&) {
    auto options = std::make_shared<ReportOptions>();
    app.add_option("name", options->name, "name of the report, or all");
    app.add_option("--from", options->from, "first day, YYYY-MM-DD");
    app.add_option("--to", options->to, "last day, YYYY-MM-DD");
    app.add_option("--by", options->by, "day, week or month, where the report has periods")
        ->check(one_of({"day", "week", "month"}));
    app.add_option("--format", options->format, "table, csv, json, html or xlsx")
        ->check(one_of({"table", "csv", "json", "html", "xlsx"}));
    app.add_flag("--excel", options->excel,
                 "CSV as a Russian Excel opens it: BOM, semicolons, decimal commas");
    app.add_option("--as-of", options->as_of,
                   "the figures as they stood at the end of that day, or at that moment");
    app.add_flag("--rows", options->rows, "the rows behind the figures");
    app.add_option("--where", options->where, "COLUMN=VALUE, narrows --rows; may be repeated")
        ->allow_extra_args(false);
    app.add_option("--figure", options->figure,
                   "of the rows those that this column is made of, and how they add up");
    app.add_flag("--explain", options->explain, "definition, SQL, state of the data");
    app.add_option("--out", options->out, "folder for all, file for xlsx");
    auto schools = std::make_shared<std::string>();
    app.add_option("--schools", *schools,
                   "all, or names of schools: the report of each, side by side");
    const auto folder = declare_schools_dir(app);
    return [options, schools, folder](Context& context) {
        if (!schools->empty())
            return fleet::run_report_across(
                context,
                fleet::chosen_schools(
                    fleet::read_schools(fleet::schools_folder(context.config, *folder)), *schools),
                *options);
        options->trust = asks_trust(context.config, etl::system_clock()->now());
        return run_report(context, *options);
    };
}

}  // namespace jobs
