#include "jobs/serve/notify.hpp"

#include <Poco/Net/MailMessage.h>
#include <Poco/Net/MailRecipient.h>
#include <Poco/Net/SecureSMTPClientSession.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Timespan.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <sstream>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/transport.hpp"
#include "jobs/output/table_printer.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

class Discard final : public etl::BodySink {  // an answer's body says nothing more than its status
public:
    void begin(const etl::Response&) override {}
    void write(std::string_view) override {}
};

// https://host[:port] and the rest of an address.
std::pair<std::string, std::string> cut(const std::string& address) {
    const std::size_t slash = address.find('/', 8);
    return slash == std::string::npos ? std::pair{address, std::string("/")}
                                      : std::pair{address.substr(0, slash), address.substr(slash)};
}

std::string over_https(const etl::Config& config, const std::string& base,
                       const etl::Request& request) {
    etl::Config::Timeouts timeouts;
    timeouts.connect = timeouts.first_byte = timeouts.stall = std::chrono::seconds{15};
    Discard sink;
    etl::Response response;
    try {
        response = etl::https_transport(base, config.alert.ca_file, timeouts)->send(request, sink);
    } catch (const Error& error) {  // an address or certificate that cannot be used
        return etl::log::redacted(error.what());
    }
    if (response.failure != etl::Response::Failure::none)
        return etl::log::redacted(response.reason);
    if (response.status < 200 || response.status > 299)
        return "HTTP " + std::to_string(response.status);
    return "";
}

std::string sentence(const etl::Config& config, const Message& message) {
    const bool russian = config.alert.language == "ru";
    const std::string before = message.kind == "recovered"
                                   ? (russian ? "устранено: " : "recovered: ")
                               : message.kind == "test" ? (russian ? "проверка: " : "test: ")
                                                        : "";
    return "gcmirror, " + message.school + ": " + before + message.text;
}

std::string by_webhook(const etl::Config& config, const Message& message) {
    const auto [base, path] = cut(config.alert.webhook);
    etl::Request request;
    request.method = etl::Request::Method::post;
    request.path = path;
    request.json =
        "{\"kind\":" + json_string(message.kind) + ",\"code\":" + json_string(message.code) +
        ",\"about\":" + json_string(message.about) + ",\"level\":" + json_string(message.level) +
        ",\"text\":" + json_string(message.text) + ",\"school\":" + json_string(message.school) +
        "}";
    return over_https(config, base, request);
}

std::string by_telegram(const etl::Config& config, const Message& message) {
    etl::Request request;
    request.method = etl::Request::Method::post;
    request.path = "/bot" + config.telegram_token.reveal() + "/sendMessage";
    request.form = {{"chat_id", config.alert.telegram_chat},
                    {"text", sentence(config, message)},
                    {"disable_web_page_preview", "true"}};
    return over_https(config, config.alert.telegram_url, request);
}

void send_mail(const etl::Config& config, const Message& message) {
    const std::size_t colon = config.alert.smtp.rfind(':');
    const std::string host = config.alert.smtp.substr(0, colon);
    const int port =
        colon == std::string::npos ? 587 : std::atoi(config.alert.smtp.c_str() + colon + 1);
    Poco::Net::MailMessage mail;
    mail.setSender(config.alert.mail_from);
    std::istringstream receivers(config.alert.mail_to);
    for (std::string receiver; std::getline(receivers, receiver, ',');) {
        receiver.erase(0, receiver.find_first_not_of(' '));
        if (!receiver.empty())
            mail.addRecipient(
                Poco::Net::MailRecipient(Poco::Net::MailRecipient::PRIMARY_RECIPIENT, receiver));
    }
    const std::string text = sentence(config, message);
    mail.setSubject("gcmirror: " + (message.kind == "recovered" ? "recovered, " : std::string()) +
                    message.code + ", " +
                    message.school);  // ASCII: Poco's encoded words may cut a letter in two
    mail.setContentType("text/plain; charset=UTF-8");
    mail.setContent(text + "\r\n", Poco::Net::MailMessage::ENCODING_QUOTED_PRINTABLE);
    const Poco::Timespan patience(15, 0);
    const auto talk = [&](Poco::Net::SMTPClientSession& session) {
        session.setTimeout(patience);
        if (config.alert.smtp_user.empty())
            session.login();
        else
            session.login(Poco::Net::SMTPClientSession::AUTH_LOGIN, config.alert.smtp_user,
                          config.smtp_password.reveal());
        session.sendMessage(mail);
        session.close();
    };
    if (config.alert.smtp_plain) {
        Poco::Net::SMTPClientSession session(host, static_cast<Poco::UInt16>(port));
        return talk(session);
    }
    Poco::Net::Context::Ptr context =
        new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", "", config.alert.ca_file,
                               Poco::Net::Context::VERIFY_STRICT, 9, true);
    context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
    context->enableExtendedCertificateVerification(true);
    if (port == 465) {
        Poco::Net::SecureStreamSocket socket(
            Poco::Net::SocketAddress(host, static_cast<Poco::UInt16>(port)), host, context);
        Poco::Net::SMTPClientSession session(socket);
        return talk(session);
    }
    Poco::Net::SecureSMTPClientSession session(host, static_cast<Poco::UInt16>(port));
    session.setTimeout(patience);
    session.login();
    if (!session.startTLS(context))
        throw Error(Kind::refused, "the mail server " + config.alert.smtp + " offers no TLS");
    if (config.alert.smtp_user.empty())
        session.login();
    else
        session.login(Poco::Net::SMTPClientSession::AUTH_LOGIN, config.alert.smtp_user,
                      config.smtp_password.reveal());
    session.sendMessage(mail);
    session.close();
}

std::string by_mail(const etl::Config& config, const Message& message) {
    try {
        send_mail(config, message);
        return "";
    } catch (const Poco::Exception& error) {
        return etl::log::redacted(error.displayText());
    } catch (const std::exception& error) {
        return etl::log::redacted(error.what());
    }
}

std::vector<OpenAlert> open_alerts(etl::pg::Connection& connection) {
    const auto found = connection.query(
        "SELECT id, code, about FROM journal.alert WHERE recovered_at IS NULL AND level <> 'event' "
        "ORDER BY id");
    std::vector<OpenAlert> open;
    for (std::size_t i = 0; i < found.rows(); ++i)
        open.push_back({found.number(i, 0), found.text(i, 1), found.text(i, 2)});
    return open;
}

void plan_deliveries(etl::pg::Connection& connection, const etl::Config& config,
                     const std::string& alert, const char* kind) {
    for (const auto& [name, channel] : channels_of(config))
        connection.query(
            "INSERT INTO journal.delivery (alert_id, kind, channel) VALUES ($1, $2, $3)",
            {alert, std::string(kind), name});
}

void write_down(etl::pg::Connection& connection, const etl::Config& config,
                etl::Instant service_now, bool good_night) {
    const Judgement judgement = judge(read_facts(connection, config, service_now), config);
    std::vector<std::string> told;
    const auto events =
        connection.query("SELECT code || ' ' || about FROM journal.alert WHERE level = 'event'");
    for (std::size_t i = 0; i < events.rows(); ++i) told.push_back(events.text(i, 0));
    const AlertSteps steps = alert_steps(judgement, open_alerts(connection), told);
    etl::pg::Transaction transaction(connection);
    for (const Judgement::Reason& reason : steps.raise) {
        const auto row = connection.query(
            "INSERT INTO journal.alert (code, about, level, text_en, text_ru, recovered_at) VALUES "
            "($1, $2, $3, $4, $5, CASE WHEN $3 = 'event' THEN clock_timestamp() END) RETURNING id",
            {reason.code, reason.about, std::string(name_of(reason.level)), reason.en, reason.ru});
        plan_deliveries(connection, config, row.text(0, 0), "raised");
        etl::log::warning("alert",
                          {{"code", reason.code}, {"about", reason.about}, {"text", reason.en}});
    }
    for (const OpenAlert& alert : steps.recover) {
        connection.query("UPDATE journal.alert SET recovered_at = clock_timestamp() WHERE id = $1",
                         {std::to_string(alert.id)});
        plan_deliveries(connection, config, std::to_string(alert.id), "recovered");
    }
    if (good_night && !config.alert.dead_man.empty())
        connection.execute(
            "INSERT INTO journal.delivery (kind, channel) VALUES ('success', 'dead_man')");
    transaction.commit();
}

void deliver(etl::pg::Connection& connection, const etl::Config& config) {
    const auto due = connection.query(
        "SELECT d.id, d.channel, d.kind, d.attempts, coalesce(a.code, ''), coalesce(a.about, ''), "
        "coalesce(a.level, ''), coalesce(CASE WHEN $1 = 'ru' THEN a.text_ru ELSE a.text_en END, "
        "'') FROM journal.delivery d "
        "LEFT JOIN journal.alert a ON a.id = d.alert_id WHERE d.sent_at IS NULL AND NOT d.given_up "
        "AND d.next_at <= clock_timestamp() ORDER BY d.id LIMIT 50",
        {config.alert.language});
    const auto channels = channels_of(config);
    std::set<std::string> down;  // one time-out a channel and step: the night waits behind this
    for (std::size_t i = 0; i < due.rows(); ++i) {
        const std::string channel = due.text(i, 1);
        if (down.contains(channel)) continue;
        std::string failure = "the channel is no longer configured";
        if (channel == "dead_man") failure = ping_dead_man(config);
        for (const auto& [name, send] : channels)
            if (name == channel)
                failure = send({due.text(i, 2), due.text(i, 4), due.text(i, 5), due.text(i, 6),
                                due.text(i, 7), config.base_url()});
        const int attempts = static_cast<int>(due.number(i, 3)) + 1;
        connection.query(
            "UPDATE journal.delivery SET attempts = $2::integer, sent_at = CASE WHEN $3::text = '' "
            "THEN clock_timestamp() END, given_up = $3::text <> '' AND $2::integer >= $4::integer, "
            "message = left($3::text, 500), next_at = clock_timestamp() + $5::interval WHERE id = "
            "$1",
            {due.text(i, 0), std::to_string(attempts), failure,
             std::to_string(config.alert.attempts), etl::format_interval(retry_after(attempts))});
        if (!failure.empty()) down.insert(channel);
        if (!failure.empty())
            etl::log::warning(
                "an alert did not arrive",
                {{"channel", channel}, {"attempt", std::to_string(attempts)}, {"reason", failure}});
    }
}

}  // namespace

AlertSteps alert_steps(const Judgement& judgement, const std::vector<OpenAlert>& open,
                       const std::vector<std::string>& events_told) {
    AlertSteps steps;
    std::set<std::string> stands;
    for (const Judgement::Reason& reason : judgement.reasons) {
        const std::string key = reason.code + " " + reason.about;
        if (!stands.insert(key).second) continue;
        const bool known =
            reason.level == Level::event
                ? std::find(events_told.begin(), events_told.end(), key) != events_told.end()
                : std::any_of(open.begin(), open.end(), [&](const OpenAlert& alert) {
                      return alert.code == reason.code && alert.about == reason.about;
                  });
        if (!known) steps.raise.push_back(reason);
    }
    for (const OpenAlert& alert : open)
        if (!stands.contains(alert.code + " " + alert.about)) steps.recover.push_back(alert);
    return steps;
}

etl::Micros retry_after(int attempts) {
    return std::min<etl::Micros>(std::chrono::hours{1},
                                 std::chrono::minutes{1} * (1 << std::clamp(attempts - 1, 0, 6)));
}

std::vector<std::pair<std::string, Channel>> channels_of(const etl::Config& config) {
    std::vector<std::pair<std::string, Channel>> all;
    if (!config.alert.webhook.empty())
        all.emplace_back("webhook",
                         [config](const Message& message) { return by_webhook(config, message); });
    if (!config.telegram_token.empty())
        all.emplace_back("telegram",
                         [config](const Message& message) { return by_telegram(config, message); });
    if (!config.alert.smtp.empty())
        all.emplace_back("mail",
                         [config](const Message& message) { return by_mail(config, message); });
    return all;
}

std::string ping_dead_man(const etl::Config& config) {
    if (config.alert.dead_man.empty()) return "no [alert] dead_man is configured any more";
    const auto [base, path] = cut(config.alert.dead_man);
    etl::Request request;
    request.path = path;
    return over_https(config, base, request);
}

void notify(etl::pg::Connection& connection, const etl::Config& config, etl::Instant service_now,
            bool good_night) {
    write_down(connection, config, service_now, good_night);
    deliver(connection, config);
}

int run_alert_test(Context& context) {
    const auto channels = channels_of(context.config);
    if (channels.empty() && context.config.alert.dead_man.empty())
        throw Error(Kind::usage, "no channel is configured",
                    "Set [alert] webhook, telegram_token_file and telegram_chat, or smtp, "
                    "mail_from and mail_to; gcmirror init writes all keys.");
    const bool russian = context.config.alert.language == "ru";
    const Message message{"test",
                          "test",
                          "",
                          "event",
                          russian ? "оповещения доходят" : "alerts arrive",
                          context.config.base_url()};
    bool failed = false;
    for (const auto& [name, send] : channels) {
        const std::string failure = send(message);
        failed = failed || !failure.empty();
        context.out << name << ": " << (failure.empty() ? "sent" : "FAILED, " + failure) << '\n';
    }
    if (!context.config.alert.dead_man.empty())
        context.out << "dead_man: not asked for; only a good night does that\n";
    return failed ? etl::exit_code(Kind::refused) : 0;
}

}  // namespace jobs
