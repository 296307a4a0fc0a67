#include "schema/naming.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace schema {
namespace {

constexpr std::size_t kLongestName = 63;   // PostgreSQL cuts identifiers behind this many bytes

// Code points of UTF-8 text; broken bytes come as themselves.
std::vector<char32_t> code_points(std::string_view text) {
    std::vector<char32_t> points;
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const std::size_t length = byte < 0x80 ? 1 : byte >> 5 == 6 ? 2 : byte >> 4 == 14 ? 3 : byte >> 3 == 30 ? 4 : 1;
        char32_t point = length == 1 ? byte : byte & (0xFFu >> (length + 1));
        for (std::size_t k = 1; k < length && i + k < text.size(); ++k) point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
        points.push_back(point);
        i += length;
    }
    return points;
}

char32_t lower(char32_t c) {
    if ((c >= U'A' && c <= U'Z') || (c >= U'А' && c <= U'Я')) return c + 32;
    return c == U'Ё' ? U'ё' : c;
}

bool blank(char32_t c) { return c <= U' ' || c == 0xA0 || c == 0x202F || c == 0x2009 || c == 0xFEFF; }

void append(std::string& out, char32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | c >> 6);
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | c >> 12);
        out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | c >> 18);
        out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
        out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    }
}

constexpr std::array<std::string_view, 32> kLatin = {"a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p",
                                                     "r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya"};

// Words that cannot stand as a column without quotes, and those of our own wide views.
constexpr std::array<std::string_view, 24> kReserved = {"all", "and", "any", "as", "asc", "case", "check", "column", "custom", "default", "desc", "end",
                                                        "from", "group", "in", "limit", "not", "null", "order", "select", "table", "to", "user", "where"};

}  // namespace

std::string fold(std::string_view heading) {
    std::string out;
    bool gap = false;
    for (const char32_t point : code_points(heading)) {
        if (blank(point)) {
            gap = !out.empty();
            continue;
        }
        if (gap) out += ' ';
        gap = false;
        const char32_t c = lower(point);
        append(out, c == U'ё' ? U'е' : c);
    }
    return out;
}

std::string transliterate(std::string_view title) {
    std::string out;
    for (const char32_t point : code_points(title)) {
        const char32_t c = lower(point);
        if ((c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9')) out += static_cast<char>(c);
        else if (c >= U'а' && c <= U'я') out += kLatin[static_cast<std::size_t>(c - U'а')];
        else if (c == U'ё') out += "e";
        else if (!out.empty() && out.back() != '_') out += '_';
    }
    if (out.size() > kLongestName) out.resize(kLongestName);
    while (!out.empty() && out.back() == '_') out.pop_back();
    if (out.empty()) return "field";
    if (out[0] >= '0' && out[0] <= '9') out = ("f_" + out).substr(0, kLongestName);
    return out;
}

std::string free_name(std::string_view title, std::optional<std::int64_t> field_id, int ordinal, const Table& table,
                      const std::vector<std::string>& taken) {
    std::string base;
    if (fold(title).empty()) base = field_id ? "field_" + std::to_string(*field_id) : "untitled_" + std::to_string(ordinal);
    else base = transliterate(title);
    if (std::find(kReserved.begin(), kReserved.end(), base) != kReserved.end()) base += "_field";
    const auto in_use = [&](const std::string& name) {
        if (std::find(taken.begin(), taken.end(), name) != taken.end() || find_column(table, name) != nullptr) return true;
        const auto named = [&](const Bookkeeping& column) { return column.name == name; };
        return std::any_of(bookkeeping().begin(), bookkeeping().end(), named);
    };
    std::string name = base;
    for (int n = 2; in_use(name); ++n) {
        const std::string suffix = "_" + std::to_string(n);
        name = base.substr(0, kLongestName - suffix.size()) + suffix;
    }
    return name;
}

}  // namespace schema
