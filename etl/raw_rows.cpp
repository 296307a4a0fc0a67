#include "etl/raw_rows.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "schema/text.hpp"

namespace etl {
namespace {

constexpr std::size_t kLongestPlainKey = 18;  // digits that are a bigint, whatever they are
constexpr std::size_t kEntry = 16;            // bytes: hash of the key, mark
constexpr std::size_t kEntriesBytes = 65536 * kEntry;  // of a row of journal.raw_row
constexpr std::int64_t kAlwaysKept = 200000;           // entries of a small table
// Nights that change little write few entries each; so many such rows become one.
constexpr std::size_t kMostOfFew = 32;
constexpr std::size_t kFewEntries = kEntriesBytes / kEntry / kMostOfFew;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Of bytes that were read as a row of that hash; never 0, which is no mark.
std::uint64_t mark_of(std::uint64_t bytes_hash, std::int64_t row_hash) {
    const auto seed = static_cast<std::uint64_t>(row_hash);
    return XXH3_64bits_withSeed(&bytes_hash, sizeof bytes_hash, seed) | 1U;
}

std::uint64_t hash_of(std::string_view raw, std::uint64_t reading) {
    return XXH3_64bits_withSeed(raw.data(), raw.size(), reading);
}

}  // namespace

std::string_view plain_key(std::string_view raw) {
    std::size_t at = 0;
    const auto skip = [&] {
        while (at < raw.size() && is_blank(raw[at])) ++at;
    };
    skip();
    if (at == raw.size() || raw[at] != '[') return {};
    ++at;
    skip();
    const bool quoted = at < raw.size() && raw[at] == '"';
    if (quoted) ++at;
    const std::size_t begin = at;
    while (at < raw.size() && schema::is_digit(raw[at])) ++at;
    const std::string_view key = raw.substr(begin, at - begin);
    if (key.empty() || key.size() > kLongestPlainKey || (key.size() > 1 && key[0] == '0'))
        return {};
    if (quoted && (at == raw.size() || raw[at++] != '"')) return {};
    skip();
    return at < raw.size() && (raw[at] == ',' || raw[at] == ']') ? key : std::string_view();
}

std::optional<RawRows::Known> RawRows::find(const HashIndex& known, std::string_view raw) const {
    if (reading_ == 0) return std::nullopt;
    const std::string_view key = plain_key(raw);
    if (key.empty()) return std::nullopt;
    const std::uint64_t key_of = single_key_hash(key);
    const auto row_hash = known.recall(
        key_of, [&](std::int64_t hash) { return mark_of(hash_of(raw, reading_), hash); });
    if (!row_hash) return std::nullopt;
    return Known{key, key_of, *row_hash};
}

void RawRows::learn(HashIndex& seen, std::string_view raw, std::uint64_t key,
                    std::int64_t row_hash) const {
    if (reading_ == 0) return;
    const std::string_view plain = plain_key(raw);
    if (plain.empty() || single_key_hash(plain) != key) return;
    seen.learn(key, mark_of(hash_of(raw, reading_), row_hash));
}

void RawRows::recall(HashIndex& known) const {
    if (reading_ == 0) return;
    const auto chunks = task_.connection.query(
        "SELECT id FROM journal.raw_row WHERE table_name = $1 AND reading = $2 ORDER BY id",
        {task_.table.name, std::to_string(static_cast<std::int64_t>(reading_))});
    for (std::size_t i = 0; i < chunks.rows(); ++i) {
        const auto entries = task_.connection.bytes(
            "SELECT entries FROM journal.raw_row WHERE id = $1", {chunks.text(i, 0)});
        for (std::size_t at = 0; entries && at + kEntry <= entries->size(); at += kEntry) {
            std::uint64_t key = 0, mark = 0;
            std::memcpy(&key, entries->data() + at, sizeof key);
            std::memcpy(&mark, entries->data() + at + sizeof key, sizeof mark);
            known.remember(key, mark);
        }
    }
}

void RawRows::keep(const HashIndex& seen) const {
    if (reading_ == 0) return;
    std::string entries;
    bool wrote = false;
    const auto write = [&] {
        if (entries.empty()) return;
        wrote = true;
        task_.connection.query_binary(
            "INSERT INTO journal.raw_row (entries, table_name, reading, run_id, export_id, "
            "rows) VALUES ($1, $2, $3, $4, $5, $6)",
            entries,
            {task_.table.name, std::to_string(static_cast<std::int64_t>(reading_)),
             std::to_string(task_.run_id), std::to_string(task_.row.id),
             std::to_string(entries.size() / kEntry)});
        entries.clear();
    };
    seen.each_learned([&](std::uint64_t key, std::uint64_t mark) {
        char entry[kEntry];
        std::memcpy(entry, &key, sizeof key);
        std::memcpy(entry + sizeof key, &mark, sizeof mark);
        entries.append(entry, kEntry);
        if (entries.size() == kEntriesBytes) write();
    });
    write();
    if (!wrote) return;
    task_.connection.query(
        "WITH few AS (SELECT id FROM journal.raw_row WHERE table_name = $1 AND reading = $2 AND "
        "rows < $3 ORDER BY id DESC LIMIT $4 + 1), gone AS (DELETE FROM journal.raw_row WHERE id "
        "IN (SELECT id FROM few) AND "
        "(SELECT count(*) FROM few) > $4 RETURNING id, entries, rows) INSERT INTO "
        "journal.raw_row (entries, table_name, reading, run_id, export_id, rows) SELECT "
        "string_agg(entries, '' ORDER BY id), $1, $2, $5, $6, sum(rows) FROM gone HAVING count(*) "
        "> 0",
        {task_.table.name, std::to_string(static_cast<std::int64_t>(reading_)),
         std::to_string(kFewEntries), std::to_string(kMostOfFew), std::to_string(task_.run_id),
         std::to_string(task_.row.id)});
    task_.connection.query(
        "DELETE FROM journal.raw_row k USING (SELECT id, sum(rows) OVER (ORDER BY id DESC) - rows "
        "AS newer FROM journal.raw_row WHERE table_name = $1) o WHERE k.id = o.id AND o.newer >= "
        "greatest($2::bigint, (SELECT 2 * reltuples::bigint FROM pg_class WHERE oid = "
        "$3::regclass))",
        {task_.table.name,
         // the table's own count is not known yet at its first load
         std::to_string(std::max(kAlwaysKept, 2 * static_cast<std::int64_t>(task_.row.rows))),
         task_.mirror()});
}

}  // namespace etl
