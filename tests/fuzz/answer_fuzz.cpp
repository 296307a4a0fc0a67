// Any bytes as an answer of the service: no crash whatever was asked, and names and headings that
// come out can be stored.
#include <cstdlib>
#include <string>

#include "etl/api.hpp"
#include "etl/error.hpp"
#include "schema/text.hpp"

namespace {

void check(const std::string& text) {
    std::uint64_t replaced = 0;
    if (schema::repaired(text, replaced) != text || replaced != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    etl::SheetScanner scanner(nullptr);
    scanner.feed(text);
    const etl::Envelope envelope = scanner.finish();
    for (const std::string& heading : etl::headings(envelope)) check(heading);
    etl::Response response;
    response.status = 200;
    for (const etl::Asked asked : {etl::Asked::start, etl::Asked::poll, etl::Asked::list}) {
        const etl::Answer answer = etl::decode(asked, response, envelope);
        if (const auto* refused = std::get_if<etl::Refused>(&answer)) check(refused->message);
        if (const auto* unclear = std::get_if<etl::Unclear>(&answer)) check(unclear->reason);
        if (const auto* started = std::get_if<etl::Started>(&answer))
            if (started->export_id.empty() || started->export_id.size() > 64) std::abort();
    }
    const etl::ImportAnswer import = etl::decode_import(response, text);
    if (const auto* rejected = std::get_if<etl::Rejected>(&import)) check(rejected->message);
    try {
        for (const etl::Group& group : etl::decode_groups(text)) check(group.name);
        for (const schema::Field& field : etl::decode_fields(text)) check(field.title);
    } catch (const etl::Error&) {  // no list
    }
    return 0;
}
