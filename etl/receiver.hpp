// Takes an answer as it comes: counts and cuts it, and keeps its compressed bytes once it is more
// than a message.
#pragma once

#include <memory>
#include <string>

#include "etl/gzip.hpp"
#include "etl/journal.hpp"
#include "etl/sheet.hpp"
#include "etl/transport.hpp"

namespace etl {

class Receiver final : public BodySink {
public:
    Receiver(Journal& journal, std::int64_t export_id, Asked asked);
    void begin(const Response& head) override;
    [[nodiscard]] bool write(std::string_view piece) override;
    [[nodiscard]] Envelope finish();
    // The body is wanted: what was held back goes to the writer, too.
    [[nodiscard]] BodyWriter& writer();
    // Nothing of it is kept.
    void abandon() { writer_.reset(); }

private:
    void scan(std::string_view plain);
    void inflate(std::string_view piece);
    void keep(std::string_view compressed);
    void open();

    Journal& journal_;
    std::int64_t export_id_;
    SheetScanner scanner_;
    Inflater inflater_;
    Deflater deflater_;
    bool gzip_ = false;
    bool broken_ = false;
    std::string broken_why_;
    std::uint64_t bytes_ = 0, plain_ = 0;
    std::string held_;
    std::unique_ptr<BodyWriter> writer_;
};

}  // namespace etl
