#include "jobs/serve/dashboard.hpp"

#include "jobs/serve/dashboard_routes.hpp"
#include "jobs/serve/http_server.hpp"

namespace jobs {
namespace {

// What may read for minutes.
bool is_long(const std::string& path) {
    return path == "/api/report" || path.starts_with("/api/report.") || path == "/api/rows" ||
           path.starts_with("/api/rows.") || path == "/api/morning";
}

}  // namespace

struct Dashboard::State {
    std::shared_ptr<Controls> controls;
    DashboardAccess access;
    etl::ReadPool readers;
    Site site{access, *controls, readers};
    HttpServer server;

    State(const etl::Config& config, const std::string& url, std::shared_ptr<Controls> asked)
        : controls(std::move(asked)),
          access(config, host_of_listen(config.serve_listen, "[serve] listen", "127.0.0.1:8080",
                                        "Leave it empty for no dashboard.")),
          readers(url, "dashboard"),
          server(config.serve_listen, {config.serve_certificate_file, config.serve_key_file}, {},
                 {[this](const HttpCall& call) { return answer(call, site); },
                  [](const HttpCall& call) { return call.path == "/healthz"; },
                  [](const HttpCall& call) { return is_long(call.path); }}) {}
};

Dashboard::Dashboard(const etl::Config& config, const std::string& database_url,
                     std::shared_ptr<Controls> controls)
    : state_(std::make_unique<State>(config, database_url, std::move(controls))) {}

Dashboard::~Dashboard() { state_->readers.cancel(); }  // a report may have minutes to go

std::string Dashboard::address() const { return state_->server.address(); }

}  // namespace jobs
