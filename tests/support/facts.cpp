#include "tests/support/facts.hpp"

#include <utility>

namespace test_support {

std::string facts_that_differ(etl::pg::Connection& connection) {
    const auto value = [&](const std::string& sql) { return connection.value(sql); };
    std::string out;
    for (const auto& [fact, exact] :
         {std::pair("fact_orders", "order_facts"), std::pair("fact_payments", "payment_facts"),
          std::pair("fact_changes", "order_changes"), std::pair("fact_group_days", "group_days")})
        out +=
            value("SELECT coalesce(string_agg(x::text, E'\\n'), '') FROM (" +
                  value("SELECT format('(SELECT %1$s FROM report.%2$I EXCEPT ALL SELECT %1$s FROM "
                        "history.%3$I) UNION ALL (SELECT %1$s FROM history.%3$I EXCEPT ALL SELECT "
                        "%1$s FROM report.%2$I)', string_agg(quote_ident(attname), ', '), '" +
                        std::string(fact) + "', '" + exact +
                        "') FROM pg_attribute WHERE attrelid = 'report." + fact +
                        "'::regclass AND attnum > 0 AND attname <> 'changed_seq'") +
                  ") x");
    for (const auto& [fact, exact] :
         {std::pair("fact_buyers", "report.buyers_sql('history.order_facts')"),
          std::pair("fact_days",
                    "report.days_sql('history.order_facts', 'history.payment_facts')")}) {
        const std::string said = value(std::string("SELECT ") + exact),
                          kept = std::string("TABLE report.") + fact;
        out += value("SELECT coalesce(string_agg(x::text, E'\\n'), '') FROM ((" + kept +
                     " EXCEPT ALL (" + said + ")) UNION ALL ((" + said + ") EXCEPT ALL " + kept +
                     ")) x");
    }
    return out;
}

std::string journal_lines(etl::pg::Connection& connection, const std::vector<std::string>& tables) {
    std::string all;
    for (const std::string& table : tables)
        all += table + " " +
               connection.value(
                   "SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '') FROM (SELECT "
                   "(to_jsonb(t) - '{id,at,written_at,made_at,created_at,met_at}'::text[])::text "
                   "AS line FROM journal." +
                   table + " t) x") +
               "\n";
    return all;
}

}  // namespace test_support
