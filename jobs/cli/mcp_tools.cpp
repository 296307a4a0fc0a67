#include "jobs/cli/mcp_tools.hpp"

#include <Poco/RegularExpression.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "etl/client_program.hpp"
#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/cli/sql.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/report/notes.hpp"
#include "jobs/report/reading.hpp"
#include "jobs/report/report_catalog.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

constexpr std::size_t kLargestAnswer = 1'000'000;  // bytes of rows
constexpr const char* kNoSuchRelation = "42P01";
constexpr const char* kNoSuchFunction = "42883";
constexpr const char* kNotAllowed = "42501";

std::string argument(const ToolArguments& arguments, const char* name) {
    const auto found = arguments.find(name);
    return found == arguments.end() ? "" : found->second;
}

// libpq's key=value form of the same place as somebody else, without a password of ours.
std::string as_login(const std::string& url, const std::string& login) {
    std::string text = "user=" + etl::pg::conninfo_value(login);
    const auto place = etl::client_keywords(url);
    for (const char* keyword :
         {"host", "hostaddr", "port", "dbname", "sslmode", "sslrootcert", "connect_timeout"})
        if (const auto found = place.find(keyword); found != place.end())
            text += fmt::format(" {}={}", keyword, etl::pg::conninfo_value(found->second));
    return text;
}

// The published views stand in schema masked under the same names.
std::string of_masked(const std::string& sql) {
    std::string masked = sql;
    Poco::RegularExpression(R"(\breport\.)")
        .subst(masked, "masked.", Poco::RegularExpression::RE_GLOBAL);
    return masked;
}

}  // namespace

const std::vector<Tool>& tools() {
    static const std::vector<Tool> all = {
        {"list_reports",
         "The school's questions that have a checked answer, with what each may be asked. Use "
         "these "
         "before SQL.",
         {},
         &AssistantTools::list_reports},
        {"run_report",
         "Answers one of list_reports, with its definition and what its figures leave out.",
         {{"name", "string", "name of the report", true},
          {"from", "string", "first day, YYYY-MM-DD"},
          {"to", "string", "last day, YYYY-MM-DD"},
          {"by", "string", "day, week or month, where the report has periods"},
          {"as_of", "string", "the figures as they stood at the end of that day"},
          {"rows", "integer", "at most so many rows"}},
         &AssistantTools::run_report},
        {"list_tables",
         "Tables and views that can be read, with what they hold.",
         {},
         &AssistantTools::list_tables},
        {"describe_table",
         "The columns of a table or view with their types and definitions.",
         {{"table", "string", "SCHEMA.NAME as list_tables says it", true}},
         &AssistantTools::describe_table},
        {"freshness",
         "Of which moment the tables are: new rows and late changes.",
         {},
         &AssistantTools::freshness},
        {"query",
         "One SELECT of PostgreSQL, read only, with limits of rows and time. Never add currencies "
         "together; counted is false for what no figure holds.",
         {{"sql", "string", "a single SELECT, VALUES or WITH", true},
          {"rows", "integer", "at most so many rows"}},
         &AssistantTools::query}};
    return all;
}

etl::pg::Connection AssistantTools::session() {
    const std::string url = etl::database_url(context_.config);
    etl::pg::Connection owner = etl::open_database(context_.config, "assistant");
    const std::string role =
        owner.value(options_.role == "reader" ? "SELECT reader_role FROM report.settings"
                                              : "SELECT masked_role FROM report.settings");
    etl::pg::Connection connection(as_login(url, options_.login.empty() ? role : options_.login),
                                   "assistant");
    const auto powers = connection.query(cli_sql("assistant_powers"), {role});
    if (!powers.empty())
        throw Error(
            Kind::usage,
            fmt::format("an assistant must not connect as {}: {}",
                        connection.value("SELECT session_user"), powers.text(0, 0)),
            "gcmirror db user add NAME --role masked makes a login that only reads; name it "
            "with --login.");
    return connection;
}

void AssistantTools::check_role() { (void)session(); }

std::string AssistantTools::state() {
    if (!state_.empty()) return std::exchange(state_, "");
    ReportOptions options;
    return Reading(context_, options).state();
}

int AssistantTools::row_limit(const ToolArguments& arguments) const {
    const std::string text = argument(arguments, "rows");
    if (text.empty()) return options_.rows;
    int rows = 0;
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, rows);
    if (read.ec != std::errc() || read.ptr != end || rows < 1)
        throw Error(Kind::usage,
                    fmt::format("rows is \"{}\", expected a whole number from 1", text), "");
    return std::min(rows, options_.rows);
}

// A cursor takes one SELECT and nothing else: no COMMIT, no SET, no second statement, no COPY.
std::string AssistantTools::read(etl::pg::Connection& connection, const std::string& sql,
                                 const std::vector<etl::pg::Param>& parameters, int rows) {
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(options_.time).count();
    connection.execute(fmt::format(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {0}; SET "
        "LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '1min'; SET "
        "LOCAL work_mem = '32MB'",
        milliseconds));
    std::string state = connection.value(
        "SELECT coalesce(to_char(as_of AT TIME ZONE zone, 'YYYY-MM-DD "
        "HH24:MI'), '') FROM " +
        schema() + ".clock LIMIT 1");  // of the rows' own snapshot
    (void)connection.query("DECLARE answer NO SCROLL CURSOR WITHOUT HOLD FOR " + sql, parameters);
    // in pieces: what is beyond the limit of bytes is not read
    constexpr std::size_t kPiece = 50;
    const std::size_t most = static_cast<std::size_t>(rows);
    std::vector<std::vector<etl::pg::Param>> kept;
    std::vector<std::string> columns;
    std::vector<etl::pg::Shape> shapes;
    std::size_t bytes = 0;
    bool more = false;
    for (bool end = false; !end && !more;) {
        const std::size_t asked = std::min(kPiece, most + 1 - kept.size());
        const etl::pg::Result found =
            connection.query(fmt::format("FETCH FORWARD {} FROM answer", asked));
        end = found.rows() < asked;
        if (columns.empty()) {
            columns = found.columns();
            for (std::size_t c = 0; c < columns.size(); ++c) shapes.push_back(found.shape(c));
        }
        for (std::size_t r = 0; r < found.rows() && !more; ++r) {
            more = kept.size() == most || bytes > kLargestAnswer;
            if (more) break;
            std::vector<etl::pg::Param>& row = kept.emplace_back();
            for (std::size_t c = 0; c < columns.size(); ++c) {
                row.push_back(found.at(r, c));
                bytes += columns[c].size() + (row.back() ? row.back()->size() : 0);
            }
        }
    }
    state_ = std::move(state);  // only of rows that are answered
    const std::size_t shown = kept.size();
    std::ostringstream text;
    print_json(text, {columns, std::move(kept), 0, std::move(shapes)});
    return fmt::format("\"row_count\": {}, \"more_rows\": {},\n\"rows\": {}", shown, more,
                       text.str());
}

std::string AssistantTools::list_reports(const ToolArguments&) {
    std::string text;
    for (const Report& report : reports())
        text += fmt::format(
            "{}{{\"name\": {}, \"question\": {}, \"question_ru\": {}, \"range\": {}, \"by\": {}, "
            "\"as_of\": {}}}",
            text.empty() ? "" : ",\n", json_string(report.name), json_string(report.question),
            json_string(report.question_ru), report.has_range, report.has_by, report.has_as_of);
    return "\"reports\": [" + text + "]";
}

std::string AssistantTools::run_report(const ToolArguments& arguments) {
    const ReportOptions options =
        report_asked([&](const char* option) { return argument(arguments, option); });
    const Report& report = find_report(options.name);
    check_options(report, options);
    Reading reading(context_, options);
    Bound bound = bind_range(report.sql, reading.range(report));
    if (options_.role == "masked") bound.sql = of_masked(bound.sql);
    etl::pg::Connection connection = session();
    (void)connection.query(
        "SELECT set_config('TimeZone', $1, false), set_config('gcmirror.as_of', $2, false)",
        {reading.zone(), reading.connection().value(
                             "SELECT coalesce(current_setting('gcmirror.as_of', true), '')")});
    std::string rows;
    try {
        rows = read(connection, bound.sql, bound.parameters, row_limit(arguments));
    } catch (const Error& error) {
        if (options_.role != "masked" ||
            (error.sqlstate() != kNoSuchRelation && error.sqlstate() != kNoSuchFunction &&
             error.sqlstate() != kNotAllowed))
            throw;
        throw Error(Kind::usage,
                    fmt::format("report {} reads what the masked role may not", report.name),
                    "gcmirror mcp --role reader answers it; gcmirror report " + report.name +
                        " does on the command line.");
    }
    // Reasons for what is set apart hold e-mails and managers' names as the school entered them.
    std::string notes_text;
    if (options_.role == "masked")
        notes_text = json_string(
            "what is set apart may name people and is left out here; gcmirror "
            "report " +
            report.name + " says it");
    else
        for (const std::string& note : notes(reading, report, false, false))
            notes_text += (notes_text.empty() ? "" : ", ") + json_string(note);
    return fmt::format("\"question\": {}, \"definition\": {}, \"asked\": {}, \"notes\": [{}],\n{}",
                       json_string(report.question), json_string(report.definition),
                       json_string(reading.asked(report)), notes_text, rows);
}

std::string AssistantTools::list_tables(const ToolArguments&) {
    etl::pg::Connection connection = session();
    return read(connection, std::string(cli_sql("assistant_tables")), {}, options_.rows);
}

std::string AssistantTools::describe_table(const ToolArguments& arguments) {
    etl::pg::Connection connection = session();
    const std::string table = argument(arguments, "table");
    std::string columns =
        read(connection, std::string(cli_sql("assistant_columns")), {table}, 5000);
    if (columns.find("\"row_count\": 0,") != std::string::npos)
        throw Error(Kind::usage, fmt::format("there is no table \"{}\" to read", table),
                    "list_tables names them.");
    return columns;
}

std::string AssistantTools::freshness(const ToolArguments&) {
    etl::pg::Connection connection = session();
    return read(connection, "SELECT * FROM " + schema() + ".freshness", {}, options_.rows);
}

std::string AssistantTools::query(const ToolArguments& arguments) {
    std::string sql = argument(arguments, "sql");
    const std::size_t end = sql.find_last_not_of("; \t\r\n");
    sql.resize(end == std::string::npos ? 0 : end + 1);
    if (sql.empty()) throw Error(Kind::usage, "sql is empty, expected one SELECT", "");
    etl::pg::Connection connection = session();
    (void)connection.query("SELECT set_config('TimeZone', (SELECT zone FROM " + schema() +
                           ".clock), false)");
    return read(connection, sql, {}, row_limit(arguments));
}

}  // namespace jobs
