// The table of hostile answers: what a server, a proxy, a tariff or a form can make of an answer.
// flow_hostile follows each by a good night, flow_canary searches everything for the key.
#pragma once

#include <string>
#include <vector>

#include "tests/support/hostile_school.hpp"

namespace test_support {

[[nodiscard]] std::vector<HostileAnswer> hostile_answers();  // all of the below
[[nodiscard]] std::vector<HostileAnswer> hostile_wires();    // connections, HTTP, gzip, time
[[nodiscard]] std::vector<HostileAnswer> hostile_words();    // codes, messages, what is no JSON
[[nodiscard]] std::vector<HostileAnswer> hostile_tables();   // shapes, rows, cells, lists

// A refusal as the service words it. `words` is JSON text, quoted.
[[nodiscard]] std::string refusal(const std::string& words, const std::string& code = {});

}  // namespace test_support
