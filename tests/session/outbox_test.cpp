#include "session/outbox.h"

#include <gtest/gtest.h>
#include <string>

namespace switchboard::session {
namespace {

using namespace std::chrono_literals;

constexpr Instant kBlocked{Duration(1h)};

TEST(Outbox, GivesBackWhatItWasGivenInOrder) {
  OutboxMeter meter;
  Outbox outbox;
  outbox.append("b", "c", meter);
  outbox.append("d", {}, meter);
  outbox.prepend("a", meter);
  EXPECT_EQ(outbox.front(), "abcd");
  outbox.consume(3, meter);
  EXPECT_EQ(outbox.front(), "d");
  EXPECT_EQ(outbox.size(), 1u);
}

TEST(Outbox, TellsTheMeterOfAllMemoryThatItHolds) {
  OutboxMeter meter;
  Outbox one, other;
  one.append(std::string(1'000, 'x'), "y", meter);
  EXPECT_EQ(meter.bytes(), one.capacity());
  other.prepend("z", meter);
  EXPECT_EQ(meter.bytes(), one.capacity() + other.capacity());
  one.consume(1'001, meter);
  EXPECT_EQ(meter.bytes(), other.capacity());
  other.consume(1, meter);
  EXPECT_EQ(meter.bytes(), 0u);
}

TEST(Outbox, ASocketThatTakesNothingIsGivenUpFromWhenItStopped) {
  Outbox outbox;
  EXPECT_EQ(outbox.deadline(30s), kNever);
  EXPECT_EQ(outbox.blocked_since(), std::nullopt);
  outbox.on_blocked(kBlocked);
  outbox.on_blocked(kBlocked + 10s);
  EXPECT_EQ(outbox.blocked_since(), kBlocked);
  EXPECT_EQ(outbox.deadline(30s), kBlocked + 30s);
  outbox.on_progress();
  EXPECT_FALSE(outbox.is_blocked());
  EXPECT_EQ(outbox.deadline(30s), kNever);
  outbox.on_blocked(kBlocked + 20s);
  EXPECT_EQ(outbox.deadline(30s), kBlocked + 50s);
}

}  // namespace
}  // namespace switchboard::session
