#include "etl/export_runner.hpp"

#include <algorithm>
#include <optional>

#include "etl/error.hpp"
#include "etl/gzip.hpp"
#include "etl/log.hpp"

namespace etl {
namespace {

constexpr std::size_t kSmallAnswer =
    64 * 1024;  // 909 and its like are far below; a table that is not is kept while it comes
constexpr int kUnclearPolls =
    5;  // answers in a row that say nothing, before the export is left for the next run
constexpr int kStarts = 12;  // refused as busy or unclear, before the next run tries
constexpr int kFirstContacts =
    3;  // a host that cannot be reached at all is a wrong setting more often than a bad night
constexpr Micros kFirstContactGap = std::chrono::seconds{5};

// Takes an answer as it comes: counts and cuts it, and keeps its compressed bytes once it is more
// than a message.
class Receiver final : public BodySink {
public:
    Receiver(Journal& journal, std::int64_t export_id)
        : journal_(journal),
          export_id_(export_id),
          scanner_(nullptr),
          inflater_([this](std::string_view plain) { scanner_.feed(plain); }),
          deflater_([this](std::string_view compressed) { keep(compressed); }) {}

    void begin(const Response& head) override { gzip_ = head.gzip; }

    void write(std::string_view piece) override {
        if (gzip_) {
            keep(piece);
            inflate(piece);
        } else {
            scanner_.feed(piece);
            deflater_.write(piece);
        }
    }

    [[nodiscard]] Envelope finish() {
        if (!gzip_) deflater_.finish();
        Envelope envelope = scanner_.finish();
        if (broken_ || (gzip_ && bytes_ > 0 && !inflater_.finished())) envelope.complete = false;
        return envelope;
    }

    // The body is wanted: what was held back goes to the writer, too.
    [[nodiscard]] BodyWriter& writer() {
        if (writer_ == nullptr) open();
        return *writer_;
    }

    void abandon() { writer_.reset(); }

private:
    void inflate(std::string_view piece) {
        try {
            if (!broken_) inflater_.write(piece);
        } catch (const Error&) {  // a broken stream is an answer cut short, not a reason to lose
                                  // the journal
            broken_ = true;
        }
    }
    void keep(std::string_view compressed) {
        bytes_ += compressed.size();
        if (writer_ != nullptr) {
            writer_->write(compressed);
            return;
        }
        held_.append(compressed);
        if (held_.size() > kSmallAnswer) open();
    }
    void open() {
        writer_ = journal_.body_writer(export_id_);
        writer_->write(held_);
        held_.clear();
    }

    Journal& journal_;
    std::int64_t export_id_;
    SheetScanner scanner_;
    Inflater inflater_;
    Deflater deflater_;
    bool gzip_ = false;
    bool broken_ = false;
    std::uint64_t bytes_ = 0;
    std::string held_;
    std::unique_ptr<BodyWriter> writer_;
};

Answered answered_by(const Response& response, const Answer& answer, const Envelope& envelope) {
    Answered out;
    out.answer = std::string(name_of(answer));
    out.http_status = response.status;
    out.bytes = response.bytes;
    out.rows = envelope.rows;
    out.date = response.date;
    out.sent = response.sent || response.failure == Response::Failure::none;
    if (const auto* refused = std::get_if<Refused>(&answer)) {
        out.code = refused->code;
        out.message = refused->message;
    } else if (const auto* unclear = std::get_if<Unclear>(&answer)) {
        out.message = unclear->reason;
    } else if (const auto* busy = std::get_if<Busy>(&answer)) {
        out.code = busy->code;
    } else if (std::holds_alternative<OverLimit>(answer)) {
        out.code = 903;
    }
    out.message = log::redacted(out.message);
    return out;
}

std::string clock_time(Instant t) { return format_instant(t).substr(11, 8) + " UTC"; }

[[noreturn]] void refuse(const Refused& refused, const std::string& what) {
    throw Error(Kind::refused,
                "the service refused " + what + ": " + refused.message +
                    (refused.code == 0 ? "" : " (code " + std::to_string(refused.code) + ")"),
                refused.hint);
}

}  // namespace

struct ExportRunner::Turn {
    std::int64_t run_id;
    Instant until;
    std::stop_token stop;
};

struct ExportRunner::Exchange {
    Answer answer;
    bool sent = true;
};

ExportRunner::ExportRunner(Transport& transport, Journal& journal, Clock& clock,
                           const Config& config, std::function<void(const Progress&)> progress)
    : transport_(transport),
      journal_(journal),
      clock_(clock),
      config_(config),
      progress_(std::move(progress)) {}

void ExportRunner::show(const ExportRow& row, const std::string& doing) {
    if (progress_) progress_({describe(row.query) + ": " + doing, 0, used_, config_.budget.limit});
}

int ExportRunner::extra_reserve() const {
    if (foreign_ == 0 || clock_.now() >= foreign_until_) return 0;
    const int beyond = std::max(0, foreign_ - config_.budget.reserve);
    return std::min(beyond, std::max(0, config_.budget.limit - config_.budget.reserve - used_ - 1));
}

void ExportRunner::sleep_until(const Turn& turn, Instant t, const ExportRow& row,
                               const std::string& why) {
    if (t > turn.until)
        throw Error(Kind::postponed,
                    describe(row.query) + ": " + why + " until " + clock_time(t) +
                        ", past the run's end at " + clock_time(turn.until),
                    "What was received is kept; the next sync goes on from here.");
    show(row, why + " until " + clock_time(t));
    if (!clock_.sleep_until(t, turn.stop))
        throw Error(Kind::stopped, "stopped while waiting for " + describe(row.query),
                    "Start gcmirror sync again: it goes on with the open export.");
}

ExportRunner::Exchange ExportRunner::exchange(const Turn& turn, ExportRow& row,
                                              const Request& request, Asked asked,
                                              const std::string& kind, const std::string& why) {
    Permit permit;
    while (true) {
        if (turn.stop.stop_requested())
            throw Error(Kind::stopped, "stopped before " + describe(row.query),
                        "Start gcmirror sync again: it goes on where it stopped.");
        permit = journal_.before_send({turn.run_id, row.id, kind, describe(request), why, true},
                                      extra_reserve());
        used_ = permit.decision.used + (permit.request_id == 0 ? 0 : 1);
        if (permit.request_id != 0) break;
        sleep_until(
            turn, clock_.now() + permit.decision.wait, row,
            "budget of " + std::to_string(config_.budget.limit) + " requests used up, waiting");
    }
    show(row, kind);
    Receiver receiver(journal_, row.id);
    const Response response = transport_.send(request, receiver);
    const Envelope envelope = receiver.finish();
    Answer answer = decode(asked, response, envelope);
    const Answered answered = answered_by(response, answer, envelope);
    over_limit_in_a_row_ = std::holds_alternative<OverLimit>(answer) ? over_limit_in_a_row_ + 1 : 0;
    if (over_limit_in_a_row_ ==
        1) {  // believed over our own count: the difference is somebody else's
        foreign_ = std::max(0, config_.budget.limit - permit.decision.used);
        foreign_until_ = permit.now + config_.budget.window;
        log::warning("budget spent by others", {{"requests", std::to_string(foreign_)},
                                                {"ours", std::to_string(permit.decision.used)}});
    }

    if (const auto* started = std::get_if<Started>(&answer)) {
        row.service_id = started->export_id;
        row.repeated = journal_.export_with_service_id(started->export_id).has_value();
        row.state = ExportState::started;
        row.started_at = clock_.now();
        journal_.started(row, permit.request_id, answered);
    } else if (std::holds_alternative<Ready>(answer) || std::holds_alternative<Listed>(answer)) {
        if (const auto* ready = std::get_if<Ready>(&answer)) row.headings = ready->headings;
        row.rows = envelope.rows;
        row.received_at = clock_.now();
        if (!row.started_at) row.started_at = row.received_at;  // a list is its own start
        row.state = ExportState::received;
        row.body_id = receiver.writer().commit(row, permit.request_id, answered, envelope.bytes);
    } else {
        receiver.abandon();
        journal_.after_answer(permit.request_id, answered);
    }
    if (answered.sent) unreached_ = -1;
    if (unreached_ < 0 || answered.sent) return {std::move(answer), answered.sent};
    if (++unreached_ >= kFirstContacts)
        throw Error(Kind::refused, "the service cannot be reached: " + response.reason,
                    "Check [getcourse] account or url, and the network. Nothing was sent.");
    sleep_until(turn, clock_.now() + std::min(kFirstContactGap, config_.pacing.busy_gap), row,
                "the service cannot be reached, waiting");
    return exchange(turn, row, request, asked, kind, why);
}

ExportOutcome ExportRunner::end(ExportRow row, ExportState state, Answer last,
                                const std::string& reason) {
    row.state = state;
    row.reason = reason;
    journal_.save(row);
    return {std::move(row), std::move(last)};
}

ExportOutcome ExportRunner::run(std::int64_t run_id, const ExportQuery& query, double q,
                                Instant until, std::stop_token stop) {
    const Turn turn{run_id, until, std::move(stop)};
    check_filter(query);
    return start(turn, journal_.export_row(journal_.intend(run_id, query)), q);
}

ExportOutcome ExportRunner::start(const Turn& turn, ExportRow row, double q) {
    std::string why = "start";
    for (int attempt = 1;; ++attempt) {
        const Request request =
            start_request(row.query, config_.key, config_.getcourse.export_by_post);
        const Exchange got = exchange(turn, row, request, Asked::start, "start", why);
        if (std::holds_alternative<Started>(got.answer))
            return wait_for_file(turn, std::move(row), q);
        if (const auto* refused = std::get_if<Refused>(&got.answer)) {
            end(row, ExportState::refused, got.answer, refused->message);
            refuse(*refused, describe(row.query));
        }
        if (std::holds_alternative<NoFile>(got.answer))
            return end(std::move(row), ExportState::no_file, got.answer,
                       "the service ended it without a file");
        if (attempt >= kStarts)
            return end(std::move(row), ExportState::refused, got.answer,
                       "not started after " + std::to_string(attempt) + " attempts");
        if (std::holds_alternative<OverLimit>(got.answer)) {
            why = "start again after the cool-down";
            sleep_until(turn,
                        clock_.now() +
                            cool_down(config_.pacing, config_.budget.window, over_limit_in_a_row_),
                        row, "the service says the budget is spent, waiting");
            continue;
        }
        if (const auto* unclear = std::get_if<Unclear>(&got.answer);
            unclear != nullptr && got.sent) {
            // It may have been started. The lock is held until it is built, so a later start that
            // is accepted repeats nothing that runs.
            end(row, ExportState::unclear, got.answer, unclear->reason);
            row = journal_.export_row(journal_.intend(turn.run_id, row.query));
            why = "start again: the answer to the start before was lost";
        } else {
            why = std::holds_alternative<Busy>(got.answer)
                      ? "start again after busy"
                      : "start again: the request had not been sent";
        }
        sleep_until(turn, clock_.now() + busy_gap(config_.pacing, attempt), row,
                    "another export is being built, waiting");
    }
}

ExportOutcome ExportRunner::resume(std::int64_t run_id, ExportRow row, double q, Instant until,
                                   std::stop_token stop) {
    return wait_for_file({run_id, until, std::move(stop)}, std::move(row), q);
}

ExportOutcome ExportRunner::wait_for_file(const Turn& turn, ExportRow row, double q) {
    const double days = row.query.from && row.query.to
                            ? static_cast<double>((*row.query.to - *row.query.from).count() + 1)
                            : 1;
    const BuildModel model =
        learn(journal_.build_times(row.query.resource, kBuildTimesLearned), days);
    const Instant started = row.started_at.value_or(row.intended_at);
    const bool was_late = row.state == ExportState::late;
    Instant deadline = (was_late ? clock_.now() : started) + config_.pacing.export_deadline;
    int unclear_in_a_row = 0;
    bool no_file_once = false;
    const auto by_model = [&] {
        return started + next_poll(model, q, config_.pacing, row.polls + 1, row.not_ready);
    };
    for (Instant at = by_model();;) {
        if (at > deadline)
            return end(std::move(row), ExportState::late, NotReady{},
                       "no file within " + format_duration(config_.pacing.export_deadline) +
                           "; its id is kept");
        sleep_until(turn, at, row, "being built, poll " + std::to_string(row.polls + 1));
        const std::string why = !model.known || model.drifted
                                    ? "growing gap"
                                    : "learned build time, q " + std::to_string(q).substr(0, 4);
        ++row.polls;
        const Exchange got = exchange(
            turn, row, poll_request(row.service_id, config_.key, config_.getcourse.export_by_post),
            Asked::poll, "poll", why);
        const bool unclear = std::holds_alternative<Unclear>(got.answer);
        unclear_in_a_row = unclear ? unclear_in_a_row + 1 : 0;
        if (std::holds_alternative<Ready>(got.answer)) return {std::move(row), got.answer};
        if (std::holds_alternative<Gone>(got.answer))
            return end(std::move(row), ExportState::refused, got.answer,
                       "the service does not know its id any more");
        if (const auto* refused = std::get_if<Refused>(&got.answer)) {
            row.state = ExportState::waiting;  // the file may be there all the same once a person
                                               // has set things right
            journal_.save(row);
            refuse(*refused, "the file of " + describe(row.query));
        }
        if (std::holds_alternative<NoFile>(
                got.answer)) {  // 910: at most one more poll after 30 s (getcourse-api.md 11.4)
            if (no_file_once || row.polls > 1)
                return end(std::move(row), ExportState::no_file, got.answer,
                           "the service ended it without a file");
            no_file_once = true;
            at = clock_.now() + config_.pacing.first_poll;
        } else if (std::holds_alternative<OverLimit>(got.answer)) {
            const Micros pause =
                cool_down(config_.pacing, config_.budget.window, over_limit_in_a_row_);
            at = clock_.now() + pause;
            deadline += pause;  // the job lives on meanwhile: it is not the one that is late
        } else if (unclear || std::holds_alternative<Busy>(got.answer)) {
            if (unclear_in_a_row >= kUnclearPolls)
                return end(std::move(row), ExportState::late, got.answer,
                           "no clear answer; its id is kept");
            at = clock_.now() + busy_gap(config_.pacing, std::max(1, unclear_in_a_row));
        } else {
            row.not_ready = std::max(row.not_ready, clock_.now() - started);
            at = by_model();
        }
        row.state = ExportState::waiting;
        journal_.save(row);
    }
}

ExportOutcome ExportRunner::list(std::int64_t run_id, const ExportQuery& query, Instant until,
                                 std::stop_token stop) {
    const Turn turn{run_id, until, std::move(stop)};
    ExportRow row = journal_.export_row(journal_.intend(run_id, query));
    const Request request =
        query.resource == "groups" ? groups_request(config_.key) : fields_request(config_.key);
    std::string why = "list";
    for (int attempt = 1;; ++attempt) {
        const Exchange got = exchange(turn, row, request, Asked::list, query.resource, why);
        if (std::holds_alternative<Listed>(got.answer)) return {std::move(row), got.answer};
        if (const auto* refused = std::get_if<Refused>(&got.answer)) {
            end(row, ExportState::refused, got.answer, refused->message);
            refuse(*refused, "the list of " + query.resource);
        }
        if (attempt >= kUnclearPolls)
            return end(std::move(row), ExportState::refused, got.answer,
                       "no list after " + std::to_string(attempt) + " attempts");
        const bool over = std::holds_alternative<OverLimit>(got.answer);
        why = over ? "list again after the cool-down" : "list again: no clear answer";
        sleep_until(
            turn,
            clock_.now() +
                (over ? cool_down(config_.pacing, config_.budget.window, over_limit_in_a_row_)
                      : busy_gap(config_.pacing, attempt)),
            row,
            over ? "the service says the budget is spent, waiting" : "no clear answer, waiting");
    }
}

}  // namespace etl
