// Any text as a cell: no crash, and what has a value reads back to the same value.
#include <cstdlib>
#include <string>

#include "etl/value.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const etl::Zone zone("Europe/Moscow");
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto money = etl::read_money(text); money.value) {
        const auto again = etl::read_money(etl::format_money(money.value->hundredths));
        if (!again.value || again.value->hundredths != money.value->hundredths) std::abort();
    }
    if (const auto day = etl::read_date(text); day.value)
        if (etl::parse_day(etl::format_day(*day.value)) != day.value) std::abort();
    (void)etl::read_timestamp(text, zone);
    (void)etl::read_bigint(text);
    (void)etl::read_boolean(text);
    (void)etl::read_groups(text);
    (void)etl::email_key(text);
    (void)etl::phone_key(text);
    return 0;
}
