#include "etl/copy_text.hpp"

#include <gtest/gtest.h>

using namespace etl;

TEST(CopyText, EscapesWhatWouldEndACellOrALineWhereverItStands) {
    for (const auto& [text, escaped] :
         {std::pair{"\t", "\\t"}, {"\n", "\\n"}, {"\r", "\\r"}, {"\\", "\\\\"}})
        for (std::size_t before = 0; before < 40; ++before) {  // beyond a step of sixteen bytes
            std::string line;
            append_copy_text(line, std::string(before, 'a') + text + "b");
            EXPECT_EQ(line, std::string(before, 'a') + escaped + "b") << before;
        }
}
