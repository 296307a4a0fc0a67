#include "jobs/sync/masks.hpp"

#include <openssl/hmac.h>

#include <array>
#include <utility>
#include <vector>

#include "etl/encoding.hpp"
#include "etl/normalizer.hpp"
#include "etl/value.hpp"
#include "schema/naming.hpp"

namespace jobs {
namespace {

std::string hmac(const etl::Secret& key, std::string_view text) {
    std::array<unsigned char, 32> bytes{};
    unsigned length = 0;
    HMAC(EVP_sha256(), key.reveal().data(), static_cast<int>(key.reveal().size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes.data(), &length);
    return etl::hex({reinterpret_cast<const char*>(bytes.data()), 16});
}

// Where the reports show people, by kind.
constexpr const char* kEmails =
    "SELECT email FROM mirror.users UNION SELECT partner_email FROM mirror.users UNION SELECT "
    "email FROM mirror.deals UNION SELECT order_partner_email FROM mirror.deals "
    "UNION SELECT user_partner_email FROM mirror.deals UNION SELECT email FROM mirror.payments "
    "UNION SELECT email FROM report.duplicate_people";
constexpr const char* kPhones =
    "SELECT phone FROM mirror.users UNION SELECT phone_key FROM mirror.users UNION SELECT phone "
    "FROM mirror.deals";
constexpr const char* kNames =
    "SELECT person_name FROM report.people UNION SELECT manager FROM report.people UNION SELECT "
    "user_name FROM mirror.deals UNION SELECT manager FROM report.orders "
    "UNION SELECT order_partner_name FROM mirror.deals UNION SELECT user_partner_name FROM "
    "mirror.deals UNION SELECT user_name FROM mirror.payments UNION SELECT manager FROM "
    "report.manager_plans";
// What people type, as the views show it.
constexpr const char* kFree =
    "SELECT btrim(content) FROM mirror.deals UNION SELECT unnest(tags) FROM mirror.deals UNION "
    "SELECT unnest(offer_tags) FROM mirror.deals UNION SELECT promo_code FROM mirror.deals UNION "
    "SELECT promotion FROM mirror.deals UNION SELECT btrim(split_part(manager, ' / ', 2)) FROM "
    "mirror.deals UNION SELECT btrim(custom ->> (SELECT refusal_field FROM report.settings)) FROM "
    "mirror.deals UNION SELECT name FROM mirror.groups UNION SELECT group_name FROM "
    "report.access_rules UNION SELECT product FROM report.access_rules";
// Longer ones would not fit into the index that looks them up; they stay hidden.
constexpr const char* kLongestMasked = "1000";

}  // namespace

std::string mask_of(const etl::Secret& key, Personal kind, std::string_view plain) {
    std::string normal = kind == Personal::email   ? etl::email_key(plain)
                         : kind == Personal::phone ? etl::phone_key(plain)
                                                   : schema::fold(plain);
    if (normal.empty()) normal = schema::fold(plain);  // no e-mail, no phone: still a word
    return hmac(key, normal);
}

void refresh_masks(etl::pg::Connection& connection, const etl::Secret& key) {
    const std::string fingerprint = hmac(key, "gcmirror masks");
    const auto known = connection.query("SELECT mask FROM journal.mask WHERE plain = ''");
    if (known.empty() || known.text(0, 0) != fingerprint) {
        connection.execute("DELETE FROM journal.mask");
        connection.query("INSERT INTO journal.mask (plain, mask) VALUES ('', $1)", {fingerprint});
    }
    std::string lines;
    for (const auto& [kind, select] :
         {std::pair(Personal::email, kEmails), std::pair(Personal::phone, kPhones),
          std::pair(Personal::name, kNames), std::pair(Personal::name, kFree)})
        connection.stream(
            "SELECT p.plain FROM (" + std::string(select) +
                ") p(plain) WHERE p.plain <> '' AND octet_length(p.plain) <= " + kLongestMasked +
                " AND NOT EXISTS (SELECT FROM journal.mask m WHERE "
                "m.plain = p.plain)",
            [&, k = kind](const std::vector<std::optional<std::string_view>>& fields) {
                etl::append_copy_text(lines, *fields[0]);
                lines += '\t' + mask_of(key, k, *fields[0]) + '\n';
            });
    if (lines.empty()) return;
    connection.execute("CREATE TEMP TABLE new_masks (plain text, mask text) ON COMMIT DROP");
    etl::pg::CopyIn copy(connection, "COPY new_masks FROM STDIN");
    copy.write(lines);
    copy.finish();
    connection.execute(
        "INSERT INTO journal.mask SELECT DISTINCT ON (plain) plain, mask FROM new_masks ORDER BY "
        "plain ON CONFLICT DO NOTHING; DROP TABLE new_masks");
}

}  // namespace jobs
