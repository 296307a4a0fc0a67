#include "etl/nearest.hpp"

#include <algorithm>
#include <map>
#include <numeric>

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

// Letters to add, take away, change or swap with their neighbour: of names with no pair in common,
// as "snyc" and "sync", it still tells which was meant.
std::size_t steps(const std::string& a, const std::string& b) {
    std::vector<std::size_t> before, last(b.size() + 1), now(b.size() + 1);
    std::iota(last.begin(), last.end(), 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = std::min(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
    }
    return last[b.size()];
}

}  // namespace

std::vector<std::string> nearest(const std::string& wanted, std::vector<std::string> names,
                                 std::size_t most) {
    const std::string low = schema::lower(wanted);
    std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
        const std::string one = schema::lower(a), other = schema::lower(b);
        const long here = likeness(low, one), there = likeness(low, other);
        return here != there ? here > there : steps(low, one) < steps(low, other);
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
