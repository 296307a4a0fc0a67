#include "jobs/output/words.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <array>
#include <map>

#include "embedded_words.hpp"
#include "etl/embedded.hpp"

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

}  // namespace

std::string title(std::string_view column, bool russian) {
    const auto& columns = dictionary().columns;
    if (const auto found = columns.find(column); found != columns.end())
        return found->second.titles[russian ? 1 : 0];
    std::string out(column);
    std::replace(out.begin(), out.end(), '_', ' ');
    return out;
}

std::string_view kind(std::string_view column) {
    const auto& columns = dictionary().columns;
    const auto found = columns.find(column);
    return found == columns.end() ? std::string_view() : std::string_view(found->second.kind);
}

std::string shown(std::string_view column, std::string_view value, bool russian) {
    const auto& values = dictionary().values;
    // Only of a flag are t and f words: a product may have such a name.
    const bool everywhere = value.starts_with('(') || kind(column) == "flag";
    for (const std::string_view where : {column, std::string_view(everywhere ? "*" : "")})
        if (const auto list = values.find(where); list != values.end())
            if (const auto found = list->second.find(value); found != list->second.end())
                return found->second[russian ? 1 : 0];
    return std::string(value);
}

const std::string& dictionary_json() {
    static const std::string all = "{\"columns\":" + std::string(file("columns.json")) +
                                   ",\"values\":" + std::string(file("values.json")) + "}";
    return all;
}

}  // namespace jobs::words
