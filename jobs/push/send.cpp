#include "jobs/push/send.hpp"

#include <fmt/ostream.h>

#include <optional>
#include <ostream>

#include "etl/api.hpp"
#include "etl/error.hpp"
#include "etl/gzip.hpp"
#include "etl/journal_pg.hpp"
#include "etl/log.hpp"
#include "etl/transport.hpp"
#include "jobs/output/words.hpp"
#include "jobs/push/attempt.hpp"
#include "jobs/push/import_document.hpp"
#include "jobs/push/mirror_state.hpp"
#include "jobs/push/outbox.hpp"
#include "jobs/push/sql.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

constexpr int kShownRefusals = 10;  // push list shows all

// The answer of an import as text; more than that is none, nor is what cannot be unpacked.
class Answer final : public etl::BodySink {
public:
    void begin(const etl::Response& head) override { gzip_ = head.gzip; }
    bool write(std::string_view piece) override {
        if (broken_) return false;
        try {
            if (gzip_)
                inflater_.write(piece);
            else
                take(piece);
        } catch (const Error&) {  // half an answer: what happened is not known
            broken_ = true;
        }
        return !broken_;
    }
    [[nodiscard]] std::string text() const { return broken_ ? "(cannot be unpacked)" : text_; }

private:
    static constexpr std::size_t kMost = 1 << 20;
    void take(std::string_view plain) {
        if (text_.size() <= kMost) text_.append(plain);
    }
    bool gzip_ = false, broken_ = false;
    std::string text_;
    etl::Inflater inflater_{[this](std::string_view plain) { take(plain); }};
};

// Whether the plan may go now. Error{usage} saying why not.
void check_plan(etl::pg::Connection& connection, std::int64_t number) {
    const std::string plan = std::to_string(number);
    const auto found = connection.query(push_sql("sendable_plan"), {plan});
    if (found.empty())
        throw Error(Kind::usage, "there is no plan " + plan, "gcmirror push list shows them.");
    const std::string state = found.text(0, 0);
    if (state == "planned")
        throw Error(Kind::usage, "plan " + plan + " is not approved",
                    "gcmirror push approve " + plan + " --by NAME, once somebody has read it.");
    if (state == "cancelled")
        throw Error(Kind::usage, "plan " + plan + " was cancelled",
                    "Make a new one: gcmirror push plan NAME.");
    if (!found.flag(0, 1))
        throw Error(
            Kind::usage, "plan " + plan + " is not what was approved: its content changed",
            "gcmirror push cancel " + plan + " and plan again; outbox.audit shows who did what.");
    if (!found.flag(0, 2))
        throw Error(Kind::usage, "plan " + plan + " expired at " + found.text(0, 3),
                    "The mirror has moved on: gcmirror push cancel " + plan + " and plan again.");
}

// What the mirror shows by now as wanted needs no request; what is neither old nor new needs a
// person; nullopt: to be sent. Pure.
std::optional<ChangeVerdict> already_moved(const OutboxChange& change,
                                           const std::vector<Shown>& now) {
    ChangeVerdict verdict{
        change.id, "confirmed", true, "the mirror shows it already; nothing was sent", {}};
    bool all = !change.differences.empty();
    for (std::size_t d = 0; d < now.size(); ++d) {
        const Difference& difference = change.differences[d];
        all = all && now[d].same;
        if (now[d].same || difference.where.empty() || now[d].text == difference.old) continue;
        verdict.verdict = "refused";
        verdict.message = fmt::format(
            "not sent: {} was \"{}\" when this was planned and is \"{}\" now; plan again",
            difference.field, difference.old, now[d].text);
    }
    if (!all && verdict.verdict == "confirmed") return std::nullopt;
    return verdict;
}

// Whether the account is known to refuse an edit without the order's cost.
bool known_to_want_cost(etl::pg::Connection& connection) {
    return connection
        .query(
            "SELECT EXISTS (SELECT FROM outbox.attempt WHERE position($1 IN message) > 0 AND "
            "sent_at > clock_timestamp() - interval '1 year')",
            {std::string(kWantsCost)})
        .flag(0, 0);
}

std::string cost_now(const OutboxChange& change, const School& school) {
    const auto orders = school.deals.find(change.deal_number);
    if (orders == school.deals.end()) return "";
    const auto cost = orders->second.front().values.find("cost");
    return cost == orders->second.front().values.end() ? "" : cost->second;
}

class PlanSender {
public:
    PlanSender(const etl::Config& config, const SendOptions& options, std::ostream& out,
               std::ostream& err, std::stop_token stop)
        : config_(config),
          options_(options),
          out_(out),
          err_(err),
          stop_(std::move(stop)),
          zone_(config.getcourse.time_zone),
          connection_(open_locked_outbox(config, "push send")),
          clock_(etl::system_clock()),
          journal_(etl::pg_journal(connection_, etl::rules_of(config))),
          transport_(
              etl::https_transport(config.base_url(), config.getcourse.ca_file, config.timeouts)) {
        give_up_sending(connection_);
        connection_.execute(push_sql("unfinished_sends"));
    }

    int run() {
        check_plan(connection_, options_.plan);
        check_fresh(read_mirror_state(connection_, config_), config_, options_.stale_ok);
        read_again(connection_, config_, options_.reader, options_.plan, {out_, options_.russian});
        begin_run();
        try {
            send_all();
        } catch (const Error& error) {
            journal_->finish_run(run_id_, error.kind() == Kind::stopped ? "stopped" : "failed",
                                 etl::exit_code(error.kind()), error.what());
            print_summary();
            throw;
        }
        return finish_run();
    }

private:
    void begin_run() {
        const std::string who = options_.by.empty() ? operating_system_user() : options_.by;
        write_audit(
            connection_, who, "send", options_.plan,
            "hash " + connection_.value("SELECT hash FROM outbox.plan WHERE id = $1", {plan()}));
        wants_cost_ = known_to_want_cost(connection_);
        run_id_ = journal_->begin_run("push", "{\"plan\": " + plan() + "}");
        etl::log::set_run(std::to_string(run_id_));
    }

    int finish_run() {
        const Kind kind = waiting_ > 0 ? Kind::postponed : Kind::rejects;
        const bool done = waiting_ + refused_ + unclear_ == 0;
        const int code = done ? 0 : etl::exit_code(kind);
        journal_->finish_run(
            run_id_,
            done                      ? "done"
            : kind == Kind::postponed ? "postponed"
                                      : "amber",
            code,
            waiting_ > 0 ? "the month's allowance of new people and orders is spent" : last_words_);
        print_summary();
        return code;
    }

    void send_all() {
        std::vector<OutboxChange> changes = read_changes(connection_, options_.plan, {"planned"});
        left_ = static_cast<int>(changes.size());
        const School school = read_school(connection_, changes);
        drop_moved(changes, school);
        for (const OutboxChange& change : changes) {
            if (stop_.stop_requested()) stopped();
            if (options_.limit > 0 && attempts_ >= options_.limit) return;
            if (change.creates > 0 && !allowed(change.creates))
                wait_for_allowance();
            else if (!send(change, cost_now(change, school)))
                (void)send(change, cost_now(change, school));  // once more, with its cost
        }
    }

    // The mirror has been filled since the plan was made.
    void drop_moved(std::vector<OutboxChange>& changes, const School& school) {
        std::vector<ChangeVerdict> verdicts;
        std::erase_if(changes, [&](const OutboxChange& change) {
            auto verdict = already_moved(change, shown(change, school, zone_));
            if (!verdict) return false;
            --left_;
            if (verdict->verdict == "confirmed")
                ++already_confirmed_;
            else
                note_refusal(change, verdict->message);
            verdicts.push_back(std::move(*verdict));
            return true;
        });
        if (verdicts.empty()) return;
        etl::pg::Transaction transaction(connection_);
        give_verdicts(connection_, verdicts, run_id_);
        transaction.commit();
    }

    void note_refusal(const OutboxChange& change, const std::string& words) {
        ++refused_;
        if (refused_ <= kShownRefusals)
            out_ << say("refused, {}: {}", change.key, etl::log::redacted(words)) << '\n';
        last_words_ = words;
    }

    [[noreturn]] void stopped() const {
        throw Error(Kind::stopped, "stopped; nothing is half sent",
                    "gcmirror push send " + plan() + " goes on.");
    }

    [[nodiscard]] etl::Day today() {
        return options_.day_of ? options_.day_of(journal_->now()) : zone_.today(journal_->now());
    }
    [[nodiscard]] etl::Day period() {
        return allowance_period(today(), config_.write_back.allowance_day);
    }

    bool allowed(int objects) {
        const Created created = created_in(connection_, period());
        if (created.exhausted) return false;
        return config_.write_back.monthly_allowance == 0 ||
               created.objects + objects <= config_.write_back.monthly_allowance;
    }

    // The rest may go in the allowance's next month, so the plan lasts until then, however this
    // send ends.
    void wait_for_allowance() {
        if (waiting_++ > 0) return;
        next_period_ = next_allowance_period(today(), config_.write_back.allowance_day);
        connection_.query(
            "UPDATE outbox.plan SET expires_at = greatest(expires_at, $1::timestamptz + "
            "$2::interval) WHERE id = $3",
            {etl::format_instant(zone_.begin_of(next_period_)),
             etl::format_interval(config_.write_back.plan_expiry), plan()});
    }

    // The document that goes, with the order's cost where the account wants one. nullopt: the cost
    // has moved since it was approved, and the change has been refused.
    std::optional<std::string> document_of(const OutboxChange& change, const std::string& cost) {
        if (!wants_cost_ || change.cost.empty()) return change.document;
        if (cost == change.cost) return with_cost(change.document, change.cost);
        const std::string words = fmt::format(
            "not sent: the account wants the order's cost along, which was {} when this was "
            "planned and is {} now; plan again",
            change.cost, cost.empty() ? "not known" : cost);
        --left_;
        note_refusal(change, words);
        etl::pg::Transaction transaction(connection_);
        give_verdicts(connection_, {{change.id, "refused", true, words, {}}}, run_id_);
        transaction.commit();
        return std::nullopt;
    }

    // False: refused for want of the order's cost, which is known; to be sent again with it.
    bool send(const OutboxChange& change, const std::string& cost) {
        const bool with_its_cost = wants_cost_ && !change.cost.empty();
        const auto document = document_of(change, cost);
        if (!document) return true;
        if (last_ && !clock_->sleep_until(*last_ + config_.write_back.gap, stop_)) stopped();
        const etl::Request request =
            etl::import_request(change.object, "add", *document, config_.write_key);
        const std::int64_t request_id = before_send(request, change);
        begin_attempt(connection_, change, request_id, period());
        ++attempts_;
        Answer body;
        const etl::Response response = transport_->send(request, body, stop_, etl::Deadline::max());
        last_ = clock_->now();
        AttemptResult result = read_answer(etl::decode_import(response, body.text()));
        const bool again = result.wants_cost && !with_its_cost && !change.cost.empty();
        if (again) result.state = "planned";  // nothing was written
        after_answer(request_id, response, result);
        end_attempt(connection_, change, request_id, result, period(), run_id_);
        sent_ += result.left ? 1 : 0;
        wants_cost_ = wants_cost_ || result.wants_cost;
        if (again) return false;
        count(change, result);
        if ((attempts_ % 100) == 0)
            err_ << say("{} sent, {} written, {} refused, {} unclear", sent_, written_, refused_,
                        unclear_)
                 << '\n';
        return true;
    }

    // In the ledger, once the budget allows it. Returns the request's number.
    std::int64_t before_send(const etl::Request& request, const OutboxChange& change) {
        const bool counts = config_.write_back.counts;
        const std::string what = fmt::format("POST {}, change {}", request.path, change.id);
        const std::string why =
            fmt::format("change {} of plan {}, attempt {}", change.id, plan(), change.attempts + 1);
        for (;;) {
            const etl::Permit permit = journal_->before_send(
                {run_id_, 0, "import", what, why, counts}, counts ? config_.budget.limit / 2 : 0);
            if (permit.decision.allowed) return permit.request_id;
            err_ << say("waiting for the budget: {}", etl::format_duration(permit.decision.wait))
                 << '\n';
            if (!clock_->sleep_until(clock_->now() + permit.decision.wait, stop_)) stopped();
        }
    }

    void after_answer(std::int64_t request_id, const etl::Response& response,
                      const AttemptResult& result) {
        etl::Answered answered;
        answered.http_status = response.status;
        answered.bytes = response.bytes;
        answered.date = response.date;
        answered.sent = response.sent;
        answered.answer = result.outcome == "written" ? "Written"
                          : result.outcome == "unclear" || result.outcome == "not_sent"
                              ? "Unclear"
                              : "Rejected";
        answered.message = result.message;
        journal_->after_answer(request_id, answered);
    }

    // Counts what became of an attempt; ends the send when nothing more can come of it.
    void count(const OutboxChange& change, const AttemptResult& result) {
        in_row_ = result.took_nothing ? in_row_ + 1 : 0;
        if (result.outcome == "allowance") return wait_for_allowance();
        if (result.state != "planned") --left_;
        if (result.state == "written") ++written_;
        if (result.state == "refused") note_refusal(change, result.message);
        if (result.state == "unclear") {
            ++unclear_;
            last_words_ = result.message;
        }
        std::string reason = result.of_the_account ? result.message : "";
        if (reason.empty() && in_row_ >= config_.write_back.stop_after)
            reason = fmt::format("{} imports in a row came to nothing, the last one: {}", in_row_,
                                 result.message);
        if (!reason.empty())
            throw Error(Kind::refused, reason,
                        "Nothing more was sent; see to it, then gcmirror push send " + plan() +
                            " goes on.");
    }

    void print_summary() {
        std::string line = say("plan {}: {} sent: {} written, {} refused, {} unclear", plan(),
                               sent_, written_, refused_, unclear_);
        if (already_confirmed_ > 0)
            line += say("; {} the mirror shows already", already_confirmed_);
        if (left_ > waiting_) line += say("; {} left to send", left_ - waiting_);
        if (waiting_ > 0)
            line +=
                say("; {} wait for the allowance of {}", waiting_, etl::format_day(next_period_));
        out_ << line << '\n';
        if (!last_words_.empty())
            out_ << say("last reason: {}", etl::log::redacted(last_words_)) << '\n';
        if (written_ + unclear_ > 0)
            out_ << say("The next sync reads back what was written; gcmirror push verify {} shows "
                        "it.",
                        plan())
                 << '\n';
        if (!connection_.broken())
            out_ << words::sentence(audit_anchor(connection_), options_.russian) << '\n';
    }

    template <typename... Values>
    [[nodiscard]] std::string say(std::string_view english, const Values&... values) const {
        return words::say(options_.russian, english, values...);
    }

    [[nodiscard]] std::string plan() const { return std::to_string(options_.plan); }

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
    std::int64_t sent_ = 0;      // requests that left, or may have
    std::int64_t attempts_ = 0;  // in all
    int written_ = 0, refused_ = 0, unclear_ = 0, left_ = 0, waiting_ = 0;
    int already_confirmed_ = 0;
    bool wants_cost_ = false;  // the account refuses an edit without the order's cost
    std::string last_words_;   // of a refusal or of what made an attempt unclear
    int in_row_ = 0;           // attempts in a row that took nothing
    etl::Day next_period_{};
    std::optional<etl::Instant> last_;
};

}  // namespace

void require_write_key(const etl::Config& config) {
    if (config.getcourse.account.empty() && config.getcourse.url.empty())
        throw Error(Kind::usage, "no GetCourse account is named",
                    "Set [getcourse] account or GETCOURSE_ACCOUNT.");
    if (config.write_key.empty())
        throw Error(
            Kind::usage, "writing is off: there is no key that may write",
            "Set GETCOURSE_WRITE_KEY, or [getcourse] write_key_file; only push send and push "
            "sender ever read it.");
}

int run_send(const etl::Config& config, const SendOptions& options, std::ostream& out,
             std::ostream& err, std::stop_token stop) {
    require_write_key(config);
    return PlanSender(config, options, out, err, std::move(stop)).run();
}

}  // namespace jobs
