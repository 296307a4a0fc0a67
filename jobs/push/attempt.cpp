#include "jobs/push/attempt.hpp"

#include <Poco/UTF8Encoding.h>

#include <algorithm>

#include "etl/log.hpp"
#include "jobs/push/allowance.hpp"

namespace jobs {
namespace {

constexpr std::size_t kLongestMessage = 2000;  // bytes

// The service's words as one line that the database and a terminal can take.
std::string one_line(const std::string& text) {
    std::string line;
    for (std::size_t at = 0; at < text.size() && line.size() < kLongestMessage;) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data()) + at;
        const int left = static_cast<int>(std::min<std::size_t>(4, text.size() - at));
        const int length = *bytes < 0x80 ? 1 : Poco::UTF8Encoding().sequenceLength(bytes, left);
        if (length < 1 || length > left || !Poco::UTF8Encoding::isLegal(bytes, length)) {
            line += '?';
            ++at;
            continue;
        }
        if (*bytes < 0x20 || *bytes == 0x7f)
            line += ' ';
        else
            line.append(text, at, static_cast<std::size_t>(length));
        at += static_cast<std::size_t>(length);
    }
    return line;
}

AttemptResult read_rejection(const etl::Rejected& rejected) {
    using Cause = etl::Rejected::Cause;
    AttemptResult result;
    result.message = one_line(rejected.message);
    result.left = true;
    switch (rejected.cause) {
        case Cause::said:
        case Cause::empty:
            result.outcome = result.state = "refused";
            result.took_nothing = rejected.cause == Cause::empty;
            result.wants_cost = result.message.find(kWantsCost) != std::string::npos;
            break;
        case Cause::allowance:
            result.outcome = "allowance";
            result.state = "planned";
            break;
        case Cause::redirect:
        case Cause::account:
            result.outcome = "not_taken";
            result.state = "planned";
            result.took_nothing = true;
            result.of_the_account = true;
            break;
    }
    return result;
}

void note_created(etl::pg::Connection& connection, const OutboxChange& change,
                  const AttemptResult& result, etl::Day period) {
    if (change.creates > 0 && result.outcome != "unclear") {
        // An order that is refused may have made its buyer: that one still counts.
        const bool person_may_exist = result.state == "refused" && change.creates > 1;
        note_creation(connection, period, change.id, person_may_exist ? 1 : change.creates,
                      result.outcome == "written" || person_may_exist ? "made" : "released");
    }
    if (change.creates == 0 && result.written.user_status == "added")
        // Somebody the mirror knew is gone at the service.
        note_creation(connection, period, change.id, 1, "made");
    if (result.outcome == "allowance") note_exhausted(connection, period);
}

}  // namespace

AttemptResult read_answer(const etl::ImportAnswer& answer) {
    AttemptResult result;
    if (const auto* written = std::get_if<etl::Written>(&answer)) {
        result.outcome = result.state = "written";
        result.written = *written;
        result.left = true;
        return result;
    }
    if (const auto* unclear = std::get_if<etl::Unclear>(&answer)) {
        result.outcome = unclear->sent ? "unclear" : "not_sent";
        result.state = unclear->sent ? "unclear" : "planned";
        result.message = one_line(unclear->reason);
        result.took_nothing = true;
        result.left = unclear->sent;
        result.of_the_account = !unclear->sent;  // no connection: the next would have none, either
        return result;
    }
    return read_rejection(std::get<etl::Rejected>(answer));
}

void begin_attempt(etl::pg::Connection& connection, const OutboxChange& change,
                   std::int64_t request, etl::Day period) {
    etl::pg::Transaction transaction(connection);
    connection.query("INSERT INTO outbox.attempt (change_id, request_id) VALUES ($1, $2)",
                     {std::to_string(change.id), std::to_string(request)});
    connection.query("UPDATE outbox.change SET state = 'sending' WHERE id = $1",
                     {std::to_string(change.id)});
    if (change.creates > 0)
        note_creation(connection, period, change.id, change.creates, "reserved");
    transaction.commit();
}

void end_attempt(etl::pg::Connection& connection, const OutboxChange& change, std::int64_t request,
                 const AttemptResult& result, etl::Day period, std::int64_t run_id) {
    etl::pg::Transaction transaction(connection);
    connection.query(
        "UPDATE outbox.attempt SET answered_at = clock_timestamp(), outcome = $2, message = "
        "left($3, 1000), user_id = $4, user_status = $5, deal_id = $6, deal_number = $7 WHERE "
        "request_id = $1",
        {std::to_string(request), result.outcome, etl::log::redacted(result.message),
         result.written.user_id, result.written.user_status, result.written.deal_id,
         result.written.deal_number});
    if (result.state == "refused")
        give_verdicts(connection, {{change.id, "refused", true, result.message, {}}}, run_id);
    else
        connection.query("UPDATE outbox.change SET state = $2 WHERE id = $1",
                         {std::to_string(change.id), result.state});
    note_created(connection, change, result, period);
    transaction.commit();
}

}  // namespace jobs
