// The owner's morning: yesterday, this week, this month against the period before and last year, 13
// weeks, where the month leads, and what needs somebody's hand.
#pragma once

#include <string>

#include "etl/pg.hpp"
#include "jobs/report/reading.hpp"

namespace jobs {

struct Morning {
    etl::pg::Result state;    // one row: as_of, zone, today, day
    Trust trust;              // of today's numbers; of an earlier day nobody knows
    etl::pg::Result figures;  // queries/morning.sql: a row per span, measure and currency
    etl::pg::Result weeks;  // measure, currency, from_day, to_day, value; 13 of each, oldest first
    etl::pg::Result outlook;  // the month per currency: net, forecast, expected, plan
    etl::pg::Result hands;    // hand, found, amount, currency, newest, labels, report, set_up
};
[[nodiscard]] Morning read_morning(Reading& reading, bool russian);
// {"state":{…},"level":"green","figures":[{…}],"weeks":[…],"outlook":[…],"hands":[…],"notes":[…],"title":…,
// "definition":…}: figures as numbers, days as text, NULL as null (print_json).
[[nodiscard]] std::string morning_json(Reading& reading, const Morning& morning, bool russian);
// For a terminal, a mail, a messenger: what moved, where the month leads, what needs a hand.
[[nodiscard]] std::string morning_text(const Morning& morning, bool russian);
// One self-contained HTML file without scripts.
[[nodiscard]] std::string morning_page(Reading& reading, const Morning& morning, bool russian);
// "The numbers are as of 2026-11-26 03:41 (Europe/Moscow), complete."
[[nodiscard]] std::string morning_line(const Morning& morning, bool russian);

}  // namespace jobs
