#include "jobs/serve/good_night.hpp"

#include <optional>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "jobs/report/morning.hpp"
#include "jobs/report/report.hpp"
#include "jobs/serve/queries.hpp"

namespace jobs {
namespace {

// What the morning says now; nullopt: not all of it is there.
std::optional<std::string> morning_now(etl::pg::Connection& connection, const etl::Config& config) {
    const bool russian = config.alert.language == "ru";
    const etl::pg::Transaction transaction(connection);  // nothing of it is kept
    ReportOptions options;
    options.name = "morning";
    options.lang = config.alert.language;
    Reading reading(connection, config, options);
    const Morning morning = read_morning(reading);
    if (morning.state.at(0, "complete").value_or("") != "t") return std::nullopt;
    return morning_text(morning, russian);
}

}  // namespace

void plan_good_night(etl::pg::Connection& connection, const etl::Config& config,
                     const Judgement& judgement) {
    const std::vector<std::string> channels = config.good_night_channels();
    if (channels.empty() || judgement.level == Level::red || judgement.level == Level::unread)
        return;
    const auto due =
        connection.query(serve_query("good_night_due"),
                         {config.getcourse.time_zone, etl::pg::array_literal(channels)});
    if (due.empty()) return;
    std::optional<std::string> text;
    std::string failure;
    try {
        text = morning_now(connection, config);
        if (!text) return;
    } catch (const etl::Error& error) {  // said in the log and by doctor, not tried each minute
        if (connection.broken()) throw;
        failure = etl::log::redacted(error.what());
        etl::log::error("no message after the good night", {{"reason", failure}});
    }
    for (std::size_t i = 0; i < due.rows(); ++i)
        connection.query(serve_query("good_night_insert"),
                         {due.text(i, 1), due.text(i, 0), text.value_or(""), failure});
}

}  // namespace jobs
