#include "jobs/serve/good_night.hpp"

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "jobs/report/morning.hpp"
#include "jobs/report/report.hpp"
#include "jobs/serve/queries.hpp"
#include "jobs/serve/trust.hpp"

namespace jobs {
namespace {

// What the morning says now.
std::string morning_now(etl::pg::Connection& connection, const etl::Config& config,
                        const Judgement& judgement) {
    const bool russian = config.alert.language == "ru";
    // figures of one moment; nothing of it is kept
    const etl::pg::Transaction transaction(connection, "REPEATABLE READ READ ONLY");
    ReportOptions options;
    options.name = "morning";
    options.lang = config.alert.language;
    options.trust = [&](etl::pg::Connection&, bool in_russian) {
        return trust_of(judgement, in_russian);
    };
    Reading reading(connection, config, options);
    return morning_text(read_morning(reading, russian), russian);
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
    std::string text, failure;
    try {
        text = morning_now(connection, config, judgement);
    } catch (const etl::Error& error) {  // said in the log and by doctor, not tried each minute
        if (connection.broken()) throw;
        failure = etl::log::redacted(error.what());
        etl::log::error("no message after the good night", {{"reason", failure}});
    }
    for (std::size_t i = 0; i < due.rows(); ++i)
        connection.query(serve_query("good_night_insert"),
                         {due.text(i, 1), due.text(i, 0), text, failure});
}

}  // namespace jobs
