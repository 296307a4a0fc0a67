#include "jobs/cli/simulate.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>

#include "etl/clock.hpp"
#include "etl/error.hpp"
#include "etl/value.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/option_errors.hpp"
#include "jobs/simulator/simulator.hpp"

namespace jobs {
namespace {

etl::Duration duration(const std::string& text, const char* option) {
    const auto read = etl::parse_duration(text);
    if (!read || read->count() <= 0)
        throw etl::Error(etl::Kind::usage, std::string(option) + " is \"" + text +
                                               "\", expected a duration such as 300ms, 10s or 2h");
    return *read;
}

// Lines of KEY=value that a shell or an environment file takes.
std::string settings(const simulator::SimulatorOptions& sim, const simulator::Simulator& server) {
    return fmt::format(
        "GCMIRROR_GETCOURSE_URL={}\nGCMIRROR_GETCOURSE_CA_FILE={}\nGETCOURSE_KEY={}\n",
        server.url(), server.ca_file().string(), sim.key);
}

// The school of the chosen kind: young began three weeks ago, quiet has no new rows, big is ten
// times the usual one.
void choose_school(const SimulateOptions& options, simulator::SchoolOptions& school) {
    school.users = options.users;
    school.deals = options.deals;
    school.seed = options.seed;
    school.varied = true;
    school.grows = options.school != "quiet";
    school.begin = school.today - std::chrono::days{options.school == "young" ? 20 : 730};
    if (options.school == "big") school.users *= 10, school.deals *= 10;
}

void describe(const SimulateOptions& options, const simulator::SimulatorOptions& sim,
              const simulator::Simulator& server, std::ostream& out) {
    const std::string url = server.url(), ca = server.ca_file().string();
    out << fmt::format(
        "a {} school of {} users and {} orders at {}, weather {}\n\n"
        "Settings for gcmirror:\n{}\n"
        "Only for gcmirror push send:\nGETCOURSE_WRITE_KEY={}\n\n"
        "Or by hand:\n  curl --cacert {} '{}/pl/api/account/groups?key={}'\n",
        options.school, sim.school.users, sim.school.deals, url, options.weather,
        settings(sim, server), sim.write_key, ca, url, sim.key);
    if (!sim.hosts.empty())
        out << fmt::format(
            "\nFor a client that names its host itself, in /etc/hosts:\n127.0.0.1 {}\n",
            fmt::join(sim.hosts, " "));
    out << "\nOffers 1 to 12 and 3001 to 3012 exist. Stop it with Ctrl-C." << std::endl;
}

// False: a stop came, or nobody has asked for anything for as long as `idle` (0: no matter).
bool wait(etl::Clock& clock, etl::Instant until, etl::Duration idle, const std::stop_token& stop,
          const simulator::Simulator& server) {
    if (idle.count() == 0) return clock.sleep_until(until, stop);
    for (std::size_t asked = server.log().size(); clock.now() < until;) {
        if (!clock.sleep_until(std::min(until, clock.now() + idle), stop)) return false;
        const std::size_t now = server.log().size();
        if (now == asked && clock.now() < until) return false;
        asked = now;
    }
    return true;
}

// Days pass by the account's clock, or `clock` times as fast, until a stop.
void pass_days(const etl::Zone& zone, double speed, etl::Duration idle, const std::stop_token& stop,
               simulator::Simulator& server) {
    const auto clock = etl::system_clock();
    for (etl::Day today = zone.today(clock->now()); !stop.stop_requested();
         today += std::chrono::days{1}) {
        const auto next =
            speed == 1 ? zone.begin_of(today + std::chrono::days{1})
                       : clock->now() +
                             std::chrono::microseconds{static_cast<std::int64_t>(86400e6 / speed)};
        if (!wait(*clock, next, idle, stop, server)) return;
        server.advance_day();
    }
}

}  // namespace

int run_simulate(Context& context, const SimulateOptions& options) {
    const etl::Zone zone(context.config.getcourse.time_zone);
    simulator::SimulatorOptions sim;
    sim.school.today = simulator::Day{zone.today(etl::system_clock()->now()).time_since_epoch()};
    choose_school(options, sim.school);
    sim.port = options.port;
    sim.time_zone = zone.name();
    sim.build_median = duration(options.build_median, "--build-median");
    sim.window = duration(options.window, "--window");
    const etl::Duration idle =
        options.idle.empty() ? etl::Duration{} : duration(options.idle, "--idle");
    sim.limit = options.limit;
    sim.hosts = options.hosts;
    sim.weather = simulator::weather(options.weather);
    sim.log_file = options.log_file;
    if (!options.key.empty()) sim.key = options.key;
    if (!options.write_key.empty()) sim.write_key = options.write_key;
    // never among the files of a real school
    const std::filesystem::path usual = context.config.data_dir() / "";  // with a slash at its end
    sim.dir = options.dir.empty()
                  ? std::filesystem::path(usual.parent_path().string() + "-simulated") / "simulator"
                  : std::filesystem::path(options.dir);
    simulator::Simulator server(sim);
    const double share = options.import_faults;
    server.set_import_faults({share, share, share, share, share, share, share});
    server.start();
    describe(options, sim, server, context.out);
    if (!options.ready_file.empty()) {
        std::ofstream(options.ready_file + ".new") << settings(sim, server);
        std::filesystem::rename(options.ready_file + ".new",
                                options.ready_file);  // whole or not at all
    }
    pass_days(zone, options.clock, idle, context.stop, server);
    server.stop();
    return 0;
}

Run declare_simulate(CLI::App& app, const GlobalOptions&) {
    auto options = std::make_shared<SimulateOptions>();
    app.add_option("--users", options->users, "number of users")->check(whole_number(1, 100000000));
    app.add_option("--deals", options->deals, "number of orders")
        ->check(whole_number(1, 100000000));
    app.add_option("--seed", options->seed, "the same seed gives the same school")
        ->check(whole_number(0, INT64_MAX));
    app.add_option("--port", options->port, "port on 127.0.0.1; default: a free one")
        ->check(whole_number(0, 65535));
    app.add_option("--build-median", options->build_median,
                   "usual time an export takes to build; default 300ms");
    app.add_option("--limit", options->limit, "requests per window")
        ->check(whole_number(1, 100000000));
    app.add_option("--window", options->window, "the moving window; default 2h");
    app.add_option("--import-faults", options->import_faults,
                   "share of imports that meet each kind of fault")
        ->check(share());
    app.add_option("--dir", options->dir, "where its certificates are made");
    app.add_option("--ready-file", options->ready_file,
                   "written with the settings once it answers");
    app.add_option("--school", options->school, "usual, young, quiet or big; default usual")
        ->check(one_of({"usual", "young", "quiet", "big"}));
    app.add_option("--weather", options->weather,
                   "calm, mixed or storm: how often answers are odd; default calm")
        ->check(one_of(simulator::weather_names()));
    app.add_option("--host", options->hosts,
                   "a further name it answers to and is certified for; may be repeated");
    app.add_option("--key", options->key, "the key that may read");
    app.add_option("--write-key", options->write_key, "the key that may write, too");
    app.add_option("--log", options->log_file,
                   "a JSON line a request, with what the contract says against it");
    app.add_option("--idle", options->idle,
                   "end when nobody has asked for anything for so long; default: never");
    app.add_option("--clock", options->clock, "the school's days pass so many times as fast")
        ->check(CLI::Range(1.0, 1e6));
    return [options](Context& context) { return run_simulate(context, *options); };
}

}  // namespace jobs
