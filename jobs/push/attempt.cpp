#include "jobs/push/attempt.hpp"

#include "etl/log.hpp"
#include "jobs/push/allowance.hpp"

namespace jobs {
namespace {

AttemptResult read_rejection(const etl::Rejected& rejected) {
    using Cause = etl::Rejected::Cause;
    AttemptResult result;
    result.message = rejected.message;
    switch (rejected.cause) {
        case Cause::said:
        case Cause::empty:
            result.outcome = result.state = "refused";
            result.took_nothing = rejected.cause == Cause::empty;
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
            result.of_the_account = rejected.cause == Cause::account;
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
        return result;
    }
    if (const auto* unclear = std::get_if<etl::Unclear>(&answer)) {
        result.outcome = unclear->sent ? "unclear" : "not_sent";
        result.state = unclear->sent ? "unclear" : "planned";
        result.message = unclear->reason;
        result.took_nothing = true;
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
