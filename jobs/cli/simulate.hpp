// Runs the simulator for people: says how to reach it, and goes on until it is stopped.
#pragma once

#include <string>
#include <vector>

#include "jobs/output/context.hpp"

namespace jobs {

struct SimulateOptions {
    std::int64_t users = 500, deals = 800;
    std::uint64_t seed = 1;
    int port = 0;
    std::string build_median = "300ms";
    std::string window = "2h";
    int limit = 100;
    double import_faults = 0;        // share of imports that meet each kind of fault
    std::string dir;                 // of the certificates; empty: below data_dir
    std::string ready_file;          // written once it answers: lines of KEY=value for a shell
    std::vector<std::string> hosts;  // further names it answers to and is certified for
    std::string key, write_key;      // empty: the simulator's own
    std::string log_file;            // one JSON line a request
    std::string idle;                // ends itself when nobody asks for so long; empty: never
    std::string school = "usual";    // usual, young, quiet, big
    std::string weather = "calm";    // calm, mixed, storm
    double clock = 1;                // days of the school per day of the clock
};
int run_simulate(Context& context, const SimulateOptions& options);

}  // namespace jobs
