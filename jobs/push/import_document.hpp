// The document of an import (getcourse-api.md 8.2, 8.3), put together section by section. Pure.
#pragma once

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <map>
#include <string>

namespace jobs {

class ImportDocument {
public:
    // user, deal, system or session; made when first asked for.
    Poco::JSON::Object::Ptr section(const std::string& name);
    [[nodiscard]] bool has(const std::string& name) const { return sections_.contains(name); }
    void set_custom(const std::string& section_name, const std::string& title,
                    const std::string& value);

    // `refresh`: whether a person who exists may be changed by it.
    [[nodiscard]] std::string text(const std::string& email, const std::string& deal_number,
                                   bool refresh);

private:
    std::map<std::string, Poco::JSON::Object::Ptr> sections_;
};

// The document of an edit with the order's cost along.
[[nodiscard]] std::string with_cost(const std::string& document, const std::string& cost);

}  // namespace jobs
