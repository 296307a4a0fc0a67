#include "jobs/output/xlsx.hpp"

#include <xlsxwriter.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>

#include "etl/error.hpp"
#include "etl/value.hpp"
#include "jobs/output/words.hpp"
#include "schema/text.hpp"

namespace jobs {
namespace {

using etl::Error;
using etl::Kind;

constexpr std::size_t kMostRows = 1048575, kMostCell = 32767, kMostName = 31;
constexpr std::size_t kMostDigits = 15;  // of a decimal that a double gives back unchanged
constexpr double kNarrow = 9, kWide = 60;
constexpr std::size_t kMeasured = 500;  // rows whose widths are looked at

// A folder of our own: what lies in it for a moment are people.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "gcmirror-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw Error(
                Kind::usage,
                "cannot make a folder in " + std::filesystem::temp_directory_path().string(),
                "Set TMPDIR to a folder that may be written.");
        path = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::filesystem::path path;
};

bool is_exact(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (schema::is_digit(c)) digits += c;
    return digits.size() - std::min(digits.find_first_not_of('0'), digits.size()) <= kMostDigits;
}

// "2026-11-26", "2026-11-26 03:41:07.5+03": as it stands there, in the account's zone. Excel knows
// the years from 1900.
bool read_moment(std::string_view text, bool with_time, lxw_datetime& moment) {
    if (!words::shaped(text, "0000-00-00") || etl::number_at(text, 0, 4) < 1900 ||
        text.ends_with("BC"))
        return false;
    if (!with_time && text.size() != 10) return false;
    moment = {etl::number_at(text, 0, 4),
              etl::number_at(text, 5, 2),
              etl::number_at(text, 8, 2),
              0,
              0,
              0};
    if (!with_time || text.size() == 10) return true;
    if (!words::shaped(text, "0000-00-00 00:00")) return false;
    moment.hour = etl::number_at(text, 11, 2);
    moment.min = etl::number_at(text, 14, 2);
    if (words::shaped(text, "0000-00-00 00:00:00")) moment.sec = etl::number_at(text, 17, 2);
    return true;
}

// The beginning of at most `most` letters as Excel counts them, in units of UTF-16.
std::string beginning(std::string_view text, std::size_t most) {
    std::size_t at = 0, units = 0;
    while (at < text.size()) {
        std::size_t next = at;
        units += schema::next_point(text, next) > 0xFFFF ? 2u : 1u;
        if (units > most) break;
        at = next;
    }
    return std::string(text.substr(0, at));
}

}  // namespace

struct Workbook::State {
    explicit State(bool in_russian) : russian(in_russian) {
        path = (folder.path / "book.xlsx").string();
        tmp = folder.path.string();
        lxw_workbook_options options{};
        options.constant_memory = LXW_TRUE;
        options.tmpdir = tmp.data();
        book = workbook_new_opt(path.c_str(), &options);
        if (book == nullptr) throw Error(Kind::unexpected, "cannot begin a workbook");
        head = workbook_add_format(book);
        format_set_bold(head);
        format_set_text_wrap(head);
        format_set_align(head, LXW_ALIGN_VERTICAL_TOP);
        format_set_bg_color(head, 0xE9EEF7);
        format_set_bottom(head, LXW_BORDER_THIN);
        bold = workbook_add_format(book);
        format_set_bold(bold);
        format_set_align(bold, LXW_ALIGN_VERTICAL_TOP);
        wrapped = workbook_add_format(book);
        format_set_text_wrap(wrapped);
        format_set_align(wrapped, LXW_ALIGN_VERTICAL_TOP);
        money = number("#,##0.00");
        count = number("#,##0");
        percent = number("0.0#");
        text = number("@");
        large = number("@");
        format_set_align(large, LXW_ALIGN_RIGHT);
        day = number(russian ? "dd.mm.yyyy" : "yyyy-mm-dd");
        moment = number(russian ? "dd.mm.yyyy hh:mm" : "yyyy-mm-dd hh:mm");
    }
    ~State() {
        if (book != nullptr) (void)workbook_close(book);
    }
    lxw_format* number(const char* code) const {
        lxw_format* format = workbook_add_format(book);
        format_set_num_format(format, code);
        return format;
    }
    // Of a column that mixes kinds each cell has the places that it came with: whole ones no bare
    // separator.
    lxw_format* places(const std::string& value) {
        const std::size_t point = value.find('.'),
                          count_of = point == std::string::npos ? 0 : value.size() - point - 1;
        lxw_format*& format = of_places[std::min<std::size_t>(count_of, kMostDigits)];
        if (format == nullptr)
            format = number(
                count_of == 0
                    ? "#,##0"
                    : ("#,##0." + std::string(std::min(count_of, kMostDigits), '0')).c_str());
        return format;
    }
    std::string unique_name(const std::string& title) {
        std::string name;
        for (const char c : title)
            if (std::string_view("[]:*?/\\'").find(c) == std::string_view::npos) name += c;
        if (name.empty()) name = "1";
        std::string made = beginning(name, kMostName);
        if (const std::size_t blank = made.rfind(' ');  // between two words
            made.size() < name.size() && name[made.size()] != ' ' && blank != std::string::npos &&
            blank > made.size() / 2)
            made.resize(blank);
        for (int again = 2; !names.insert(schema::fold(made)).second; ++again) {
            const std::string tail = " " + std::to_string(again);
            made = beginning(name, kMostName - tail.size()) + tail;
        }
        return made;
    }
    lxw_worksheet* sheet(const std::string& name) const {
        lxw_worksheet* made = workbook_add_worksheet(book, name.c_str());
        if (made == nullptr) throw Error(Kind::unexpected, "cannot name a sheet \"" + name + "\"");
        return made;
    }
    void words_cell(lxw_worksheet* to, lxw_row_t row, lxw_col_t column, const std::string& value,
                    lxw_format* format) const {
        if (value.empty()) return;
        (void)worksheet_write_string(to, row, column, beginning(value, kMostCell).c_str(), format);
    }
    // What is seen of a cell, for its width.
    std::string cell(lxw_worksheet* to, lxw_row_t row, lxw_col_t column, const std::string& name,
                     const std::string& value) {
        const std::string_view kind = words::kind(name);
        lxw_datetime at{};
        if (kind == "day" || kind == "moment") {
            if (read_moment(value, kind == "moment", at)) {
                (void)worksheet_write_datetime(to, row, column, &at, kind == "day" ? day : moment);
                return kind == "day" ? "dd.mm.yyyy" : "dd.mm.yyyy hh:mm";
            }
        } else if (words::is_figure(name)) {
            lxw_format* format = kind == "money"     ? money
                                 : kind == "count"   ? count
                                 : kind == "percent" ? percent
                                                     : places(value);
            if (words::is_decimal(value) && is_exact(value)) {
                double figure = 0;
                std::from_chars(value.data(), value.data() + value.size(), figure);
                (void)worksheet_write_number(to, row, column, figure, format);
                return value + (kind == "money" ? "  " : " ");
            }
            words_cell(to, row, column, value, large);
            return value;
        }
        std::string said = value;  // a moment that Excel does not know stays as it is
        if (kind != "day" && kind != "moment") said = words::said(name, value, russian);
        words_cell(to, row, column, said, text);
        return said;
    }
    void widths(lxw_worksheet* to, const std::vector<std::size_t>& wide) const {
        for (std::size_t c = 0; c < wide.size(); ++c)
            (void)worksheet_set_column(to, static_cast<lxw_col_t>(c), static_cast<lxw_col_t>(c),
                                       std::clamp(static_cast<double>(wide[c]) + 2, kNarrow, kWide),
                                       nullptr);
    }

    Folder folder;
    bool russian;
    std::string path, tmp;
    lxw_workbook* book = nullptr;
    lxw_format *head = nullptr, *bold = nullptr, *wrapped = nullptr, *money = nullptr,
               *count = nullptr, *percent = nullptr, *text = nullptr, *large = nullptr,
               *day = nullptr, *moment = nullptr;
    std::map<std::size_t, lxw_format*> of_places;
    std::set<std::string> names;
};

Workbook::Workbook(bool russian) : state_(std::make_unique<State>(russian)) {}
Workbook::~Workbook() = default;

std::string Workbook::table(const std::string& title, const etl::pg::Result& result) {
    if (result.rows() > kMostRows)
        throw Error(Kind::usage,
                    "a sheet holds 1048575 rows, there are " + std::to_string(result.rows()),
                    "Narrow the report with --from and --to, or take --format csv.");
    std::string name = state_->unique_name(title);
    lxw_worksheet* sheet = state_->sheet(name);
    const std::size_t columns = result.columns().size();
    std::vector<std::size_t> wide(columns);
    for (std::size_t c = 0; c < columns; ++c) {
        const std::string said = words::title(result.columns()[c], state_->russian);
        (void)worksheet_write_string(sheet, 0, static_cast<lxw_col_t>(c), said.c_str(),
                                     state_->head);
        // a long title breaks at its blanks
        wide[c] = std::min<std::size_t>(schema::display_width(said), 16);
    }
    for (std::size_t r = 0; r < result.rows(); ++r)
        for (std::size_t c = 0; c < columns; ++c) {
            if (!result.at(r, c)) continue;
            const std::string seen =
                state_->cell(sheet, static_cast<lxw_row_t>(r + 1), static_cast<lxw_col_t>(c),
                             result.columns()[c], *result.at(r, c));
            if (r < kMeasured) wide[c] = std::max(wide[c], schema::display_width(seen));
        }
    state_->widths(sheet, wide);
    worksheet_freeze_panes(sheet, 1, 0);
    if (columns > 0) {
        const auto last_column = static_cast<lxw_col_t>(columns - 1);
        const auto last_row = static_cast<lxw_row_t>(result.rows());
        (void)worksheet_autofilter(sheet, 0, 0, last_row, last_column);
        (void)worksheet_ignore_errors(sheet, LXW_IGNORE_NUMBER_STORED_AS_TEXT, "A1:XFD1048576");
    }
    (void)worksheet_repeat_rows(sheet, 0, 0);
    worksheet_set_landscape(sheet);
    worksheet_set_paper(sheet, 9);  // A4
    worksheet_fit_to_pages(sheet, 1, 0);
    return name;
}

std::string Workbook::lines(const std::string& title,
                            const std::vector<std::pair<std::string, std::string>>& lines) {
    std::string name = state_->unique_name(title);
    lxw_worksheet* sheet = state_->sheet(name);
    (void)worksheet_set_column(sheet, 0, 0, 24, nullptr);
    (void)worksheet_set_column(sheet, 1, 1, 100, nullptr);
    lxw_row_t row = 0;
    for (const auto& [about, said] : lines) {
        state_->words_cell(sheet, row, 0, about, state_->bold);
        state_->words_cell(sheet, row, 1, said, state_->wrapped);
        ++row;
    }
    return name;
}

std::string Workbook::reserve(const std::string& title) {
    std::string name = state_->unique_name(title);
    (void)state_->sheet(name);
    return name;
}

void Workbook::contents(const std::string& sheet_name, const std::vector<Entry>& entries) {
    lxw_worksheet* sheet = workbook_get_worksheet_by_name(state_->book, sheet_name.c_str());
    if (sheet == nullptr) throw Error(Kind::unexpected, "no sheet \"" + sheet_name + "\"");
    (void)worksheet_set_column(sheet, 0, 0, 16, nullptr);
    (void)worksheet_set_column(sheet, 1, 1, 70, nullptr);
    (void)worksheet_set_column(sheet, 2, 2, 60, nullptr);
    lxw_row_t row = 0;
    for (const Entry& entry : entries) {
        state_->words_cell(sheet, row, 0, entry.group, state_->bold);
        if (entry.sheet.empty())
            state_->words_cell(sheet, row, 1, entry.title, state_->wrapped);
        else
            (void)worksheet_write_url_opt(sheet, row, 1,
                                          ("internal:'" + entry.sheet + "'!A1").c_str(), nullptr,
                                          entry.title.c_str(), nullptr);
        state_->words_cell(sheet, row, 2, entry.note, state_->wrapped);
        ++row;
    }
}

std::string Workbook::bytes() {
    const lxw_error failed = workbook_close(state_->book);
    state_->book = nullptr;
    std::ifstream file(state_->path, std::ios::binary);
    std::string all{std::istreambuf_iterator<char>(file), {}};
    if (failed != LXW_NO_ERROR || !file || all.empty())
        throw Error(Kind::usage,
                    std::string("the workbook could not be written: ") + lxw_strerror(failed),
                    "Is there room in the folder for temporary files (TMPDIR)?");
    return all;
}

}  // namespace jobs
