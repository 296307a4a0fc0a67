#include "etl/gzip.hpp"

#include <zlib.h>

#include <vector>

#include "etl/error.hpp"

namespace etl {
namespace {
constexpr std::size_t kPiece =
    256 * 1024;  // large enough that calls do not count, small enough to stay in cache
constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for a gzip header
constexpr int kAnyWindow = 15 + 32;   // gzip or zlib, whichever comes
}  // namespace

struct Inflater::State {
    Piece out;
    z_stream stream{};
    std::vector<char> buffer = std::vector<char>(kPiece);
    bool finished = false;
};

Inflater::Inflater(Piece out) : state_(std::make_unique<State>()) {
    state_->out = std::move(out);
    if (inflateInit2(&state_->stream, kAnyWindow) != Z_OK)
        throw Error(Kind::unexpected, "zlib cannot be initialised");
}

Inflater::~Inflater() { inflateEnd(&state_->stream); }

void Inflater::write(std::string_view compressed) {
    State& s = *state_;
    s.stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    s.stream.avail_in = static_cast<uInt>(compressed.size());
    bool full = false;
    while (s.stream.avail_in > 0 || full) {
        if (s.finished) {  // a further gzip member
            if (s.stream.avail_in == 0) return;
            if (inflateReset(&s.stream) != Z_OK)
                throw Error(Kind::unexpected, "zlib cannot be reset");
            s.finished = false;
        }
        s.stream.next_out = reinterpret_cast<Bytef*>(s.buffer.data());
        s.stream.avail_out = static_cast<uInt>(s.buffer.size());
        const int result = inflate(&s.stream, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            throw Error(Kind::unexpected, std::string("a compressed body is broken: ") +
                                              (s.stream.msg != nullptr ? s.stream.msg : "unknown"));
        const std::size_t made = s.buffer.size() - s.stream.avail_out;
        if (made > 0) s.out({s.buffer.data(), made});
        s.finished = result == Z_STREAM_END;
        full = s.stream.avail_out == 0;
        if (result == Z_BUF_ERROR) return;
    }
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
