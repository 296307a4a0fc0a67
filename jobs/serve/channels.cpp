#include "jobs/serve/channels.hpp"

#include <fmt/format.h>

#include "etl/encoding.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/transport.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"
#include "jobs/serve/mail.hpp"

namespace jobs {
namespace {

class Discard final : public etl::BodySink {  // an answer's body says nothing more than its status
public:
    void begin(const etl::Response&) override {}
    bool write(std::string_view) override { return false; }
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
        response = etl::https_transport(base, config.alert.ca_file, timeouts)
                       ->send(request, sink, {},
                              std::chrono::steady_clock::now() + std::chrono::minutes{1});
    } catch (const etl::Error& error) {  // an address or certificate that cannot be used
        return etl::log::redacted(error.what());
    }
    if (response.failure != etl::Response::Failure::none)
        return etl::log::redacted(response.reason);
    if (response.status < 200 || response.status > 299)
        return fmt::format("HTTP {}", response.status);
    return "";
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
        (message.audit.empty() ? "" : ",\"audit\":" + json_string(message.audit)) + "}";
    return over_https(config, base, request);
}

// Whole lines of at most so many characters; "…" where more follow.
std::string first_lines(const std::string& text, std::size_t most) {
    std::size_t characters = 0, line_end = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ++characters;
        if (characters > most) return text.substr(0, line_end) + "…";
        if (text[i] == '\n') line_end = i + 1;
    }
    return text;
}

// The morning is a table: in letters of one width, and cut before Telegram refuses it.
void set_table(etl::Request& request, const etl::Config& config, Message message) {
    constexpr std::size_t kMostOfTable = 3800;  // of 4 096
    const std::string table = std::exchange(message.text, "");
    request.form[1].second = etl::html_encoded(sentence(config, message)) + "\n<pre>" +
                             etl::html_encoded(first_lines(table, kMostOfTable)) + "</pre>";
    request.form.emplace_back("parse_mode", "HTML");
}

std::string by_telegram(const etl::Config& config, const Message& message) {
    etl::Request request;
    request.method = etl::Request::Method::post;
    request.path = "/bot" + config.telegram_token.reveal() + "/sendMessage";
    request.form = {{"chat_id", config.alert.telegram_chat},
                    {"text", sentence(config, message)},
                    {"disable_web_page_preview", "true"}};
    if (message.kind == "good_night") set_table(request, config, message);
    return over_https(config, config.alert.telegram_url, request);
}

}  // namespace

std::string harmless(const std::string& text, bool lines) {
    std::string out = etl::log::redacted(text);
    for (char& c : out)
        if ((static_cast<unsigned char>(c) < ' ' && !(lines && c == '\n')) || c == '\x7f') c = ' ';
    return out;
}

std::string sentence(const etl::Config& config, const Message& message) {
    const bool russian = config.alert.language == "ru";
    const std::string said =
        message.kind == "recovered"    ? words::say(russian, "recovered: {}", message.text)
        : message.kind == "test"       ? words::say(russian, "test: {}", message.text)
        : message.kind == "good_night" ? words::say(russian, "Good morning") + "\n\n" + message.text
                                       : message.text;
    return "gcmirror, " + message.school + ": " + said +
           (message.audit.empty() ? "" : " (" + message.audit + ")");
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
                         [config](const Message& message) { return send_mail(config, message); });
    return all;
}

std::string ping_heartbeat(const etl::Config& config) {
    if (config.alert.heartbeat_url.empty())
        return "no [alert] heartbeat_url is configured any more";
    const auto [base, path] = cut(config.alert.heartbeat_url);
    etl::Request request;
    request.path = path;
    return over_https(config, base, request);
}

}  // namespace jobs
