#include "jobs/serve/serve.hpp"

#include <Poco/Util/ServerApplication.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <ostream>
#include <sstream>

#include "etl/cluster.hpp"
#include "etl/database.hpp"
#include "etl/dump.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/pg.hpp"
#include "jobs/push/segment.hpp"
#include "jobs/serve/dashboard.hpp"
#include "jobs/serve/dashboard_push.hpp"
#include "jobs/serve/notify.hpp"
#include "jobs/serve/service.hpp"
#include "jobs/serve/systemd.hpp"
#include "jobs/sync/sync.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

// Alerts over a connection of their own: telling must never end what it tells about.
class Notifier {
public:
    void operator()(const etl::Config& config, etl::Instant now, bool run_succeeded) {
        try {
            if (!connection_ || connection_->broken())
                connection_.emplace(etl::open_database(config, "notify"));
            notify(*connection_, config, now, run_succeeded);
        } catch (const Error& error) {
            connection_.reset();
            etl::log::error("alerts could not be sent", {{"reason", error.what()}});
        }
    }

private:
    std::optional<etl::pg::Connection> connection_;
};

// systemd kills what is left of the unit once the main process is gone: PostgreSQL ends before.
void stop_private_cluster(const etl::Config& config) {
    const bool of_a_unit = std::getenv("NOTIFY_SOCKET") != nullptr ||
                           (!config.fleet.slots.empty() && std::getenv("INVOCATION_ID") != nullptr);
    if (!of_a_unit || !config.database.url.empty()) return;
    try {
        etl::Cluster(config.data_dir()).stop();
    } catch (const Error& error) {
        etl::log::warning("the private PostgreSQL was not stopped", {{"reason", error.what()}});
    }
}

// False: another push is at work.
bool compare_segments(const etl::Config& config) {
    std::ostringstream said, nowhere;
    Context context{config, said, nowhere, false, false, {}};
    try {
        (void)run_segment_run(context, {});
    } catch (const Error& error) {
        if (error.kind() == Kind::locked) return false;
        etl::log::error("segments were not compared", {{"reason", error.what()}});
    }
    std::istringstream lines(said.str());
    for (std::string line; std::getline(lines, line);)
        if (line.rfind("segment ", 0) == 0) etl::log::info("serve", {{"what", line}});
    return true;
}

// After a good night; what goes wrong is said, and tried again after the next.
void keep_dump(const etl::Config& config) {
    try {
        const auto file = etl::keep_daily_dump(config, etl::system_clock()->now());
        if (!file.empty()) etl::log::info("serve", {{"what", "dumped into " + file.string()}});
    } catch (const std::exception& error) {
        etl::log::error("no dump was made", {{"reason", error.what()}});
    }
}

int compose(Context& context, const ServeOptions& options, std::function<etl::Config()> reload) {
    etl::log::show_at_least(etl::log::Level::info);
    Serving serving;
    serving.config = context.config;
    serving.reload = std::move(reload);
    serving.log_event = [](const std::string& what) { etl::log::info("serve", {{"what", what}}); };
    const std::function<void()> alive = [controls = serving.controls] {
        controls->progressed();
        notify_systemd("WATCHDOG=1");
    };
    std::ostream nowhere(nullptr);  // a reader of JSON gets the log only; the journal has the rest
    serving.sync = [&](const etl::Config& config, std::stop_token stop) {
        SyncOptions sync_options;
        sync_options.alive = alive;
        const int code = run_sync(config, sync_options, context.json ? nowhere : context.out,
                                  context.json ? nowhere : context.err, std::move(stop));
        etl::log::set_run("");
        return code;
    };
    serving.segments = [](const etl::Config& config) {
        if (!compare_segments(config)) return false;
        keep_dump(config);
        return true;
    };
    const auto notifier = std::make_shared<Notifier>();
    serving.notify = [notifier](const etl::Config& config, etl::Instant now, bool run_succeeded) {
        (*notifier)(config, now, run_succeeded);
    };
    takes_reload() = true;
    serving.controls->configured(serving.config);
    if (options.now) serving.controls->want_sync();
    std::optional<Dashboard> dashboard;
    if (!serving.config.serve_listen.empty()) {
        dashboard.emplace(serving.config, etl::database_url(serving.config), serving.controls);
        serving.log_event("dashboard at http://" + dashboard->address());
    }
    const auto clock = etl::system_clock(alive);
    serve(std::move(serving), *clock, context.err, context.stop);
    dashboard.reset();
    stop_private_cluster(context.config);
    return 0;
}

void redirect_log(const std::string& file) {
    if (file.empty()) return;
    const int log = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0)
        throw Error(Kind::usage, "--log-file " + file + ": " + std::strerror(errno),
                    "Name a file in a folder this user may write.");
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::close(log);
}

class ServeApplication final : public Poco::Util::ServerApplication {
public:
    ServeApplication(Context& context, const ServeOptions& options,
                     std::function<etl::Config()> reload)
        : context_(context), options_(options), reload_(std::move(reload)) {
        // Poco turns faults into exceptions; a core dump at the place of the fault says more.
        for (const int fault : {SIGILL, SIGBUS, SIGSEGV, SIGSYS}) ::signal(fault, SIG_DFL);
    }
    int run_with_options() {
        std::vector<std::string> arguments = {"gcmirror"};
        if (options_.daemon) arguments.push_back("--daemon");
        if (!options_.pid_file.empty())
            arguments.push_back("--pidfile=" +
                                std::filesystem::absolute(options_.pid_file).string());
        const int code = run(arguments);
        if (failure_) std::rethrow_exception(failure_);
        return code;
    }

protected:
    int main(const std::vector<std::string>&) override {
        try {
            if (options_.daemon) {
                std::filesystem::current_path(launched_in_);  // names in the configuration
                ::umask(0077);
                redirect_log(options_.log_file);
                if (context_.watch_signals) context_.watch_signals();
            }
            return compose(context_, options_, reload_);
        } catch (...) {  // Poco would log it in its own way
            failure_ = std::current_exception();
            return etl::exit_code(Kind::unexpected);
        }
    }

private:
    Context& context_;
    ServeOptions options_;
    std::function<etl::Config()> reload_;
    std::filesystem::path launched_in_ = std::filesystem::current_path();
    std::exception_ptr failure_;
};

}  // namespace

std::atomic<bool>& takes_reload() {
    static std::atomic<bool> takes = false;
    return takes;
}

int run_serve(Context& context, const ServeOptions& options, std::function<etl::Config()> reload) {
    etl::require_account(context.config);
    refuse_write_key(context.config, options.write_key_given);
    if (!options.daemon && !options.log_file.empty())
        throw Error(Kind::usage, "--log-file goes with --daemon",
                    "Without it the log is on stderr; redirect that.");
    return ServeApplication(context, options, std::move(reload)).run_with_options();
}

}  // namespace jobs
