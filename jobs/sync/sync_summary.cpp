#include "jobs/sync/sync_summary.hpp"

#include <fmt/format.h>

#include <ostream>

#include "etl/error.hpp"

namespace jobs {
namespace {

void print_load(std::ostream& out, const etl::Loaded& loaded) {
    const etl::LoadCounts& c = loaded.counts;
    out << fmt::format("{}: {} rows, {} inserted, {} changed, {} unchanged", loaded.table, c.rows,
                       c.inserted, c.changed, c.unchanged);
    if (c.duplicate > 0) out << ", " << c.duplicate << " duplicate";
    if (c.older > 0) out << ", " << c.older << " older";
    if (c.set_aside > 0) out << ", " << c.set_aside << " set aside";
    if (c.nobody > 0) out << ", " << c.nobody << " no such person";
    if (c.rejects > 0) out << ", " << c.rejects << " rejects";
    if (c.rejects > c.new_rejects) out << " (" << c.rejects - c.new_rejects << " known already)";
    if (c.memberships > 0) out << ", " << c.memberships << " memberships changed";
    out << (loaded.red ? "; REFUSED: " + loaded.reason : "") << '\n';
    for (const std::string& note : loaded.notes) out << "  " << note << '\n';
}

void print_settled(std::ostream& out, const Settled& settled) {
    if (settled.confirmed + settled.contradicted + settled.again + settled.unclear + settled.open ==
        0)
        return;
    out << fmt::format(
        "write-back: {} confirmed, {} contradicted, {} not to be seen, {} may be sent again, {} "
        "not read back yet\n",
        settled.confirmed, settled.contradicted, settled.unclear, settled.again, settled.open);
}

}  // namespace

void print_summary(std::ostream& out, etl::pg::Connection& connection, std::int64_t run_id,
                   const Published& published, const RunFindings& findings, int code,
                   const std::string& reason) {
    etl::LoadCounts all;
    std::uint64_t others = 0;  // written beside the tables' own rows
    for (const etl::Loaded& loaded : published.loaded) {
        all.inserted += loaded.counts.inserted;
        all.changed += loaded.counts.changed;
        all.rejects += loaded.counts.rejects;
        others +=
            loaded.counts.memberships + loaded.counts.marked_missing + loaded.counts.missing_once;
        if (loaded.table != "fields") print_load(out, loaded);
    }
    for (const std::string& remark : findings.remarks) out << remark << '\n';
    print_settled(out, published.settled);
    const auto sent = connection.query("SELECT count(*) FROM journal.request WHERE run_id = $1",
                                       {std::to_string(run_id)});
    out << fmt::format("run {}: {} inserted, {} changed, {} requests", run_id, all.inserted,
                       all.changed, sent.text(0, 0));
    if (all.inserted + all.changed + others == 0)
        out << "; nothing had changed, no row was written";
    if (all.rejects > 0)
        out << "; " << all.rejects
            << " cells or rows could not be read: SELECT * FROM journal.reject WHERE run_id = "
            << run_id;
    if (!findings.refused.empty())
        out << "; " << findings.refused.size()
            << " bodies were refused: gcmirror export list shows them";
    if (code == etl::exit_code(etl::Kind::postponed))
        out << (findings.unanswered.empty() ? "; postponed: " : "; partial: ") << reason;
    out << '\n';
}

}  // namespace jobs
