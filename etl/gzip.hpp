// Streaming gzip: bodies are kept compressed and read piece by piece. Inflated by ISA-L, which
// takes 0.4 of zlib's time, and deflated by zlib.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace etl {

using Piece = std::function<void(std::string_view)>;

class Inflater {  // gzip or zlib stream -> plain pieces of at most 256 KB
public:
    explicit Inflater(Piece out);
    ~Inflater();
    void write(std::string_view compressed);  // Error{unexpected} on a broken stream
    [[nodiscard]] bool finished()
        const;  // the stream's end was seen (concatenated members are read on)

private:
    struct State;
    std::unique_ptr<State> state_;
};

class Deflater {  // plain -> gzip pieces; level 1, since bodies are written once and mostly never
                  // read
public:
    explicit Deflater(Piece out);
    ~Deflater();
    void write(std::string_view plain);
    void finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

[[nodiscard]] std::string gunzip(std::string_view compressed);
[[nodiscard]] std::string gzip(std::string_view plain);

}  // namespace etl
