// A throwaway certificate authority and a server certificate for localhost: for the simulator and
// tests, never for a real server.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace simulator {

struct Certificates {
    std::filesystem::path ca;           // PEM, what a client trusts
    std::filesystem::path certificate;  // PEM, for localhost, 127.0.0.1 and the given hosts
    std::filesystem::path key;          // PEM
};

// Makes them in `dir` (created, private to the user) unless they are there, name all `hosts` and
// are still valid for a day. Throws std::runtime_error saying what cannot be made.
[[nodiscard]] Certificates make_certificates(const std::filesystem::path& dir,
                                             const std::vector<std::string>& hosts = {});

}  // namespace simulator
