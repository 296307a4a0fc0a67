// A cron expression as people say it: "every day at 03:30", «каждый день в 03:30». Pure.
#pragma once

#include <string>

namespace jobs {

// The expression itself where it is none of the usual ones.
[[nodiscard]] std::string schedule_words(const std::string& expression, bool russian);

}  // namespace jobs
