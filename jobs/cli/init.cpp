// gcmirror init: a configuration file with every key, and the database.
#include <fcntl.h>
#include <fmt/ostream.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <ostream>
#include <tuple>

#include "etl/config_keys.hpp"
#include "etl/database.hpp"
#include "etl/error.hpp"
#include "jobs/cli/command.hpp"
#include "jobs/cli/settings_text.hpp"
#include "jobs/output/words.hpp"

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

struct Settings {
    std::string account, key_file;
    bool print = false;
};

std::string with_settings(std::string text, const Settings& settings, const std::string& path) {
    for (const auto& [name, value] :
         {std::pair("account", &settings.account), std::pair("key_file", &settings.key_file)}) {
        if (value->empty()) continue;
        auto with = with_setting(text, name, *value);
        if (!with)
            throw Error(
                Kind::usage,
                fmt::format("{} is written so that {} cannot be put into it", path, name),
                fmt::format("Nothing was done. Write it there yourself: [getcourse] {}.", name));
        text = std::move(*with);
    }
    return text;
}

// Into a file that is there: what it leaves open; Error when it says something else.
void complete(Context& context, const std::string& path, const Settings& settings) {
    const auto& known = context.config.getcourse;
    for (const auto& [name, wanted, has] :
         {std::tuple("account", &settings.account, &known.account),
          std::tuple("key_file", &settings.key_file, &known.key_file)})
        if (!wanted->empty() && !has->empty() && *wanted != *has)
            throw Error(Kind::usage,
                        fmt::format("{} is there already and names the {} \"{}\", not \"{}\"", path,
                                    name, *has, *wanted),
                        "Change it there, or name another file with --config.");
    std::ifstream in(path);
    const std::string before{std::istreambuf_iterator<char>(in), {}};
    const std::string after = with_settings(before, settings, path);
    if (after == before) {
        context.out << words::say(context.russian,
                                  settings.account.empty() && settings.key_file.empty()
                                      ? "{} is there already and stays as it is"
                                      : "{} says so already and stays as it is",
                                  path)
                    << '\n';
        return;
    }
    std::ofstream out(path, std::ios::in | std::ios::out);  // its owner and rights stay
    out << after << std::flush;
    if (!out)
        throw Error(Kind::usage,
                    fmt::format("{} cannot be written: {}", path, std::strerror(errno)),
                    "Nothing was done. Its owner, or root, can.");
    context.out << words::say(context.russian, "wrote what was new into {}", path) << '\n';
}

// Where init writes: what --config names, the file in force, or one in this folder.
std::string target(const GlobalOptions& global, const etl::Config& config) {
    if (!global.config_file.empty()) return global.config_file;
    return std::filesystem::is_regular_file(config.source) ? config.source : "gcmirror.toml";
}

int init(Context& context, const GlobalOptions& global, const Settings& settings) {
    const auto& known = context.config.getcourse;
    if (settings.print) {
        context.out << with_settings(etl::example_config(settings.account), settings,
                                     "gcmirror.toml");
        return 0;
    }
    const std::string path = target(global, context.config);
    Settings all = settings;
    if (all.account.empty()) all.account = known.account;
    if (write_new(path, with_settings(etl::example_config(all.account), all, path)))
        context.out << words::say(context.russian, "wrote {} with every key and its default", path)
                    << '\n';
    else
        complete(context, path, settings);
    context.config.getcourse.account = all.account;
    (void)etl::open_migrated(context.config, "init");
    const bool has_key = !context.config.key.empty() || !settings.key_file.empty();
    context.out << words::say(context.russian, "database ready: gcmirror db url shows where")
                << '\n'
                << words::say(context.russian,
                              has_key ? "next: gcmirror sync"
                                      : "next: set GETCOURSE_KEY and run gcmirror sync")
                << '\n';
    return 0;
}

// Checked as a file's would be, before it is written.
void check_account(const std::string& account) {
    etl::Config config;
    config.getcourse.account = account;
    std::vector<std::string> problems;
    etl::check_credentials(config, problems);
    if (!problems.empty()) throw Error(Kind::usage, problems.front(), "Nothing was done.");
}

}  // namespace

Run declare_init(CLI::App& app, const GlobalOptions& global) {
    auto settings = std::make_shared<Settings>();
    app.add_option("--account", settings->account, "account: https://ACCOUNT.getcourse.ru");
    app.add_option("--key-file", settings->key_file, "file that holds the API key");
    app.add_flag("--print", settings->print, "print the file instead; nothing is made");
    return [settings, &global](Context& context) {
        check_account(settings->account);
        if (!settings->key_file.empty())
            settings->key_file = std::filesystem::absolute(settings->key_file);
        if (!settings->key_file.empty() && access(settings->key_file.c_str(), R_OK) != 0)
            throw Error(Kind::usage,
                        fmt::format("--key-file {} cannot be read: {}", settings->key_file,
                                    std::strerror(errno)),
                        "Nothing was done.");
        return init(context, global, *settings);
    };
}

}  // namespace jobs
