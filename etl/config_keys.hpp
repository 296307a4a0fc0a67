// The table of configuration keys: parser, environment and example share it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "etl/config.hpp"

namespace etl {

// One key: where it stands, what it means to people, how its text becomes the value.
struct Key {
    std::string section, name;
    std::string comment;
    std::function<std::string(Config&, const std::string&)>
        set;                                         // returns what is wrong, empty when nothing
    std::function<std::string(const Config&)> show;  // the default, as TOML
    bool list = false;
    std::string old_name = {};  // still read
};

[[nodiscard]] const std::vector<Key>& config_keys();  // in the order of the example
[[nodiscard]] const Key* find_key(const std::string& section, const std::string& name);
[[nodiscard]] bool names_a_file(const Key& key);  // or a folder; data_dir has rules of its own
[[nodiscard]] std::string nearest_key(const std::string& wanted);  // "[sync] begin"

// Settings from GCMIRROR_<SECTION>_<KEY>, and account and url. Adds to `problems`: values that are
// wrong, and names that are none of ours but look so. Names that Kubernetes makes for a service
// called gcmirror are nobody's mistake.
void read_environment(const std::map<std::string, std::string>& environment, Config& config,
                      std::vector<std::string>& problems);
// Account and key, as far as a look tells that they can be none. Adds to `problems`.
void check_credentials(const Config& config, std::vector<std::string>& problems);

}  // namespace etl
