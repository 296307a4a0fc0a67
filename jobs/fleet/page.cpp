#include "jobs/fleet/page.hpp"

#include "embedded_fleet.hpp"
#include "etl/embedded.hpp"
#include "jobs/output/words.hpp"
#include "jobs/serve/dashboard_gate.hpp"
#include "jobs/serve/http_server.hpp"

namespace jobs::fleet {
namespace {

etl::Instant page_now() {
    return std::chrono::time_point_cast<etl::Duration>(std::chrono::system_clock::now());
}

// The rules of access speak of [serve] listen.
etl::Config as_served(etl::Config fleet) {
    fleet.serve_listen = fleet.fleet.listen;
    fleet.approvers.clear();
    return fleet;
}

// The page's own files come before those it shares with the dashboard of a school.
std::optional<HttpReply> own_file(const std::string& path) {
    const std::string name = path == "/" ? "fleet.html" : path.substr(1);
    for (const embedded::File& file : embedded::embedded_fleet())
        if (file.name == name && !name.ends_with(".sql")) return served(file.name, file.text);
    return std::nullopt;
}

HttpReply routed_to(const HttpCall& call, DashboardAccess& access, const Watcher& watcher) {
    if (call.path == "/healthz") return ok(kPlain, "ok\n");
    if (auto ended = gate(call, access)) return *std::move(ended);
    if (call.method != "GET" && call.method != "HEAD")
        throw HttpRefusal{http::kMethodNotAllowed, "this page is asked for by GET"};
    if (call.path == "/metrics") return ok(kPrometheus, fleet_metrics(watcher.rows(), page_now()));
    if (call.path == "/api/fleet") {
        const std::string found = overview_json(watcher.rows(), page_now());
        return ok("application/json", wants_russian(call) ? words::json_in_russian(found) : found);
    }
    if (auto file = own_file(call.path)) return *std::move(file);
    if (call.path != "/app.js")
        if (auto file = file_reply(call.path)) return *std::move(file);
    throw HttpRefusal{http::kNotFound, "there is no page \"" + call.path.substr(0, 100) + "\""};
}

}  // namespace

struct Page::State {
    DashboardAccess access;
    HttpServer server;
    State(const etl::Config& fleet, const Watcher& watcher)
        : access(as_served(fleet), host_of_listen(fleet.fleet.listen, "[fleet] listen",
                                                  "127.0.0.1:8090", "Leave it empty for no page.")),
          server(fleet.fleet.listen, {fleet.serve_certificate_file, fleet.serve_key_file}, {},
                 {[this, &watcher](const HttpCall& call) {
                      return replied(call, [&] { return routed_to(call, access, watcher); });
                  },
                  [](const HttpCall& call) { return call.path == "/healthz"; },
                  [](const HttpCall&) { return false; }}) {}
};

Page::Page(const etl::Config& fleet, const Watcher& watcher)
    : state_(std::make_unique<State>(fleet, watcher)) {}
Page::~Page() = default;

std::string Page::address() const { return state_->server.address(); }

}  // namespace jobs::fleet
