#include "jobs/fleet/schools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <system_error>

#include "etl/client_program.hpp"
#include "etl/error.hpp"
#include "etl/log.hpp"
#include "schema/text.hpp"

namespace jobs::fleet {
namespace {

namespace fs = std::filesystem;
using etl::Error;
using etl::Kind;

constexpr std::size_t kLongestName = 40;
constexpr std::uintmax_t kLargestFile = 1 << 20;

// A name that may be anything, for a line of text.
std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '?';
    std::uint64_t broken = 0;  // no database and no JSON takes a broken letter, nor half of one
    text = schema::repaired(text, broken);
    return std::string(schema::cut(text, 2 * kLongestName));
}

// Why the file is not even opened; empty: it may be.
std::string unfit(const std::string& name, const fs::directory_entry& entry) {
    if (!is_school_name(name))
        return fmt::format(
            "\"{}\" is no name of a school; expected letters, digits, - and _, at "
            "most {}, not all, which is every school",
            one_line(name), kLongestName);
    std::error_code wrong;
    if (!entry.is_regular_file(wrong)) return "it is no file that can be read";
    const std::uintmax_t size = entry.file_size(wrong);
    if (wrong) return "it is no file that can be read: " + wrong.message();
    if (size > kLargestFile) return fmt::format("it has {} bytes; no configuration has", size);
    return {};
}

void load(School& school) {
    try {
        std::ifstream in(school.file, std::ios::binary);
        school.content.assign(std::istreambuf_iterator<char>(in), {});
        school.config = etl::load_without_keys(school.file);
        const etl::Config& config = school.config;
        const std::string& data_dir = config.database.data_dir;
        if (config.getcourse.account.empty() && config.getcourse.url.empty())
            school.error = "[getcourse] account is not set";
        else if (config.database.url.empty() && data_dir[0] != '/' && !data_dir.starts_with("~/"))
            school.error =
                fmt::format("[database] data_dir is \"{}\", expected a whole path", data_dir);
        else if (!config.database.url.empty())
            (void)etl::client_environment(config.database.url);
    } catch (const std::exception& error) {
        school.error = etl::log::redacted(error.what());
    }
}

School read_school(const fs::directory_entry& entry) {
    School school{one_line(entry.path().stem().string()), entry.path(), {}, {}, {}};
    school.error = unfit(entry.path().stem().string(), entry);
    if (school.error.empty()) load(school);
    return school;
}

std::string account_of(const etl::Config& config) {
    std::string url = config.base_url();
    std::transform(url.begin(), url.end(), url.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    while (url.ends_with('/')) url.pop_back();
    return url;
}

}  // namespace

bool is_school_name(std::string_view name) {
    const auto fits = [](unsigned char c) {
        return (c < 0x80 && std::isalnum(c) != 0) || c == '-' || c == '_';
    };
    return !name.empty() && name != "all" && name.size() <= kLongestName &&
           std::all_of(name.begin(), name.end(), fits);
}

std::vector<School> read_schools(const fs::path& folder) {
    std::error_code wrong;
    fs::directory_iterator entry(folder, wrong);
    if (wrong)
        throw Error(Kind::usage,
                    fmt::format("the folder of schools, {}, cannot be read: {}", folder.string(),
                                wrong.message()),
                    "Make it, or name another by [fleet] schools or --schools-dir; gcmirror fleet "
                    "add writes the first school.");
    std::vector<School> schools;
    for (; entry != fs::directory_iterator(); entry.increment(wrong)) {
        const fs::path& path = entry->path();
        if (path.extension() == ".toml" && !path.filename().string().starts_with('.'))
            schools.push_back(read_school(*entry));
    }
    std::sort(schools.begin(), schools.end(),
              [](const School& a, const School& b) { return a.name < b.name; });
    find_conflicts(schools);
    return schools;
}

fs::path schools_folder(const etl::Config& fleet, const std::string& option) {
    return option.empty() ? fs::path(fleet.fleet.schools) : fs::path(option);
}

std::string database_of(const etl::Config& config) {
    if (config.database.url.empty()) {
        const fs::path folder = config.data_dir().lexically_normal();
        return (folder.has_filename() ? folder : folder.parent_path()).string();
    }
    const auto named = etl::client_environment(config.database.url);
    const auto of = [&](const char* name, const std::string& otherwise) {
        const auto found = named.find(name);
        return found == named.end() || found->second.empty() ? otherwise : found->second;
    };
    const std::string port = of("PGPORT", "5432");
    return fmt::format("postgresql://{}{}/{}", of("PGHOST", "localhost"),
                       port == "5432" ? "" : ":" + port, of("PGDATABASE", of("PGUSER", "")));
}

void find_conflicts(std::vector<School>& schools) {
    struct Single {
        std::string what;
        std::function<std::string(const etl::Config&)> of;
    };
    const std::vector<Single> singles = {
        {"the account", account_of},
        {"the database", database_of},
        {"[serve] listen", [](const etl::Config& c) { return c.serve_listen; }}};
    for (const Single& single : singles) {
        std::map<std::string, std::string> first;  // value: the school that has it
        for (School& school : schools) {
            if (!school.error.empty()) continue;
            const std::string value = single.of(school.config);
            if (value.empty()) continue;
            const auto [found, is_new] = first.emplace(value, school.name);
            if (!is_new)
                school.error = fmt::format("{} {} is that of school {} already", single.what, value,
                                           found->second);
        }
    }
}

std::string already_of(const School& school, const std::string& first) {
    return fmt::format("the database {} is that of school {} already", database_of(school.config),
                       first);
}

}  // namespace jobs::fleet
