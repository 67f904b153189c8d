#include "base/http_date.h"

#include <gtest/gtest.h>

namespace switchboard {
namespace {

TEST(Date, IsAsInTheRfc) {
  EXPECT_EQ(http_date(784'111'777'000), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(784'111'777'999), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Date, OfTheEpochBeforeItAndOfLeapDays) {
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(http_date(1'709'164'800'000), "Thu, 29 Feb 2024 00:00:00 GMT");
}

}  // namespace
}  // namespace switchboard
