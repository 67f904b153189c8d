#include "listen/accept_gate.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"

namespace switchboard::listen {
namespace {

constexpr Duration kSecond = std::chrono::seconds(1);

constexpr std::size_t kPlain = 0, kTls = 1, kOtherTls = 2;

class AcceptGateTest : public testing::Test {
 protected:
  std::vector<bool> open() const { return {gate_.is_open(kPlain), gate_.is_open(kTls), gate_.is_open(kOtherTls)}; }

  AcceptGate gate_{{false, true, true}};
};

using Open = std::vector<bool>;

TEST_F(AcceptGateTest, LooksAtAllListeners) {
  EXPECT_EQ(open(), (Open{true, true, true}));
  EXPECT_FALSE(gate_.next_deadline());
  EXPECT_FALSE(gate_.end_pauses(test::kStart));
}

TEST_F(AcceptGateTest, APauseOfAllEndsInTime) {
  gate_.pause_all(test::kStart + kSecond);
  EXPECT_EQ(open(), (Open{false, false, false}));
  EXPECT_EQ(gate_.next_deadline(), test::kStart + kSecond);
  EXPECT_FALSE(gate_.end_pauses(test::kStart + kSecond - Duration(1)));
  EXPECT_EQ(open(), (Open{false, false, false}));
  EXPECT_TRUE(gate_.end_pauses(test::kStart + kSecond));
  EXPECT_EQ(open(), (Open{true, true, true}));
}

TEST_F(AcceptGateTest, OneThatFailsDoesNotHoldUpTheOthers) {
  gate_.pause(kTls, test::kStart + kSecond);
  EXPECT_EQ(open(), (Open{true, false, true}));
  gate_.pause(kPlain, test::kStart + 2 * kSecond);
  EXPECT_EQ(gate_.next_deadline(), test::kStart + kSecond);
  EXPECT_TRUE(gate_.end_pauses(test::kStart + kSecond));
  EXPECT_EQ(open(), (Open{false, true, true}));
  EXPECT_EQ(gate_.next_deadline(), test::kStart + 2 * kSecond);
}

TEST_F(AcceptGateTest, FullOfHandshakesItLooksAtPlainListenersOnly) {
  gate_.set_tls_full(true);
  EXPECT_EQ(open(), (Open{true, false, false}));
  gate_.set_tls_full(false);
  EXPECT_EQ(open(), (Open{true, true, true}));
}

TEST_F(AcceptGateTest, RoomForHandshakesDoesNotEndAPause) {
  gate_.set_tls_full(true);
  gate_.pause_all(test::kStart + kSecond);
  gate_.set_tls_full(false);
  EXPECT_EQ(open(), (Open{false, false, false}));
}

TEST_F(AcceptGateTest, TheEndOfAPauseMakesNoRoomForHandshakes) {
  gate_.pause_all(test::kStart + kSecond);
  gate_.set_tls_full(true);
  EXPECT_TRUE(gate_.end_pauses(test::kStart + kSecond));
  EXPECT_EQ(open(), (Open{true, false, false}));
}

}  // namespace
}  // namespace switchboard::listen
