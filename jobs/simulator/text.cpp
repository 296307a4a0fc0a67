#include "jobs/simulator/text.hpp"

#include <date/tz.h>
#include <fmt/format.h>
#include <charconv>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace simulator {

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return out + '"';
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

std::string trimmed(const std::string& text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> items;
    std::stringstream stream(text);
    for (std::string item; std::getline(stream, item, ',');)
        if (item = trimmed(item); !item.empty()) items.push_back(item);
    return items;
}

std::string format_day(Day day) {
    const std::chrono::year_month_day date{day};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<Day> parse_day(const std::string& text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    for (const std::size_t i : {0, 1, 2, 3, 5, 6, 8, 9})
        if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) return std::nullopt;
    const std::chrono::year_month_day date{
        std::chrono::year{std::stoi(text.substr(0, 4))},
        std::chrono::month{static_cast<unsigned>(std::stoi(text.substr(5, 2)))},
        std::chrono::day{static_cast<unsigned>(std::stoi(text.substr(8, 2)))}};
    if (!date.ok()) return std::nullopt;
    return Day{date};
}

std::string format_amount(std::int64_t hundredths) {
    return fmt::format("{}{}.{:02}", hundredths < 0 ? "-" : "", std::abs(hundredths) / 100,
                       std::abs(hundredths) % 100);
}

std::optional<std::int64_t> parse_amount(const std::string& text) {
    std::string digits;
    std::size_t decimals = 0;
    bool mark = false;
    for (const char c : trimmed(text)) {
        if (c == ' ') continue;
        if (c == '-' && digits.empty())
            digits += c;
        else if ((c == '.' || c == ',') && !mark)
            mark = true;
        else if (std::isdigit(static_cast<unsigned char>(c)) == 0)
            return std::nullopt;
        else if (!mark || ++decimals <= 2)
            digits += c;
    }
    if (digits.empty() || digits == "-" || digits.size() > 15) return std::nullopt;
    for (std::size_t i = std::min<std::size_t>(decimals, 2); i < 2; ++i) digits += '0';
    return std::stoll(digits);
}

std::int64_t leading_number(std::string_view text) {
    std::int64_t number = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::string email_key(const std::string& email) { return lower(trimmed(email)); }

std::string phone_key(const std::string& phone) {
    std::string digits;
    for (const char c : phone)
        if (std::isdigit(static_cast<unsigned char>(c)) != 0) digits += c;
    return digits.size() > 10 ? digits.substr(digits.size() - 10) : digits;
}

bool is_yes(const std::string& text) {
    const std::string word = lower(trimmed(text));
    return word == "1" || word == "yes" || word == "true" || word == "да" || word == "Да" ||
           word == "ДА";
}

AccountClock::AccountClock(std::string zone) : zone_(std::move(zone)) {
    (void)date::locate_zone(zone_);
}

std::string AccountClock::time_of_day() const {
    const auto now = date::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return date::format("%T", date::make_zoned(zone_, now));
}

}  // namespace simulator
