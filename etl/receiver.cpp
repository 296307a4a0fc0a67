#include "etl/receiver.hpp"

#include <fmt/format.h>

#include "etl/error.hpp"

namespace etl {
namespace {

// 909 and its like are far below; a table that is not is kept while it comes
constexpr std::size_t kSmallAnswer = 64 * 1024;
// A table has no page of 4 MB around its rows; a list is all envelope.
constexpr std::size_t kEnvelopeOfTable = 1024 * 1024, kEnvelopeOfList = 4 * 1024 * 1024;
// What inflates beyond this, and so much, is no table: even empty cells are not so much alike.
constexpr std::uint64_t kPlainUnchecked = 256ULL * 1024 * 1024, kLargestRatio = 400;
constexpr std::uint64_t kLargestPlain = 64ULL * 1024 * 1024 * 1024;

}  // namespace

Receiver::Receiver(Journal& journal, std::int64_t export_id, Asked asked)
    : journal_(journal),
      export_id_(export_id),
      scanner_(nullptr, asked == Asked::list ? kEnvelopeOfList : kEnvelopeOfTable),
      inflater_([this](std::string_view plain) { scan(plain); }),
      deflater_([this](std::string_view compressed) { keep(compressed); }) {}

void Receiver::begin(const Response& head) { gzip_ = head.gzip; }

bool Receiver::write(std::string_view piece) {
    if (gzip_) {
        keep(piece);
        inflate(piece);
    } else {
        scanner_.feed(piece);
        deflater_.write(piece);
    }
    return !broken_ && !scanner_.hopeless();
}

void Receiver::scan(std::string_view plain) {
    plain_ += plain.size();
    if (plain_ > kLargestPlain || (plain_ > kPlainUnchecked && plain_ / kLargestRatio > bytes_))
        throw Error(Kind::unexpected,
                    fmt::format("{} bytes became more than {}: no table", bytes_, plain_));
    scanner_.feed(plain);
    if (scanner_.hopeless()) throw Error(Kind::unexpected, "");  // read no further
}

Envelope Receiver::finish() {
    if (!gzip_) deflater_.finish();
    Envelope envelope = scanner_.finish();
    if (broken_ || (gzip_ && bytes_ > 0 && !inflater_.finished())) envelope.complete = false;
    if (envelope.why.empty()) envelope.why = broken_why_;
    return envelope;
}

BodyWriter& Receiver::writer() {
    if (writer_ == nullptr) open();
    return *writer_;
}

void Receiver::inflate(std::string_view piece) {
    try {
        if (!broken_) inflater_.write(piece);
    } catch (const Error& error) {  // a broken stream is an answer cut short, and no more than that
        broken_ = true;
        broken_why_ = error.what();
    }
}

void Receiver::keep(std::string_view compressed) {
    bytes_ += compressed.size();
    if (writer_ != nullptr) {
        writer_->write(compressed);
        return;
    }
    held_.append(compressed);
    if (held_.size() > kSmallAnswer) open();
}

void Receiver::open() {
    writer_ = journal_.body_writer(export_id_);
    writer_->write(held_);
    held_.clear();
}

}  // namespace etl
