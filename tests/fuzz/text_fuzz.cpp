// Any bytes as text: what is repaired stays as it is, cuts never make it worse, and a JSON string
// of it is storable.
#include <cstdlib>
#include <string>

#include "etl/json.hpp"
#include "schema/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::uint64_t first = 0, second = 0;
    const std::string sound = schema::repaired(text, first);
    if (schema::repaired(sound, second) != sound || second != 0) std::abort();
    const std::string piece(schema::cut(sound, size / 2));
    if (schema::repaired(piece, second) != piece || second != 0) std::abort();
    if (schema::trim(sound).size() > sound.size()) std::abort();
    if (schema::repaired(schema::lower(sound), second) != schema::lower(sound)) std::abort();
    const std::string folded = schema::fold(text);
    if (schema::repaired(folded, second) != folded) std::abort();
    (void)schema::display_width(text);

    std::uint64_t replaced = 0;
    const std::string json = etl::repaired_json(text, replaced);
    if (etl::repaired_json(json, second) != json || second != 0) std::abort();
    if (sound.size() < 100000 && !etl::storable_json(etl::json_string(sound))) std::abort();
    return 0;
}
