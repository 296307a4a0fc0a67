// The one dictionary: titles and kinds of columns, values that the program itself makes, states and
// sentences, in English and Russian. Command line, files and pages take their words from here.
#pragma once

#include <string>
#include <string_view>

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
// A sentence of the program's own in Russian; what no template of sentences.json knows stays as it
// is. Its parts ("; ", what a template holds) are looked up again: "4 min" is «4 мин».
[[nodiscard]] std::string sentence(const std::string& text, bool russian);
// Whether it stands to the right: money, counts, shares.
[[nodiscard]] bool is_figure(std::string_view column);
// "-12.50": digits with at most one point, nothing else.
[[nodiscard]] bool is_decimal(std::string_view text);
// {"columns":{NAME:[en,ru,kind]},"values":{COLUMN:{VALUE:[en,ru]}}}
[[nodiscard]] const std::string& dictionary_json();

}  // namespace jobs::words
