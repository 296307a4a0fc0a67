#include "etl/rejects.hpp"

#include <string>
#include <utility>

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

void Rejects::write(const LoadTask& task) const {
    if (kept_.empty()) return;
    pg::CopyIn copy(task.connection,
                    "COPY journal.reject (run_id, export_id, table_name, row_no, row_key, heading, "
                    "raw, reason, set_aside) FROM STDIN");
    std::uint64_t replaced = 0;  // a row that is none comes with its bytes as they are
    for (const Reject& reject : kept_) {
        std::string line = std::to_string(task.run_id) + '\t' + std::to_string(task.row.id) + '\t' +
                           task.table.name + '\t' + std::to_string(reject.row_no);
        for (const std::string* text :
             {&reject.key, &reject.heading, &reject.raw, &reject.reason}) {
            line += '\t';
            append_copy_text(line, schema::repaired(*text, replaced));
        }
        line += reject.set_aside ? "\tt\n" : "\tf\n";
        copy.write(line);
    }
    copy.finish();
}

}  // namespace etl
