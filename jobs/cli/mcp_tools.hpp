// What an assistant may do: read reports, definitions, tables, freshness and, by SQL, whatever its
// role sees. Each answer says of which state it is.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "etl/pg.hpp"
#include "jobs/output/context.hpp"

namespace jobs {

struct AssistantOptions {
    std::string role = "masked";  // reader: people are seen, too
    std::string login;            // of a server of one's own; empty: the role itself
    int rows = 1000;              // of one answer
    etl::Duration time = std::chrono::seconds{30};  // of one statement
};

using ToolArguments = std::map<std::string, std::string>;

struct ToolArgument {
    const char* name;
    const char* type;  // string, integer
    const char* words;
    bool required = false;
};

class AssistantTools;

struct Tool {
    const char* name;
    const char* words;
    std::vector<ToolArgument> arguments;
    std::string (AssistantTools::*call)(const ToolArguments&);  // JSON
};

[[nodiscard]] const std::vector<Tool>& tools();

class AssistantTools {
public:
    AssistantTools(const Context& context, AssistantOptions options)
        : context_(context), options_(std::move(options)) {}

    // Error{usage} when the login could do more than read what its role sees. Called before the
    // first answer.
    void check_role();

    std::string list_reports(const ToolArguments& arguments);
    std::string run_report(const ToolArguments& arguments);
    std::string list_tables(const ToolArguments& arguments);
    std::string describe_table(const ToolArguments& arguments);
    std::string freshness(const ToolArguments& arguments);
    std::string query(const ToolArguments& arguments);
    // "2026-11-26 09:14": of the rows of the answer just given, from their own snapshot.
    [[nodiscard]] std::string state();

private:
    // A session of the role's own for each call: what a statement sets is gone with it, and there
    // is no other role to go back to.
    [[nodiscard]] etl::pg::Connection session();
    [[nodiscard]] std::string read(etl::pg::Connection& connection, const std::string& sql,
                                   const std::vector<etl::pg::Param>& parameters, int rows);
    [[nodiscard]] std::string schema() const {
        return options_.role == "masked" ? "masked" : "report";
    }
    [[nodiscard]] int row_limit(const ToolArguments& arguments) const;

    const Context& context_;
    AssistantOptions options_;
    std::string state_;  // read with the rows; empty: there were none
};

}  // namespace jobs
