// An HTTPS server and a mail server that only take notes: what alerts are sent to in tests.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace test_support {

class HttpsReceiver {
public:
    explicit HttpsReceiver(const std::filesystem::path& dir);
    ~HttpsReceiver();
    [[nodiscard]] std::string url() const;  // https://localhost:PORT
    [[nodiscard]] std::filesystem::path ca_file() const;
    [[nodiscard]] std::vector<std::string> got() const;  // "POST /hook {...}"
    void answer(int status);                             // from now on

    struct State;

private:
    std::unique_ptr<State> state_;
};

class MailReceiver {
public:
    MailReceiver();
    ~MailReceiver();
    [[nodiscard]] std::string address() const;           // 127.0.0.1:PORT
    [[nodiscard]] std::vector<std::string> got() const;  // whole messages

    struct State;

private:
    std::unique_ptr<State> state_;
};

}  // namespace test_support
