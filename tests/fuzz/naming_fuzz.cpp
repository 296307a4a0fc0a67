// Any headings: every position gets one meaning, names are valid and distinct.
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "schema/naming.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<std::string> headings(1);
    for (std::size_t i = 0; i < size; ++i) {
        if (data[i] == '\n')
            headings.emplace_back();
        else
            headings.back() += static_cast<char>(data[i]);
    }
    for (const schema::Table* table : schema::tables()) {
        const schema::Layout layout = schema::assign(*table, headings, {}, {});
        if (layout.slots.size() != headings.size()) std::abort();
        std::set<int> columns;
        for (const schema::Slot& slot : layout.slots)
            if (slot.kind == schema::Slot::Kind::column && !columns.insert(slot.column).second)
                std::abort();
        std::set<std::string> names;
        for (const schema::CustomField& field : layout.custom)
            if (field.name.empty() || field.name.size() > 63 || !names.insert(field.name).second ||
                schema::find_column(*table, field.name) != nullptr)
                std::abort();
        if (schema::assign(*table, headings, {}, layout.custom).new_custom.size() != 0)
            std::abort();  // what is registered is no news
    }
    return 0;
}
