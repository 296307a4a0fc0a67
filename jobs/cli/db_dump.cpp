// gcmirror db dump and restore.
#include <fmt/ostream.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>

#include "etl/dump.hpp"
#include "jobs/cli/command.hpp"

namespace jobs {

Run declare_db_dump(CLI::App& app, const GlobalOptions&) {
    auto file = std::make_shared<std::string>();
    app.add_option("file", *file, "where to; - is stdout")->required();
    return [file](Context& context) {
        etl::dump_database(context.config, *file);
        if (*file != "-")
            fmt::print(context.out,
                       "wrote {}, {} MB; it holds people's data and only its owner reads it\n",
                       *file, std::filesystem::file_size(*file) / 1000000);
        return 0;
    };
}

Run declare_db_restore(CLI::App& app, const GlobalOptions&) {
    auto file = std::make_shared<std::string>();
    app.add_option("file", *file, "what db dump has written")->required();
    return [file](Context& context) {
        const std::string without = etl::restore_database(context.config, *file);
        fmt::print(context.out, "restored {}\n", *file);
        if (!without.empty())
            fmt::print(context.out,
                       "without a password, since the dump has none: {}; gcmirror db user add NAME "
                       "--new-password, or \\password in psql\n",
                       without);
        context.out << "next: gcmirror db adopt, if no other gcmirror goes on with the original; "
                       "then gcmirror doctor\n";
        return 0;
    };
}

}  // namespace jobs
