// A wire between libpq and the server that can lose the answer to a COMMIT: the server has done
// it, and nobody is told.
#pragma once

#include <memory>
#include <string>

namespace test_support {

class Wire {
public:
    explicit Wire(const std::string& database_url);  // of a server without TLS, trusted
    ~Wire();
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    [[nodiscard]] std::string url() const;  // the same database, through the wire
    // The nth COMMIT from now on of connections of this purpose is answered to nobody, and its
    // connection ends.
    void lose_commit_of(const std::string& purpose, int nth = 1);
    [[nodiscard]] int lost() const;  // so far

    struct State;

private:
    std::unique_ptr<State> state_;
};

}  // namespace test_support
