#include "etl/rejects.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "etl/log.hpp"
#include "schema/text.hpp"

namespace etl {
namespace {

// A reject beyond this many of one body is counted, not kept: a body of nothing but rejects must
// not fill the journal.
constexpr std::size_t kRejectsKept = 50000;

}  // namespace

void Rejects::add(Reject reject) {
    ++count_;
    if (kept_.size() < kRejectsKept) kept_.push_back(std::move(reject));
}

std::uint64_t Rejects::write(const LoadTask& task) const {
    if (kept_.empty()) return 0;
    pg::CopyIn copy(task.connection,
                    "COPY journal.reject (run_id, export_id, table_name, row_no, row_key, heading, "
                    "raw, reason, set_aside) FROM STDIN");
    std::uint64_t replaced = 0;  // a row that is none comes with its bytes as they are
    for (const Reject& reject : kept_) {
        std::string line =
            fmt::format("{}\t{}\t{}\t{}", task.run_id, task.row.id, task.table.name, reject.row_no);
        for (const std::string* text :
             {&reject.key, &reject.heading, &reject.raw, &reject.reason}) {
            line += '\t';
            append_copy_text(line, log::redacted(schema::repaired(*text, replaced)));
        }
        line += reject.set_aside ? "\tt\n" : "\tf\n";
        copy.write(line);
    }
    copy.finish();
    const auto fresh = task.connection.query(
        "SELECT count(*) FROM journal.reject r WHERE r.export_id = $1 AND r.run_id = $2 AND NOT "
        "EXISTS (SELECT FROM journal.reject k WHERE md5(k.row_key || '|' || k.heading) = "
        "md5(r.row_key || '|' || r.heading) AND (k.table_name, k.row_key, k.heading, k.raw, "
        "k.reason) = (r.table_name, r.row_key, "
        "r.heading, r.raw, r.reason) AND k.export_id <> r.export_id)",
        {std::to_string(task.row.id), std::to_string(task.run_id)});
    return static_cast<std::uint64_t>(fresh.number(0, 0)) + (count_ - kept_.size());
}

void Rejects::close_earlier(const LoadTask& task, const HashIndex& seen) {
    const auto open = task.connection.query(
        "SELECT id, row_key FROM journal.reject WHERE table_name = $1 AND closed_at IS NULL AND "
        "export_id <> $2",
        {task.table.name, std::to_string(task.row.id)});
    std::vector<std::string> closed;
    for (std::size_t i = 0; i < open.rows(); ++i)
        if (seen.seen(key_hash({open.text(i, 1)}))) closed.push_back(open.text(i, 0));
    if (!closed.empty())
        task.connection.query(
            "UPDATE journal.reject SET closed_at = $1, closed_run_id = $3 WHERE id = ANY "
            "($2::bigint[])",
            {task.as_of(), pg::array_literal(closed), std::to_string(task.run_id)});
    // A row without a key is known by its text alone.
    task.connection.query(
        "UPDATE journal.reject k SET closed_at = $1, closed_run_id = $3 FROM journal.reject r "
        "WHERE "
        "r.export_id = $2 "
        "AND r.row_key = '' AND k.closed_at IS NULL AND k.export_id <> r.export_id AND "
        "md5(k.row_key || '|' || k.heading) = md5(r.row_key || '|' || r.heading) AND "
        "(k.table_name, k.row_key, k.heading, "
        "k.raw, k.reason) = (r.table_name, r.row_key, r.heading, r.raw, r.reason)",
        {task.as_of(), std::to_string(task.row.id), std::to_string(task.run_id)});
}

}  // namespace etl
