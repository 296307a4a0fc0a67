#include "etl/gzip.hpp"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>

#include <utility>
#include <vector>

#include "etl/error.hpp"

namespace etl {
namespace {
constexpr std::size_t kPiece =
    256 * 1024;  // large enough that calls do not count, small enough to stay in cache
constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for a gzip header
[[noreturn]] void broken_stream(const char* why) {
    throw Error(Kind::unexpected, std::string("a compressed body is broken: ") + why);
}

// What stands around a deflate stream, byte by byte: ISA-L's own reading of it refuses good streams
// that come in small pieces.
class Wrapping {
public:
    // True: the header is whole, deflate begins.
    bool header(std::uint8_t byte);
    // True: the end is whole, and says what was read.
    bool trailer(std::uint8_t byte);
    void plain(std::string_view piece);

private:
    // In the order of RFC 1952; what the flags do not name is not there.
    enum class Field { magic, wrap, fixed, extra_size, extra, name, comment, crc, done };

    bool zlib_header(std::uint8_t byte);
    void fixed(std::uint8_t byte);
    void next_field();

    Field field_ = Field::magic;
    bool zlib_ = false;
    std::uint8_t first_ = 0, flags_ = 0;
    unsigned at_ = 0;    // bytes of the field so far
    unsigned size_ = 0;  // of the extra field
    std::uint32_t header_crc_ = 0, crc_ = 0, adler_ = 1, length_ = 0;
    std::uint64_t end_ = 0;
};

bool Wrapping::header(std::uint8_t byte) {
    if (field_ != Field::crc)
        header_crc_ = static_cast<std::uint32_t>(crc32(header_crc_, &byte, 1));
    switch (field_) {
        case Field::magic:
            zlib_ = byte != 0x1f;
            first_ = byte;
            field_ = Field::wrap;
            return false;
        case Field::wrap:
            if (zlib_) return zlib_header(byte);
            if (byte != 0x8b) broken_stream("its header is neither gzip's nor zlib's");
            field_ = Field::fixed;
            return false;
        case Field::fixed:
            fixed(byte);
            break;
        case Field::extra_size:
            size_ |= static_cast<unsigned>(byte) << (8 * at_++);
            if (at_ == 2) {
                at_ = 0;
                field_ = Field::extra;
                if (size_ == 0) next_field();
            }
            break;
        case Field::extra:
            if (++at_ == size_) next_field();
            break;
        case Field::name:
        case Field::comment:
            if (byte == 0) next_field();
            break;
        case Field::crc:
            if (byte != ((header_crc_ >> (8 * at_)) & 0xff))
                broken_stream("its header's sum is another");
            if (++at_ == 2) next_field();
            break;
        case Field::done:
            break;
    }
    return field_ == Field::done;
}

bool Wrapping::zlib_header(std::uint8_t byte) {
    if ((first_ * 256U + byte) % 31 != 0 || (first_ & 0x0f) != Z_DEFLATED || (first_ >> 4) > 7)
        broken_stream("its header is neither gzip's nor zlib's");
    if ((byte & 0x20) != 0) broken_stream("it needs a dictionary");
    return true;
}

// Method, flags, four bytes of time, two of its maker.
void Wrapping::fixed(std::uint8_t byte) {
    if (at_ == 0 && byte != Z_DEFLATED) broken_stream("its method is unknown");
    if (at_ == 1) flags_ = byte;
    if (at_ == 1 && (byte & 0xe0) != 0) broken_stream("it has unknown flags");
    if (++at_ == 8) next_field();
}

void Wrapping::next_field() {
    constexpr std::pair<std::uint8_t, Field> kOptional[] = {
        {4, Field::extra_size}, {8, Field::name}, {16, Field::comment}, {2, Field::crc}};
    at_ = 0;
    field_ = Field::done;
    for (const auto& [flag, field] : kOptional)
        if ((flags_ & flag) != 0) {
            flags_ = static_cast<std::uint8_t>(flags_ & ~flag);
            field_ = field;
            return;
        }
}

void Wrapping::plain(std::string_view piece) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(piece.data());
    length_ += static_cast<std::uint32_t>(piece.size());
    if (zlib_)
        adler_ =
            static_cast<std::uint32_t>(adler32(adler_, bytes, static_cast<uInt>(piece.size())));
    else
        crc_ = crc32_gzip_refl(crc_, const_cast<unsigned char*>(bytes), piece.size());
}

bool Wrapping::trailer(std::uint8_t byte) {
    if (field_ != Field::magic) {  // its first byte
        field_ = Field::magic;
        at_ = 0;
    }
    end_ = zlib_ ? end_ << 8 | byte : end_ | static_cast<std::uint64_t>(byte) << (8 * at_);
    if (++at_ < (zlib_ ? 4 : 8)) return false;
    const std::uint64_t own =
        zlib_ ? adler_
              : static_cast<std::uint64_t>(length_) << 32 | static_cast<std::uint64_t>(crc_);
    if (end_ != own) broken_stream("its sum is another");
    return true;
}

}  // namespace

struct Inflater::State {
    enum class Part { header, data, trailer };
    Piece out;
    inflate_state stream{};
    Wrapping wrapping;
    Part part = Part::header;
    std::vector<char> buffer = std::vector<char>(kPiece);
    bool finished = false;

    void take(std::string_view compressed);
    void around(std::uint8_t byte);
    bool inflate(std::string_view& compressed);
    std::string unread();
};

Inflater::Inflater(Piece out) : state_(std::make_unique<State>()) { state_->out = std::move(out); }

Inflater::~Inflater() = default;

void Inflater::write(std::string_view compressed) { state_->take(compressed); }

void Inflater::State::take(std::string_view compressed) {
    bool more = false;  // to come out of what went in
    while (!compressed.empty() || more) {
        more = false;
        if (part != Part::data) {
            around(static_cast<std::uint8_t>(compressed.front()));
            compressed.remove_prefix(1);
            continue;
        }
        more = inflate(compressed);
        if (stream.block_state != ISAL_BLOCK_FINISH) continue;
        part = Part::trailer;
        take(unread());
    }
}

void Inflater::State::around(std::uint8_t byte) {
    if (part == Part::header) {
        finished = false;  // a member, or a further one
        if (!wrapping.header(byte)) return;
        isal_inflate_init(&stream);
        part = Part::data;
    } else if (wrapping.trailer(byte)) {
        wrapping = Wrapping();
        part = Part::header;
        finished = true;
    }
}

// True: the buffer was too small for all that came out.
bool Inflater::State::inflate(std::string_view& compressed) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(compressed.data());
    stream.next_in = const_cast<std::uint8_t*>(bytes);
    stream.avail_in = static_cast<std::uint32_t>(compressed.size());
    stream.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    stream.avail_out = static_cast<std::uint32_t>(buffer.size());
    if (isal_inflate(&stream) != ISAL_DECOMP_OK) broken_stream("it is no deflate stream");
    const std::size_t made = buffer.size() - stream.avail_out;
    const bool whole = stream.block_state == ISAL_BLOCK_FINISH;
    if (made == 0 && stream.avail_in == compressed.size() && !compressed.empty() && !whole)
        broken_stream("it does not go on");
    compressed.remove_prefix(compressed.size() - stream.avail_in);
    wrapping.plain({buffer.data(), made});
    if (made > 0) out({buffer.data(), made});
    return stream.avail_out == 0 && !whole;
}

// Bytes behind the end of the deflate stream that ISA-L has taken.
std::string Inflater::State::unread() {
    std::string bytes;
    std::uint64_t bits = stream.read_in >> (stream.read_in_length % 8);
    for (int left = stream.read_in_length / 8; left > 0; --left, bits >>= 8)
        bytes += static_cast<char>(bits & 0xff);
    stream.read_in_length = 0;
    return bytes;
}

bool Inflater::finished() const { return state_->finished; }

struct Deflater::State {
    Piece out;
    z_stream stream{};
    std::vector<char> buffer = std::vector<char>(kPiece);

    void run(std::string_view plain, int flush) {
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
        stream.avail_in = static_cast<uInt>(plain.size());
        do {
            stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
            stream.avail_out = static_cast<uInt>(buffer.size());
            deflate(&stream, flush);
            const std::size_t made = buffer.size() - stream.avail_out;
            if (made > 0) out({buffer.data(), made});
        } while (stream.avail_out == 0);
    }
};

Deflater::Deflater(Piece out) : state_(std::make_unique<State>()) {
    state_->out = std::move(out);
    if (deflateInit2(&state_->stream, 1, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw Error(Kind::unexpected, "zlib cannot be initialised");
}

Deflater::~Deflater() { deflateEnd(&state_->stream); }

void Deflater::write(std::string_view plain) { state_->run(plain, Z_NO_FLUSH); }

void Deflater::finish() { state_->run({}, Z_FINISH); }

std::string gunzip(std::string_view compressed) {
    std::string plain;
    Inflater inflater([&](std::string_view piece) { plain.append(piece); });
    inflater.write(compressed);
    if (!inflater.finished()) throw Error(Kind::unexpected, "a compressed body ends too early");
    return plain;
}

std::string gzip(std::string_view plain) {
    std::string compressed;
    Deflater deflater([&](std::string_view piece) { compressed.append(piece); });
    deflater.write(plain);
    deflater.finish();
    return compressed;
}

}  // namespace etl
