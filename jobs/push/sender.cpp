#include "jobs/push/sender.hpp"

#include <fmt/ostream.h>

#include <map>
#include <optional>
#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "jobs/push/send.hpp"
#include "jobs/push/sql.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

class Sender {
public:
    Sender(const etl::Config& config, const SenderOptions& options, std::ostream& out,
           std::ostream& err, std::stop_token stop)
        : config_(config),
          options_(options),
          out_(out),
          err_(err),
          stop_(std::move(stop)),
          clock_(etl::system_clock()) {}

    void run() {
        fmt::print(err_, "waiting for approved plans\n");
        err_.flush();
        while (!stop_.stop_requested()) {
            look();
            clock_->sleep_until(clock_->now() + options_.look, stop_);
        }
    }

private:
    void look() {
        try {
            if (!connection_ || connection_->broken())
                connection_.emplace(etl::open_database(config_, "push sender"));
            const auto plans = connection_->query(push_sql("sendable_plans"));
            for (std::size_t i = 0; i < plans.rows() && !stop_.stop_requested(); ++i)
                if (const std::int64_t plan = plans.number(i, 0); due(plan)) send(plan);
        } catch (const Error& error) {
            connection_.reset();
            say(error.what());
        }
    }

    bool due(std::int64_t plan) const {
        const auto found = not_before_.find(plan);
        return found == not_before_.end() || clock_->now() >= found->second;
    }

    void send(std::int64_t plan) {
        SendOptions options;
        options.plan = plan;
        options.reader = options_.reader;
        std::string failure;
        try {
            const int code = run_send(config_, options, out_, err_, stop_);
            if (code == etl::exit_code(Kind::postponed)) failure = "the rest waits";
        } catch (const Error& error) {
            if (error.kind() == Kind::stopped) return;
            if (error.kind() == Kind::locked) return;  // somebody plans or sends by hand
            failure = error.what();
        }
        out_.flush();
        etl::log::set_run("");
        if (failure.empty()) return;
        not_before_[plan] = clock_->now() + options_.again;
        say(fmt::format("plan {}: {}; tried again in {}", plan, failure,
                        etl::format_duration(options_.again)));
    }

    void say(const std::string& words) {  // once, however often it is so
        if (words == last_said_) return;
        last_said_ = words;
        fmt::print(err_, "{}\n", etl::log::redacted(words));
        err_.flush();
    }

    const etl::Config& config_;
    const SenderOptions& options_;
    std::ostream& out_;
    std::ostream& err_;
    std::stop_token stop_;
    std::unique_ptr<etl::Clock> clock_;
    std::optional<etl::pg::Connection> connection_;
    std::map<std::int64_t, etl::Instant> not_before_;  // plans that could not go to their end
    std::string last_said_;
};

}  // namespace

void run_sender(const etl::Config& config, const SenderOptions& options, std::ostream& out,
                std::ostream& err, std::stop_token stop) {
    require_write_key(config);
    Sender(config, options, out, err, std::move(stop)).run();
}

}  // namespace jobs
