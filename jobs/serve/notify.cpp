#include "jobs/serve/notify.hpp"

#include <algorithm>
#include <ostream>
#include <set>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "jobs/output/words.hpp"
#include "jobs/push/outbox.hpp"
#include "jobs/serve/channels.hpp"
#include "jobs/serve/good_night.hpp"
#include "jobs/serve/queries.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

constexpr const char* kHeartbeat = "dead_man";  // its name in journal.delivery

std::vector<OpenAlert> open_alerts(etl::pg::Connection& connection) {
    const auto found = connection.query(
        "SELECT id, code, about FROM journal.alert WHERE recovered_at IS NULL AND level <> 'event' "
        "ORDER BY id");
    std::vector<OpenAlert> open;
    for (std::size_t i = 0; i < found.rows(); ++i)
        open.push_back({found.number(i, 0), found.text(i, 1), found.text(i, 2)});
    return open;
}

std::vector<std::string> events_raised(etl::pg::Connection& connection) {
    const auto found =
        connection.query("SELECT code || ' ' || about FROM journal.alert WHERE level = 'event'");
    std::vector<std::string> events;
    for (std::size_t i = 0; i < found.rows(); ++i) events.push_back(found.text(i, 0));
    return events;
}

void plan_deliveries(etl::pg::Connection& connection, const etl::Config& config,
                     const std::string& alert, const char* kind) {
    for (const auto& [name, channel] : channels_of(config))
        connection.query(
            "INSERT INTO journal.delivery (alert_id, kind, channel) VALUES ($1, $2, $3)",
            {alert, std::string(kind), name});
}

void raise(etl::pg::Connection& connection, const etl::Config& config,
           const Judgement::Reason& reason) {
    const auto row = connection.query(
        serve_query("alert_insert"), {reason.code, reason.about, std::string(name_of(reason.level)),
                                      harmless(reason.en), harmless(reason.ru)});
    plan_deliveries(connection, config, row.text(0, 0), "raised");
    etl::log::warning("alert",
                      {{"code", reason.code}, {"about", reason.about}, {"text", reason.en}});
}

Judgement record(etl::pg::Connection& connection, const etl::Config& config,
                 etl::Instant service_now, bool run_succeeded) {
    Judgement judgement = judge(read_facts(connection, config, service_now), config);
    const AlertSteps steps =
        alert_steps(judgement, open_alerts(connection), events_raised(connection));
    etl::pg::Transaction transaction(connection);
    for (const Judgement::Reason& reason : steps.raise) raise(connection, config, reason);
    for (const OpenAlert& alert : steps.recover) {
        const std::string id = std::to_string(alert.id);
        connection.query("UPDATE journal.alert SET recovered_at = clock_timestamp() WHERE id = $1",
                         {id});
        plan_deliveries(connection, config, id, "recovered");
    }
    if (run_succeeded && !config.alert.heartbeat_url.empty())
        connection.query("INSERT INTO journal.delivery (kind, channel) VALUES ('success', $1)",
                         {std::string(kHeartbeat)});
    transaction.commit();
    return judgement;
}

// Why it did not arrive; empty when it did.
std::string send(const etl::Config& config, const std::string& channel, const Message& message) {
    if (channel == kHeartbeat) return ping_heartbeat(config);
    for (const auto& [name, by] : channels_of(config))
        if (name == channel) return by(message);
    return "the channel is no longer configured";
}

bool has_audit(etl::pg::Connection& connection) {
    return connection.query("SELECT EXISTS (SELECT FROM outbox.audit)").flag(0, 0);
}

void deliver(etl::pg::Connection& connection, const etl::Config& config) {
    const auto due = connection.query(serve_query("deliveries_due"), {config.alert.language});
    // Kept by whoever is told, it shows later that nothing was cut off or written anew.
    const std::string audit =
        due.rows() > 0 && has_audit(connection) ? audit_anchor(connection) : "";
    std::set<std::string> down;  // one time-out a channel and step: the night waits behind this
    for (std::size_t i = 0; i < due.rows(); ++i) {
        const std::string channel = due.text(i, 1);
        if (down.contains(channel)) continue;
        const bool morning = due.text(i, 2) == "good_night";
        const std::string failure =
            send(config, channel,
                 {due.text(i, 2), due.text(i, 4), harmless(due.text(i, 5)), due.text(i, 6),
                  harmless(due.text(i, 7), morning), config.base_url(), morning ? "" : audit});
        const int attempts = static_cast<int>(due.number(i, 3)) + 1;
        connection.query(
            serve_query("delivery_attempted"),
            {due.text(i, 0), std::to_string(attempts), failure,
             std::to_string(config.alert.attempts), etl::format_interval(retry_after(attempts))});
        if (failure.empty()) continue;
        down.insert(channel);
        etl::log::warning(
            "an alert did not arrive",
            {{"channel", channel}, {"attempt", std::to_string(attempts)}, {"reason", failure}});
    }
}

}  // namespace

AlertSteps alert_steps(const Judgement& judgement, const std::vector<OpenAlert>& open,
                       const std::vector<std::string>& events_raised) {
    AlertSteps steps;
    std::set<std::string> stands;
    for (const Judgement::Reason& reason : judgement.reasons) {
        const std::string key = reason.code + " " + reason.about;
        if (!stands.insert(key).second) continue;
        const bool known =
            reason.level == Level::event
                ? std::find(events_raised.begin(), events_raised.end(), key) != events_raised.end()
                : std::any_of(open.begin(), open.end(), [&](const OpenAlert& alert) {
                      return alert.code == reason.code && alert.about == reason.about;
                  });
        if (!known) steps.raise.push_back(reason);
    }
    for (const OpenAlert& alert : open)
        if (!stands.contains(alert.code + " " + alert.about)) steps.recover.push_back(alert);
    return steps;
}

etl::Duration retry_after(int attempts) {
    return std::min<etl::Duration>(std::chrono::hours{1},
                                   std::chrono::minutes{1} * (1 << std::clamp(attempts - 1, 0, 6)));
}

void notify(etl::pg::Connection& connection, const etl::Config& config, etl::Instant service_now,
            bool run_succeeded) {
    plan_good_night(connection, config, record(connection, config, service_now, run_succeeded));
    deliver(connection, config);
}

int run_alert_test(Context& context) {
    const auto channels = channels_of(context.config);
    const bool heartbeat = !context.config.alert.heartbeat_url.empty();
    if (channels.empty() && !heartbeat)
        throw Error(Kind::usage, "no channel is configured",
                    "Set [alert] webhook, telegram_token_file and telegram_chat, or smtp, "
                    "mail_from and mail_to; gcmirror init writes all keys.");
    const bool russian = context.config.alert.language == "ru";
    const Message message{"test",
                          "test",
                          "",
                          "event",
                          words::say(russian, "alerts arrive"),
                          context.config.base_url()};
    bool failed = false;
    for (const auto& [name, send_by] : channels) {
        const std::string failure = send_by(message);
        failed = failed || !failure.empty();
        context.out << (failure.empty()
                            ? words::say(context.russian, "{}: sent", name)
                            : words::say(context.russian, "{}: FAILED, {}", name, failure))
                    << '\n';
    }
    if (heartbeat)
        context.out << words::say(context.russian, "{}: not asked for; only a good run does that",
                                  "heartbeat_url")
                    << '\n';
    return failed ? etl::exit_code(Kind::refused) : 0;
}

}  // namespace jobs
