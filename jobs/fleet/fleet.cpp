#include "jobs/fleet/fleet.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "etl/error.hpp"
#include "etl/log.hpp"
#include "jobs/fleet/alerts.hpp"
#include "jobs/fleet/page.hpp"
#include "jobs/fleet/process.hpp"
#include "jobs/fleet/supervisor.hpp"
#include "jobs/fleet/watcher.hpp"
#include "jobs/serve/serve.hpp"

namespace jobs::fleet {
namespace {

namespace fs = std::filesystem;

// Where the schools lock their turn to load; goes with us.
class Slots {
public:
    Slots() : folder_((fs::temp_directory_path() / "gcmirror-fleet-XXXXXX").string()) {
        if (::mkdtemp(folder_.data()) == nullptr)
            throw etl::Error(etl::Kind::usage,
                             fmt::format("{} cannot be made: {}", folder_, std::strerror(errno)),
                             "Set TMPDIR to a folder that this user may write.");
    }
    ~Slots() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Slots(const Slots&) = delete;
    Slots& operator=(const Slots&) = delete;
    [[nodiscard]] const std::string& folder() const { return folder_; }

private:
    std::string folder_;
};

}  // namespace

int run_fleet(Context& context, const FleetOptions& options) {
    etl::log::show_at_least(etl::log::Level::info);
    etl::Config& config = context.config;
    config.key = {};  // a key is of a school
    ::unsetenv("GETCOURSE_KEY");
    const Slots slots;
    SupervisorOptions supervising;
    supervising.folder = schools_folder(config, options.schools_dir);
    supervising.handed = {slots.folder(), config.fleet.loads_at_once, config.fleet.stagger};
    supervising.environment = options.environment;
    supervising.program = own_program();
    supervising.arguments = options.arguments;
    supervising.json = context.json;
    supervising.now = options.now;
    Board board;
    Alerts alerts(config);
    const Watcher watcher(board, [&](const std::vector<Row>& rows) {
        alerts.seen(rows, std::chrono::steady_clock::now());
    });
    std::optional<Page> page;
    if (!config.fleet.listen.empty()) {
        page.emplace(config, watcher);
        etl::log::info("fleet", {{"what", "page at http://" + page->address()}});
    }
    takes_reload() = true;
    supervise(supervising, board, context.err, context.stop);
    return 0;
}

}  // namespace jobs::fleet
