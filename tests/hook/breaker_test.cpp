#include "hook/breaker.h"

#include <gtest/gtest.h>

namespace switchboard::hook {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class BreakerTest : public testing::Test {
 protected:
  void fail(unsigned times) {
    for (unsigned i = 0; i < times; ++i)
      breaker_.on_failure(now_);
  }

  Instant now_{};
  Breaker breaker_;
};

TEST_F(BreakerTest, LeavesWhoFailsAgainAndAgainAlone) {
  fail(Breaker::kFailuresMax - 1);
  EXPECT_TRUE(breaker_.may_ask(now_));
  breaker_.on_success();
  fail(Breaker::kFailuresMax - 1);
  EXPECT_TRUE(breaker_.may_ask(now_)) << "one behind the other";
  EXPECT_TRUE(breaker_.on_failure(now_)) << "said once";
  EXPECT_FALSE(breaker_.on_failure(now_)) << "that was under way";
  EXPECT_FALSE(breaker_.may_ask(now_));
  EXPECT_FALSE(breaker_.may_ask(now_ + milliseconds(999)));
}

TEST_F(BreakerTest, OneQuestionFindsOutWhetherItIsBack) {
  fail(Breaker::kFailuresMax);
  EXPECT_TRUE(breaker_.may_ask(now_ + seconds(1)));
  EXPECT_FALSE(breaker_.may_ask(now_ + seconds(1))) << "one";
  breaker_.on_success();
  EXPECT_TRUE(breaker_.may_ask(now_ + seconds(1)));
  EXPECT_FALSE(breaker_.is_open());
}

TEST_F(BreakerTest, PausesGrowUpToABound) {
  fail(Breaker::kFailuresMax);
  Duration pause = Breaker::kPauseMin;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(breaker_.may_ask(now_ + pause - milliseconds(1))) << i;
    now_ += pause;
    EXPECT_TRUE(breaker_.may_ask(now_)) << i;
    EXPECT_FALSE(breaker_.on_failure(now_)) << "it is known";
    pause = std::min(2 * pause, Breaker::kPauseMax);
  }
}

}  // namespace
}  // namespace switchboard::hook
