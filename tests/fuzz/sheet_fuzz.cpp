// Any bytes, cut anywhere: the scanner must neither crash nor give different rows, the parser must
// not read beyond its text.
#include <cstdlib>
#include <string>
#include <vector>

#include "etl/sheet.hpp"

namespace {

struct Rows final : etl::RowHandler {
    std::vector<std::string> all;
    void row(std::uint64_t, std::string_view raw) override { all.emplace_back(raw); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    Rows whole, parts;
    etl::SheetScanner one(&whole), two(&parts);
    one.feed(text);
    const std::size_t cut = text.empty() ? 0 : data[0] % text.size();
    two.feed(text.substr(0, cut));
    two.feed(text.substr(cut));
    const etl::Envelope a = one.finish(), b = two.finish();
    if (a.text != b.text || a.complete != b.complete || whole.all != parts.all) std::abort();
    (void)etl::headings(a);
    etl::RowParser parser;
    for (const std::string& raw : whole.all)
        if (parser.parse(raw))
            for (const etl::Cell& cell : parser.cells()) (void)etl::list_items(cell);
    return 0;
}
