#include "etl/log.hpp"

#include <gtest/gtest.h>

using namespace etl;

namespace {

std::string captured(const std::function<void()>& act) {
    std::string out;
    log::set_sink([&](std::string_view line) { out += std::string(line) + "\n"; });
    act();
    log::set_sink([](std::string_view) {});
    return out;
}

}  // namespace

TEST(Log, NeverShowsASecretInAnyOfItsForms) {
    log::add_secret("s3cr+t/key=");
    const std::string out = captured([] {
        log::info("request", {{"url", "https://x/?key=s3cr%2Bt%2Fkey%3D&a=1"},
                              {"raw", "s3cr+t/key="},
                              {"base64", "czNjcit0L2tleT0="},
                              {"other", "key=unknown&b=2"}});
    });
    EXPECT_EQ(out.find("s3cr"), std::string::npos);
    EXPECT_EQ(out.find("czNjcit0L2tleT0"), std::string::npos);
    EXPECT_EQ(out.find("unknown"), std::string::npos);
    EXPECT_NE(out.find("a=1"), std::string::npos);
    EXPECT_NE(out.find("b=2"), std::string::npos);
}

TEST(Log, WordsThatEndInKeyAreNoSecrets) {
    EXPECT_EQ(log::redacted("email_key=a@b monkey=7 key=abc"), "email_key=a@b monkey=7 key=***");
}

TEST(Log, ALineIsOneLineWhateverTheValueHolds) {
    const std::string out = captured([] {
        log::warning("odd", {{"value", "two\nlines \"quoted\""}});
    });
    EXPECT_EQ(out, "level=warning event=odd value=\"two\\nlines \\\"quoted\\\"\"\n");
}

TEST(Log, JsonLinesHoldTheSamePairs) {
    log::set_json(true);
    const std::string out = captured([] { log::info("done", {{"rows", "7"}}); });
    log::set_json(false);
    EXPECT_EQ(out, "{\"level\":\"info\",\"event\":\"done\",\"rows\":\"7\"}\n");
}

TEST(Log, QuietLevelsAreNotWritten) {
    EXPECT_EQ(captured([] { log::debug("hidden"); }), "");
}
