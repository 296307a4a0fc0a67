// The balanced account of a load: money of the body against money in the table, rows against what
// became of them, and the days that were read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "etl/load_task.hpp"
#include "etl/normalizer.hpp"
#include "schema/sql.hpp"

namespace etl {

// Exact sums of the money columns by currency and status.
class MoneySums {
public:
    void add(const RowMoney& money);
    // Each line of `result`: currency, status, rows, then `columns` sums.
    void add(const pg::Result& result, std::size_t columns);
    void add(const std::string& currency, const std::string& status, std::uint64_t rows,
             const pg::Result& result, std::size_t row, std::size_t first, std::size_t columns);
    void add(const MoneySums& other);
    void add_rows(std::uint64_t rows) { find("", "", 0).rows += rows; }  // without money
    // [{"currency":"RUB","status":"Завершен","rows":3,"cost":"14980.00",…},…], sorted, lines of no
    // rows left out.
    [[nodiscard]] std::string json(const std::vector<std::string>& columns) const;

private:
    // Ten rows of the largest amount are more than 64 bits.
    __extension__ typedef __int128 Hundredths;
    static Hundredths read(std::string_view numeric);
    static std::string print(Hundredths sum);

    struct Line {
        std::string currency, status;
        std::vector<Hundredths> hundredths;
        std::uint64_t rows = 0;
    };
    Line& find(std::string_view currency, std::string_view status, std::size_t columns);
    std::vector<Line> lines_;
};

// A body's money, in parts: skipped as unchanged, sent to the server, what of the sent the stage
// holds, and what the table has of the rows of the body.
struct MoneyAccount {
    bool kept = false;  // the body has amounts, or the labels by which its rows are counted
    std::vector<std::string> columns;
    MoneySums unchanged, sent, staged, table;
    std::string
        unchanged_keys;  // as COPY lines: what the table holds of them is asked, not assumed
};

// The body has a currency or a status: what the account groups by.
[[nodiscard]] bool has_labels(const schema::Present& present);
// After a COPY into the empty table itself: money sent against money in the table. These throw
// Error{unexpected} when the account does not balance.
void account_direct(const LoadTask& task, const schema::Present& present, MoneyAccount& money);
// Money sent against money in the stage, before duplicates are dropped there.
void account_arrivals(const LoadTask& task, const schema::Present& present,
                      const MoneyAccount& money);
// Money in the stage against money in the table after the merge, rows with a newer state in the
// table apart. `rows`: how many they are, which is all that is to say of a table without money.
void account_staged(const LoadTask& task, const schema::Present& present, std::uint64_t rows,
                    MoneyAccount& money);
// Money of the rows skipped as unchanged against what the table holds of them. False: it differs,
// so that the rows are not what their hash says and have to be sent.
[[nodiscard]] bool account_unchanged(const LoadTask& task, const schema::Present& present,
                                     MoneyAccount& money);
// Every row of the body has an outcome; the account goes to journal.certificate, chained by hash to
// the one before.
void write_reconciliation(const LoadTask& task, const Loaded& loaded, MoneyAccount& money);
// The same for a body of which nothing was loaded.
void write_refused(const LoadTask& task, const Loaded& loaded);
// The days of the body as read, complete or not, in journal.coverage; memberships that came with
// users have lines of their own.
void write_coverage(const LoadTask& task, bool with_memberships);

}  // namespace etl
