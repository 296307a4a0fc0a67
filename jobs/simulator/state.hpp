// What the simulated service holds while it runs. Inside the room only.
#pragma once

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/ThreadPool.h>

#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <shared_mutex>

#include "jobs/simulator/imports.hpp"
#include "jobs/simulator/simulator.hpp"
#include "jobs/simulator/tls_certificates.hpp"

namespace simulator {

using Form = std::multimap<std::string, std::string>;
using SteadyTime = std::chrono::steady_clock::time_point;

[[nodiscard]] std::string one(const Form& form, const std::string& name);  // "" when missing

struct Span {
    std::optional<Day> from, to;
    [[nodiscard]] bool given() const { return from || to; }
    [[nodiscard]] bool holds(std::optional<Day> day) const {
        return !given() || (day && (!from || *day >= *from) && (!to || *day <= *to));
    }
};

// What an export was asked for, and when; its table is made from this when it is fetched: the same
// seed gives the same rows.
struct Export {
    std::string resource;
    std::int64_t group = 0;
    std::map<std::string, Span> spans;
    std::string status, idgrouplist;
    std::vector<std::string> emails, user_ids;
    std::int64_t user_in_group = 0;
    int day = 0;
    bool lacks_columns = false;  // the weather took some away
    SteadyTime ready;

    [[nodiscard]] Span span(const std::string& name) const;
};

// How the body of a table is written and sent.
struct Manner {
    bool text_info = false, object_items = false, drip = false, cut = false, bad_gzip = false;
};

struct Reply {
    int status = 200;
    std::string type = "application/json";
    std::string body;
    std::string table_of = {};  // id of an export whose table is the body
    std::string means = {};
    std::string location = {};
    Manner manner = {};
};

struct Simulator::State {
    SimulatorOptions options;
    School school;
    AccountClock clock;
    Certificates certificates;
    mutable std::mutex mutex;
    mutable std::shared_mutex imports_mutex;  // held shared while a table is written
    Imports imports{school};
    ImportFaults faults;
    int day = 0;
    std::int64_t requests = 0;
    std::int64_t keys_in_addresses = 0;
    std::deque<SteadyTime> window;
    int most_in_window = 0;
    std::map<std::string, Export> exports;
    std::int64_t next_id;
    SteadyTime lock_until{};
    bool foreign_lock = false;
    bool repeat = false, omit_groups = false;
    std::map<std::string, std::string> asked_before;  // parameters and day -> id
    int lose = 0, cut = 0;
    std::mt19937_64 random;
    std::vector<std::string> log;
    std::ofstream log_file;
    std::unique_ptr<Poco::ThreadPool> threads;
    std::unique_ptr<Poco::Net::ServerSocket> socket;
    std::unique_ptr<Poco::Net::TCPServer> server;

    explicit State(const SimulatorOptions& given);

    // The export family, with the lock held by the call itself.
    Reply account(const std::string& path, const Form& form);
    // Users and deals of the import family; `lost`: the connection ends without an answer.
    Reply import(const std::string& object, const Form& form, bool& lost);
    void write_table(const Export& wanted, const Manner& manner,
                     const std::function<void(const std::string&)>& out) const;
    // The groups of a person with the day of joining, imports included.
    [[nodiscard]] std::vector<std::pair<std::int64_t, Day>> groups_of(std::int64_t user_id,
                                                                      std::int64_t index,
                                                                      int at_day) const;
    [[nodiscard]] bool happens(double share);
    [[nodiscard]] std::string now() const;  // "2026-11-25 19:03:11" in the account's zone

private:
    bool over_limit(int count);
    Reply start(const std::string& resource, std::int64_t group, const Form& form);
    Reply begin_export(Export wanted, const std::string& parameters);
    Reply fetch(const std::string& id);
};

}  // namespace simulator
