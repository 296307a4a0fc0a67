#include "jobs/output/words.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "embedded_words.hpp"
#include "etl/embedded.hpp"
#include "etl/pg.hpp"
#include "schema/text.hpp"

namespace jobs::words {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

struct Column {
    std::array<std::string, 2> titles;  // English, Russian
    std::string kind;
};
using Shown = std::map<std::string, std::array<std::string, 2>, std::less<>>;
struct Dictionary {
    std::map<std::string, Column, std::less<>> columns;
    std::map<std::string, Shown, std::less<>> values;  // by column; "*": of every column
};

std::string_view file(std::string_view name) {
    return etl::embedded_text(embedded::embedded_words(), name);
}

Object::Ptr parsed(std::string_view name) {
    return Poco::JSON::Parser().parse(std::string(file(name))).extract<Object::Ptr>();
}

std::array<std::string, 2> both(const Array::Ptr& pair) {
    return {pair->getElement<std::string>(0), pair->getElement<std::string>(1)};
}

const Dictionary& dictionary() {
    static const Dictionary all = [] {
        Dictionary made;
        const Object::Ptr columns = parsed("columns.json");
        for (const auto& [name, entry] : *columns) {
            const auto words = entry.extract<Array::Ptr>();
            made.columns[name] = {both(words), words->getElement<std::string>(2)};
        }
        const Object::Ptr values = parsed("values.json");
        for (const auto& [column, list] : *values)
            for (const auto& [value, pair] : *list.extract<Object::Ptr>())
                made.values[column][value] = both(pair.extract<Array::Ptr>());
        return made;
    }();
    return all;
}

// Thousands apart; a Russian comma. The digits stay as they are.
std::string grouped(const std::string& value, bool russian) {
    const std::string_view apart = russian ? "\u00A0" : ",";
    const bool minus = value.starts_with('-');
    const std::size_t point = std::min(value.find('.'), value.size());
    const std::string whole = value.substr(minus ? 1 : 0, point - (minus ? 1 : 0));
    std::string out = minus ? (russian ? "\u2212" : "-") : "";
    for (std::size_t i = 0; i < whole.size(); ++i) {
        if (i > 0 && (whole.size() - i) % 3 == 0) out += apart;
        out += whole[i];
    }
    if (point < value.size()) out += (russian ? "," : ".") + value.substr(point + 1);
    return out;
}

// "2026-11-26 03:41:07.5+03" to the minute, as it stands there; a Russian day turned around.
std::string moment(const std::string& value, bool with_time, bool russian) {
    if (russian && value == "-infinity") return "начало";
    if (!shaped(value, "0000-00-00")) return value;
    std::string out = value.substr(0, 10);
    if (russian) out = value.substr(8, 2) + "." + value.substr(5, 2) + "." + value.substr(0, 4);
    if (with_time && shaped(value, "0000-00-00 00:00")) out += value.substr(10, 6);
    return out;
}

// Columns of whole sentences.
const std::set<std::string_view> kSaid = {"reason",  "about",  "set_apart", "took",    "why",
                                          "message", "answer", "export",    "note",    "said",
                                          "waits",   "shown",  "window",    "last_run"};

std::string listed(const std::string& array) {
    if (!array.starts_with('{')) return array;
    std::string out;
    for (const std::string& item : etl::pg::parse_array(array))
        out += (out.empty() ? "" : ", ") + item;
    return out;
}

}  // namespace

std::string title(std::string_view column, bool russian) {
    const auto& columns = dictionary().columns;
    if (const auto found = columns.find(column); found != columns.end())
        return found->second.titles[russian ? 1 : 0];
    std::string out(column);
    std::replace(out.begin(), out.end(), '_', ' ');
    return out;
}

std::string help(const std::string& english) {
    static const Object::Ptr texts = parsed("help.json");
    return texts->optValue(english, english);
}

std::string_view kind(std::string_view column) {
    const auto& columns = dictionary().columns;
    const auto found = columns.find(column);
    return found == columns.end() ? std::string_view() : std::string_view(found->second.kind);
}

std::string shown(std::string_view column, std::string_view value, bool russian) {
    const auto& values = dictionary().values;
    if (column == "table" || column == "resource") column = "table_name";
    if (column == "run_state") column = "state";
    if (column == "object") column = "table_name";  // of a change
    // Only of a flag are t and f words: a product may have such a name.
    const bool everywhere = value.starts_with('(') || kind(column) == "flag";
    for (const std::string_view where : {column, std::string_view(everywhere ? "*" : "")})
        if (const auto list = values.find(where); list != values.end())
            if (const auto found = list->second.find(value); found != list->second.end())
                return found->second[russian ? 1 : 0];
    return std::string(value);
}

bool is_decimal(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    const std::size_t point = text.find('.');
    const auto digits = [](std::string_view part) {
        return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (point == std::string_view::npos) return digits(text);
    return digits(text.substr(0, point)) && digits(text.substr(point + 1));
}

std::string day_said(const std::string& text) {
    const auto made_of = [&](std::size_t from, std::string_view letters) {
        return text.find_first_not_of(letters, from) == std::string::npos;
    };
    if (shaped(text, "0000-00-00..0000-00-00") && text.size() == 22)
        return moment(text.substr(0, 10), false, true) + "–" + moment(text.substr(12), false, true);
    const bool day = shaped(text, "0000-00-00") && text.size() == 10,
               time = shaped(text, "0000-00-00 00:00") && made_of(16, "0123456789:.+");
    return day || time ? moment(text, time, true) : text;
}

bool shaped(std::string_view text, std::string_view shape) {
    return text.size() >= shape.size() &&
           std::equal(shape.begin(), shape.end(), text.begin(), [](char wanted, char is) {
               return wanted == '0' ? schema::is_digit(is) : wanted == is;
           });
}

std::string first_few(const std::vector<std::string>& items) {
    constexpr std::size_t kMostShown = 5;
    std::string all;
    for (std::size_t i = 0; i < std::min(items.size(), kMostShown); ++i)
        all += (i > 0 ? ", " : "") + items[i];
    return all + (items.size() > kMostShown ? ", …" : "");
}

bool is_figure(std::string_view column) {
    const std::string_view is = kind(column);
    return is == "money" || is == "count" || is == "percent" || is == "number";
}

std::string said(std::string_view column, const std::string& value, bool russian) {
    const std::string_view is = kind(column);
    if (is_figure(column) && is_decimal(value)) return grouped(value, russian);
    if (kSaid.contains(column)) return sentence(value, russian);
    if (is == "day" || is == "moment") return moment(value, is == "moment", russian);
    if (is == "list") return listed(value);
    return shown(column, value, russian);
}

const std::string& dictionary_json() {
    static const std::string all = "{\"columns\":" + std::string(file("columns.json")) +
                                   ",\"values\":" + std::string(file("values.json")) + "}";
    return all;
}

}  // namespace jobs::words
