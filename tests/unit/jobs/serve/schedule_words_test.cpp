#include "jobs/serve/schedule_words.hpp"

#include <gtest/gtest.h>

TEST(ScheduleWords, TheUsualSchedulesAreSaidAsPeopleSayThemAndOthersStayAsTheyAre) {
    for (const auto& [expression, russian, english] :
         {std::tuple("30 3 * * *", "каждый день в 03:30", "every day at 03:30"),
          std::tuple("@daily", "каждый день в 00:00", "every day at 00:00"),
          std::tuple("0 * * * *", "каждый час", "every hour"),
          std::tuple("*/30 9-21 * * *", "каждые 30 мин с 09:00 до 21:59",
                     "every 30 minutes from 09:00 to 21:59"),
          std::tuple("15 */6 * * *", "каждые 6 ч", "every 6 hours"),
          std::tuple("0 4 * * 1", "по понедельникам в 04:00", "on Mondays at 04:00"),
          std::tuple("0 4 * * 7", "по воскресеньям в 04:00", "on Sundays at 04:00"),
          std::tuple("0 4 1 * *", "1-го числа в 04:00", "on day 1 of the month at 04:00"),
          std::tuple("*/5 * * * 1-5", "по будням, каждые 5 мин", "on weekdays, every 5 minutes"),
          std::tuple("0 4 1 * 1", "0 4 1 * 1", "0 4 1 * 1"),
          std::tuple("0 4 * 2 *", "0 4 * 2 *", "0 4 * 2 *"),
          std::tuple("1,2 4 * * *", "1,2 4 * * *", "1,2 4 * * *")}) {
        EXPECT_EQ(jobs::schedule_words(expression, true), russian);
        EXPECT_EQ(jobs::schedule_words(expression, false), english);
    }
}
