// Whether the values of a custom field read as its type, seen while they pass: what reads for sure
// needs no look at the table.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "etl/pg.hpp"

namespace etl {

// mirror.as_<type>(text) is a value for sure. False: it may be none, or it depends on the
// database's locale (case of Cyrillic letters).
[[nodiscard]] bool surely_reads(std::string_view type, std::string_view text);

// The values of one field of one body.
class FieldValues {
public:
    FieldValues(std::string name, std::string type);
    void see(std::string_view text) {
        if (!all_text_ && !many_ && !surely_reads(type_, text)) doubt(text);
    }
    void see_nested() { many_ = true; }  // a list or an object: the server reads it

    [[nodiscard]] const std::string& name() const { return name_; }
    // Every value seen reads as `type`: those in doubt are asked of the server, unless there are
    // too many of them.
    [[nodiscard]] bool all_read(pg::Connection& connection, std::string_view type) const;

private:
    void doubt(std::string_view text);

    std::string name_, type_;
    bool all_text_ = false;
    bool many_ = false;
    std::vector<std::string> doubtful_;  // different ones
};

}  // namespace etl
