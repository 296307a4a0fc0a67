// The owner's morning on random schools: every figure of every span, its period before and its last
// year against mirror.* alone, with ranges reckoned here by the calendar and not by SQL.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>

#include "etl/clock.hpp"
#include "jobs/report/morning.hpp"
#include "jobs/report/report.hpp"
#include "jobs/report/rows_behind.hpp"
#include "tests/support/data.hpp"
#include "tests/support/database.hpp"
#include "tests/support/workbook.hpp"

namespace {

using std::chrono::days;
using std::chrono::last;
using std::chrono::sys_days;
using std::chrono::year_month_day;

struct Days {
    sys_days from, to;
};
struct Span {
    std::string name;
    Days now, before, year;
};

std::string iso(sys_days day) {
    const year_month_day at{day};
    char text[16];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", int(at.year()), unsigned(at.month()),
                  unsigned(at.day()));
    return text;
}

sys_days day_of(const std::string& text) {
    return sys_days{days{etl::parse_day(text)->time_since_epoch().count()}};
}

// The day of another month with this one's number, or that month's last.
sys_days same_day(std::chrono::year_month month, std::chrono::day day) {
    const sys_days end{month / last};
    const year_month_day wished{month / day};
    return wished.ok() ? sys_days{wished} : end;
}

std::vector<Span> spans(sys_days yesterday) {
    const year_month_day at{yesterday};
    const auto month = at.year() / at.month();
    const bool whole = yesterday == sys_days{month / last};
    const auto till = [&](std::chrono::year_month other) {
        return Days{sys_days{other / 1},
                    whole ? sys_days{other / last} : same_day(other, at.day())};
    };
    const sys_days year_ago = same_day(month - std::chrono::years{1}, at.day());
    const sys_days monday = yesterday - (std::chrono::weekday{yesterday} - std::chrono::Monday);
    return {{"day",
             {yesterday, yesterday},
             {yesterday - days{1}, yesterday - days{1}},
             {year_ago, year_ago}},
            {"week",
             {monday, yesterday},
             {monday - days{7}, yesterday - days{7}},
             {monday - days{364}, yesterday - days{364}}},
            {"month",
             {sys_days{month / 1}, yesterday},
             till(month - std::chrono::months{1}),
             till(month - std::chrono::years{1})}};
}

// What a range holds, by mirror.* alone: $1 zone, $2 first day, $3 last day, $4 currency.
const std::map<std::string, std::string> kIndependent = {
    {"revenue",
     "SELECT coalesce(sum(CASE status_code WHEN 'returned' THEN -amount ELSE amount END), 0) FROM "
     "paid_in WHERE status_code <> 'expected' AND day BETWEEN $2 AND $3 AND currency = $4"},
    {"refunds",
     "SELECT coalesce(sum(amount), 0) FROM paid_in WHERE status_code = 'returned' AND day BETWEEN "
     "$2 AND $3 AND currency = $4"},
    {"debts_due",
     "SELECT coalesce(sum(amount), 0) FROM paid_in WHERE status_code = 'expected' AND day BETWEEN "
     "$2 AND $3 AND currency = $4"},
    {"orders", "SELECT count(*) FROM sold WHERE made BETWEEN $2 AND $3"},
    {"paid_share",
     "SELECT round(100.0 * count(*) FILTER (WHERE paid_amount > 0 AND came <= $3::date) / "
     "nullif(count(*), 0), 1) FROM sold WHERE made BETWEEN $2 AND $3"},
    {"average_order",
     "SELECT round(sum(paid_amount) / nullif(count(*), 0), 2) FROM sold WHERE paid_amount > 0 AND "
     "came BETWEEN $2 AND $3 AND currency = $4"},
    {"new_people",
     "SELECT count(*) FROM mirror.users WHERE missing_since IS NULL AND email_key NOT LIKE "
     "'%@staff.example' AND (created_at AT TIME ZONE $1)::date BETWEEN $2 AND $3"}};

constexpr const char* kSchool = R"(
INSERT INTO journal.run (job, state, loaded_at) VALUES ('sync', 'done', now());
INSERT INTO journal.export (run_id, resource, state, intended_at, started_at) SELECT id, 'deals', 'loaded', now(), now() FROM journal.run;
INSERT INTO report.exclusions VALUES ('email_domain', 'staff.example', 'staff');
INSERT INTO mirror.users (id, email, email_key, created_at, missing_since, row_hash, run_id, export_id, valid_from)
SELECT i, m, m, '2023-12-20Z'::timestamptz + random() * interval '1100 days', CASE WHEN random() < 0.05 THEN now() END, 0, 1, 1, now()
FROM generate_series(1, 120) i, LATERAL (SELECT 'u' || i || CASE WHEN i % 9 = 0 THEN '@staff.example' ELSE '@a.example' END) e(m);
INSERT INTO mirror.deals (id, number, user_id, email_key, created_at, paid_at, content, status, status_code, cost, paid_amount, currency, missing_since, row_hash, run_id, export_id, valid_from)
SELECT i, 'N' || i, u, 'u' || u || CASE WHEN u % 9 = 0 THEN '@staff.example' ELSE '@a.example' END, made, CASE WHEN random() < 0.6 THEN made + random() * interval '40 days' END, CASE WHEN i % 20 = 0 THEN 'Q' ELSE 'P' END, 's',
       (ARRAY['payed', 'part_payed', 'new', 'false', 'cancelled'])[1 + (random() * 4)::int], (random() * 5)::int * 100.10, (random() * 2)::int * 33.33, (ARRAY['RUB', 'RUB', 'EUR'])[1 + (random() * 2)::int],
       CASE WHEN random() < 0.05 THEN now() END, 0, 1, 1, now()
FROM generate_series(1, 2500) i, LATERAL (SELECT 1 + (random() * 119 + i * 0)::int, '2024-01-01Z'::timestamptz + random() * interval '1090 days' + i * interval '0') e(u, made);
INSERT INTO mirror.payments (number, email_key, deal_number, created_at, status, status_code, amount, currency, missing_since, row_hash, run_id, export_id, valid_from)
SELECT 'Z' || i, '', CASE WHEN random() < 0.9 THEN 'N' || (1 + (random() * 2499)::int) END, '2024-01-01Z'::timestamptz + random() * interval '1090 days', 's',
       (ARRAY['accepted', 'accepted', 'returned', 'expected', 'tobalance', NULL])[1 + (random() * 5)::int], (random() * 100000)::int / 100.0, (ARRAY['RUB', 'RUB', 'EUR'])[1 + (random() * 2)::int],
       CASE WHEN random() < 0.05 THEN now() END, 0, 1, 1, now()
FROM generate_series(1, 3500) i;
INSERT INTO mirror.groups (id, name, row_hash, run_id, export_id, valid_from) VALUES (5, 'Access Q', 0, 1, 1, now());
INSERT INTO mirror.memberships (user_id, group_id, joined_on, left_seen_at, row_hash, run_id, export_id, valid_from)
SELECT i, 5, '2024-02-01'::date + i * 7, CASE WHEN i % 7 = 0 THEN now() END, 0, 1, 1, now() FROM generate_series(1, 120, 2) i;
INSERT INTO report.access_rules VALUES ('Access Q', 'Q');
INSERT INTO report.school_plans SELECT m::date, 'RUB', 100000 + 1000.37 * extract(month FROM m) FROM generate_series('2024-12-01'::date, '2026-12-01', '2 months') m;
INSERT INTO report.manager_plans SELECT m::date, v, c, 33333.33 FROM generate_series('2024-11-01'::date, '2026-12-01', '1 month') m, unnest('{A,B}'::text[]) v, unnest('{RUB,EUR}'::text[]) c;
)";

// What needs a hand, by mirror.* alone: found, amount, newest of each currency. $1 today.
const std::map<std::string, std::string> kHands = {
    {"payments_without_order",
     "SELECT count(*), sum(CASE status_code WHEN 'returned' THEN -amount ELSE amount END), "
     "max(day), currency FROM paid_in WHERE deal IS NULL AND status_code <> 'expected' AND "
     "$1::date "
     "IS NOT NULL GROUP BY currency"},
    {"access_without_payment",
     "SELECT count(*), NULL, max(joined_on), NULL FROM mirror.memberships m JOIN mirror.users u ON "
     "u.id = m.user_id AND u.missing_since IS NULL AND u.email_key NOT LIKE '%@staff.example' "
     "WHERE "
     "left_seen_at IS NULL AND $1::date IS NOT NULL AND NOT EXISTS (SELECT FROM mirror.deals d "
     "WHERE "
     "d.user_id = m.user_id AND d.content = 'Q' AND d.paid_amount > 0 AND d.missing_since IS NULL "
     "AND d.status_code NOT IN ('cancelled', 'false'))"},
    {"payment_without_access",
     "SELECT count(*), sum(paid_amount), max(came), currency FROM sold s WHERE paid_amount > 0 AND "
     "content = 'Q' AND status_code NOT IN ('cancelled', 'waiting_for_return') AND $1::date IS NOT "
     "NULL AND coalesce((SELECT sum(p.amount) FROM mirror.payments p WHERE p.deal_number = "
     "s.number "
     "AND p.status_code = 'returned' AND p.missing_since IS NULL), 0) < paid_amount AND NOT EXISTS "
     "(SELECT FROM mirror.memberships m WHERE m.user_id = s.user_id AND m.left_seen_at IS NULL) "
     "GROUP BY currency"},
    {"new_statuses",
     "SELECT 1, NULL, max((created_at AT TIME ZONE z.time_zone)::date), NULL FROM mirror.payments, "
     "report.settings z WHERE status_code IS NULL AND missing_since IS NULL AND $1::date IS NOT "
     "NULL"},
    {"overdue_instalments",
     "SELECT count(*), sum(amount), max(day), currency FROM paid_in WHERE status_code = 'expected' "
     "AND day < $1::date GROUP BY currency"},
    {"refund_disagreements",
     "SELECT count(*), NULL, max(made), NULL FROM (SELECT (created_at AT TIME ZONE "
     "z.time_zone)::date "
     "AS made, status_code = 'cancelled' AND paid_amount > 0 AS a, EXISTS (SELECT FROM "
     "mirror.payments p WHERE p.deal_number = d.number AND p.status_code = 'returned' AND "
     "p.missing_since IS NULL AND p.amount > 0) AS b FROM mirror.deals d, report.settings z WHERE "
     "missing_since IS NULL AND email_key NOT LIKE '%@staff.example') t WHERE (a OR b) AND "
     "$1::date "
     "IS NOT NULL"}};

class Morning : public testing::Test {
protected:
    Morning() { config_.database.url = database_.url(); }

    void set_clock(const std::string& as_of) {
        connection_.execute("DELETE FROM journal.coverage");
        connection_.query(
            "INSERT INTO journal.coverage (run_id, export_id, table_name, filter, from_day, "
            "to_day, as_of, rows, complete) SELECT 1, 1, 'deals', 'created_at', '2023-01-01', "
            "'2026-12-31', $1::timestamp AT TIME ZONE time_zone, 0, true FROM report.settings",
            {as_of});
    }
    void set_zone(const std::string& zone) {
        connection_.query("UPDATE report.settings SET time_zone = $1", {zone});
        (void)connection_.value("SELECT report.refresh_facts()");
        connection_.execute("DROP TABLE IF EXISTS paid_in, sold");
        connection_.execute(
            "CREATE TEMP TABLE sold AS SELECT d.*, (d.created_at AT TIME ZONE z)::date AS made, "
            "coalesce((SELECT (min(p.created_at) AT TIME ZONE z)::date FROM mirror.payments p "
            "WHERE p.deal_number = d.number AND p.status_code = 'accepted' AND p.missing_since IS "
            "NULL), (d.paid_at AT TIME ZONE z)::date) AS came FROM mirror.deals d, (SELECT "
            "time_zone AS z FROM report.settings) s WHERE d.missing_since IS NULL AND "
            "d.status_code <> 'false' AND d.email_key NOT LIKE '%@staff.example' AND (cost > 0 OR "
            "paid_amount > 0);"
            "CREATE TEMP TABLE paid_in AS SELECT p.*, d.id AS deal, (p.created_at AT TIME ZONE "
            "z)::date AS day "
            "FROM mirror.payments p CROSS JOIN (SELECT time_zone AS z FROM report.settings) s LEFT "
            "JOIN mirror.deals d ON d.number = p.deal_number AND d.missing_since IS NULL WHERE "
            "p.missing_since IS NULL AND p.status_code IN ('accepted', 'returned', 'expected') AND "
            "(d.id IS NULL OR (d.status_code <> 'false' AND d.email_key NOT LIKE "
            "'%@staff.example'))");
    }
    std::string said(const std::string& measure, const Days& range, const etl::pg::Param& currency,
                     const std::string& zone) {
        std::vector<etl::pg::Param> values = {zone, iso(range.from), iso(range.to)};
        std::string sql = "SELECT coalesce(trim_scale(x)::text, 'none') FROM (" +
                          kIndependent.at(measure) + ") t(x) WHERE $1::text <> ''";
        if (currency) values.push_back(currency);
        return connection_.value(sql, values);
    }
    static std::string plain(const etl::pg::Param& value) {
        if (!value) return "none";
        std::string text = *value;
        if (text.find('.') != std::string::npos) {
            text.erase(text.find_last_not_of('0') + 1);
            if (text.back() == '.') text.pop_back();
        }
        return text;
    }
    // Every figure of the report against what mirror.* says; how many there were.
    int compare(const std::string& zone, sys_days today) {
        const jobs::ReportOptions options;
        etl::pg::Transaction transaction(connection_, "REPEATABLE READ READ ONLY");
        jobs::Reading reading(connection_, config_, options);
        EXPECT_EQ(reading.today(), iso(today));
        const etl::pg::Result found = reading.report(jobs::find_report("morning"));
        int compared = 0;
        for (const Span& span : spans(today - days{1})) {
            for (std::size_t r = 0; r < found.rows(); ++r) {
                if (found.at(r, "span") != span.name) continue;
                const std::string measure = found.at(r, "measure").value();
                const etl::pg::Param currency = found.at(r, "currency");
                const std::string where = zone + " " + iso(today) + " " + span.name + " " +
                                          measure + " " + currency.value_or("");
                EXPECT_EQ(found.at(r, "from_day"), iso(span.now.from)) << where;
                EXPECT_EQ(found.at(r, "to_day"), iso(span.now.to)) << where;
                EXPECT_EQ(found.at(r, "before_from"), iso(span.before.from)) << where;
                EXPECT_EQ(found.at(r, "before_to"), iso(span.before.to)) << where;
                EXPECT_EQ(found.at(r, "last_year_from"), iso(span.year.from)) << where;
                EXPECT_EQ(found.at(r, "last_year_to"), iso(span.year.to)) << where;
                EXPECT_EQ(plain(found.at(r, "value")), said(measure, span.now, currency, zone))
                    << where;
                EXPECT_EQ(plain(found.at(r, "before")), said(measure, span.before, currency, zone))
                    << where << " before";
                EXPECT_EQ(plain(found.at(r, "last_year")), said(measure, span.year, currency, zone))
                    << where << " last year";
                ++compared;
            }
        }
        return compared;
    }

    // Every week, the month's outlook and every hand; how many points of weeks there were.
    std::size_t compare_below(const std::string& zone, sys_days today) {
        const jobs::ReportOptions options;
        etl::pg::Transaction transaction(connection_, "REPEATABLE READ READ ONLY");
        jobs::Reading reading(connection_, config_, options);
        const jobs::Morning morning = jobs::read_morning(reading, false);
        const sys_days yesterday = today - days{1};
        const sys_days monday = yesterday - (std::chrono::weekday{yesterday} - std::chrono::Monday);
        for (std::size_t r = 0; r < morning.weeks.rows(); ++r) {
            const sys_days from = monday - days{7 * (12 - static_cast<int>(r % 13))};
            const Days week{from, std::min(from + days{6}, yesterday)};
            const std::string measure = morning.weeks.at(r, "measure").value();
            const etl::pg::Param currency = morning.weeks.at(r, "currency");
            const std::string where = zone + " " + iso(today) + " " + measure + " " +
                                      currency.value_or("") + " of the week of " + iso(from);
            EXPECT_EQ(morning.weeks.at(r, "from_day"), iso(week.from)) << where;
            EXPECT_EQ(morning.weeks.at(r, "to_day"), iso(week.to)) << where;
            EXPECT_EQ(plain(morning.weeks.at(r, "value")), said(measure, week, currency, zone))
                << where;
        }
        compare_outlook(morning, zone, yesterday);
        compare_hands(morning, iso(today));
        return morning.weeks.rows();
    }
    void compare_outlook(const jobs::Morning& morning, const std::string& zone,
                         sys_days yesterday) {
        const year_month_day at{yesterday};
        const auto month = at.year() / at.month();
        const sys_days first{month / 1}, end{month / last};
        const std::string whole = std::to_string((end - first).count() + 1),
                          gone = std::to_string((yesterday - first).count() + 1);
        EXPECT_EQ(morning.outlook.rows(), 2u);
        for (std::size_t r = 0; r < morning.outlook.rows(); ++r) {
            const etl::pg::Param currency = morning.outlook.at(r, "currency");
            const std::string where = zone + " " + iso(yesterday) + " " + currency.value_or("");
            const std::string net = said("revenue", {first, yesterday}, currency, zone);
            const std::string plan = connection_.value(
                "SELECT coalesce((SELECT sum(amount) FROM report.school_plans WHERE month = $1 AND "
                "currency = $2), (SELECT sum(amount) FROM report.manager_plans WHERE month = $1 "
                "AND "
                "currency = $2))",
                {iso(first), currency});
            const auto reckoned = [&](const std::string& sql) {
                return plain(connection_.value(
                    "SELECT " + sql +
                        " FROM (SELECT $1::numeric AS net, $2::numeric AS plan, $3::integer AS "
                        "whole, $4::integer AS gone) x",
                    {net, plan, whole, gone}));
            };
            const auto is = [&](const char* column) {
                return plain(morning.outlook.at(r, column));
            };
            EXPECT_EQ(morning.outlook.at(r, "month"), iso(first)) << where;
            EXPECT_EQ(is("days") + " of " + is("days_of_month"), gone + " of " + whole) << where;
            EXPECT_EQ(is("net"), net) << where;
            EXPECT_EQ(is("expected"), said("debts_due", {yesterday + days{1}, end}, currency, zone))
                << where;
            EXPECT_EQ(is("plan"), reckoned("plan")) << where;
            EXPECT_EQ(is("forecast"), reckoned("round(net * whole / gone, 2)")) << where;
            EXPECT_EQ(is("plan_to_date"), reckoned("round(plan * gone / whole, 2)")) << where;
            EXPECT_EQ(is("plan_percent"), reckoned("round(100 * net / plan, 1)")) << where;
            EXPECT_EQ(is("forecast_percent"), reckoned("round(100 * net * whole / gone / plan, 1)"))
                << where;
        }
    }
    void compare_hands(const jobs::Morning& morning, const std::string& today) {
        std::map<std::string, std::size_t> met;
        for (std::size_t r = 0; r < morning.hands.rows(); ++r) {
            const std::string hand = morning.hands.at(r, "hand").value();
            const auto right = connection_.query(
                "SELECT * FROM (" + kHands.at(hand) +
                    ") h(found, amount, newest, currency) WHERE currency IS NOT DISTINCT FROM $2",
                {today, morning.hands.at(r, "currency")});
            ASSERT_EQ(right.rows(), 1u) << hand;
            EXPECT_NE(right.text(0, 0), "0") << hand << ": nothing was compared";
            for (const char* column : {"found", "amount", "newest"})
                EXPECT_EQ(plain(morning.hands.at(r, column)), plain(right.at(0, column)))
                    << hand << " " << column << " " << today;
            ++met[hand];
        }
        for (const auto& [hand, sql] : kHands)
            EXPECT_EQ(std::to_string(met[hand]),
                      connection_.value("SELECT count(*) FROM (" + sql + ") h", {today}))
                << hand;
    }

    // Every figure against the rows that it leads to, as the page asks for them.
    int compare_rows() {
        jobs::ReportOptions options;
        options.name = "morning";
        options.rows = true;
        etl::pg::Transaction transaction(connection_, "REPEATABLE READ READ ONLY");
        jobs::Reading reading(connection_, config_, options);
        const jobs::Report& report = jobs::find_report("morning");
        const etl::pg::Result found = reading.report(report);
        for (std::size_t r = 0; r < found.rows(); ++r) {
            options.figure = found.at(r, "measure").value();
            options.from = found.at(r, "from_day").value();
            options.to = found.at(r, "to_day").value();
            options.where.clear();
            if (const auto currency = found.at(r, "currency"))
                options.where.push_back("currency=" + *currency);
            const jobs::RowsBehind rows = jobs::rows_behind(reading, report, options);
            EXPECT_EQ(plain(rows.figure), plain(found.at(r, "value")))
                << options.figure << " from " << options.from << " to " << options.to;
        }
        return static_cast<int>(found.rows());
    }

    test_support::TestDatabase database_;
    etl::Config config_;
    etl::pg::Connection connection_{database_.url(), "test"};
};

int rounds() {
    const char* asked = std::getenv("GCMIRROR_MORNINGS");
    return asked == nullptr ? 3 : std::atoi(asked);
}

}  // namespace

TEST_F(Morning, EachFigureIsWhatTheTablesSayOnBordersOfMonthsAndYearsAndOnLeapDays) {
    connection_.execute("SELECT setseed(0.4); " + std::string(kSchool));
    // 1 January, 29 February and 1 March of a leap year and of the one after, Mondays, month ends.
    std::vector<std::string> todays = {"2025-01-01", "2026-01-01", "2024-12-31", "2025-03-01",
                                       "2025-02-28", "2026-03-02", "2026-03-31", "2026-10-31"};
    for (int i = 0; i < rounds(); ++i)
        todays.push_back(
            connection_.value("SELECT '2025-01-01'::date + (random() * 700)::integer"));
    const std::vector<std::string> zones = {"Europe/Moscow", "Asia/Vladivostok",
                                            "America/New_York"};
    for (std::size_t z = 0; z < zones.size(); ++z) {
        set_zone(zones[z]);
        for (std::size_t i = z; i < todays.size(); i += zones.size()) {
            set_clock(todays[i] + (i % 2 == 0 ? " 00:20" : " 23:40"));
            // 3 spans, 3 counts, 4 of money in two currencies
            EXPECT_EQ(compare(zones[z], day_of(todays[i])), 3 * 11) << todays[i];
            EXPECT_EQ(compare_below(zones[z], day_of(todays[i])), 13u * 11) << todays[i];
            EXPECT_EQ(compare_rows(), 3 * 11) << todays[i];
        }
    }
}

TEST_F(Morning, TheSumsOfAWorkbookReadAgainAreThoseOfTheTables) {
    connection_.execute("SELECT setseed(0.7); " + std::string(kSchool));
    set_zone("Europe/Moscow");
    set_clock("2026-11-26 03:41");
    const auto book = [&](const std::string& name) {
        std::ostringstream out, err;
        jobs::Context context{config_, out, err, false, false, {}};
        jobs::ReportOptions options;
        options.name = name;
        options.format = "xlsx";
        options.lang = "ru";
        EXPECT_EQ(jobs::run_report(context, options), 0);
        return test_support::read_workbook(out.str());
    };
    // Of a column by its title: its cells in hundredths, and how many there are.
    const auto sum = [](const std::vector<std::string>& lines, const std::string& title) {
        std::string column;
        long long hundredths = 0;
        int cells = 0;
        const std::string sheet = lines.front().substr(0, lines.front().find('|'));
        for (const std::string& line : lines) {
            if (!line.starts_with(sheet + "|")) break;
            const std::string rest = line.substr(sheet.size() + 1);
            const std::string cell = rest.substr(0, rest.find('|'));
            const std::size_t digit = cell.find_first_of("0123456789");
            if (digit == std::string::npos) continue;
            if (rest == cell + "|s|'" + title + "'|General") column = cell.substr(0, digit);
            if (column.empty() || cell.substr(0, digit) != column || cell.substr(digit) == "1")
                continue;
            EXPECT_TRUE(rest.starts_with(cell + "|n|")) << line;
            hundredths += std::llround(std::strtod(rest.c_str() + cell.size() + 3, nullptr) * 100);
            ++cells;
        }
        EXPECT_GT(cells, 0) << title;
        return hundredths;
    };
    const auto right = [&](const std::string& sql) {
        return std::stoll(connection_.value("SELECT round(100 * (" + sql + "))::bigint"));
    };
    const auto revenue = book("revenue_by_day");
    EXPECT_EQ(sum(revenue, "чистыми"),
              right("SELECT sum(CASE status_code WHEN 'returned' THEN -amount ELSE amount END) "
                    "FROM paid_in WHERE status_code <> 'expected'"));
    EXPECT_EQ(sum(revenue, "возвращено"),
              right("SELECT sum(amount) FROM paid_in WHERE status_code = 'returned'"));
    EXPECT_EQ(sum(book("products"), "оплачено"), right("SELECT sum(paid_amount) FROM sold"));
    EXPECT_EQ(
        sum(book("debts"), "долг"),
        right("SELECT sum(cost - paid_amount) FROM sold WHERE paid_amount > 0 AND paid_amount "
              "< cost AND status_code <> 'cancelled'"));
    const auto morning = book("morning");
    EXPECT_TRUE(morning.front().starts_with("Утро|sheet|A2|A1:N34|")) << morning.front();
}
