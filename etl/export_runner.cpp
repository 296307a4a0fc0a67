#include "etl/export_runner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "etl/error.hpp"
#include "etl/foreign.hpp"
#include "etl/log.hpp"
#include "etl/receiver.hpp"

namespace etl {
namespace {

constexpr int kListAttempts = 5;   // without a clear answer
constexpr int kBusyTries = 12;     // of a run, all its exports together: the lock is the account's
constexpr int kUnclearStarts = 5;  // of one export; each may have started one
constexpr int kFirstContacts =
    3;  // a host that cannot be reached at all is a wrong setting more often than a bad night
constexpr Duration kFirstContactGap = std::chrono::seconds{5};
// After one window everything that had been spent before a first 903 has left; after two it is
// proven that somebody goes on spending.
constexpr int kWindowsAtLimit = 2;

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
    } else if (const auto* broken = std::get_if<Broken>(&answer)) {
        out.message = broken->reason;
    } else if (const auto* odd = std::get_if<UnknownShape>(&answer)) {
        out.message = odd->seen;
    } else if (const auto* gone = std::get_if<Gone>(&answer)) {
        out.message = gone->words;
    } else if (const auto* busy = std::get_if<Busy>(&answer)) {
        out.code = busy->code;
    } else if (std::holds_alternative<OverLimit>(answer)) {
        out.code = 903;
    }
    return out;
}

[[noreturn]] void refuse(const Refused& refused, const std::string& what) {
    throw Error(Kind::refused, "the service refused " + what + ": " + words_of(refused),
                refused.hint);
}

// A list may be closed to a key that may export: only what the key's or host's own code says of
// the account ends the run.
bool ends_run_of_list(const Refused& refused) {
    const bool by_status = refused.code == 0 && refused.cause == Refused::Cause::key;
    return concerns_account(refused.cause) && !by_status &&
           refused.cause != Refused::Cause::api_off;
}

std::string held_words(const SendDecision& decision, const BudgetRules& rules) {
    switch (decision.held) {
        case Held::cool_down:
            return fmt::format(
                "the service said {} ago that the account's {} requests are spent (others used "
                "about {}); waiting",
                format_duration(std::chrono::floor<std::chrono::seconds>(decision.over_for)),
                rules.limit, decision.others);
        case Held::busy:
            return fmt::format(
                "another export of the account is being built since {} at least; waiting",
                format_duration(std::chrono::floor<std::chrono::seconds>(decision.busy_for)));
        case Held::own_requests:
        case Held::nothing:
            break;
    }
    return fmt::format("{} of {} requests used, {} left for other tools; waiting", decision.used,
                       rules.limit, rules.reserve);
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

// How one export is waited for.
struct ExportRunner::Polls {
    BuildModel model;
    double quantile;
    Instant begun;  // when the service gave the id
    Instant at;     // of the next poll
    Instant deadline;
    std::string last_answer;
    int in_a_row = 0;

    [[nodiscard]] Instant by_model(const ExportRow& row, const Config::Pacing& pacing) const {
        return begun + next_poll(model, quantile, pacing, row.polls + 1, row.not_ready);
    }
};

ExportRunner::ExportRunner(Transport& transport, Journal& journal, Clock& clock,
                           const Config& config, std::function<void(const Progress&)> progress)
    : transport_(transport),
      journal_(journal),
      clock_(clock),
      config_(config),
      zone_(config.getcourse.time_zone),
      progress_(std::move(progress)) {}

void ExportRunner::show(const ExportRow& row, const std::string& doing) {
    if (progress_) progress_({describe(row.query) + ": " + doing, 0, used_, config_.budget.limit});
}

// `t` is of the journal's clock, the only one that is kept; the machine's may differ from it.
void ExportRunner::sleep_until(const Turn& turn, Instant t, const ExportRow& row,
                               const std::string& why) {
    const Instant now = journal_.now();
    const std::string until = zone_.wall_clock(t, now);
    if (t > turn.until)
        throw Error(Kind::postponed,
                    describe(row.query) + ": " + why + " until " + until +
                        ", past the run's end at " + zone_.wall_clock(turn.until, now),
                    "What was received is kept; the next sync goes on from here.");
    show(row, why + " until " + until);
    if (!clock_.sleep_until(clock_.now() + std::max(Duration{0}, t - now), turn.stop))
        throw Error(Kind::stopped, "stopped while waiting for " + describe(row.query),
                    "Start gcmirror sync again: it goes on with the open export.");
}

Permit ExportRunner::permit(const Turn& turn, const ExportRow& row, const Request& request,
                            const std::string& kind, const std::string& why) {
    while (true) {
        if (turn.stop.stop_requested())
            throw Error(Kind::stopped, "stopped before " + describe(row.query),
                        "Start gcmirror sync again: it goes on where it stopped.");
        Permit permit =
            journal_.before_send({turn.run_id, row.id, kind, describe(request), why, true}, 0);
        used_ = permit.decision.used + (permit.request_id == 0 ? 0 : 1);
        if (permit.request_id != 0) return permit;
        sleep_until(turn, permit.now + permit.decision.wait, row,
                    held_words(permit.decision, rules_of(config_)));
    }
}

void ExportRunner::identify(ExportRow& row, const std::string& service_id) {
    const Instant now = journal_.now();
    row.service_id = service_id;
    row.state = ExportState::started;
    row.started_at = now;
    const auto first = journal_.export_with_service_id(service_id);
    row.repeated = first.has_value();
    if (!first) return;
    // An old snapshot: its data are as of the first start (getcourse-api.md 3.2).
    row.repeated_at = now;
    row.started_at = journal_.export_row(*first).started_at.value_or(now);
    show(row,
         "the service gave the export of " + zone_.wall_clock(*row.started_at, now) + " again");
}

void ExportRunner::keep(const Permit& permit, ExportRow& row, const Answer& answer,
                        const Answered& answered, const Envelope& envelope, Receiver& receiver) {
    if (const auto* started = std::get_if<Started>(&answer)) {
        identify(row, started->export_id);
        journal_.started(row, permit.request_id, answered);
    } else if (std::holds_alternative<Ready>(answer) || std::holds_alternative<Listed>(answer)) {
        if (const auto* ready = std::get_if<Ready>(&answer)) row.headings = ready->headings;
        row.rows = envelope.rows;
        row.received_at = journal_.now();
        if (!row.started_at) row.started_at = row.received_at;  // a list is its own start
        row.state = ExportState::received;
        row.body_id = receiver.writer().commit(row, permit.request_id, answered, envelope.bytes);
    } else {
        receiver.abandon();
        journal_.after_answer(permit.request_id, answered);
    }
}

// What others do to the account, and when waiting for them has no sense any more.
void ExportRunner::note_limits(const Answer& answer, const ExportRow& row) {
    if (std::holds_alternative<Unclear>(answer)) return;
    const Instant now = journal_.now();
    if (!std::holds_alternative<OverLimit>(answer)) {
        over_since_.reset();
    } else if (!over_since_) {
        over_since_ = now;
        const SendDecision decision = journal_.free_now();
        log::warning("budget spent by others", {{"requests", std::to_string(decision.others)},
                                                {"ours", std::to_string(decision.used)}});
    } else if (now - *over_since_ >= config_.budget.window * kWindowsAtLimit) {
        throw Error(Kind::postponed,
                    fmt::format("{}: the account has been at its limit for {} windows of {}, since "
                                "{}; somebody goes on spending all of it",
                                describe(row.query), kWindowsAtLimit,
                                format_duration(config_.budget.window),
                                zone_.wall_clock(*over_since_, now)),
                    "Find the tool that polls the account; gcmirror status shows the hours.");
    }
    if (!std::holds_alternative<Busy>(answer)) {
        busy_since_.reset();
        busy_in_row_ = 0;
    } else if (++busy_in_row_ == 1) {
        busy_since_ = now;
    }
}

void ExportRunner::unreached(const Turn& turn, const ExportRow& row, const std::string& reason) {
    if (++unreached_ >= kFirstContacts)
        throw Error(Kind::refused, "the service cannot be reached: " + reason,
                    reason.find("ertificate") == std::string::npos
                        ? "Check [getcourse] account or url, and the network. Nothing was sent."
                        : "Check this machine's clock, [getcourse] url and, where the school has a "
                          "certificate authority of its own, ca_file. Nothing was sent.");
    sleep_until(turn, journal_.now() + std::min(kFirstContactGap, config_.pacing.busy_gap), row,
                "the service cannot be reached, waiting");
}

ExportRunner::Exchange ExportRunner::exchange(const Turn& turn, ExportRow& row,
                                              const Request& request, Asked asked,
                                              const std::string& kind, const std::string& why) {
    while (true) {
        const Permit permitted = permit(turn, row, request, kind, why);
        show(row, kind);
        Receiver receiver(journal_, row.id, asked);
        // A request that may leave has the time that one takes, even at the run's end.
        const Duration most = std::max(turn.until - permitted.now,
                                       config_.timeouts.first_byte + config_.timeouts.stall);
        const Response response =
            transport_.send(request, receiver, turn.stop, std::chrono::steady_clock::now() + most);
        const Envelope envelope = receiver.finish();
        Answer answer = decode(asked, response, envelope);
        const Answered answered = answered_by(response, answer, envelope);
        keep(permitted, row, answer, answered, envelope, receiver);
        if (response.failure == Response::Failure::stopped)
            throw Error(Kind::stopped, "stopped while asking for " + describe(row.query),
                        "Start gcmirror sync again: it goes on with the open export.");
        note_limits(answer, row);
        if (answered.sent) unreached_ = -1;
        if (unreached_ < 0) return {std::move(answer), answered.sent};
        unreached(turn, row, response.reason);
    }
}

ExportOutcome ExportRunner::end(ExportRow row, ExportState state, Answer last,
                                const std::string& reason) {
    row.state = state;
    row.reason = reason;
    journal_.save(row);
    return {std::move(row), std::move(last)};
}

ExportOutcome ExportRunner::run(std::int64_t run_id, const ExportQuery& query, double poll_quantile,
                                Instant until, std::stop_token stop) {
    const Turn turn{run_id, until, std::move(stop)};
    check_filter(query);
    return start(turn, journal_.export_row(journal_.intend(run_id, query)), poll_quantile);
}

ExportOutcome ExportRunner::start(const Turn& turn, ExportRow row, double poll_quantile) {
    std::string why = "start";
    for (int unclear_starts = 1;;) {
        const Request request =
            start_request(row.query, config_.key, config_.getcourse.export_by_post);
        const Exchange got = exchange(turn, row, request, Asked::start, "start", why);
        if (std::holds_alternative<Started>(got.answer))
            return wait_for_file(turn, std::move(row), poll_quantile);
        if (const auto* refused = std::get_if<Refused>(&got.answer)) {
            ExportOutcome outcome =
                end(std::move(row), ExportState::refused, got.answer, words_of(*refused));
            if (concerns_account(refused->cause)) refuse(*refused, describe(outcome.row.query));
            return outcome;
        }
        if (const auto* gone = std::get_if<Gone>(&got.answer))
            return end(std::move(row), ExportState::refused, got.answer, gone->words);
        if (std::holds_alternative<NoFile>(got.answer))
            return end(std::move(row), ExportState::no_file, got.answer,
                       "the service ended it without a file (code 910)");
        if (std::holds_alternative<OverLimit>(got.answer)) {
            why = "start again after the cool-down";
            continue;
        }
        if (std::holds_alternative<Busy>(got.answer)) {
            why = "start again after busy";
            if (busy_in_row_ < kBusyTries) continue;
            const std::string reason = fmt::format(
                "another export of the account has been built since {}; refused {} "
                "times",
                zone_.wall_clock(*busy_since_, journal_.now()), busy_in_row_);
            end(row, ExportState::refused, got.answer, reason);
            throw Error(Kind::postponed, describe(row.query) + ": " + reason,
                        "The next sync asks again; look who exports from the account.");
        }
        if (unclear_starts >= kUnclearStarts)
            return end(std::move(row), ExportState::refused, got.answer,
                       fmt::format("not started after {} attempts", unclear_starts));
        if (const auto* unclear = std::get_if<Unclear>(&got.answer);
            unclear != nullptr && got.sent) {
            // It may have been started. The lock is held until it is built, so a later start that
            // is accepted repeats nothing that runs.
            end(row, ExportState::unclear, got.answer, unclear->reason);
            row = journal_.export_row(journal_.intend(turn.run_id, row.query));
            why = "start again: the answer to the start before was lost";
        } else {
            why = "start again: the request had not been sent";
        }
        sleep_until(turn, journal_.now() + busy_gap(config_.pacing, unclear_starts++), row,
                    "no clear answer to the start, waiting");
    }
}

ExportOutcome ExportRunner::resume(std::int64_t run_id, ExportRow row, double poll_quantile,
                                   Instant until, std::stop_token stop) {
    return wait_for_file({run_id, until, std::move(stop)}, std::move(row), poll_quantile);
}

ExportOutcome ExportRunner::wait_for_file(const Turn& turn, ExportRow row, double poll_quantile) {
    const double days = row.query.from && row.query.to
                            ? static_cast<double>((*row.query.to - *row.query.from).count() + 1)
                            : 1;
    const Instant now = journal_.now();
    Polls polls;
    polls.model = learn(journal_.build_times(row.query.resource, kBuildTimesLearned), days);
    polls.quantile = poll_quantile;
    // A start in the future was kept under a wrong clock.
    polls.begun = std::min(now, row.repeated ? row.repeated_at.value_or(now)
                                             : row.started_at.value_or(row.intended_at));
    row.not_ready = std::clamp(row.not_ready, Duration{0}, now - polls.begun);
    polls.deadline = std::max(now, polls.begun + config_.pacing.export_deadline);
    // What waits for longer than its deadline is asked for once, now.
    polls.at = std::min(polls.by_model(row, config_.pacing), polls.deadline);
    while (polls.at <= polls.deadline)
        if (std::optional<ExportOutcome> outcome = poll(turn, polls, row)) return *outcome;
    return end(
        std::move(row), ExportState::late, NotReady{},
        "no file within " + format_duration(config_.pacing.export_deadline) + "; its id is kept");
}

std::optional<ExportOutcome> ExportRunner::poll(const Turn& turn, Polls& polls, ExportRow& row) {
    sleep_until(turn, polls.at, row, fmt::format("being built, poll {}", row.polls + 1));
    const bool learned = polls.model.known && !polls.model.drifted;
    const std::string why =
        learned ? fmt::format("learned build time, q {:.2f}", polls.quantile) : "growing gap";
    ++row.polls;
    const Instant before = journal_.now();
    const Exchange got = exchange(
        turn, row, poll_request(row.service_id, config_.key, config_.getcourse.export_by_post),
        Asked::poll, "poll", why);
    if (std::holds_alternative<Ready>(got.answer)) return ExportOutcome{row, got.answer};
    const Instant now = journal_.now();
    if (const auto* refused = std::get_if<Refused>(&got.answer);
        refused != nullptr && concerns_account(refused->cause)) {
        row.state = ExportState::waiting;  // the file may be there once a person has set things
                                           // right
        journal_.save(row);
        refuse(*refused, "the file of " + describe(row.query));
    }
    const std::string name(name_of(got.answer));
    polls.in_a_row = name == polls.last_answer ? polls.in_a_row + 1 : 1;
    polls.last_answer = name;
    const PollVerdict verdict =
        verdict_of(got.answer, journal_.poll_answers(row.id), polls.in_a_row, row.polls);
    if (verdict.ends) return end(row, *verdict.ends, got.answer, verdict.reason);
    switch (verdict.next) {
        case PollVerdict::Next::by_model:
            row.not_ready = std::max(row.not_ready, now - polls.begun);
            polls.at = polls.by_model(row, config_.pacing);
            break;
        case PollVerdict::Next::first_poll:
            polls.at = now + config_.pacing.first_poll;
            polls.deadline = std::max(polls.deadline, polls.at);  // bounded by its count
            break;
        case PollVerdict::Next::busy_gap:
            polls.at = now + busy_gap(config_.pacing, polls.in_a_row);
            if (!std::holds_alternative<Busy>(got.answer))
                polls.deadline = std::max(polls.deadline, polls.at);
            break;
        case PollVerdict::Next::when_permitted:
            polls.at = now;
            // The job lives on while the account is over its limit: it is not what is late.
            polls.deadline = std::max(polls.deadline, now);
            break;
    }
    if (std::holds_alternative<UnknownShape>(got.answer))
        show(row, "an answer of unknown shape: " + std::get<UnknownShape>(got.answer).seen);
    polls.deadline += std::max(Duration{0}, now - before);  // waiting for a permit, mostly
    row.state = ExportState::waiting;
    journal_.save(row);
    return std::nullopt;
}

ExportOutcome ExportRunner::list(std::int64_t run_id, const ExportQuery& query, Instant until,
                                 std::stop_token stop) {
    const Turn turn{run_id, until, std::move(stop)};
    ExportRow row = journal_.export_row(journal_.intend(run_id, query));
    const Request request = query.resource == "groups"
                                ? groups_request(config_.key, config_.getcourse.export_by_post)
                                : fields_request(config_.key);
    std::string why = "list";
    for (int attempt = 1;;) {
        const Exchange got = exchange(turn, row, request, Asked::list, query.resource, why);
        if (std::holds_alternative<Listed>(got.answer)) return {std::move(row), got.answer};
        if (const auto* refused = std::get_if<Refused>(&got.answer)) {
            ExportOutcome outcome = end(std::move(row), ExportState::refused, got.answer,
                                        words_of(*refused) + ". " + refused->hint);
            if (ends_run_of_list(*refused)) refuse(*refused, "the list of " + query.resource);
            return outcome;
        }
        if (std::holds_alternative<OverLimit>(got.answer)) {
            why = "list again after the cool-down";
            continue;
        }
        if (attempt >= kListAttempts)
            return end(std::move(row), ExportState::refused, got.answer,
                       fmt::format("no list after {} attempts", attempt));
        why = "list again: no clear answer";
        sleep_until(turn, journal_.now() + busy_gap(config_.pacing, attempt++), row,
                    "no clear answer, waiting");
    }
}

}  // namespace etl
