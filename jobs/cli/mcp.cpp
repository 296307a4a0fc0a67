// gcmirror mcp: the Model Context Protocol over stdin and stdout, a JSON-RPC message a line
// (modelcontextprotocol.io, revision 2025-06-18 and the two before).
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <ostream>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "etl/value.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/mcp_tools.hpp"
#include "jobs/cli/option_errors.hpp"
#include "jobs/output/table_printer.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;
using Poco::Dynamic::Var;

constexpr std::size_t kLongestMessage = 4'000'000;
constexpr int kNotJson = -32700, kNoRequest = -32600, kNoMethod = -32601, kNoArguments = -32602;

struct Refusal {
    int code;
    std::string words;
};

std::string json_of(const Var& value) {
    if (value.isEmpty()) return "null";
    return value.isString() ? json_string(value.convert<std::string>()) : value.toString();
}

std::string arguments_of(const Tool& tool) {
    std::string properties, required;
    for (const ToolArgument& argument : tool.arguments) {
        properties += fmt::format("{}{}: {{\"type\": \"{}\", \"description\": {}}}",
                                  properties.empty() ? "" : ", ", json_string(argument.name),
                                  argument.type, json_string(argument.words));
        if (argument.required)
            required += (required.empty() ? "" : ", ") + json_string(argument.name);
    }
    return fmt::format(
        "{{\"type\": \"object\", \"properties\": {{{}}}, \"required\": [{}], "
        "\"additionalProperties\": false}}",
        properties, required);
}

std::string tool_list() {
    std::string all;
    for (const Tool& tool : tools())
        all += fmt::format(
            "{}{{\"name\": \"{}\", \"description\": {}, \"inputSchema\": {}, \"annotations\": "
            "{{\"readOnlyHint\": true, \"openWorldHint\": false}}}}",
            all.empty() ? "" : ", ", tool.name, json_string(tool.words), arguments_of(tool));
    return "{\"tools\": [" + all + "]}";
}

std::string content(const std::string& text, bool wrong) {
    return fmt::format("{{\"content\": [{{\"type\": \"text\", \"text\": {}}}], \"isError\": {}}}",
                       json_string(text), wrong);
}

ToolArguments arguments_of(const Tool& tool, const Poco::JSON::Object::Ptr& given) {
    ToolArguments arguments;
    if (!given.isNull())
        for (const auto& [name, value] : *given) {
            const auto known =
                std::find_if(tool.arguments.begin(), tool.arguments.end(),
                             [&, &n = name](const ToolArgument& a) { return n == a.name; });
            if (known == tool.arguments.end())
                throw Refusal{kNoArguments,
                              fmt::format("{} has no argument \"{}\"", tool.name, name)};
            if (!value.isEmpty()) arguments[name] = value.convert<std::string>();
        }
    for (const ToolArgument& argument : tool.arguments)
        if (argument.required && !arguments.contains(argument.name))
            throw Refusal{kNoArguments, fmt::format("{} needs {}", tool.name, argument.name)};
    return arguments;
}

std::string initialized(const Poco::JSON::Object::Ptr& parameters) {
    static const std::array<std::string, 3> kRevisions = {"2025-06-18", "2025-03-26", "2024-11-05"};
    std::string revision = kRevisions.front();
    if (!parameters.isNull() && parameters->has("protocolVersion")) {
        const std::string wanted = parameters->get("protocolVersion").toString();
        if (std::find(kRevisions.begin(), kRevisions.end(), wanted) != kRevisions.end())
            revision = wanted;
    }
    return fmt::format(
        "{{\"protocolVersion\": \"{}\", \"capabilities\": {{\"tools\": {{}}}}, \"serverInfo\": "
        "{{\"name\": \"gcmirror\", \"version\": {}}}, \"instructions\": {}}}",
        revision, json_string(version_line().substr(version_line().find(' ') + 1)),
        json_string("A GetCourse school, mirrored every night: read only. Prefer run_report, whose "
                    "figures are checked, to SQL of your own. Always say of which moment the "
                    "figures are (state_of)."));
}

class Server {
public:
    explicit Server(AssistantTools tools) : tools_(std::move(tools)) {}

    // The answer to a line; empty: it was a notification.
    std::string answer(const std::string& line) {
        Var id;
        try {
            const Poco::JSON::Object::Ptr message = parsed(line);
            if (!message->has("method"))
                return message->has("id") ? "" : refused("null", {kNoRequest, "no method"});
            if (message->has("id")) id = message->get("id");
            const std::string result =
                result_of(message->get("method").toString(), message->getObject("params"));
            if (!message->has("id")) return "";
            return fmt::format("{{\"jsonrpc\": \"2.0\", \"id\": {}, \"result\": {}}}", json_of(id),
                               result);
        } catch (const Refusal& refusal) {
            return refused(json_of(id), refusal);
        } catch (const Poco::Exception& error) {
            return refused(json_of(id), {kNoRequest, error.displayText()});
        }
    }

private:
    static std::string refused(const std::string& id, const Refusal& refusal) {
        return fmt::format(
            "{{\"jsonrpc\": \"2.0\", \"id\": {}, \"error\": {{\"code\": {}, \"message\": {}}}}}",
            id, refusal.code, json_string(refusal.words));
    }

    static Poco::JSON::Object::Ptr parsed(const std::string& line) {
        try {
            const Var parsed = Poco::JSON::Parser().parse(line);
            if (parsed.type() == typeid(Poco::JSON::Object::Ptr))
                return parsed.extract<Poco::JSON::Object::Ptr>();
        } catch (const Poco::Exception& error) {
            throw Refusal{kNotJson, "no JSON: " + error.displayText()};
        }
        throw Refusal{kNoRequest, "expected one JSON-RPC object a line"};
    }

    std::string result_of(const std::string& method, const Poco::JSON::Object::Ptr& parameters) {
        if (method == "initialize") return initialized(parameters);
        if (method == "ping" || method.starts_with("notifications/")) return "{}";
        if (method == "tools/list") return tool_list();
        if (method == "tools/call") return called(parameters);
        throw Refusal{kNoMethod, "there is no method " + method};
    }

    std::string called(const Poco::JSON::Object::Ptr& parameters) {
        const std::string name =
            parameters.isNull() ? "" : parameters->optValue<std::string>("name", "");
        for (const Tool& tool : tools()) {
            if (name != tool.name) continue;
            const ToolArguments arguments = arguments_of(tool, parameters->getObject("arguments"));
            try {
                const std::string found = (tools_.*tool.call)(arguments);
                return content(
                    fmt::format("{{\"state_of\": {},\n{}}}", json_string(tools_.state()), found),
                    false);
            } catch (const Error& error) {
                return content(
                    etl::log::redacted(std::string(error.what()) +
                                       (error.hint().empty() ? "" : "\n" + error.hint())),
                    true);
            }
        }
        throw Refusal{kNoArguments, "there is no tool \"" + name + "\""};
    }

    AssistantTools tools_;
};

// Lines of stdin until it ends or a stop comes.
int serve_lines(const Context& context, Server& server) {
    std::string waiting;
    std::array<char, 65536> piece{};
    constexpr int kLookAtStop = 200;  // milliseconds
    while (!context.stop.stop_requested()) {
        pollfd input{STDIN_FILENO, POLLIN, 0};
        if (poll(&input, 1, kLookAtStop) <= 0) continue;
        const ssize_t size = read(STDIN_FILENO, piece.data(), piece.size());
        if (size <= 0) return 0;
        waiting.append(piece.data(), static_cast<std::size_t>(size));
        for (std::size_t end = 0; (end = waiting.find('\n')) != std::string::npos;) {
            const std::string line = waiting.substr(0, end);
            waiting.erase(0, end + 1);
            if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
            const std::string answer = server.answer(line);
            if (!answer.empty()) context.out << answer << std::endl;
            if (!context.out.good()) return 0;  // the client has gone
        }
        if (waiting.size() > kLongestMessage)
            throw Error(Kind::usage, "a message is longer than 4 MB", "");
    }
    return 0;
}

}  // namespace

Run declare_mcp(CLI::App& app, const GlobalOptions&) {
    auto options = std::make_shared<AssistantOptions>();
    auto time = std::make_shared<std::string>("30s");
    app.add_option("--role", options->role,
                   "masked: keyed hashes instead of people; reader: people are seen, too")
        ->check(one_of({"masked", "reader"}));
    app.add_option("--login", options->login,
                   "who connects to a server of your own; its password stands in ~/.pgpass");
    app.add_option("--rows", options->rows, "at most so many rows in an answer")
        ->check(whole_number(1, 100000));
    app.add_option("--time", *time, "limit for one statement; default 30s");
    return [options, time](Context& context) {
        const auto limit = etl::parse_duration(*time);
        if (!limit || limit->count() <= 0)
            throw Error(Kind::usage,
                        "--time is \"" + *time + "\", expected a duration such as 10s or 2m");
        options->time = *limit;
        AssistantTools tools(context, *options);
        tools.check_role();
        Server server(tools);
        return serve_lines(context, server);
    };
}

}  // namespace jobs
