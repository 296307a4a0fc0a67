// What a body's cells become, found once per body: which cell goes to which column, which to
// custom.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "etl/value.hpp"
#include "schema/naming.hpp"
#include "schema/sql.hpp"
#include "schema/table.hpp"

namespace etl {

// Values for columns that the request knows and the body may lack.
using Constants = std::vector<std::pair<std::string, std::string>>;

struct RowPlan {
    // A column to be written: where its cell stands, and the seed of its share of the row's hash.
    struct Output {
        const schema::Column* column = nullptr;
        int position = -1;  // of the cell in the body; -1: derived or a constant
        int source = -1;    // of a derived column: position of its source's cell
        std::uint64_t seed = 0;
        std::optional<std::string> constant = {};
        int key = -1;    // index in the key, -1: not of it
        int money = -1;  // index in money_columns
        bool is_currency = false, is_status = false;
        bool plain_text = false;  // nothing is done to the cell
    };
    struct Custom {
        const schema::CustomField* field = nullptr;
        int position = -1;
        std::uint64_t seed = 0;
        std::string name_and_colon = {};  // as JSON
    };

    schema::Present present;  // what of the table the body brings
    std::vector<Output> outputs;
    std::vector<Custom> customs;
    std::vector<std::string> money_columns;
    std::map<std::string, std::string> status_codes;  // folded label -> code
    int groups_position = -1;
    std::uint64_t groups_seed = 0;
    std::uint64_t layout_seed = 0;  // the set of columns the body brings: absent is not empty
    std::vector<bool> money_cells;  // positions that amounts, currency and status are read from, to
                                    // the last of them
    std::uint64_t reading = 0;      // of Normalizer::reading()
};

// Raised by whoever changes what the same bytes are read as, vocabulary of statuses included:
// rows known by their bytes are then read anew. A test compares it with what is read.
constexpr std::uint64_t kReadingVersion = 1;

// `quarantined`: custom names whose values are not kept. `table` and `layout` must outlive the
// plan.
[[nodiscard]] RowPlan plan_rows(const schema::Table& table, const schema::Layout& layout,
                                const Constants& constants,
                                const std::vector<std::string>& quarantined, const Zone& zone);

// Title of the position of a body, for people: the heading the service uses.
[[nodiscard]] std::string heading_at(const schema::Table& table, const schema::Layout& layout,
                                     std::size_t position);

}  // namespace etl
