// The document of an import (getcourse-api.md 8.2, 8.3): reading it, and what an import came to.
#pragma once

#include <Poco/JSON/Object.h>

#include <array>
#include <string>
#include <vector>

#include "jobs/simulator/imports.hpp"

namespace simulator {

// Sections that are missing, null or an empty list read as empty (8.1).
struct Imports::Document {
    Poco::JSON::Object::Ptr user, deal, system, session;  // never null
    bool has_deal = false;
};

struct Imports::Outcome {
    std::string error;  // of the inner result; empty: written
    std::string outer;  // the whole import is refused with these words
    std::int64_t user_id = 0;
    bool added = false;
    std::int64_t deal_id = 0;
    std::string deal_number;
};

// A value as text; "" when missing, null, an object or a list.
[[nodiscard]] std::string text_of(const Poco::JSON::Object::Ptr& object, const std::string& name);

// Custom fields by exact title; an unknown one is dropped without a word (8.2).
void add_custom(const Poco::JSON::Object::Ptr& section, const std::vector<std::string>& headings,
                Edits& edits);

struct HeadingOf {
    const char *name, *heading;
};
inline constexpr std::array<HeadingOf, 6> kSession = {{{"utm_source", "utm_source"},
                                                       {"utm_medium", "utm_medium"},
                                                       {"utm_campaign", "utm_campaign"},
                                                       {"utm_content", "utm_content"},
                                                       {"utm_term", "utm_term"},
                                                       {"utm_group", "utm_group"}}};

}  // namespace simulator
