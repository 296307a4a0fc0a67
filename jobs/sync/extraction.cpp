#include "jobs/sync/extraction.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/school.hpp"
#include "jobs/sync/group_queries.hpp"
#include "jobs/sync/read_since.hpp"
#include "jobs/sync/repeated.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::ExportRow;
using etl::ExportState;
using etl::Kind;

constexpr double kLeftoverQuantile = 0.5;  // it has waited long already: ask early
constexpr int kHalvings = 2;               // windows of a run that are asked for in halves
constexpr int kWindowsAtTheLimit = 2;      // of the budget, before a run gives up for the night

}  // namespace

void Extraction::run(const QueryOptions& options, const std::function<void(const Plan&)>& planned) {
    answered_ = ports_.journal.now();
    leftovers();
    const std::vector<PlannedQuery> queries =
        not_received(planned_queries(ports_.connection, ports_.config, ports_.day_of,
                                     ports_.day_of(ports_.journal.now()), options));
    const bool groups_too = !options.from && !options.to;
    const Plan plan = plan_of(ports_.journal, ports_.config, queries,
                              groups_too ? usual_group_exports(ports_.connection) : 0);
    planned(plan);
    send_all({queries.begin(), queries.end()}, plan.q);
    if (groups_too) {
        const std::vector<PlannedQuery> groups = not_received(group_queries(
            {ports_.connection, ports_.journal, ports_.config, ports_.zone, ports_.day_of}));
        send_all({groups.begin(), groups.end()}, plan.q);
    }
    for (const ExportRow& row : old_) drop_if_read_since(row, true);
}

// Their requests are spent. One that should have been ready long ago is polled once; the run's own
// questions read its days.
void Extraction::leftovers() {
    for (const ExportRow& row :
         ports_.journal.exports({ExportState::started, ExportState::waiting, ExportState::late})) {
        const etl::Instant due =
            row.started_at.value_or(row.intended_at) + ports_.config.pacing.export_deadline;
        if (row.state == ExportState::late || due < ports_.journal.now())
            collect_old(row);
        else
            note(
                ports_.runner.resume(ports_.run_id, row, kLeftoverQuantile, patience(), ports_.stop)
                    .row);
    }
    for (ExportRow row : ports_.journal.exports({ExportState::intended})) {
        row.state = ExportState::unclear;  // the process ended between the intent and the answer
        row.reason = "the run ended before an answer came";
        ports_.journal.save(row);
    }
}

void Extraction::collect_old(const ExportRow& row) {
    if (read_since(ports_.connection, ports_.journal, row, ports_.day_of)) {
        drop_if_read_since(row, true);
        return;
    }
    try {
        const etl::ExportOutcome outcome = ports_.runner.resume(
            ports_.run_id, row, kLeftoverQuantile, ports_.journal.now(), ports_.stop);
        if (outcome.row.state != ExportState::received) old_.push_back(outcome.row);
    } catch (const Error& error) {
        if (error.kind() != Kind::postponed) throw;
        old_.push_back(ports_.journal.export_row(row.id));  // polled, and not ready
    }
}

// Days that another export has read since are not waited for; the old id is given up.
void Extraction::drop_if_read_since(const ExportRow& row, bool last_chance) {
    const bool open = row.state == ExportState::started || row.state == ExportState::waiting ||
                      row.state == ExportState::late;
    const auto by = read_since(ports_.connection, ports_.journal, row, ports_.day_of);
    if (open && by) {
        ExportRow dropped = row;
        dropped.state = ExportState::refused;
        dropped.reason = fmt::format("dropped: export {} has read its days since{}{}", *by,
                                     row.reason.empty() ? "" : "; before: ", row.reason);
        ports_.journal.save(dropped);
    }
    const std::string words =
        fmt::format("{} (service id {}): {}", etl::describe(row.query), row.service_id, row.reason);
    if (by)
        findings_.remarks.push_back(words + fmt::format("; read by export {} since", *by));
    else if (last_chance)
        note(row);
}

etl::Instant Extraction::patience() const {
    return std::min(ports_.until, answered_ + kWindowsAtTheLimit * ports_.config.budget.window +
                                      ports_.config.pacing.export_deadline);
}

etl::ExportOutcome Extraction::send(const PlannedQuery& planned, double poll_quantile) {
    etl::log::info("asking", {{"what", etl::describe(planned.query)}, {"why", planned.why}});
    const etl::Instant until = patience();
    try {
        etl::ExportOutcome outcome =
            is_list(planned.query)
                ? ports_.runner.list(ports_.run_id, planned.query, until, ports_.stop)
                : ports_.runner.run(ports_.run_id, planned.query, poll_quantile, until,
                                    ports_.stop);
        answered_ = ports_.journal.now();
        return outcome;
    } catch (const Error& error) {
        if (error.kind() != Kind::postponed || until == ports_.until) throw;
        throw Error(Kind::postponed,
                    fmt::format("the account has been at its limit for {} windows of {}: another "
                                "client asks without end; {}",
                                kWindowsAtTheLimit,
                                etl::format_duration(ports_.config.budget.window), error.what()),
                    "Find who polls the account's API; what was received is kept, and the next "
                    "sync goes on from here.");
    }
}

void Extraction::send_all(std::deque<PlannedQuery> queue, double poll_quantile) {
    while (!queue.empty()) {
        const PlannedQuery planned = std::move(queue.front());
        queue.pop_front();
        const etl::ExportOutcome outcome = send(planned, poll_quantile);
        if (is_list(planned.query)) require_same_school(outcome.row);
        const std::vector<PlannedQuery> other = instead(planned, outcome);
        queue.insert(queue.begin(), other.begin(), other.end());
        if (other.empty()) note(outcome.row);
        if (ports_.received && outcome.row.state == ExportState::received &&
            !is_list(planned.query))
            ports_.received(outcome.row);
        // The first half ended without a file, too: a smaller window is not what it lacks.
        if (outcome.row.state == ExportState::no_file && planned.half == PlannedQuery::Half::first)
            std::erase_if(queue, [](const PlannedQuery& next) {
                return next.half == PlannedQuery::Half::second;
            });
    }
}

// A list of another school says that all that would follow is another school's.
void Extraction::require_same_school(const ExportRow& list) {
    if (list.state != ExportState::received) return;
    try {
        etl::require_same_school(ports_.connection, ports_.journal, list);
    } catch (const Error& error) {
        if (error.kind() != Kind::usage) return;  // no list at all: the load says so
        ExportRow refused = list;
        refused.state = ExportState::refused;
        refused.reason = error.what();
        ports_.journal.save(refused);
        throw;
    }
}

std::vector<PlannedQuery> Extraction::instead(const PlannedQuery& planned,
                                              const etl::ExportOutcome& outcome) {
    if (outcome.row.state == ExportState::no_file) {
        if (planned.half != PlannedQuery::Half::none || halved_ >= kHalvings ||
            !has_rows(ports_.connection, planned.query, ports_.zone))
            return {};
        ++halved_;
        return halves(planned, first_row(ports_.connection, ports_.zone));
    }
    if (outcome.row.repeated) return varied(planned, outcome.row);
    return {};
}

// An export that the service had given before is as old as its first start. The question is put
// once more, over a window that this day of the account has not seen.
std::vector<PlannedQuery> Extraction::varied(const PlannedQuery& planned, const ExportRow& row) {
    const std::string again = repeated_words(ports_.connection, row, ports_.zone);
    ExportRow said = row;
    said.reason = again;
    ports_.journal.save(said);
    findings_.remarks.push_back(etl::describe(row.query) + ": " + again);
    if (planned.varied) {
        findings_.warn(etl::describe(row.query) +
                       ": another window brought an old export, too; not asked again");
        return {};
    }
    PlannedQuery other = planned;
    const auto window = window_not_asked_today(ports_.connection, planned.query, ports_.day_of,
                                               ports_.journal.now());
    if (!window) return {};
    other.query = *window;
    other.varied = true;
    other.why = "the same question with another window; " + again;
    return {other};
}

// A question that got no table leaves the run partial: its days count as not read, and the next
// sync asks again.
void Extraction::note(const ExportRow& row) {
    if (row.state == ExportState::received) return;
    findings_.unanswered.push_back(
        fmt::format("{}: {}, {}", etl::describe(row.query), etl::name_of(row.state), row.reason));
}

// What a run before received and could not publish any more is not asked for again: the same
// question has its body.
std::vector<PlannedQuery> Extraction::not_received(std::vector<PlannedQuery> planned) {
    const std::vector<ExportRow> received = ports_.journal.exports({ExportState::received});
    std::erase_if(planned, [&](const PlannedQuery& one) {
        return std::any_of(received.begin(), received.end(),
                           [&](const ExportRow& row) { return row.query == one.query; });
    });
    return planned;
}

}  // namespace jobs
