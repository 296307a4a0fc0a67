// mirror.custom_fields: the custom fields of users and deals, the names they are kept under, and
// the layouts their bodies had.
#pragma once

#include <string>
#include <vector>

#include "etl/field_values.hpp"
#include "etl/load_task.hpp"
#include "schema/naming.hpp"

namespace etl {

// How the body's columns are read: by the table, the fields list known when it was made, the
// registry and the school's own headings.
[[nodiscard]] schema::Layout layout_of(const LoadTask& task,
                                       const std::vector<std::string>& headings);
// New fields get the next positions; a known name takes the newest title and, once, its field id.
void register_fields(const LoadTask& task, const schema::Layout& layout, Loaded& loaded);
// Columns that earlier bodies of this kind had and this one lacks are named, once a run, with the
// moment their values are of; those that are back are named, too. Before remember_layout().
void announce_absent(const LoadTask& task, const std::vector<std::string>& headings,
                     Loaded& loaded);
// A layout met for the first time is kept, and said when another was known.
void remember_layout(const LoadTask& task, const schema::Layout& layout, Loaded& loaded);
// Names of fields whose values are not kept until a person decides.
[[nodiscard]] std::vector<std::string> quarantined_fields(const LoadTask& task);
// A new field whose values do not read as its type says is shown as text; once the wide view has
// the column its type stays. `passed`: all values that the table has of these fields, as they
// passed; nullptr: there may be others, and the table is read.
void settle_types(const LoadTask& task, const schema::Layout& layout,
                  const std::vector<FieldValues>* passed);
// Values of this export that do not read as the type the wide view shows are counted in the
// registry, said when there are more than before, and get a text column beside the typed one. The
// table is read only where the values that passed give reason to.
void count_misfits(const LoadTask& task, const std::vector<FieldValues>& passed, Loaded& loaded);

}  // namespace etl
