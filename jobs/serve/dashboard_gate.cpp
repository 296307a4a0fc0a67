#include "jobs/serve/dashboard_gate.hpp"

#include <map>

#include "embedded_page.hpp"
#include "embedded_web.hpp"
#include "etl/embedded.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "jobs/output/places.hpp"
#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

HttpReply to(const char* path, std::map<std::string, std::string> headers = {}) {
    headers["Location"] = path;
    return {http::kSeeOther, kPlain, "", std::move(headers)};
}

HttpReply login(const HttpCall& call, DashboardAccess& access) {
    const bool approver = call.path == "/approver";
    if (call.method != "POST") return *file_reply(approver ? "/approver.html" : "/login.html");
    const std::string cookie = access.login(call);
    if (cookie.empty()) return to(approver ? "/approver?wrong" : "/login?wrong");
    return to(approver ? "/#/push" : "/", {{"Set-Cookie", cookie}});
}

bool is_login(const HttpCall& call, const DashboardAccess& access) {
    return (call.path == "/login" && access.needs_token()) ||
           (call.path == "/approver" && access.has_approvers());
}

// What the login page needs is given to anybody.
bool is_open(const std::string& path) {
    return path == "/app.css" || path == "/view.css" || path == "/favicon.svg";
}

// A person is led to the login, a program is told.
bool is_person(const HttpCall& call) {
    return call.method == "GET" && call.path == "/" &&
           call.header("accept").find("text/html") != std::string::npos &&
           call.header("authorization").empty();
}

// What stands around the body of each of our pages.
constexpr std::string_view kLayout = "layout.html";

// Path of every file, and where it lies.
std::map<std::string, const embedded::File*> files_by_path() {
    std::map<std::string, const embedded::File*> files;
    for (const embedded::File& file : embedded::embedded_web())
        if (file.name != kLayout)
            files[file.name == "index.html" ? "/" : "/" + std::string(file.name)] = &file;
    for (const embedded::File& file : embedded::embedded_page())
        if (file.name != "page.html")
            files[file.name == "chart.min.js" ? "/chart.js" : "/" + std::string(file.name)] = &file;
    return files;
}

HttpReply dictionary() {
    return ok(kScript,
              "// The words of reports and states: jobs/output/words.\n"
              "export const dictionary = " +
                  words::dictionary_json() + ";\n");
}

}  // namespace

HttpReply ok(const char* type, std::string body) { return {200, type, std::move(body), {}}; }

HttpReply error_reply(int status, const std::string& message) {
    return {status, "application/json", "{\"error\":" + json_string(message) + "}\n", {}};
}

bool wants_russian(const HttpCall& call) {
    return call.header("accept-language").starts_with("ru");
}

std::optional<HttpReply> gate(const HttpCall& call, DashboardAccess& access) {
    access.check_host(call);
    if (is_login(call, access)) return login(call, access);
    if (is_open(call.path)) return std::nullopt;
    try {
        access.check_token(call);
    } catch (const HttpRefusal&) {
        if (is_person(call)) return to("/login");
        throw;
    }
    return std::nullopt;
}

HttpReply served(std::string_view name, std::string_view text) {
    if (name.ends_with(".html"))
        return ok(kHtml, filled_places(etl::embedded_text(embedded::embedded_web(), kLayout),
                                       [&](std::string_view) { return std::string(text); }));
    return ok(name.ends_with(".js")    ? kScript
              : name.ends_with(".css") ? "text/css; charset=utf-8"
                                       : "image/svg+xml",
              std::string(text));
}

std::optional<HttpReply> file_reply(const std::string& path) {
    static const auto files = files_by_path();
    if (path == "/dictionary.js") return dictionary();
    const auto found = files.find(path);
    if (found == files.end()) return std::nullopt;
    return served(found->second->name, found->second->text);
}

HttpReply replied(const HttpCall& call, const std::function<HttpReply()>& act) {
    try {
        return act();
    } catch (const HttpRefusal& refusal) {
        HttpReply reply =
            error_reply(refusal.status, words::sentence(refusal.message, wants_russian(call)));
        if (refusal.status == http::kUnauthorized)
            reply.headers["WWW-Authenticate"] = "Bearer realm=\"gcmirror\"";
        return reply;
    } catch (const Error& error) {
        const bool russian = wants_russian(call);
        const std::string hint =
            error.hint().empty()
                ? ""
                : " (" + words::sentence(etl::log::redacted(error.hint()), russian) + ")";
        const int status = error.kind() == Kind::usage        ? http::kBadRequest
                           : error.kind() == Kind::unexpected ? http::kServerError
                                                              : http::kUnavailable;
        return error_reply(status,
                           words::sentence(etl::log::redacted(error.what()), russian) + hint);
    } catch (const std::exception& error) {
        etl::log::error("the dashboard failed",
                        {{"page", call.path.substr(0, 100)}, {"reason", error.what()}});
        return error_reply(http::kServerError, etl::log::redacted(error.what()));
    }
}

}  // namespace jobs
