#include "jobs/push/send.hpp"

#include <map>
#include <ostream>

#include "etl/api.hpp"
#include "etl/database.hpp"
#include "etl/error.hpp"
#include "etl/gzip.hpp"
#include "etl/installation.hpp"
#include "etl/journal_pg.hpp"
#include "etl/log.hpp"
#include "etl/transport.hpp"
#include "jobs/push/outbox.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using std::chrono::year_month_day;

// The answer of an import as text; more than that is none.
class Answer final : public etl::BodySink {
public:
    void begin(const etl::Response& head) override { gzip_ = head.gzip; }
    void write(std::string_view piece) override {
        if (text.size() > kMost) return;
        if (gzip_)
            inflater_.write(piece);
        else
            text.append(piece);
    }
    std::string text;

private:
    static constexpr std::size_t kMost = 1 << 20;
    bool gzip_ = false;
    etl::Inflater inflater_{[this](std::string_view plain) { text.append(plain); }};
};

class Sending {
public:
    Sending(const etl::Config& config, const SendOptions& options, std::ostream& out,
            std::ostream& err, std::stop_token stop)
        : config_(config),
          options_(options),
          out_(out),
          err_(err),
          stop_(std::move(stop)),
          zone_(config.getcourse.time_zone),
          connection_(etl::open_database(config, "push send")),
          clock_(etl::system_clock()),
          journal_(etl::pg_journal(
              connection_, {config.budget.limit, config.budget.window, config.budget.reserve})),
          transport_(
              etl::https_transport(config.base_url(), config.getcourse.ca_file, config.timeouts)) {
        etl::require_own_database(connection_, config);
        etl::pg::lock_or_throw(connection_, kPushLock,
                               "another gcmirror push is at work on this school",
                               "Wait until it ends; gcmirror push list shows how far it is.");
        give_up_sending(connection_);
        connection_.execute(
            "UPDATE journal.run SET state = 'died', finished_at = clock_timestamp(), reason = "
            "'found unfinished by a later push' WHERE job = 'push' AND state = 'running'");
    }

    int run() {
        check_plan();
        const std::string who = options_.by.empty() ? operating_system_user() : options_.by;
        write_audit(
            connection_, who, "send", options_.plan,
            "hash " + connection_.value("SELECT hash FROM outbox.plan WHERE id = $1", {plan()}));
        run_id_ = journal_->begin_run("push", "{\"plan\": " + plan() + "}");
        etl::log::set_run(std::to_string(run_id_));
        try {
            send_all();
        } catch (const Error& error) {
            journal_->finish_run(run_id_, error.kind() == Kind::stopped ? "stopped" : "failed",
                                 etl::exit_code(error.kind()), error.what());
            summary();
            throw;
        }
        const int code = waiting_ > 0              ? etl::exit_code(Kind::postponed)
                         : refused_ + unclear_ > 0 ? etl::exit_code(Kind::rejects)
                                                   : 0;
        journal_->finish_run(
            run_id_,
            code == 0   ? "done"
            : code == 4 ? "postponed"
                        : "amber",
            code, waiting_ > 0 ? "the month's allowance of new people and orders is spent" : "");
        summary();
        return code;
    }

private:
    [[nodiscard]] std::string plan() const { return std::to_string(options_.plan); }

    void check_plan() {
        const auto found = connection_.query(
            "SELECT p.state, p.hash = outbox.plan_hash(p.id), p.expires_at > clock_timestamp(), "
            "p.expires_at::timestamptz(0)::text, "
            "EXISTS (SELECT FROM outbox.approval a WHERE a.plan_id = p.id AND a.hash = p.hash) "
            "FROM outbox.plan p WHERE p.id = $1",
            {plan()});
        if (found.empty())
            throw Error(Kind::usage, "there is no plan " + plan(),
                        "gcmirror push list shows them.");
        const std::string state = found.text(0, 0);
        if (state == "planned")
            throw Error(
                Kind::usage, "plan " + plan() + " is not approved",
                "gcmirror push approve " + plan() + " --by NAME, once somebody has read it.");
        if (state == "cancelled")
            throw Error(Kind::usage, "plan " + plan() + " was cancelled",
                        "Make a new one: gcmirror push plan NAME.");
        if (!found.flag(0, 1) || !found.flag(0, 4))
            throw Error(Kind::usage,
                        "plan " + plan() + " is not what was approved: its content changed",
                        "gcmirror push cancel " + plan() +
                            " and plan again; outbox.audit shows who did what.");
        if (!found.flag(0, 2))
            throw Error(
                Kind::usage, "plan " + plan() + " expired at " + found.text(0, 3),
                "The mirror has moved on: gcmirror push cancel " + plan() + " and plan again.");
    }

    void send_all() {
        std::vector<OutboxChange> changes =
            read_changes(connection_, "c.plan_id = $1 AND c.state = 'planned'", {plan()});
        drop_moved(changes, read_school(connection_, changes));
        for (const OutboxChange& change : changes) {
            if (stop_.stop_requested())
                throw Error(Kind::stopped, "stopped; nothing is half sent",
                            "gcmirror push send " + plan() + " goes on.");
            if (options_.limit > 0 && sent_ >= options_.limit) {
                ++left_;
                continue;
            }
            if (change.creates > 0 && !allowed(change.creates))
                wait_for_allowance();
            else
                send(change);
        }
    }

    // The mirror has been filled since the plan was made: what it shows as wanted needs no request,
    // what is neither old nor new needs a person.
    void drop_moved(std::vector<OutboxChange>& changes, const School& school) {
        std::vector<NewVerdict> verdicts;
        std::erase_if(changes, [&](const OutboxChange& change) {
            const std::vector<Shown> now = shown(change, school, zone_);
            NewVerdict verdict{
                change.id, "confirmed", true, "the mirror shows it already; nothing was sent", {}};
            bool all = !change.differences.empty();
            for (std::size_t d = 0; d < now.size(); ++d) {
                const Difference& difference = change.differences[d];
                all = all && now[d].same;
                if (now[d].same || difference.where.empty() || now[d].text == difference.old)
                    continue;
                verdict.verdict = "refused";
                verdict.message = "not sent: " + difference.field + " was \"" + difference.old +
                                  "\" when this was planned and is \"" + now[d].text +
                                  "\" now; plan again";
            }
            if (!all && verdict.verdict == "confirmed") return false;
            ++(verdict.verdict == "confirmed" ? so_ : refused_);
            verdicts.push_back(std::move(verdict));
            return true;
        });
        if (verdicts.empty()) return;
        etl::pg::Transaction transaction(connection_);
        give_verdicts(connection_, verdicts, run_id_);
        transaction.commit();
    }

    [[nodiscard]] etl::Day today() {
        return options_.day_of ? options_.day_of(journal_->now()) : zone_.today(journal_->now());
    }
    [[nodiscard]] std::string period() {
        return etl::format_day(allowance_period(today(), config_.write_back.allowance_day));
    }

    bool allowed(int objects) {
        const auto used = connection_.query(
            "SELECT coalesce(sum(objects) FILTER (WHERE state IN ('reserved', 'made')), 0), "
            "count(*) FILTER (WHERE state = 'exhausted') FROM outbox.creation WHERE period = $1",
            {period()});
        if (used.number(0, 1) > 0) return false;
        return config_.write_back.monthly_allowance == 0 ||
               used.number(0, 0) + objects <= config_.write_back.monthly_allowance;
    }

    // The rest may go in the allowance's next month, so the plan lasts until then, however this
    // send ends.
    void wait_for_allowance() {
        if (waiting_++ > 0) return;
        const etl::Day next = next_allowance_period(today(), config_.write_back.allowance_day);
        connection_.query(
            "UPDATE outbox.plan SET expires_at = greatest(expires_at, $1::timestamptz + "
            "$2::interval) WHERE id = $3",
            {etl::format_instant(zone_.begin_of(next)),
             etl::format_interval(config_.write_back.plan_expiry), plan()});
        next_period_ = etl::format_day(next);
    }

    void send(const OutboxChange& change) {
        if (last_ && !clock_->sleep_until(*last_ + config_.write_back.gap, stop_))
            throw Error(Kind::stopped, "stopped; nothing is half sent",
                        "gcmirror push send " + plan() + " goes on.");
        const etl::Request request =
            etl::import_request(change.object, "add", change.document, config_.write_key);
        const std::string what = "POST " + request.path + ", change " + std::to_string(change.id);
        const std::string why = "change " + std::to_string(change.id) + " of plan " + plan() +
                                ", attempt " + std::to_string(change.attempts + 1);
        etl::Permit permit;
        for (;;) {
            permit =
                journal_->before_send({run_id_, 0, "import", what, why, config_.write_back.counts},
                                      config_.write_back.counts ? config_.budget.limit / 2 : 0);
            if (permit.decision.allowed) break;
            err_ << "waiting for the budget: " << etl::format_duration(permit.decision.wait)
                 << '\n';
            if (!clock_->sleep_until(clock_->now() + permit.decision.wait, stop_))
                throw Error(Kind::stopped, "stopped; nothing is half sent",
                            "gcmirror push send " + plan() + " goes on.");
        }
        begin_attempt(change, permit.request_id);
        ++sent_;
        Answer answer;
        const etl::Response response = transport_->send(request, answer);
        last_ = clock_->now();
        etl::Answered answered;
        answered.http_status = response.status;
        answered.bytes = response.bytes;
        answered.date = response.date;
        answered.sent = response.sent;
        const etl::ImportAnswer verdict = etl::decode_import(response, answer.text);
        note(change, permit.request_id, answered, verdict);
        if ((sent_ % 100) == 0)
            err_ << sent_ << " sent, " << written_ << " written, " << refused_ << " refused, "
                 << unclear_ << " unclear\n";
    }

    // In the journal, and committed, before anything leaves.
    void begin_attempt(const OutboxChange& change, std::int64_t request) {
        etl::pg::Transaction transaction(connection_);
        connection_.query("INSERT INTO outbox.attempt (change_id, request_id) VALUES ($1, $2)",
                          {std::to_string(change.id), std::to_string(request)});
        connection_.query("UPDATE outbox.change SET state = 'sending' WHERE id = $1",
                          {std::to_string(change.id)});
        if (change.creates > 0) reserve(change.id, change.creates, "reserved");
        transaction.commit();
    }

    // One line per change, however often it is sent.
    void reserve(std::int64_t change, int objects, const char* state) {
        const auto known = connection_.query(
            "UPDATE outbox.creation SET period = $1, objects = $3, state = $4, at = "
            "clock_timestamp() WHERE change_id = $2",
            {period(), std::to_string(change), std::to_string(objects), state});
        if (known.affected() == 0)
            connection_.query(
                "INSERT INTO outbox.creation (period, change_id, objects, state) VALUES ($1, $2, "
                "$3, $4)",
                {period(), std::to_string(change), std::to_string(objects), state});
    }

    struct Result {
        std::string outcome, state, message;
        etl::Written written;
    };

    void note(const OutboxChange& change, std::int64_t request, etl::Answered& answered,
              const etl::ImportAnswer& verdict) {
        Result result;
        std::string stop;
        if (const auto* written = std::get_if<etl::Written>(&verdict)) {
            result = {"written", "written", "", *written};
            answered.answer = "Written";
            ++written_;
            in_row_ = 0;
        } else if (const auto* unclear = std::get_if<etl::Unclear>(&verdict)) {
            result = {unclear->sent ? "unclear" : "not_sent",
                      unclear->sent ? "unclear" : "planned",
                      unclear->reason,
                      {}};
            answered.answer = "Unclear";
            ++(unclear->sent ? unclear_ : left_);
            ++in_row_;
        } else {
            const auto& rejected = std::get<etl::Rejected>(verdict);
            using Cause = etl::Rejected::Cause;
            answered.answer = "Rejected";
            result.message = rejected.message;
            if (rejected.cause == Cause::said || rejected.cause == Cause::empty) {
                result.outcome = result.state = "refused";
                ++refused_;
                in_row_ = rejected.cause == Cause::said ? 0 : in_row_ + 1;
            } else if (rejected.cause == Cause::allowance) {
                result.outcome = "allowance";
                result.state = "planned";
                wait_for_allowance();
                in_row_ = 0;
            } else {
                result.outcome = "not_taken";
                result.state = "planned";
                ++left_;
                ++in_row_;
                if (rejected.cause == Cause::account) stop = rejected.message;
            }
        }
        answered.message = result.message;
        journal_->after_answer(request, answered);
        end_attempt(change, request, result);
        if (stop.empty() && in_row_ >= config_.write_back.stop_after)
            stop = std::to_string(in_row_) +
                   " imports in a row came to nothing, the last one: " + result.message;
        if (!stop.empty())
            throw Error(Kind::refused, stop,
                        "Nothing more was sent; see to it, then gcmirror push send " + plan() +
                            " goes on.");
    }

    void end_attempt(const OutboxChange& change, std::int64_t request, const Result& result) {
        etl::pg::Transaction transaction(connection_);
        connection_.query(
            "UPDATE outbox.attempt SET answered_at = clock_timestamp(), outcome = $2, message = "
            "left($3, 1000), user_id = $4, user_status = $5, deal_id = $6, deal_number = $7 WHERE "
            "request_id = $1",
            {std::to_string(request), result.outcome, etl::log::redacted(result.message),
             result.written.user_id, result.written.user_status, result.written.deal_id,
             result.written.deal_number});
        if (result.state == "refused")
            give_verdicts(connection_, {{change.id, "refused", true, result.message, {}}}, run_id_);
        else
            connection_.query("UPDATE outbox.change SET state = $2 WHERE id = $1",
                              {std::to_string(change.id), result.state});
        if (change.creates > 0 && result.outcome != "unclear") {
            // An order that is refused may have made its buyer: that one still counts.
            const bool person_may_exist = result.state == "refused" && change.creates > 1;
            reserve(change.id, person_may_exist ? 1 : change.creates,
                    result.outcome == "written" || person_may_exist ? "made" : "released");
        }
        if (change.creates == 0 && result.written.user_status == "added")
            reserve(change.id, 1, "made");  // somebody the mirror knew is gone at the service
        if (result.outcome == "allowance")
            connection_.query(
                "INSERT INTO outbox.creation (period, objects, state) VALUES ($1, 0, 'exhausted')",
                {period()});
        transaction.commit();
    }

    void summary() {
        out_ << "plan " << plan() << ": " << sent_ << " sent: " << written_ << " written, "
             << refused_ << " refused, " << unclear_ << " unclear";
        if (so_ > 0) out_ << "; " << so_ << " the mirror shows already";
        if (left_ > 0) out_ << "; " << left_ << " left to send";
        if (waiting_ > 0) out_ << "; " << waiting_ << " wait for the allowance of " << next_period_;
        out_ << "\nThe next sync reads back what was written; gcmirror push verify " << plan()
             << " shows it.\n";
    }

    const etl::Config& config_;
    const SendOptions& options_;
    std::ostream& out_;
    std::ostream& err_;
    std::stop_token stop_;
    etl::Zone zone_;
    etl::pg::Connection connection_;
    std::unique_ptr<etl::Clock> clock_;
    std::unique_ptr<etl::Journal> journal_;
    std::unique_ptr<etl::Transport> transport_;
    std::int64_t run_id_ = 0;
    std::int64_t sent_ = 0;
    int written_ = 0, refused_ = 0, unclear_ = 0, left_ = 0, waiting_ = 0, so_ = 0, in_row_ = 0;
    std::string next_period_;
    std::optional<etl::Instant> last_;
};

}  // namespace

etl::Day allowance_period(etl::Day today, int begins) {
    const year_month_day date{today};
    const auto month = date.year() / date.month();
    const std::chrono::day day{static_cast<unsigned>(begins)};
    return date.day() >= day ? etl::Day{month / day}
                             : etl::Day{(month - std::chrono::months{1}) / day};
}

etl::Day next_allowance_period(etl::Day today, int begins) {
    const year_month_day date{allowance_period(today, begins)};
    return (date.year() / date.month() + std::chrono::months{1}) / date.day();
}

int run_send(const etl::Config& config, const SendOptions& options, std::ostream& out,
             std::ostream& err, std::stop_token stop) {
    if (config.getcourse.account.empty() && config.getcourse.url.empty())
        throw Error(Kind::usage, "no GetCourse account is named",
                    "Set [getcourse] account or GETCOURSE_ACCOUNT.");
    if (config.write_key.empty())
        throw Error(Kind::usage, "writing is off: there is no key that may write",
                    "Set GETCOURSE_WRITE_KEY, or [getcourse] write_key_file; only push send ever "
                    "reads it.");
    return Sending(config, options, out, err, std::move(stop)).run();
}

}  // namespace jobs
