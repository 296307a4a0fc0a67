#include "jobs/serve/dashboard_routes.hpp"

#include <fmt/format.h>

#include <functional>
#include <vector>

#include "jobs/output/table_printer.hpp"
#include "jobs/output/words.hpp"
#include "jobs/serve/dashboard_data.hpp"
#include "jobs/serve/dashboard_gate.hpp"
#include "jobs/serve/dashboard_push.hpp"
#include "jobs/serve/metrics.hpp"

namespace jobs {
namespace {

using etl::pg::Connection;

constexpr const char* kWorkbook =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

// A path and what it answers. Only GET, and POST for the actions.
struct Route {
    const char* method;
    const char* path;
    std::function<HttpReply(const HttpCall&, const Site&)> reply;
};

std::string text(const HttpCall& call, const char* name) {
    const auto found = call.query.find(name);
    return found == call.query.end() ? "" : found->second;
}

std::int64_t number(const HttpCall& call, const char* name) {
    const std::string value = text(call, name);
    if (value.empty()) return 0;
    if (value.size() > 18 || value.find_first_not_of("0123456789") != std::string::npos)
        throw HttpRefusal{http::kBadRequest, std::string(name) + " is \"" + value.substr(0, 50) +
                                                 "\", expected a number"};
    return std::stoll(value);
}

HttpReply health(const HttpCall&, const Site& site) {
    if (!site.controls.alive())
        throw HttpRefusal{http::kUnavailable, "the service's loop stands still"};
    return ok(kPlain, "ok\n");
}

HttpReply ready(const HttpCall&, const Site& site) {
    return ok(kPlain, site.readers.read([&](Connection& c) {
        return c.value("SELECT 'ready'") +
               (site.controls.leading() ? ", leading\n" : ", another instance leads\n");
    }));
}

HttpReply metrics(const HttpCall&, const Site& site) {
    return ok(kPrometheus, site.readers.read([&](Connection& c) {
        return metrics_text(c, site.controls.config(), site.controls.leading(),
                            site.controls.syncing(), site.controls.now());
    }));
}

// A page's JSON, read in one snapshot; `in_lang`: it is in the language that its lang= names.
template <typename Read>
Route data(const char* path, Read read, bool in_lang = false) {
    return {"GET", path, [read, in_lang](const HttpCall& call, const Site& site) {
                const std::string found =
                    site.readers.read([&](Connection& c) { return read(c, call, site); });
                const bool translated = !in_lang && wants_russian(call);
                return ok("application/json", translated ? words::json_in_russian(found) : found);
            }};
}

std::string overview(Connection& c, const HttpCall&, const Site& site) {
    return overview_json(c, site.controls.config(),
                         {site.controls.leading(), site.controls.syncing(), site.controls.now(),
                          site.access.csrf()});
}

std::string run(Connection& c, const HttpCall& call, const Site&) {
    const std::int64_t id = number(call, "id");
    std::string found = run_json(c, id);
    if (found == "null") throw HttpRefusal{http::kNotFound, fmt::format("there is no run {}", id)};
    return found;
}

ReportOptions report_options(const HttpCall& call) {
    ReportOptions options = report_asked([&](const char* option) { return text(call, option); });
    options.lang = text(call, "lang");
    options.figure = text(call, "figure");
    for (const auto& [name, value] : call.query)  // where0, where1, ...
        if (name.starts_with("where")) options.where.push_back(value);
    return options;
}

using FileOf = std::string (*)(Connection&, const Site&, const HttpCall&, const ReportOptions&);
std::string file_of_report(Connection& c, const Site& site, const HttpCall& call,
                           const ReportOptions& options) {
    return report_file(c, site.controls.config(), options, !text(call, "recent").empty(),
                       site.controls.now());
}
std::string file_of_rows(Connection& c, const Site& site, const HttpCall&,
                         const ReportOptions& options) {
    return rows_file(c, site.controls.config(), options);
}

// /api/report.xlsx?name=…, /api/rows.csv?…: the same questions as /api/report and /api/rows.
Route download(const char* path, const char* format, FileOf file) {
    return {"GET", path, [format, file](const HttpCall& call, const Site& site) {
                ReportOptions options = report_options(call);
                options.format = format;
                const std::string name = find_report(options.name).name +
                                         (options.figure.empty() ? "" : "-" + options.figure) +
                                         "." + format;
                HttpReply reply = ok(
                    options.format == "xlsx" ? kWorkbook : "text/csv; charset=utf-8",
                    site.readers.read([&](Connection& c) { return file(c, site, call, options); }));
                reply.headers["Content-Disposition"] = "attachment; filename=\"" + name + "\"";
                return reply;
            }};
}

std::string report(Connection& c, const HttpCall& call, const Site& site) {
    return report_json(c, site.controls.config(), report_options(call),
                       !text(call, "recent").empty());
}

std::string rows(Connection& c, const HttpCall& call, const Site& site) {
    return rows_json(c, site.controls.config(), report_options(call));
}

std::string plan(Connection& c, const HttpCall& call, const Site& site) {
    const std::int64_t id = number(call, "id");
    std::string found = plan_json(c, id, site.access, call);
    if (found == "null") throw HttpRefusal{http::kNotFound, fmt::format("there is no plan {}", id)};
    return found;
}

HttpReply approve(const HttpCall& call, const Site& site) {
    approve_here(site.controls.config(), number(call, "plan"), site.access, call);
    return ok("application/json", "{\"accepted\":true}");
}

Route action(const char* path, std::string (Controls::*ask)()) {
    return {"POST", path, [ask](const HttpCall& call, const Site& site) {
                site.access.check_action(call);
                if (const std::string refused = (site.controls.*ask)(); !refused.empty())
                    throw HttpRefusal{http::kConflict, refused};
                return ok("application/json", "{\"accepted\":true}");
            }};
}

const std::vector<Route>& routes() {
    static const std::vector<Route> all = [] {
        return std::vector<Route>{
            {"GET", "/readyz", ready},
            {"GET", "/metrics", metrics},
            data("/api/overview", overview),
            data("/api/runs",
                 [](Connection& c, const HttpCall&, const Site&) { return runs_json(c); }),
            data("/api/run", run),
            data("/api/rejects", [](Connection& c, const HttpCall& call,
                                    const Site&) { return rejects_json(c, number(call, "run")); }),
            data("/api/fields",
                 [](Connection& c, const HttpCall&, const Site&) { return fields_json(c); }),
            data("/api/push", [](Connection& c, const HttpCall& call,
                                 const Site&) { return push_json(c, number(call, "plan")); }),
            data("/api/plan", plan),
            {"POST", "/api/approve", approve},
            {"GET", "/api/reports",
             [](const HttpCall&, const Site&) { return ok("application/json", reports_json()); }},
            {"GET", "/api/session",
             [](const HttpCall&, const Site& site) {
                 return ok("application/json",
                           session_json(site.controls.config(), site.access.csrf()));
             }},
            data("/api/report", report, true),
            data("/api/rows", rows, true),
            download("/api/report.xlsx", "xlsx", file_of_report),
            download("/api/report.csv", "csv", file_of_report),
            download("/api/rows.xlsx", "xlsx", file_of_rows),
            download("/api/rows.csv", "csv", file_of_rows),
            data(
                "/api/morning",
                [](Connection& c, const HttpCall& call, const Site& site) {
                    return morning_page_json(c, site.controls.config(), text(call, "lang"),
                                             site.controls.now());
                },
                true),
            action("/api/sync", &Controls::ask_sync),
            action("/api/stop", &Controls::ask_stop)};
    }();
    return all;
}

HttpReply routed(const HttpCall& call, const Site& site) {
    if (call.path == "/healthz") return health(call, site);  // a probe calls by address, tokenless
    if (auto ended = gate(call, site.access)) return *std::move(ended);
    const std::string method = call.method == "HEAD" ? "GET" : call.method;
    if (method != "GET" && method != "POST")
        throw HttpRefusal{http::kMethodNotAllowed, "only GET, and POST for the three actions"};
    bool known = false;
    for (const Route& route : routes()) {
        if (call.path != route.path) continue;
        if (method == route.method) return route.reply(call, site);
        known = true;
    }
    if (auto file = file_reply(call.path)) {
        if (method == "GET") return *std::move(file);
        known = true;
    }
    if (known && method == "POST")
        throw HttpRefusal{http::kMethodNotAllowed, "this page is asked for by GET"};
    throw HttpRefusal{http::kNotFound, "there is no page \"" + call.path.substr(0, 100) + "\""};
}

}  // namespace

HttpReply answer(const HttpCall& call, const Site& site) {
    return replied(call, [&] { return routed(call, site); });
}

}  // namespace jobs
