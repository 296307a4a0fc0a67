// Rows -> COPY lines for the stage, by layout; a bad cell becomes NULL and a reject, a row without
// a key is set aside.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "etl/copy_text.hpp"
#include "etl/field_values.hpp"
#include "etl/row_plan.hpp"
#include "etl/sheet.hpp"
#include "etl/value.hpp"
#include "schema/naming.hpp"
#include "schema/sql.hpp"
#include "schema/table.hpp"

namespace etl {

struct Reject {
    std::uint64_t row_no = 0;
    std::string key;      // of the row, as far as it was read
    std::string heading;  // empty: the whole row
    std::string raw;      // cell as received, at most 2000 bytes
    std::string reason;  // code of value.hpp, or "short row", "long row", "no key", "key too long",
                         // "not a row", "characters replaced", "not JSON that can be stored"
    bool set_aside = false;  // the row was not loaded
};

struct RowResult {
    // nobody: the service's row for a person it does not have (getcourse-api.md 7)
    enum class Outcome { loaded, set_aside, nobody } outcome = Outcome::loaded;
    std::uint64_t key_hash = 0;  // of the key columns' texts
    std::int64_t row_hash = 0;   // sum over present columns of hash(column name), and over their
                                 // values of hash(column name, value): independent of their order
};

// Money of one row as it was read: for the certificate. `amounts` follow the table's money columns
// that the body has.
struct RowMoney {
    std::string_view currency, status;                 // as they go to the table; empty: NULL
    std::vector<std::optional<std::int64_t>> amounts;  // hundredths
};

class Normalizer {
public:
    // `quarantined`: custom names whose values are not kept. `constants`: values for columns that
    // the request knows and the body may lack (group_id of a group's users).
    Normalizer(const schema::Table& table, const schema::Layout& layout, const Zone& zone,
               std::function<void(Reject)> rejects, const Constants& constants = {},
               const std::vector<std::string>& quarantined = {});
    ~Normalizer();

    [[nodiscard]] const schema::Present& present() const;
    // Appends the COPY-text fields of the row to `line` (tab-separated, without row_hash, row_no
    // and line end) in the order of schema::create_stage: present columns, custom, group_ids,
    // group_dates. Nothing is appended when set aside.
    RowResult row(std::uint64_t row_no, std::span<const Cell> cells, std::string& line);
    [[nodiscard]] const std::vector<std::string>& key() const;  // of the row just read
    // Where group_ids and group_dates of the row just read begin in its line, tab included.
    [[nodiscard]] std::size_t groups_begin() const;
    [[nodiscard]] std::string nobody() const;  // the address a row of nobody was asked for by
    // Of the row just read; and the names of the columns its amounts stand for.
    [[nodiscard]] const RowMoney& money() const;
    [[nodiscard]] const std::vector<std::string>& money_columns() const;
    // A row of which all is known but its money: cells that `money_cells` does not have may be
    // left empty.
    [[nodiscard]] const RowMoney& money_of(std::span<const Cell> cells);
    [[nodiscard]] const std::vector<bool>& money_cells() const;
    // Of the rows read so far, each custom field that is kept.
    [[nodiscard]] const std::vector<FieldValues>& field_values() const;
    // Hash of all that a row's bytes are read by; 0: the row does not begin with its key.
    [[nodiscard]] std::uint64_t reading() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Same hash as the normalizer's for a key read back from the database (texts as PostgreSQL prints
// them).
[[nodiscard]] std::uint64_t key_hash(const std::vector<std::string_view>& key_texts);
// The same of a key of one column.
[[nodiscard]] std::uint64_t single_key_hash(std::string_view key_text);

}  // namespace etl
