// init --account and --key-file into a file that is there.
#include "jobs/cli/settings_text.hpp"

#include <gtest/gtest.h>

#include "etl/config.hpp"

using jobs::with_setting;

TEST(SettingsText, AFileWithoutAnEmptyLineGetsOneInsteadOfNothing) {
    EXPECT_EQ(with_setting("[getcourse]\naccount = \"\"\n[budget]\nlimit = 50\n", "account", "s"),
              "[getcourse]\naccount = \"s\"\n[budget]\nlimit = 50\n");
    EXPECT_EQ(
        with_setting("# mine\n[getcourse]\n  url = \"\"\n[budget]\nlimit = 50\n", "account", "s"),
        "# mine\n[getcourse]\naccount = \"s\"\n  url = \"\"\n[budget]\nlimit = 50\n");
    EXPECT_EQ(with_setting("[budget]\nlimit = 50", "account", "s"),
              "[budget]\nlimit = 50\n\n[getcourse]\naccount = \"s\"\n");
    EXPECT_EQ(with_setting("", "account", "s"), "\n[getcourse]\naccount = \"s\"\n");
    EXPECT_EQ(with_setting("[getcourse]", "account", "s"), "[getcourse]\naccount = \"s\"\n");
    EXPECT_EQ(with_setting("[getcourse]\n# account = \"\"\n", "account", "s"),
              "[getcourse]\naccount = \"s\"\n# account = \"\"\n");
    EXPECT_EQ(with_setting("[getcourse]\r\naccount=''\r\n", "account", "s"),
              "[getcourse]\r\naccount = \"s\"\r\n");
    EXPECT_EQ(with_setting("[getcourse]\naccount = \"\"  # the school\n", "account", "s"),
              "[getcourse]\naccount = \"s\"  # the school\n");
}

TEST(SettingsText, WhatTheFileSaysAlreadyStaysAndAnotherValueIsRefused) {
    const std::string file = "[getcourse]\naccount = \"s\"  # ours\n";
    EXPECT_EQ(with_setting(file, "account", "s"), file);
    EXPECT_EQ(with_setting(file, "account", "t"), std::nullopt);
    EXPECT_EQ(with_setting("getcourse = {url = \"\"}\n", "account", "s"), std::nullopt);
    EXPECT_EQ(with_setting("no toml at all", "account", "s"), std::nullopt);
}

TEST(SettingsText, AnyPathIsReadBackAsItWasGiven) {
    for (const std::string path : {"/run/a \"quoted\" key", "C:\\keys\\school", "/tmp/\x01\x7fkey",
                                   "/home/аня/ключ", "/tmp/#no comment", "/tmp/line\nend"})
        for (const std::string& before :
             {std::string("[getcourse]\nkey_file = \"\"\n"), etl::example_config("s")}) {
            const auto after = with_setting(before, "key_file", path);
            ASSERT_TRUE(after) << path;
            EXPECT_EQ(with_setting(*after, "key_file", path), after) << path;
            EXPECT_EQ(with_setting(*after, "key_file", "/other"), std::nullopt) << path;
        }
}
