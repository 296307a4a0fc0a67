// The export and import API of GetCourse: requests built, answers decoded. decode() is pure, over
// one table of codes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "etl/config.hpp"
#include "etl/sheet.hpp"
#include "etl/transport.hpp"
#include "schema/naming.hpp"

namespace etl {

// ---- answers of the export family (getcourse-api.md 3, 4) ----
struct Started {
    std::string export_id;
};
struct Ready {
    std::vector<std::string> headings;
    std::uint64_t rows = 0;
};                   // a whole table, maybe of no rows
struct Listed {};    // info is a list: groups, fields
struct NotReady {};  // 909, or info.status processing
struct UnknownShape {
    std::string seen;
};  // success, and neither a table nor a word that says when: the keys, the first 200 characters
struct Broken {
    std::string reason;
};  // as many bytes as were promised, and no answer
struct Busy {
    int code = 905;
};                    // 905, 906, 907: another export is being built
struct OverLimit {};  // 903, HTTP 429
struct NoFile {};     // 910: ended without a file; never "no rows"
struct Gone {
    std::string words;
};  // «Объект не найден», 404, info.status error: the service has ended it
struct Refused {  // a person must act
    enum class Cause {
        key,
        no_key,
        no_filter,
        bad_status,
        api_off,
        redirect,
        host,
        https,
        forbidden,
        action,
        other
    } cause = Cause::other;
    int code = 0;
    std::string message;  // the service's words
    std::string hint;     // which setting to look at
};
// Whether it speaks of the account, so that no other request would fare better; the others speak
// of one request or export (getcourse-api.md 4.1).
[[nodiscard]] bool concerns_account(Refused::Cause cause);
struct Unclear {
    std::string reason;
    bool sent = true;
};  // no answer, half an answer, HTML, empty, nonsense

using Answer = std::variant<Started, Ready, Listed, NotReady, Busy, OverLimit, NoFile, Gone,
                            Refused, Unclear, UnknownShape, Broken>;
[[nodiscard]] std::string_view name_of(
    const Answer& answer);  // "Started", "Ready", …: what the journal holds

enum class Asked { start, poll, list };  // which answers make sense
[[nodiscard]] Answer decode(Asked asked, const Response& response, const Envelope& envelope);

// Flag as bool, 0/1 or words (getcourse-api.md 3.1); also numeric text.
[[nodiscard]] bool read_flag(std::string_view json_value);

// ---- requests ----
struct ExportQuery {       // one question to the service
    std::string resource;  // users, deals, payments, group_users, groups, fields
    std::string
        filter;  // created_at, payed_at, finished_at, status_changed_at, added_at; empty: none
    std::optional<Day> from, to;  // whole days in the account's zone, both belong to the range
    std::string status;           // optional status filter
    std::int64_t group_id = 0;    // of group_users
    bool operator==(const ExportQuery&) const = default;
};
[[nodiscard]] std::string describe(
    const ExportQuery& query);  // "deals created_at 2026-09-01..2026-09-07"
// Error{usage} for a filter that is not documented for the resource (getcourse-api.md 2.1).
void check_filter(const ExportQuery& query);

[[nodiscard]] Request start_request(const ExportQuery& query, const Secret& key, bool by_post);
[[nodiscard]] Request poll_request(const std::string& service_export_id, const Secret& key,
                                   bool by_post);
[[nodiscard]] Request groups_request(const Secret& key, bool by_post);
[[nodiscard]] Request fields_request(const Secret& key);
// `document` is JSON text; params = percent-encoded base64 of it (the transport encodes).
[[nodiscard]] Request import_request(std::string_view object /* users|deals */,
                                     std::string_view action, std::string_view document,
                                     const Secret& key);

[[nodiscard]] std::vector<schema::Field> decode_fields(
    std::string_view plain_body);  // of /fields; Error{refused} when no list
struct Group {
    std::int64_t id = 0;
    std::string name;
    std::string last_added_at;
};
[[nodiscard]] std::vector<Group> decode_groups(std::string_view plain_body);

// ---- answers of the import family (getcourse-api.md 8.4) ----
struct Written {
    std::string user_id, user_status, deal_id, deal_number;
};
struct Rejected {         // nothing was written
    std::string message;  // the service's words, or ours where it has none
    enum class Cause {
        said,       // understood and refused: a person must change the document
        allowance,  // the month's new people and orders are spent
        empty,      // 200 without a body: not in the tariff, or the key may not write
        redirect,   // the host sends elsewhere: the POST was not taken
        account     // key, rights, switched-off function: no import at all will work
    } cause = Cause::said;
};
using ImportAnswer = std::variant<Written, Rejected, Unclear>;
[[nodiscard]] ImportAnswer decode_import(const Response& response, std::string_view body);

}  // namespace etl
