#include "session/error_budget.h"

#include <gtest/gtest.h>

namespace switchboard::session {
namespace {

using namespace std::chrono_literals;

constexpr Instant kFirst{Duration(1h)};

TEST(ErrorBudget, LastsForAsManyErrorsAsThereMayBe) {
  for (const std::uint32_t errors_max : {0u, 1u, 50u}) {
    ErrorBudget budget;
    for (std::uint32_t i = 0; i < errors_max; ++i)
      EXPECT_TRUE(budget.take(kFirst, errors_max, 1s)) << i;
    EXPECT_FALSE(budget.take(kFirst, errors_max, 1s));
  }
}

TEST(ErrorBudget, ForgivesOneEverySoOften) {
  ErrorBudget budget;
  ASSERT_TRUE(budget.take(kFirst, 2, 1s));
  ASSERT_TRUE(budget.take(kFirst, 2, 1s));
  EXPECT_TRUE(budget.take(kFirst + 1s, 2, 1s));
  EXPECT_FALSE(budget.take(kFirst + 2s - 1ns, 2, 1s));
}

TEST(ErrorBudget, DoesNotSaveUpMoreThanItHolds) {
  ErrorBudget budget;
  ASSERT_TRUE(budget.take(kFirst, 1, 1s));
  EXPECT_TRUE(budget.take(kFirst + 1h, 1, 1s));
  EXPECT_FALSE(budget.take(kFirst + 1h, 1, 1s));
}

}  // namespace
}  // namespace switchboard::session
