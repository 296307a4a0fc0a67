// Sentences of the program in the reader's language: templates of words/sentences*.json, found by
// their English, whole (say) or by what stands around their places (sentence).
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>

#include "embedded_words.hpp"
#include "jobs/output/words.hpp"

namespace jobs::words {
namespace {

using Poco::Dynamic::Var;

// A sentence with places, "{}", cut at them.
struct Template {
    std::vector<std::string> between;  // one more than places
    std::string russian;
    std::size_t letters = 0;  // that do not vary: the more, the surer
};

std::vector<std::string> cut_at_places(std::string_view text) {
    std::vector<std::string> parts;
    std::size_t at = 0;
    for (std::size_t place = text.find("{}"); place != std::string_view::npos;
         place = text.find("{}", at)) {
        parts.emplace_back(text.substr(at, place - at));
        at = place + 2;
    }
    parts.emplace_back(text.substr(at));
    return parts;
}

struct Templates {
    std::vector<Template> surest_first;
    std::map<std::string, std::string, std::less<>> russian;  // by the English
};

const Templates& templates() {
    static const Templates all = [] {
        Templates made;
        for (const embedded::File& file : embedded::embedded_words()) {
            if (!file.name.starts_with("sentences")) continue;
            const Var list = Poco::JSON::Parser().parse(std::string(file.text));
            for (const Var& entry : *list.extract<Poco::JSON::Array::Ptr>()) {
                const auto& pair = entry.extract<Poco::JSON::Array::Ptr>();
                const auto en = pair->getElement<std::string>(0),
                           ru = pair->getElement<std::string>(1);
                Template one{cut_at_places(en), ru, 0};
                for (const std::string& part : one.between) one.letters += part.size();
                made.surest_first.push_back(std::move(one));
                made.russian.emplace(en, ru);
            }
        }
        std::stable_sort(
            made.surest_first.begin(), made.surest_first.end(),
            [](const Template& a, const Template& b) { return a.letters > b.letters; });
        return made;
    }();
    return all;
}

// What stands in the places; nullopt: the text is not this sentence.
std::optional<std::vector<std::string>> filled(const Template& sentence, std::string_view text) {
    const std::vector<std::string>& between = sentence.between;
    if (!text.starts_with(between.front())) return std::nullopt;
    if (between.size() == 1)
        return text == between.front() ? std::optional(std::vector<std::string>{}) : std::nullopt;
    std::vector<std::string> places;
    std::size_t at = between.front().size();
    for (std::size_t i = 1; i < between.size(); ++i) {
        const bool last = i + 1 == between.size();
        const std::size_t next = last && between[i].empty() ? text.size()
                                 : last && text.ends_with(between[i])
                                     ? text.size() - between[i].size()
                                     : text.find(between[i], at);
        if (next == std::string_view::npos || next < at ||
            (last && next + between[i].size() != text.size()))
            return std::nullopt;
        places.emplace_back(text.substr(at, next - at));
        at = next + between[i].size();
    }
    return places;
}

// "4 min", "1.5 h", "2h" as «4 мин», «1,5 ч»; empty: no duration.
std::string duration(const std::string& text) {
    const std::size_t end = text.find_first_not_of("0123456789.");
    if (end == 0 || end == std::string::npos) return "";
    const std::string unit = text.substr(text[end] == ' ' ? end + 1 : end);
    std::string number = text.substr(0, end);
    std::replace(number.begin(), number.end(), '.', ',');
    for (const auto& [en, ru] :
         {std::pair("s", "с"), std::pair("ms", "мс"), std::pair("min", "мин"),
          std::pair("m", "мин"), std::pair("h", "ч"), std::pair("d", "дн."), std::pair("MB", "МБ")})
        if (unit == en) return number + "\u00A0" + ru;
    return "";
}

// One text's translation: of all that it may be read as, what leaves the fewest Latin letters.
class Translation {
public:
    // The time grows with the square of the length, and a service's answer may be of any.
    static constexpr std::size_t kLongest = 2000;

    std::string of(const std::string& text) {
        if (text.size() > kLongest) return text;
        if (const auto known = known_.find(text); known != known_.end()) return known->second;
        return known_[text] = translated(text);
    }

    // "{}" and "{=}" take the next of `places`, "{1}" and "{1=}" the one of that number; "=": the
    // school's own words, which are no sentence of ours.
    std::string put(const std::string& russian, const std::vector<std::string>& places) {
        std::string out;
        std::size_t next = 0;
        for (std::size_t i = 0; i < russian.size(); ++i) {
            const std::size_t close = russian[i] == '{' ? russian.find('}', i) : std::string::npos;
            if (close == std::string::npos) {
                out += russian[i];
                continue;
            }
            const bool numbered = russian[i + 1] >= '0' && russian[i + 1] <= '9';
            const std::size_t place =
                numbered ? static_cast<std::size_t>(russian[i + 1] - '0') : next++;
            if (place < places.size())
                out += russian[close - 1] == '=' ? places[place] : of(places[place]);
            i = close;
        }
        return out;
    }

private:
    static std::ptrdiff_t latin(const std::string& text) {
        return std::count_if(text.begin(), text.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        });
    }

    std::string translated(const std::string& text) {
        if (text.empty()) return text;
        if (std::string took = duration(text); !took.empty()) return took;
        if (std::string day = day_said(text); day != text) return day;
        std::optional<std::string> best;
        const auto consider = [&](std::string reading) {
            if (!best || latin(reading) < latin(*best)) best = std::move(reading);
        };
        // of readings that leave as little, one sentence comes before several, and those before
        // one whose place holds several
        std::vector<std::string> last;
        for (const Template& known : templates().surest_first) {
            if (known.letters < kSure && best) break;  // "{}: {}" only where nothing else fits
            const auto places = filled(known, text);
            if (!places) continue;
            const bool several = std::any_of(
                places->begin(), places->end(),
                [](const std::string& at) { return at.find("; ") != std::string::npos; });
            if (several)
                last.push_back(put(known.russian, *places));
            else
                consider(put(known.russian, *places));
        }
        for (const std::string_view between : {"; ", ", "})
            if (const std::size_t cut = text.find(between); cut != std::string::npos)
                consider(of(text.substr(0, cut)) + std::string(between) + of(text.substr(cut + 2)));
        for (std::string& reading : last) consider(std::move(reading));
        return best && latin(*best) < latin(text) ? *best : shown("state", text, true);
    }

    static constexpr std::size_t kSure = 4;
    std::map<std::string, std::string> known_;
};

std::string put_english(std::string_view english, const std::vector<std::string>& values) {
    const std::vector<std::string> between = cut_at_places(english);
    std::string out = between.front();
    for (std::size_t i = 1; i < between.size(); ++i)
        out += (i <= values.size() ? values[i - 1] : "") + between[i];
    return out;
}

void translate(Poco::JSON::Object::Ptr object);

void translate(const Poco::JSON::Array::Ptr& list) {
    for (const Var& item : *list) {
        if (item.type() == typeid(Poco::JSON::Object::Ptr))
            translate(item.extract<Poco::JSON::Object::Ptr>());
        else if (item.type() == typeid(Poco::JSON::Array::Ptr))
            translate(item.extract<Poco::JSON::Array::Ptr>());
    }
}

// What the pages show as it comes; names, keys and what the school wrote have other members.
void translate(Poco::JSON::Object::Ptr object) {
    static const std::set<std::string, std::less<>> said_here = {"reason", "why",     "message",
                                                                 "doing",  "what",    "error",
                                                                 "note",   "problem", "answer"},
                                                    values = {"job", "table_name"};
    for (const std::string& name : object->getNames()) {
        const Var value = object->get(name);
        if (value.type() == typeid(Poco::JSON::Object::Ptr))
            translate(value.extract<Poco::JSON::Object::Ptr>());
        else if (value.type() == typeid(Poco::JSON::Array::Ptr))
            translate(value.extract<Poco::JSON::Array::Ptr>());
        else if (value.isString() && said_here.contains(name))
            object->set(name, sentence(value.extract<std::string>(), true));
        else if (value.isString() && values.contains(name))
            object->set(name, shown(name, value.extract<std::string>(), true));
    }
    // An alert that an earlier version has written keeps English parts in its Russian text.
    if (object->has("text_en") && object->has("text_ru")) {
        const auto en = object->getValue<std::string>("text_en");
        if (const std::string ru = sentence(en, true); ru != en) object->set("text_ru", ru);
    }
}

}  // namespace

// Pages say the same few sentences again and again, and each takes a look at every template.
std::string sentence(const std::string& text, bool russian) {
    constexpr std::size_t kMostKept = 1000;
    static std::mutex mutex;
    static std::map<std::string, std::string> kept;
    if (!russian) return text;
    {
        const std::lock_guard lock(mutex);
        if (const auto found = kept.find(text); found != kept.end()) return found->second;
    }
    std::string said = Translation().of(text);
    const std::lock_guard lock(mutex);
    if (kept.size() >= kMostKept) kept.clear();
    if (text.size() <= Translation::kLongest) kept.emplace(text, said);
    return said;
}

std::string say_with(bool russian, std::string_view english,
                     const std::vector<std::string>& values) {
    if (russian) {
        const auto& known = templates().russian;
        const auto found = known.find(english);
        if (found != known.end()) return Translation().put(found->second, values);
    }
    return put_english(english, values);
}

std::string json_in_russian(const std::string& json) {
    if (!json.starts_with('{') && !json.starts_with('[')) return json;
    Poco::JSON::Parser parser(new Poco::JSON::ParseHandler(true));  // members in their order
    const Var document = parser.parse(json);
    std::ostringstream out;
    if (document.type() == typeid(Poco::JSON::Object::Ptr)) {
        const auto& object = document.extract<Poco::JSON::Object::Ptr>();
        translate(object);
        object->stringify(out);
    } else {
        const auto& list = document.extract<Poco::JSON::Array::Ptr>();
        translate(list);
        list->stringify(out);
    }
    return out.str();
}

}  // namespace jobs::words
