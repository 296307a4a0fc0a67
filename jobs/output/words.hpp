// The one dictionary: titles and kinds of columns, values that the program itself makes, states and
// sentences, in English and Russian. Command line, files and pages take their words from here.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace jobs::words {

// "чистыми" of "net"; its name with blanks where it is no column of ours.
[[nodiscard]] std::string title(std::string_view column, bool russian);
// What stands in it: money, count, percent, number, day, moment, id (numbers, phones: never
// reckoned with), flag, list, text; empty when unknown.
[[nodiscard]] std::string_view kind(std::string_view column);
// A value of ours ("same day", "(none)", "done") in words; any other, names above all, as it is.
[[nodiscard]] std::string shown(std::string_view column, std::string_view value, bool russian);
// A value as people read it: "1 234,50", "26.11.2026 03:41", "да"; English: "1,234.50".
[[nodiscard]] std::string said(std::string_view column, const std::string& value, bool russian);
// "2026-11-26", "2026-11-26 03:41:07", "2026-11-01..2026-11-26" as «26.11.2026», «26.11.2026
// 03:41», «01.11.2026–26.11.2026»; anything else as it is.
[[nodiscard]] std::string day_said(const std::string& text);
// A sentence of the program's own in Russian, also one that an earlier version has stored; what no
// template of sentences*.json knows stays as it is. Its parts ("; ", what a template's places hold)
// are looked up again: "4 min" is «4 мин», "2026-11-26" «26.11.2026». Beyond 2 000 bytes: as it is.
[[nodiscard]] std::string sentence(const std::string& text, bool russian);
// The same for a sentence made here: its template's English, "{}" for each value.
[[nodiscard]] std::string say_with(bool russian, std::string_view english,
                                   const std::vector<std::string>& values);
template <typename... Values>
[[nodiscard]] std::string say(bool russian, std::string_view english, const Values&... values) {
    return say_with(russian, english, {fmt::format("{}", values)...});
}
// A text of --help in Russian; what help.json does not know stays as it is.
[[nodiscard]] std::string help(const std::string& english);
// A page's JSON with what the program itself has said (reason, why, message, …) in Russian.
[[nodiscard]] std::string json_in_russian(const std::string& json);
// "a, b, c": the first five, and "…" for more.
[[nodiscard]] std::string first_few(const std::vector<std::string>& items);
// Whether it stands to the right: money, counts, shares.
[[nodiscard]] bool is_figure(std::string_view column);
// "-12.50": digits with at most one point, nothing else.
[[nodiscard]] bool is_decimal(std::string_view text);
// Whether it begins as `shape` says: a digit for each 0, the rest as it stands ("0000-00-00").
[[nodiscard]] bool shaped(std::string_view text, std::string_view shape);
// {"columns":{NAME:[en,ru,kind]},"values":{COLUMN:{VALUE:[en,ru]}}}
[[nodiscard]] const std::string& dictionary_json();

}  // namespace jobs::words
