// A throwaway certificate authority and a server certificate for localhost: for the simulator and
// tests, never for a real server.
#pragma once

#include <filesystem>

namespace simulator {

struct Certificates {
    std::filesystem::path ca;           // PEM, what a client trusts
    std::filesystem::path certificate;  // PEM, for localhost and 127.0.0.1
    std::filesystem::path key;          // PEM
};

// Makes them in `dir` (created, private to the user) unless they are there and still valid for a
// day.
[[nodiscard]] Certificates make_certificates(const std::filesystem::path& dir);

}  // namespace simulator
