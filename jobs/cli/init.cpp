// gcmirror init: a configuration file with every key, and the database.
#include <fcntl.h>
#include <fmt/ostream.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <memory>
#include <ostream>

#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/cli/command.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

// Readable by its owner only, since passwords end up in it. False: there is one already.
bool write_new(const std::string& path, const std::string& text) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST) return false;
    bool whole = file >= 0;
    for (std::size_t at = 0; whole && at < text.size();) {
        const ssize_t n = write(file, text.data() + at, text.size() - at);
        whole = n > 0;
        at += whole ? static_cast<std::size_t>(n) : 0;
    }
    const int reason = errno;
    if (file >= 0) whole = close(file) == 0 && whole;
    if (!whole) {
        if (file >= 0) unlink(path.c_str());
        throw Error(Kind::usage,
                    fmt::format("{} cannot be written: {}", path, std::strerror(reason)),
                    "Nothing was done. Go to a folder of yours, or name a file with --config.");
    }
    return true;
}

}  // namespace

Run declare_init(CLI::App& app, const GlobalOptions& global) {
    auto account = std::make_shared<std::string>();
    app.add_option("--account", *account, "account: https://ACCOUNT.getcourse.ru");
    return [account, &global](Context& context) {
        const std::string path = global.config_file.empty() ? "gcmirror.toml" : global.config_file;
        const std::string& known = context.config.getcourse.account;
        if (write_new(path, etl::example_config(account->empty() ? known : *account)))
            fmt::print(context.out, "wrote {} with every key and its default\n", path);
        else if (!account->empty() && *account != known)
            throw Error(Kind::usage,
                        fmt::format("{} is there already and names the account \"{}\", not \"{}\"",
                                    path, known, *account),
                        "Change it there, or name another file with --config.");
        else
            fmt::print(context.out, "{} is there already and stays as it is\n", path);
        (void)etl::open_migrated(context.config, "init");
        context.out << "database ready: gcmirror db url shows where\n"
                       "next: set GETCOURSE_KEY and run gcmirror sync\n";
        return 0;
    };
}

}  // namespace jobs
