// Any bytes as a compressed body: an error or text, never a crash; what was compressed here comes
// back.
#include <cstdlib>
#include <string>

#include "etl/error.hpp"
#include "etl/gzip.hpp"

namespace {

std::string inflated(std::string_view bytes) {
    std::string plain;
    etl::Inflater inflater([&](std::string_view piece) {
        if (plain.size() < 1 << 20) plain.append(piece);
    });
    inflater.write(bytes);
    return plain;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    try {
        (void)inflated(text);
    } catch (const etl::Error&) {  // not gzip, or broken
    }
    if (inflated(etl::gzip(text)) != text) std::abort();
    return 0;
}
