#include "etl/journal_pg.hpp"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>

#include "etl/encoding.hpp"
#include "etl/error.hpp"
#include "etl/foreign.hpp"
#include "etl/log.hpp"
#include "etl/pg_commit.hpp"

namespace etl {
namespace {

using pg::Param;

constexpr std::size_t kChunk = 1024 * 1024;  // a piece that one row holds and one read brings

constexpr const char* kExportColumns =
    "id, run_id, resource, filter, from_day, to_day, status, group_id, state, service_id, "
    "intended_at, started_at, received_at, (extract(epoch FROM not_ready) * 1000000)::bigint, "
    "polls, repeated, body_id, rows, "
    "headings, reason, repeated_at";

Instant instant(const std::string& text) {
    const std::optional<Instant> read = parse_instant(text);
    if (!read)
        throw Error(Kind::database,
                    "journal holds the time \"" + text + "\", which cannot be read");
    return *read;
}

Param day(const std::optional<Day>& given) {
    return given ? Param(format_day(*given)) : std::nullopt;
}
Param moment_text(const std::optional<Instant>& given) {
    return given ? Param(format_instant(*given)) : std::nullopt;
}

ExportRow export_of(const pg::Result& found, std::size_t i) {
    ExportRow row;
    row.id = found.number(i, 0);
    row.run_id = found.number(i, 1);
    row.query.resource = found.text(i, 2);
    row.query.filter = found.text(i, 3);
    row.query.from = parse_day(found.text(i, 4));
    row.query.to = parse_day(found.text(i, 5));
    row.query.status = found.text(i, 6);
    row.query.group_id = found.number(i, 7);
    row.state = export_state(found.text(i, 8)).value_or(ExportState::refused);
    row.service_id = found.text(i, 9);
    row.intended_at = instant(found.text(i, 10));
    if (found.at(i, 11)) row.started_at = instant(found.text(i, 11));
    if (found.at(i, 12)) row.received_at = instant(found.text(i, 12));
    row.not_ready = Duration{found.number(i, 13)};
    row.polls = static_cast<int>(found.number(i, 14));
    row.repeated = found.flag(i, 15);
    row.body_id = found.number(i, 16);
    row.rows = static_cast<std::uint64_t>(found.number(i, 17));
    row.headings = pg::parse_array(found.text(i, 18));
    row.reason = found.text(i, 19);
    if (found.at(i, 20)) row.repeated_at = instant(found.text(i, 20));
    return row;
}

std::string text_of(const XXH128_hash_t& hash) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    return hex({reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest});
}

// XXH3-128 of a body's compressed bytes as they come.
class BodyHash {
public:
    BodyHash() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_128bits_reset(state_.get()); }
    void add(std::string_view bytes) {
        XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
    }
    [[nodiscard]] std::string text() const { return text_of(XXH3_128bits_digest(state_.get())); }

private:
    std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

void write_answer(pg::Connection& connection, std::int64_t request_id, const Answered& answered) {
    connection.query(
        "UPDATE journal.request SET answered_at = clock_timestamp(), answered_boot = $2::interval, "
        "answer = $3, http_status = $4, code = $5, message = $6, "
        "bytes = $7, rows = $8, service_date = $9, counts = counts AND $10 WHERE id = $1",
        {std::to_string(request_id), format_interval(boot_time().since_boot), answered.answer,
         std::to_string(answered.http_status), std::to_string(answered.code),
         foreign_words(answered.message), std::to_string(answered.bytes),
         std::to_string(answered.rows), answered.date, answered.sent ? "t" : "f"});
}

void write_export(pg::Connection& connection, const ExportRow& row) {
    const auto done = connection.query(
        "UPDATE journal.export SET state = $2, service_id = $3, started_at = $4::timestamptz, "
        "received_at = $5::timestamptz, not_ready = $6::interval, polls = $7, "
        "repeated = $8, body_id = $9, rows = $10, headings = $11::text[], reason = $12, "
        "repeated_at = $13::timestamptz WHERE id = $1",
        {std::to_string(row.id), std::string(name_of(row.state)), row.service_id,
         moment_text(row.started_at), moment_text(row.received_at), format_interval(row.not_ready),
         std::to_string(row.polls), row.repeated ? "t" : "f", std::to_string(row.body_id),
         std::to_string(row.rows), pg::array_literal(row.headings), log::redacted(row.reason),
         moment_text(row.repeated_at)});
    if (done.affected() != 1)
        throw Error(Kind::database, fmt::format("journal.export has no row {}", row.id));
}

// Each chunk is committed as it is written, so that a connection that breaks costs none of them. A
// body counts once it has its hash, which is committed together with the export's state; what never
// got there is dropped here, or by the next run (close_unfinished_runs).
class PgBodyWriter final : public BodyWriter {
public:
    PgBodyWriter(pg::Connection& connection, std::int64_t export_id) : connection_(connection) {
        pg::in_one_step(connection_, [&] {
            id_ = std::stoll(
                connection_.value("INSERT INTO journal.body (export_id, plain_bytes, gzip_bytes, "
                                  "chunks, hash) VALUES ($1, 0, 0, 0, '') RETURNING id",
                                  {std::to_string(export_id)}));
        });
    }
    ~PgBodyWriter() override {
        if (committed_ || connection_.in_transaction()) return;
        try {
            if (!connection_.broken())
                connection_.query("DELETE FROM journal.body WHERE id = $1", {std::to_string(id_)});
        } catch (const std::exception& error) {
            log::info("an unfinished body stays until the next run", {{"reason", error.what()}});
        }
    }

    void write(std::string_view gzip_piece) override {
        hash_.add(gzip_piece);
        bytes_ += gzip_piece.size();
        buffer_.append(gzip_piece);
        while (buffer_.size() >= kChunk) {
            flush(kChunk);
        }
    }

    std::int64_t commit(const ExportRow& row, std::int64_t request_id, const Answered& answered,
                        std::uint64_t plain_bytes) override {
        if (!buffer_.empty()) flush(buffer_.size());
        ExportRow received = row;
        received.body_id = id_;
        const std::string hash = hash_.text();
        pg::in_one_step(connection_, [&] {
            connection_.query(
                "UPDATE journal.body SET plain_bytes = $2, gzip_bytes = $3, chunks = $4, hash = $5 "
                "WHERE id = $1",
                {std::to_string(id_), std::to_string(plain_bytes), std::to_string(bytes_),
                 std::to_string(chunks_), hash});
            write_export(connection_, received);
            write_answer(connection_, request_id, answered);
        });
        committed_ = true;
        return id_;
    }

private:
    void flush(std::size_t size) {
        const std::string number = std::to_string(chunks_++);
        pg::in_one_step(connection_, [&] {
            connection_.query_binary(
                "INSERT INTO journal.body_chunk (body_id, n, data) VALUES ($2, $3, $1)",
                std::string_view(buffer_).substr(0, size), {std::to_string(id_), number});
        });
        buffer_.erase(0, size);
    }

    pg::Connection& connection_;
    bool committed_ = false;
    std::int64_t id_ = 0;
    std::string buffer_;
    BodyHash hash_;
    std::uint64_t bytes_ = 0;
    int chunks_ = 0;
};

class PgJournal final : public Journal {
public:
    PgJournal(pg::Connection& connection, const BudgetRules& rules)
        : connection_(connection), rules_(rules) {}

    [[nodiscard]] Instant now() override {
        return instant(connection_.value("SELECT clock_timestamp()"));
    }

    [[nodiscard]] std::int64_t begin_run(const std::string& job,
                                         const std::string& plan_json) override {
        std::int64_t id = 0;
        pg::in_one_step(connection_, [&] {
            id = std::stoll(connection_.value(
                "INSERT INTO journal.run (job, plan) VALUES ($1, $2::jsonb) RETURNING id",
                {job, plan_json}));
        });
        return id;
    }

    void finish_run(std::int64_t run_id, const std::string& state, int exit_code,
                    const std::string& reason) override {
        pg::in_one_step(connection_, [&] {
            connection_.query(
                "UPDATE journal.run SET state = $2, exit_code = $3, reason = nullif($4, ''), "
                "finished_at = clock_timestamp(), doing = NULL WHERE id = $1",
                {std::to_string(run_id), state, std::to_string(exit_code), log::redacted(reason)});
        });
    }

    [[nodiscard]] Permit before_send(const RequestIntent& intent, int extra_reserve) override {
        Permit permit;
        pg::in_one_step(connection_, [&] { permit = permit_of(intent, extra_reserve); });
        return permit;
    }

    void after_answer(std::int64_t request_id, const Answered& answered) override {
        pg::in_one_step(connection_, [&] { write_answer(connection_, request_id, answered); });
    }

    // The wall clock may have jumped, so the cut is not by it alone: what either witness may still
    // call young is returned.
    [[nodiscard]] std::vector<Spent> ledger() override {
        const auto found = connection_.query(
            "SELECT coalesce(answered_at, sent_at), boot_id, "
            "(extract(epoch FROM coalesce(answered_boot, sent_boot)) * 1000000)::bigint, answer "
            "FROM journal.request WHERE counts "
            "AND (sent_at > (SELECT clock_timestamp() - 2 * $1::interval) OR (boot_id = $2 AND "
            "coalesce(answered_boot, sent_boot) > $3::interval - 2 * $1::interval)) ORDER BY id",
            {format_interval(rules_.window), boot_time().boot_id,
             format_interval(boot_time().since_boot)});
        std::vector<Spent> spent;
        for (std::size_t i = 0; i < found.rows(); ++i)
            spent.push_back(
                {{instant(found.text(i, 0)), found.text(i, 1), Duration{found.number(i, 2)}},
                 said_by(found.text(i, 3))});
        return spent;
    }

    [[nodiscard]] SendDecision free_now() override {
        const BootTime boot = boot_time();
        return etl::free_now(ledger(), {now(), boot.boot_id, boot.since_boot}, rules_, 0, false);
    }

    [[nodiscard]] std::map<std::string, int> poll_answers(std::int64_t export_id) override {
        const auto found = connection_.query(
            "SELECT answer, count(*) FROM journal.request WHERE export_id = $1 AND kind = 'poll' "
            "GROUP BY answer",
            {std::to_string(export_id)});
        std::map<std::string, int> counts;
        for (std::size_t i = 0; i < found.rows(); ++i)
            counts[found.text(i, 0)] = static_cast<int>(found.number(i, 1));
        return counts;
    }

    [[nodiscard]] std::int64_t intend(std::int64_t run_id, const ExportQuery& query) override {
        std::int64_t id = 0;
        pg::in_one_step(connection_, [&] {
            id = std::stoll(connection_.value(
                "INSERT INTO journal.export (run_id, resource, filter, from_day, to_day, status, "
                "group_id) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
                {std::to_string(run_id), query.resource, query.filter, day(query.from),
                 day(query.to), query.status, std::to_string(query.group_id)}));
        });
        return id;
    }

    void save(const ExportRow& row) override {
        pg::in_one_step(connection_, [&] { write_export(connection_, row); });
    }

    void started(const ExportRow& row, std::int64_t request_id, const Answered& answered) override {
        pg::in_one_step(connection_, [&] {
            write_export(connection_, row);
            write_answer(connection_, request_id, answered);
        });
    }

    [[nodiscard]] std::vector<ExportRow> exports(const std::vector<ExportState>& states) override {
        std::vector<std::string> names;
        for (const ExportState state : states) names.emplace_back(name_of(state));
        const auto found =
            connection_.query("SELECT " + std::string(kExportColumns) +
                                  " FROM journal.export WHERE state = ANY ($1::text[]) ORDER BY id",
                              {pg::array_literal(names)});
        std::vector<ExportRow> rows;
        for (std::size_t i = 0; i < found.rows(); ++i) rows.push_back(export_of(found, i));
        return rows;
    }

    [[nodiscard]] ExportRow export_row(std::int64_t id) override {
        const auto found = connection_.query(
            "SELECT " + std::string(kExportColumns) + " FROM journal.export WHERE id = $1",
            {std::to_string(id)});
        if (found.empty()) throw Error(Kind::unexpected, fmt::format("no export {}", id));
        return export_of(found, 0);
    }

    [[nodiscard]] std::optional<std::int64_t> export_with_service_id(
        const std::string& service_id) override {
        const auto found = connection_.query(
            "SELECT min(id) FROM journal.export WHERE service_id = $1", {service_id});
        if (!found.at(0, 0)) return std::nullopt;
        return found.number(0, 0);
    }

    [[nodiscard]] std::vector<BuildTime> build_times(const std::string& resource,
                                                     int most) override {
        const auto found = connection_.query(
            "SELECT (extract(epoch FROM not_ready) * 1000000)::bigint, (extract(epoch FROM "
            "received_at - started_at) * 1000000)::bigint, "
            "coalesce(to_day - from_day + 1, 1), polls FROM journal.export WHERE resource = $1 AND "
            "received_at IS NOT NULL AND started_at IS NOT NULL "
            "AND polls > 0 AND NOT repeated ORDER BY received_at DESC LIMIT $2",
            {resource, std::to_string(most)});
        std::vector<BuildTime> times;
        for (std::size_t i = found.rows(); i > 0; --i)
            times.push_back({Duration{found.number(i - 1, 0)}, Duration{found.number(i - 1, 1)},
                             static_cast<double>(found.number(i - 1, 2)),
                             static_cast<int>(found.number(i - 1, 3))});
        return times;
    }

    [[nodiscard]] std::unique_ptr<BodyWriter> body_writer(std::int64_t export_id) override {
        return std::make_unique<PgBodyWriter>(connection_, export_id);
    }

    void read_body(std::int64_t body_id,
                   const std::function<void(std::string_view)>& gzip_piece) override {
        const auto found =
            connection_.query("SELECT chunks, gzip_bytes, hash FROM journal.body WHERE id = $1",
                              {std::to_string(body_id)});
        if (found.empty()) throw Error(Kind::database, fmt::format("body {} is not kept", body_id));
        BodyHash hash;
        std::int64_t bytes = 0;
        for (std::int64_t n = 0; n < found.number(0, 0); ++n) {
            const auto chunk = connection_.bytes(
                "SELECT data FROM journal.body_chunk WHERE body_id = $1 AND n = $2",
                {std::to_string(body_id), std::to_string(n)});
            if (!chunk) break;
            hash.add(*chunk);
            bytes += static_cast<std::int64_t>(chunk->size());
            gzip_piece(*chunk);
        }
        if (bytes != found.number(0, 1) || hash.text() != found.text(0, 2))
            throw Error(
                Kind::database,
                fmt::format("body {} is damaged: {} of {} bytes, hash {} instead of {}", body_id,
                            bytes, found.text(0, 1), hash.text(), found.text(0, 2)));
    }

private:
    // Within the caller's transaction.
    Permit permit_of(const RequestIntent& intent, int extra_reserve) {
        const BootTime boot = boot_time();
        Permit permit;
        pg::wait_for_lock(connection_, "gcmirror ledger");
        permit.now = now();
        permit.decision.allowed = true;
        if (intent.counts)
            permit.decision = etl::free_now(ledger(), {permit.now, boot.boot_id, boot.since_boot},
                                            rules_, extra_reserve, intent.kind == "start");
        if (!permit.decision.allowed) return permit;
        permit.request_id = std::stoll(
            connection_.value("INSERT INTO journal.request (run_id, export_id, kind, what, why, "
                              "counts, boot_id, sent_boot) "
                              "VALUES (nullif($1::bigint, 0), nullif($2::bigint, 0), $3, $4, $5, "
                              "$6, $7, $8::interval) RETURNING id",
                              {std::to_string(intent.run_id), std::to_string(intent.export_id),
                               intent.kind, intent.what, intent.why, intent.counts ? "t" : "f",
                               boot.boot_id, format_interval(boot.since_boot)}));
        return permit;
    }

    pg::Connection& connection_;
    BudgetRules rules_;
};

}  // namespace

std::unique_ptr<Journal> pg_journal(pg::Connection& connection, const BudgetRules& rules) {
    return std::make_unique<PgJournal>(connection, rules);
}

}  // namespace etl
