#include "etl/passing_groups.hpp"

#include "schema/sql.hpp"

namespace etl {

void PassingGroups::add(std::string_view person, std::string_view groups) {
    if (groups.starts_with("\t\\N")) return;  // not known
    if (!with_none_ && groups.starts_with("\t{}")) return;
    if (too_many()) return;
    if (pieces_.empty() || pieces_.back().size() + person.size() + groups.size() >= kPiece) {
        pieces_.emplace_back();
        pieces_.back().reserve(kPiece);
    }
    pieces_.back().append(person).append(groups) += '\n';
    bytes_ += person.size() + groups.size() + 1;
}

void PassingGroups::copy(const LoadTask& task) {
    task.connection.execute(schema::create_stage_of_groups());
    pg::CopyIn copy(task.connection, schema::copy_stage_of_groups());
    for (std::string& piece : pieces_) {
        copy.write(piece);
        piece = {};
    }
    copy.finish();
    pieces_.clear();
    task.connection.execute(schema::analyze_stage(task.table));
}

}  // namespace etl
