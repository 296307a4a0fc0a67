#include "jobs/push/outbox.hpp"

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include "etl/normalizer.hpp"

namespace jobs {
namespace {

using etl::pg::array_literal;

std::map<std::string, std::string> texts(const std::string& json) {
    std::map<std::string, std::string> out;
    Poco::JSON::Parser parser;
    const auto object = parser.parse(json).extract<Poco::JSON::Object::Ptr>();
    for (const auto& [name, value] : *object)
        if (!value.isEmpty()) out[name] = value.convert<std::string>();
    return out;
}

void read_users(etl::pg::Connection& connection, const std::vector<std::string>& keys,
                School& school) {
    const auto found = connection.query(
        "SELECT u.email_key, u.id, u.missing_since IS NOT NULL, "
        "jsonb_strip_nulls(jsonb_build_object('first_name', u.first_name, 'last_name', "
        "u.last_name, 'phone', u.phone, "
        "'city', u.city, 'country', u.country, 'utm_source', u.utm_source, 'utm_medium', "
        "u.utm_medium, 'utm_content', u.utm_content, 'utm_campaign', u.utm_campaign, "
        "'utm_group', u.utm_group))::text, u.custom::text, "
        "ARRAY(SELECT g.name FROM mirror.memberships m JOIN mirror.groups g ON g.id = m.group_id "
        "WHERE m.user_id = u.id AND m.left_seen_at IS NULL AND g.name IS NOT NULL)::text "
        "FROM mirror.users u WHERE u.email_key = ANY ($1::text[]) ORDER BY u.missing_since IS NOT "
        "NULL, u.id",
        {array_literal(keys)});
    for (std::size_t i = 0; i < found.rows(); ++i) {
        std::vector<MirrorUser>& people = school.users[found.text(i, 0)];
        if (!people.empty() && found.flag(i, 2))
            continue;  // one who is gone does not make an address ambiguous
        MirrorUser user;
        user.id = found.number(i, 1);
        user.missing = found.flag(i, 2);
        user.values = texts(found.text(i, 3));
        user.custom = texts(found.text(i, 4));
        for (const std::string& name : etl::pg::parse_array(found.text(i, 5)))
            user.groups.insert(name);
        people.push_back(std::move(user));
    }
}

void read_deals(etl::pg::Connection& connection, const std::vector<std::string>& numbers,
                School& school) {
    const auto found = connection.query(
        "SELECT d.number, d.id, d.missing_since IS NOT NULL, "
        "jsonb_strip_nulls(jsonb_build_object('email_key', d.email_key, 'content', d.content, "
        "'status_code', d.status_code, "
        "'cost', d.cost::text, 'currency', d.currency, 'created_at', to_char(d.created_at AT TIME "
        "ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
        "'order_partner_email', d.order_partner_email, 'utm_source', d.utm_source, 'utm_medium', "
        "d.utm_medium, 'utm_content', d.utm_content, 'utm_campaign', d.utm_campaign, "
        "'utm_group', d.utm_group))::text, d.custom::text "
        "FROM mirror.deals d WHERE d.number = ANY ($1::text[]) ORDER BY d.missing_since IS NOT "
        "NULL, d.id",
        {array_literal(numbers)});
    for (std::size_t i = 0; i < found.rows(); ++i) {
        std::vector<MirrorDeal>& orders = school.deals[found.text(i, 0)];
        if (!orders.empty() && found.flag(i, 2)) continue;
        MirrorDeal deal;
        deal.id = found.number(i, 1);
        deal.missing = found.flag(i, 2);
        deal.values = texts(found.text(i, 3));
        deal.custom = texts(found.text(i, 4));
        orders.push_back(std::move(deal));
    }
}

std::vector<std::string> distinct(std::vector<std::string> items) {
    std::erase(items, "");
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    return items;
}

void copy_field(std::string& line, std::string_view text, char end = '\t') {
    etl::append_copy_text(line, text);
    line += end;
}

}  // namespace

School read_school(etl::pg::Connection& connection, const std::vector<std::string>& email_keys,
                   const std::vector<std::string>& deal_numbers,
                   const std::vector<std::int64_t>& user_ids) {
    School school;
    const auto fields = connection.query(
        "SELECT table_name, field_id, title, ordinal, name, type FROM mirror.custom_fields WHERE "
        "policy <> 'quarantine' ORDER BY table_name, position");
    for (std::size_t i = 0; i < fields.rows(); ++i) {
        schema::CustomField field;
        field.table = fields.text(i, 0);
        if (fields.at(i, 1)) field.field_id = fields.number(i, 1);
        field.title = fields.text(i, 2);
        field.ordinal = static_cast<int>(fields.number(i, 3));
        field.name = fields.text(i, 4);
        field.type = fields.text(i, 5);
        school.fields.push_back(std::move(field));
    }
    const auto groups = connection.query(
        "SELECT name, id FROM mirror.groups WHERE missing_since IS NULL AND name IS NOT NULL ORDER "
        "BY id DESC");
    for (std::size_t i = 0; i < groups.rows(); ++i)
        school.groups[groups.text(i, 0)] = groups.number(i, 1);
    std::vector<std::string> keys = email_keys;
    std::vector<std::string> ids;
    for (const std::int64_t id : user_ids) ids.push_back(std::to_string(id));
    const auto owners = connection.query(
        "SELECT id, email_key FROM mirror.users WHERE id = ANY ($1::bigint[]) AND email_key <> '' "
        "AND missing_since IS NULL",
        {array_literal(distinct(ids))});
    for (std::size_t i = 0; i < owners.rows(); ++i) {
        school.email_of[owners.number(i, 0)] = owners.text(i, 1);
        keys.push_back(owners.text(i, 1));
    }
    read_deals(connection, distinct(deal_numbers), school);
    for (const auto& [number, orders] : school.deals)
        if (const auto buyer = orders.front().values.find("email_key");
            buyer != orders.front().values.end())
            keys.push_back(buyer->second);
    read_users(connection, distinct(keys), school);
    return school;
}

School read_school(etl::pg::Connection& connection, const std::vector<OutboxChange>& changes) {
    std::vector<std::string> emails, numbers;
    for (const OutboxChange& change : changes) {
        emails.push_back(change.email_key);
        numbers.push_back(change.deal_number);
    }
    return read_school(connection, emails, numbers, {});
}

std::vector<Shown> shown(const OutboxChange& change, const School& school, const etl::Zone& zone) {
    const auto people = school.users.find(change.email_key);
    const auto orders = school.deals.find(change.deal_number);
    const MirrorUser* user = people == school.users.end() ? nullptr : &people->second.front();
    const MirrorDeal* deal = change.deal_number.empty() || orders == school.deals.end()
                                 ? nullptr
                                 : &orders->second.front();
    std::vector<Shown> all;
    for (const Difference& difference : change.differences)
        all.push_back(shown(difference, user, deal, school, zone));
    return all;
}

void write_audit(etl::pg::Connection& connection, const std::string& who, const std::string& what,
                 std::int64_t plan_id, const std::string& detail) {
    connection.query(
        "INSERT INTO outbox.audit (who, what, plan_id, detail) VALUES ($1, $2, nullif($3::bigint, "
        "0), $4)",
        {who, what, std::to_string(plan_id), detail});
}

std::string operating_system_user() {
    const passwd* entry = getpwuid(geteuid());
    return entry == nullptr ? "user " + std::to_string(geteuid()) : entry->pw_name;
}

std::vector<OutboxChange> read_changes(etl::pg::Connection& connection, const std::string& where,
                                       const std::vector<etl::pg::Param>& parameters) {
    const auto found = connection.query(
        "SELECT c.id, coalesce(c.plan_id, 0), c.object, c.key, c.email_key, c.deal_number, "
        "c.state, c.document, c.creates, c.pays, c.differences::text, "
        "(SELECT count(*) FROM outbox.attempt a WHERE a.change_id = c.id AND a.outcome NOT IN "
        "('not_sent', 'not_taken', 'allowance')) "
        "FROM outbox.change c WHERE " +
            where + " ORDER BY c.id",
        parameters);
    std::vector<OutboxChange> changes;
    changes.reserve(found.rows());
    for (std::size_t i = 0; i < found.rows(); ++i) {
        OutboxChange change;
        change.id = found.number(i, 0);
        change.plan_id = found.number(i, 1);
        change.object = found.text(i, 2);
        change.key = found.text(i, 3);
        change.email_key = found.text(i, 4);
        change.deal_number = found.text(i, 5);
        change.state = found.text(i, 6);
        change.document = found.text(i, 7);
        change.creates = static_cast<int>(found.number(i, 8));
        change.pays = found.flag(i, 9);
        change.differences = parse_differences(found.text(i, 10));
        change.attempts = static_cast<int>(found.number(i, 11));
        changes.push_back(std::move(change));
    }
    return changes;
}

void give_verdicts(etl::pg::Connection& connection, const std::vector<NewVerdict>& verdicts,
                   std::optional<std::int64_t> run_id) {
    if (verdicts.empty()) return;
    connection.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS new_verdict (change_id bigint, verdict text, final "
        "boolean, message text, shown jsonb) ON COMMIT DROP");
    etl::pg::CopyIn copy(connection, "COPY new_verdict FROM STDIN");
    for (const NewVerdict& verdict : verdicts) {
        std::string line = std::to_string(verdict.change_id) + '\t' + verdict.verdict + '\t' +
                           (verdict.final ? "t\t" : "f\t");
        copy_field(line, verdict.message);
        copy_field(line, differences_json(verdict.shown), '\n');
        copy.write(line);
    }
    copy.finish();
    connection.query(
        "INSERT INTO outbox.verdict (change_id, verdict, final, message, shown, run_id) SELECT "
        "change_id, verdict, final, message, shown, $1::bigint FROM new_verdict ORDER BY change_id",
        {run_id ? etl::pg::Param(std::to_string(*run_id)) : std::nullopt});
    connection.execute(
        "UPDATE outbox.change c SET state = CASE WHEN v.final THEN v.verdict ELSE 'planned' END, "
        "settled_at = CASE WHEN v.final THEN clock_timestamp() END "
        "FROM new_verdict v WHERE v.change_id = c.id; "
        // what turned out not to exist gives its part of the allowance back
        "UPDATE outbox.creation n SET state = CASE WHEN v.verdict = 'confirmed' THEN 'made' ELSE "
        "'released' END, at = clock_timestamp() "
        "FROM new_verdict v WHERE v.change_id = n.change_id AND n.state = 'reserved' AND "
        "(v.verdict IN ('confirmed', 'refused') OR v.shown @> '[{\"where\": \"user\"}]' OR v.shown "
        "@> '[{\"where\": \"deal\"}]'); "
        "UPDATE outbox.plan p SET state = 'done' WHERE p.state = 'approved' AND p.id IN (SELECT "
        "c.plan_id FROM outbox.change c JOIN new_verdict v ON v.change_id = c.id) "
        "AND NOT EXISTS (SELECT FROM outbox.change c WHERE c.plan_id = p.id AND c.settled_at IS "
        "NULL); "
        "DROP TABLE new_verdict");
}

void give_up_sending(etl::pg::Connection& connection) {
    connection.execute(
        "UPDATE outbox.attempt SET outcome = 'unclear', message = 'the process ended before an "
        "answer came' WHERE outcome = '' "
        "AND change_id IN (SELECT id FROM outbox.change WHERE state = 'sending'); "
        "UPDATE outbox.change SET state = 'unclear' WHERE state = 'sending'");
}

Settled settle(etl::pg::Connection& connection, const etl::Config& config, const etl::Zone& zone,
               std::int64_t run_id) {
    Settled settled;
    // A push that is still sending holds this lock; without one, whatever is being sent was given
    // up by a process that died.
    if (etl::pg::try_lock_here(connection, kPushLock)) give_up_sending(connection);
    const std::vector<OutboxChange> changes =
        read_changes(connection, "c.settled_at IS NULL AND c.state IN ('written', 'unclear')", {});
    if (changes.empty()) return settled;
    // Which of them an export has spoken about: it began after the attempt had ended, and read the
    // day on which the person or order was made.
    const auto spoken = connection.query(
        "WITH o AS ("
        "  SELECT c.id, c.object, c.email_key, c.deal_number, (coalesce(a.answered_at, a.sent_at) "
        "+ $2::interval) AS at, a.sent_at, "
        "         (SELECT d ->> 'new' FROM jsonb_array_elements(c.differences) d WHERE d ->> "
        "'where' = 'deal created_at' LIMIT 1) AS backdated "
        "  FROM outbox.change c CROSS JOIN LATERAL (SELECT * FROM outbox.attempt a WHERE "
        "a.change_id = c.id ORDER BY a.id DESC LIMIT 1) a "
        "  WHERE c.settled_at IS NULL AND c.state IN ('written', 'unclear')), "
        "u AS (SELECT o.id, o.at, o.sent_at, m.valid_from, m.created_at FROM o LEFT JOIN LATERAL "
        "(SELECT * FROM mirror.users m WHERE m.email_key = o.email_key ORDER BY m.missing_since IS "
        "NOT NULL, m.id LIMIT 1) m ON true), "
        "d AS (SELECT o.id, o.at, o.sent_at, o.backdated, m.valid_from, m.created_at FROM o LEFT "
        "JOIN LATERAL (SELECT * FROM mirror.deals m WHERE m.number = o.deal_number ORDER BY "
        "m.missing_since IS NOT NULL, m.id LIMIT 1) m ON true WHERE o.object = 'deals'), "
        "reads AS (SELECT v.table_name, v.from_day, v.to_day, v.as_of, EXISTS (SELECT FROM "
        "unnest(e.headings) h WHERE h LIKE 'id групп%') AS with_groups "
        "          FROM journal.coverage v JOIN journal.export e ON e.id = v.export_id WHERE "
        "v.filter = 'created_at' AND v.complete AND v.as_of > (SELECT min(at) FROM o)) "
        "SELECT o.id, "
        "  u.valid_from > u.at OR EXISTS (SELECT FROM reads r WHERE r.table_name = 'users' AND "
        "r.as_of > u.at AND coalesce((u.created_at AT TIME ZONE $1)::date, (u.sent_at AT TIME ZONE "
        "$1)::date) BETWEEN r.from_day AND r.to_day "
        "         AND coalesce((u.created_at AT TIME ZONE $1)::date, (u.at AT TIME ZONE $1)::date) "
        "BETWEEN r.from_day AND r.to_day), "
        "  EXISTS (SELECT FROM reads r WHERE r.table_name = 'users' AND r.with_groups AND r.as_of "
        "> u.at AND coalesce((u.created_at AT TIME ZONE $1)::date, (u.sent_at AT TIME ZONE "
        "$1)::date) BETWEEN r.from_day AND r.to_day), "
        "  d.valid_from > d.at OR EXISTS (SELECT FROM reads r WHERE r.table_name = 'deals' AND "
        "r.as_of > d.at "
        "         AND coalesce((d.created_at AT TIME ZONE $1)::date, left(d.backdated, 10)::date, "
        "(d.sent_at AT TIME ZONE $1)::date) BETWEEN r.from_day AND r.to_day "
        "         AND coalesce((d.created_at AT TIME ZONE $1)::date, left(d.backdated, 10)::date, "
        "(d.at AT TIME ZONE $1)::date) BETWEEN r.from_day AND r.to_day), "
        "  to_char(o.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') "
        "FROM o JOIN u ON u.id = o.id LEFT JOIN d ON d.id = o.id ORDER BY o.id",
        {zone.name(), etl::format_interval(config.write_back.settle_after)});
    std::map<std::string, std::string>
        group_read;  // groups that were read by themselves, and as of when
    const auto by_group = connection.query(
        "SELECT g.name, to_char(max(e.started_at) AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM journal.export e JOIN mirror.groups g ON g.id = "
        "e.group_id "
        "WHERE e.resource = 'group_users' AND e.state = 'loaded' AND g.name IS NOT NULL GROUP BY "
        "g.name");
    for (std::size_t i = 0; i < by_group.rows(); ++i)
        group_read[by_group.text(i, 0)] = by_group.text(i, 1);
    std::map<std::int64_t, std::size_t> spoken_of;  // change -> its row
    for (std::size_t i = 0; i < spoken.rows(); ++i) spoken_of[spoken.number(i, 0)] = i;
    const School school = read_school(connection, changes);
    std::vector<NewVerdict> verdicts;
    for (const OutboxChange& change : changes) {
        const auto row = spoken_of.find(change.id);
        const auto says = [&](std::size_t column) {
            return spoken.at(row->second, column).value_or("f") == "t";
        };
        bool heard = row != spoken_of.end();  // without an attempt there is nothing to hear of
        for (const Difference& difference : change.differences) {
            if (!heard) break;
            if (difference.where.rfind("group ", 0) == 0) {
                const auto read = group_read.find(difference.where.substr(6));
                heard = (says(2) ||
                         (read != group_read.end() && read->second > spoken.text(row->second, 4)));
            } else {
                heard = says(difference.where.rfind("deal", 0) == 0                 ? 3
                             : change.object == "deals" && difference.where.empty() ? 3
                                                                                    : 1);
            }
        }
        if (!heard) {
            ++settled.open;
            continue;
        }
        bool some_shown = false, visible = false;
        std::vector<Difference> wrong;
        const std::vector<Shown> now = shown(change, school, zone);
        for (std::size_t d = 0; d < now.size(); ++d) {
            const Difference& wish = change.differences[d];
            if (wish.where.empty()) continue;
            visible = true;
            if (now[d].same)
                some_shown = some_shown || wish.old != wish.wanted;
            else
                wrong.push_back({wish.field, now[d].text, wish.wanted, wish.where});
        }
        const bool written = change.state == "written";
        NewVerdict verdict;
        verdict.change_id = change.id;
        verdict.shown = wrong;
        if (!visible) {
            verdict.verdict = "unclear";
            verdict.final = true;  // nothing is repeated unseen (getcourse-api.md 8.4), and there
                                   // is nothing to see
            verdict.message = written ? "the service says written; exports do not show these fields"
                                      : "no answer came, and exports do not show these fields";
        } else if (wrong.empty()) {
            verdict.verdict = "confirmed";
            verdict.final = true;
        } else if (written || some_shown) {
            verdict.verdict = "contradicted";
            verdict.final = true;
            verdict.message = written ? "the service said written; an export shows otherwise"
                                      : "no answer came; an export shows a part of it";
        } else if (change.attempts >= config.write_back.attempts) {
            verdict.verdict = "contradicted";
            verdict.final = true;
            verdict.message = "sent " + std::to_string(change.attempts) +
                              " times without an answer; an export shows nothing of it";
        } else {
            verdict.verdict = "unclear";
            verdict.message =
                "no answer came, and an export shows nothing of it: it may be sent again";
        }
        if (verdict.verdict == "confirmed")
            ++settled.confirmed;
        else if (verdict.verdict == "contradicted")
            ++settled.contradicted;
        else if (verdict.final)
            ++settled.unclear;
        else
            ++settled.again;
        verdicts.push_back(std::move(verdict));
    }
    give_verdicts(connection, verdicts, run_id);
    return settled;
}

std::vector<OpenDays> open_days(etl::pg::Connection& connection, const etl::Zone& zone) {
    const auto found = connection.query(
        "SELECT t.table_name, min(t.day), max(t.day), count(*) FROM ("
        "  SELECT 'users' AS table_name, (u.created_at AT TIME ZONE $1)::date AS day FROM "
        "outbox.change c JOIN mirror.users u ON u.email_key = c.email_key "
        "  WHERE c.settled_at IS NULL AND c.state IN ('written', 'unclear') AND "
        "c.differences::text ~ '\"where\": \"(user|group) ' "
        "  UNION ALL "
        "  SELECT 'deals', (d.created_at AT TIME ZONE $1)::date FROM outbox.change c JOIN "
        "mirror.deals d ON d.number = c.deal_number "
        "  WHERE c.settled_at IS NULL AND c.state IN ('written', 'unclear') AND c.object = "
        "'deals') t WHERE t.day IS NOT NULL GROUP BY 1 ORDER BY 1",
        {zone.name()});
    std::vector<OpenDays> days;
    for (std::size_t i = 0; i < found.rows(); ++i) {
        const auto from = etl::parse_day(found.text(i, 1)), to = etl::parse_day(found.text(i, 2));
        if (from && to) days.push_back({found.text(i, 0), *from, *to, found.number(i, 3)});
    }
    return days;
}

}  // namespace jobs
