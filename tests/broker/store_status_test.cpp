#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "broker/sqlite/status.h"

namespace switchboard::broker {
namespace {

struct StoreStatusTest : testing::Test {
  StoreStatusTest() {
    status.observe([this](const StoreState& state) {
      told.push_back(state.is_ok ? "ok" : (state.is_keeping ? "kept: " : "not kept: ") + state.reason);
    });
  }
  StoreStatus status;
  std::vector<std::string> told;
};

TEST_F(StoreStatusTest, TheWorstTroubleIsToldAndEachHasItsOwnEnd) {
  status.failing(StoreTrouble::kCheckpoint, "no fsync", 1);
  status.failing(StoreTrouble::kFile, "full", 2);
  status.failing(StoreTrouble::kFile, "full", 3);
  EXPECT_EQ(status.state().since, 2);
  status.ok(StoreTrouble::kFile, 4);
  status.ok(StoreTrouble::kCheckpoint, 5);
  EXPECT_EQ(told, (std::vector<std::string>{"kept: no fsync", "not kept: full", "kept: no fsync", "ok"}));
}

TEST_F(StoreStatusTest, ThatPublishersAreRefusedFromNowOnIsToldAlsoWhenTheReasonIsTheSame) {
  status.failing(StoreTrouble::kCheckpoint, "disk I/O error", 1);
  status.failing(StoreTrouble::kFile, "disk I/O error", 2);
  EXPECT_FALSE(status.state().is_keeping);
  status.ok(StoreTrouble::kFile, 3);
  EXPECT_TRUE(status.state().is_keeping);
  EXPECT_EQ(told,
            (std::vector<std::string>{"kept: disk I/O error", "not kept: disk I/O error", "kept: disk I/O error"}));
}

}  // namespace
}  // namespace switchboard::broker
