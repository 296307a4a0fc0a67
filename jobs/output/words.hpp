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
// {"columns":{NAME:[en,ru,kind]},"values":{COLUMN:{VALUE:[en,ru]}}}
[[nodiscard]] const std::string& dictionary_json();

}  // namespace jobs::words
