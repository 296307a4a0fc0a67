#include "jobs/fleet/supervisor.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <ostream>

#include "etl/error.hpp"
#include "etl/json.hpp"
#include "etl/log.hpp"
#include "jobs/fleet/process.hpp"
#include "jobs/serve/service.hpp"
#include "jobs/serve/systemd.hpp"

namespace jobs::fleet {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kTick{1000}, kBetweenStarts{100};
constexpr std::chrono::minutes kUp{1};  // who runs for so long is no longer called down
constexpr std::size_t kLongestLine = 16384, kLongestNote = 300;

Steady steady_now() { return std::chrono::steady_clock::now(); }
etl::Instant wall_now() {
    return std::chrono::time_point_cast<etl::Duration>(std::chrono::system_clock::now());
}

// Wakes poll() when a stop is requested.
class Wake {
public:
    explicit Wake(const std::stop_token& stop)
        : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), on_stop_(stop, Ring{event_}) {}
    ~Wake() { ::close(event_); }
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;
    [[nodiscard]] int event() const { return event_; }

private:
    struct Ring {
        int event;
        void operator()() const noexcept {
            const std::uint64_t one = 1;
            [[maybe_unused]] const ssize_t written = ::write(event, &one, sizeof one);
        }
    };
    int event_;
    std::stop_callback<Ring> on_stop_;
};

struct Unit {
    std::optional<School> school;  // nullopt: its file has gone
    Process process;
    std::unique_ptr<Child> child;
    std::string said;  // a line that has not ended
    std::string last_words, how_ended;
    etl::Instant since{};
    Steady kill_at = Steady::max();
    int starts = 0;
};

class Supervisor {
public:
    Supervisor(const SupervisorOptions& options, Board& board, std::ostream& err)
        : options_(options), board_(board), err_(err) {}

    void run(const std::stop_token& stop) {
        const Wake wake(stop);
        look();  // a folder that is not there ends us now, not later
        Steady look_at = steady_now() + options_.look_again;
        while (!stop.stop_requested()) {
            if (reload_requested().exchange(false)) reload(), look_at = steady_now();
            if (steady_now() >= look_at) {
                look_safely();
                look_at = steady_now() + options_.look_again;
            }
            step();
            publish();
            notify_systemd("READY=1\nWATCHDOG=1");
            wait(&wake, steady_now() < may_start_ ? kBetweenStarts : kTick);
        }
        notify_systemd("STOPPING=1");
        stop_all();
    }

private:
    void look() {
        std::vector<School> found = read_schools(options_.folder);
        for (auto& [name, unit] : units_) unit.school.reset();
        for (School& school : found) {
            Unit& unit = units_[school.name];
            say_error(unit, school);
            unit.school = std::move(school);
        }
        std::erase_if(
            units_, [](const auto& entry) { return !entry.second.school && !entry.second.child; });
    }

    // Once for each file and mistake.
    void say_error(const Unit& unit, const School& school) {
        std::string& said = said_errors_[school.name];
        if (!school.error.empty() && school.error != said)
            etl::log::error(unit.child ? "the file is wrong; the school goes on as before"
                                       : "the school is left out",
                            {{"school", school.name}, {"reason", school.error}});
        said = school.error;
    }

    void look_safely() {
        try {
            look();
        } catch (const etl::Error& error) {
            etl::log::error("the schools stay as they are", {{"reason", error.what()}});
        }
    }

    // Keys may have changed, of which no configuration speaks.
    void reload() {
        etl::log::info("fleet", {{"what", "looking at the schools again"}});
        for (auto& [name, unit] : units_) {
            unit.process.not_before = {};
            if (unit.child) unit.child->signal(SIGHUP);
        }
    }

    // A few starts a second: fifty schools that begin at once would all migrate at once.
    void step() {
        for (auto& [name, unit] : units_) {
            const School* school = unit.school ? &*unit.school : nullptr;
            const Step next = next_step(school, unit.process, steady_now());
            if (next == Step::start && steady_now() >= may_start_) {
                start(unit);
                may_start_ = steady_now() + kBetweenStarts;
            }
            if (next == Step::stop) end(name, unit);
            if (unit.child && steady_now() >= unit.kill_at) unit.child->signal(SIGKILL);
        }
    }

    void start(Unit& unit) {
        const School& school = *unit.school;
        std::vector<std::string> arguments = options_.arguments;
        arguments.insert(arguments.end(), {"--config", school.file.string(), "serve"});
        if (options_.now && unit.starts == 0) arguments.emplace_back("--now");
        Process& process = unit.process;
        process.started = steady_now();
        process.content = school.content;
        unit.since = wall_now();
        ++unit.starts;
        try {
            unit.child = std::make_unique<Child>(
                options_.program, arguments,
                environment_of(school, options_.environment, options_.handed));
            process.running = true;
            etl::log::info("fleet", {{"school", school.name},
                                     {"what", "started"},
                                     {"process", std::to_string(unit.child->pid())}});
        } catch (const etl::Error& error) {
            unit.how_ended = error.what();
            ended(process, school.name, steady_now());
        }
    }

    void end(const std::string& name, Unit& unit) {
        etl::log::info("fleet", {{"school", name},
                                 {"what", unit.school ? "its file has changed; it begins anew"
                                                      : "its file has gone; it is stopped"}});
        unit.process.stopping = true;
        unit.kill_at = steady_now() + options_.stop_within;
        unit.since = wall_now();
        unit.child->signal(SIGTERM);
    }

    void wait(const Wake* wake, milliseconds most) {
        std::vector<pollfd> files;
        if (wake != nullptr) files.push_back({wake->event(), POLLIN, 0});
        for (auto& [name, unit] : units_) {
            if (!unit.child) continue;
            files.push_back({unit.child->output(), POLLIN, 0});
            files.push_back({unit.child->ends(), POLLIN, 0});  // -1 is passed over
        }
        ::poll(files.data(), files.size(), static_cast<int>(most.count()));
        for (auto& [name, unit] : units_) {
            if (!unit.child) continue;
            listen(name, unit);
            if (std::string how; unit.child->ended(how)) bury(name, unit, how);
        }
        std::erase_if(
            units_, [](const auto& entry) { return !entry.second.school && !entry.second.child; });
    }

    // A turn of one school's words at most, so that a chatty one silences no other.
    void listen(const std::string& name, Unit& unit) {
        (void)unit.child->read(unit.said);
        std::size_t from = 0;
        for (std::size_t end = unit.said.find('\n'); end != std::string::npos;
             end = unit.said.find('\n', from)) {
            say(name, unit, unit.said.substr(from, end - from));
            from = end + 1;
        }
        unit.said.erase(0, from);
        if (unit.said.size() > kLongestLine) say(name, unit, std::exchange(unit.said, ""));
    }

    void say(const std::string& name, Unit& unit, const std::string& line) {
        err_ << line_of(name, line, options_.json) << std::endl;
        if (line.starts_with("error: ") || line.find("level=error") != std::string::npos ||
            line.find("\"level\":\"error\"") != std::string::npos)
            unit.last_words = etl::log::redacted(line.substr(0, kLongestNote));
    }

    void bury(const std::string& name, Unit& unit, const std::string& how) {
        while (unit.child->read(unit.said) && unit.said.size() < kLongestLine &&
               unit.said.find('\n') != std::string::npos)
            listen(name, unit);
        listen(name, unit);
        if (!unit.said.empty()) say(name, unit, std::exchange(unit.said, ""));
        unit.child.reset();
        unit.kill_at = Steady::max();
        unit.how_ended = how;
        unit.since = wall_now();
        const bool asked = unit.process.stopping;
        ended(unit.process, name, steady_now());
        if (asked) return etl::log::info("fleet", {{"school", name}, {"what", "stopped"}});
        const auto wait =
            std::chrono::duration_cast<milliseconds>(unit.process.not_before - steady_now());
        etl::log::error("a school's process has ended; it is started again",
                        {{"school", name},
                         {"how", how},
                         {"in", etl::format_duration(std::max(wait, milliseconds{0}))}});
    }

    void stop_all() {
        for (auto& [name, unit] : units_) {
            unit.school.reset();
            if (!unit.child || unit.process.stopping) continue;
            unit.process.stopping = true;
            unit.child->signal(SIGTERM);
        }
        const Steady until = steady_now() + options_.stop_within;
        while (!units_.empty() && steady_now() < until) {
            wait(nullptr, milliseconds{200});
            notify_systemd("WATCHDOG=1");
        }
        for (const auto& [name, unit] : units_)
            etl::log::error("a school's process did not stop in time; it is killed",
                            {{"school", name}});
        units_.clear();
        publish();
    }

    void publish() {
        std::vector<Running> all;
        for (const auto& [name, unit] : units_) {
            if (!unit.school) continue;
            Running one;
            one.school = *unit.school;
            one.state = unit.process.stopping       ? "stopping"
                        : unit.process.running      ? "running"
                        : !one.school.error.empty() ? "left_out"
                                                    : "waiting";
            one.since = unit.since;
            one.until = wall_now() + std::chrono::duration_cast<etl::Duration>(
                                         unit.process.not_before - steady_now());
            one.starts = unit.starts;
            const bool stands = one.state == "running" && steady_now() - unit.process.started > kUp;
            one.failures = stands ? 0 : unit.process.failures;
            if (one.state == "left_out")
                one.note = one.school.error;
            else if (one.failures > 0)
                one.note = unit.how_ended + (unit.last_words.empty() ? "" : ": " + unit.last_words);
            all.push_back(std::move(one));
        }
        board_.put(std::move(all));
    }

    const SupervisorOptions& options_;
    Board& board_;
    std::ostream& err_;
    std::map<std::string, Unit> units_;
    Steady may_start_{};
    std::map<std::string, std::string> said_errors_;
};

}  // namespace

void supervise(const SupervisorOptions& options, Board& board, std::ostream& err,
               const std::stop_token& stop) {
    Supervisor(options, board, err).run(stop);
}

std::string line_of(const std::string& school, const std::string& line, bool json) {
    if (!json || !line.starts_with('{') || line.size() < 2) return "[" + school + "] " + line;
    return "{\"school\":" + etl::json_string(school) + (line[1] == '}' ? "" : ",") + line.substr(1);
}

}  // namespace jobs::fleet
