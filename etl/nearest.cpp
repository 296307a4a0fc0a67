#include "etl/nearest.hpp"

#include <algorithm>
#include <map>

#include "schema/text.hpp"

namespace etl {
namespace {

// Dice's coefficient over pairs of bytes, in thousandths: long names do not win by length alone.
long likeness(const std::string& a, const std::string& b) {
    if (a.size() < 2 || b.size() < 2) return a == b ? 1000 : 0;
    std::map<std::string, long> pairs;
    for (std::size_t i = 0; i + 1 < a.size(); ++i) ++pairs[a.substr(i, 2)];
    long common = 0;
    for (std::size_t i = 0; i + 1 < b.size(); ++i)
        if (long& left = pairs[b.substr(i, 2)]; left > 0) --left, ++common;
    return 2000 * common / static_cast<long>(a.size() + b.size() - 2);
}

}  // namespace

std::vector<std::string> nearest(const std::string& wanted, std::vector<std::string> names,
                                 std::size_t most) {
    const std::string low = schema::lower(wanted);
    std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
        return likeness(low, schema::lower(a)) > likeness(low, schema::lower(b));
    });
    if (names.size() > most) names.resize(most);
    return names;
}

std::string nearest_text(const std::string& wanted, const std::vector<std::string>& names,
                         std::size_t most) {
    std::string text;
    for (const std::string& name : nearest(wanted, names, most))
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

}  // namespace etl
