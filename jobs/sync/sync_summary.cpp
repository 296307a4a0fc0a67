#include "jobs/sync/sync_summary.hpp"

#include <ostream>

#include "etl/error.hpp"
#include "jobs/output/words.hpp"

namespace jobs {
namespace {

void print_load(const Said& to, const etl::Loaded& loaded) {
    const etl::LoadCounts& c = loaded.counts;
    std::string line = words::say(to.russian, "{}: {} rows, {} inserted, {} changed, {} unchanged",
                                  loaded.table, c.rows, c.inserted, c.changed, c.unchanged);
    for (const auto& [count, english] :
         {std::pair(c.duplicate, ", {} duplicate"), std::pair(c.older, ", {} older"),
          std::pair(c.set_aside, ", {} set aside"), std::pair(c.nobody, ", {} no such person"),
          std::pair(c.rejects, ", {} rejects"),
          std::pair(c.rejects > c.new_rejects ? c.rejects - c.new_rejects : 0,
                    " ({} known already)"),
          std::pair(c.memberships, ", {} memberships changed")})
        if (count > 0) line += words::say(to.russian, english, count);
    if (loaded.red) line += words::say(to.russian, "; REFUSED: {}", loaded.reason);
    to.out << line << '\n';
    for (const std::string& note : loaded.notes)
        to.out << "  " << words::sentence(note, to.russian) << '\n';
}

void print_settled(const Said& to, const Settled& settled) {
    if (settled.confirmed + settled.contradicted + settled.again + settled.unclear + settled.open ==
        0)
        return;
    to.out << words::say(to.russian,
                         "write-back: {} confirmed, {} contradicted, {} not to be seen, {} may be "
                         "sent again, {} not read back yet",
                         settled.confirmed, settled.contradicted, settled.unclear, settled.again,
                         settled.open)
           << '\n';
}

}  // namespace

void print_summary(const Said& to, etl::pg::Connection& connection, std::int64_t run_id,
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
        if (loaded.table != "fields") print_load(to, loaded);
    }
    const bool ru = to.russian;
    for (const std::string& remark : findings.remarks)
        to.out << words::sentence(remark, ru) << '\n';
    print_settled(to, published.settled);
    const auto sent = connection.query("SELECT count(*) FROM journal.request WHERE run_id = $1",
                                       {std::to_string(run_id)});
    std::string line = words::say(ru, "run {}: {} inserted, {} changed, {} requests", run_id,
                                  all.inserted, all.changed, sent.text(0, 0));
    if (all.inserted + all.changed + others == 0)
        line += words::say(ru, "; nothing had changed, no row was written");
    if (all.rejects > 0)
        line += words::say(ru,
                           "; {} cells or rows could not be read: SELECT * FROM journal.reject "
                           "WHERE run_id = {}",
                           all.rejects, run_id);
    if (!findings.refused.empty())
        line += words::say(ru, "; {} bodies were refused: gcmirror export list shows them",
                           findings.refused.size());
    if (code == etl::exit_code(etl::Kind::postponed))
        line += words::say(ru, findings.unanswered.empty() ? "; postponed: {}" : "; partial: {}",
                           reason);
    to.out << line << '\n';
}

}  // namespace jobs
