// gcmirror dbt init: a dbt project over this mirror.
#include <fmt/ostream.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>

#include "embedded_dbt.hpp"
#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/tool_place.hpp"

namespace jobs {
namespace {

namespace fs = std::filesystem;
using etl::Error;
using etl::Kind;

void replace(std::string& text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    if (at != std::string::npos) text.replace(at, from.size(), to);
}

// The environment still wins over what is known today.
std::string with_place(std::string text, const ToolPlace& place) {
    replace(text, "env_var('PGHOST')", fmt::format("env_var('PGHOST', '{}')", place.host));
    replace(text, "'5432'", fmt::format("'{}'", place.port));
    replace(text, "env_var('PGUSER')", fmt::format("env_var('PGUSER', '{}')", place.login));
    replace(text, "env_var('PGDATABASE')",
            fmt::format("env_var('PGDATABASE', '{}')", place.database));
    replace(text, "      threads:",
            fmt::format("      sslmode: \"{{{{ env_var('PGSSLMODE', '{}') }}}}\"\n      threads:",
                        place.sslmode));
    return text;
}

fs::path place_of(std::string_view name) {
    return name == "dbt_project.yml" || name == "profiles.yml" ? fs::path(name)
                                                               : fs::path("models") / name;
}

int init(Context& context, const fs::path& dir, const std::string& login) {
    for (const embedded::File& file : embedded::embedded_dbt())
        if (fs::exists(dir / place_of(file.name)))
            throw Error(Kind::usage,
                        fmt::format("{} is there already", (dir / place_of(file.name)).string()),
                        "Nothing was written. Name an empty folder.");
    require_reachable(context.config);
    etl::pg::Connection connection = etl::open_database(context.config, "dbt");
    const ToolPlace place = tool_place(context.config, connection, login);
    std::error_code ignored;
    fs::create_directories(dir / "models", ignored);
    for (const embedded::File& file : embedded::embedded_dbt()) {
        const fs::path path = dir / place_of(file.name);
        std::ofstream out(path);
        out << (file.name == "profiles.yml" ? with_place(std::string(file.text), place)
                                            : std::string(file.text))
            << std::flush;
        if (!out) throw Error(Kind::usage, path.string() + " cannot be written");
        fmt::print(context.out, "wrote {}\n", path.string());
    }
    fmt::print(context.out,
               "next: cd {}; export DBT_PROFILES_DIR=. PGPASSWORD=...; dbt source freshness; dbt "
               "build\n",
               dir.string());
    return 0;
}

}  // namespace

Run declare_dbt_init(CLI::App& app, const GlobalOptions&) {
    auto dir = std::make_shared<std::string>();
    auto login = std::make_shared<std::string>();
    app.add_option("dir", *dir, "folder of the project; made when missing")->required();
    app.add_option("--login", *login, "who dbt connects as; gcmirror db user add makes it")
        ->required();
    return [dir, login](Context& context) { return init(context, *dir, *login); };
}

}  // namespace jobs
