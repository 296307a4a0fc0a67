#include "tests/support/pattern.hpp"

#include <Poco/RegularExpression.h>

#include <algorithm>

using Poco::RegularExpression;

namespace test_support {

bool found_in(const std::string& text, const std::string& pattern) {
    RegularExpression::Match match;
    return RegularExpression(pattern).match(text, 0, match) > 0;
}

std::string replaced(std::string text, const std::string& pattern, const std::string& with) {
    RegularExpression(pattern).subst(text, with, RegularExpression::RE_GLOBAL);
    return text;
}

std::vector<std::vector<std::string>> all_in(const std::string& text, const std::string& pattern) {
    const RegularExpression expression(pattern);
    std::vector<std::vector<std::string>> all;
    RegularExpression::MatchVec places;
    for (std::size_t at = 0; at <= text.size() && expression.match(text, at, places) > 0;) {
        auto& one = all.emplace_back();
        for (const auto& place : places)
            one.push_back(
                place.offset == std::string::npos ? "" : text.substr(place.offset, place.length));
        at = places[0].offset + std::max<std::size_t>(places[0].length, 1);
    }
    return all;
}

}  // namespace test_support
