#include "session/heartbeat.h"

#include <gtest/gtest.h>

#include "session/settings.h"

namespace switchboard::session {
namespace {

using namespace std::chrono_literals;

constexpr Instant kPinged{Duration(1h)};
const SessionSettings kTimes;  // a ping every 25 s, which is to be answered within 20 s

/// Pinged at kPinged, which the peer can see at once.
Heartbeat pinged() {
  Heartbeat heartbeat(kPinged - 1s);
  heartbeat.begin(kPinged);
  heartbeat.on_pinged(kPinged);
  heartbeat.on_all_written(kPinged);
  return heartbeat;
}

TEST(Heartbeat, WithoutABeginningThereAreNoPings) {
  Heartbeat heartbeat(kPinged);
  EXPECT_EQ(heartbeat.deadline(kTimes), kNever);
  EXPECT_EQ(heartbeat.look(kPinged + 1'000h, kTimes), Heartbeat::Due::kNothing);
}

TEST(Heartbeat, PingsAtItsTimeAndNotBefore) {
  Heartbeat heartbeat(kPinged);
  heartbeat.begin(kPinged + 3s);
  EXPECT_EQ(heartbeat.deadline(kTimes), kPinged + 3s);
  EXPECT_EQ(heartbeat.look(kPinged + 3s - 1ns, kTimes), Heartbeat::Due::kNothing);
  EXPECT_EQ(heartbeat.look(kPinged + 3s, kTimes), Heartbeat::Due::kPing);
}

TEST(Heartbeat, SilenceAfterAPingIsTheEndAtItsTimeAndNotBefore) {
  Heartbeat heartbeat = pinged();
  EXPECT_EQ(heartbeat.deadline(kTimes), kPinged + 20s);
  EXPECT_EQ(heartbeat.look(kPinged + 20s - 1ns, kTimes), Heartbeat::Due::kNothing);
  EXPECT_EQ(heartbeat.look(kPinged + 20s, kTimes), Heartbeat::Due::kGone);
}

TEST(Heartbeat, APongPlansTheNextPing) {
  Heartbeat heartbeat = pinged();
  heartbeat.on_pong(kPinged + 1s, kTimes);
  EXPECT_EQ(heartbeat.deadline(kTimes), kPinged + 25s) << "an interval after the last ping, not after the pong";
  heartbeat.on_pong(kPinged + 2s, kTimes);
  EXPECT_EQ(heartbeat.deadline(kTimes), kPinged + 25s) << "one that nobody asked for";
}

TEST(Heartbeat, APingThatCannotBePlannedInTimeIsDueAtOnce) {
  Heartbeat heartbeat = pinged();
  heartbeat.on_pong(kPinged + 70s, kTimes);
  EXPECT_EQ(heartbeat.deadline(kTimes), kPinged + 70s);
}

TEST(Heartbeat, AnySignOfLifeAfterThePingIsEnough) {
  for (const bool has_sent : {true, false}) {
    Heartbeat heartbeat = pinged();
    has_sent ? heartbeat.on_heard(kPinged) : heartbeat.on_alive(kPinged);
    EXPECT_EQ(heartbeat.look(kPinged + 20s, kTimes), Heartbeat::Due::kNothing);
    EXPECT_EQ(heartbeat.deadline(kTimes), kPinged + 25s);
    EXPECT_EQ(heartbeat.look(kPinged + 25s, kTimes), Heartbeat::Due::kPing);
  }
}

TEST(Heartbeat, ASignOfLifeBeforeThePingIsNone) {
  Heartbeat heartbeat(kPinged - 1s);
  heartbeat.on_heard(kPinged - 1ns);
  heartbeat.on_pinged(kPinged);
  heartbeat.on_all_written(kPinged);
  EXPECT_EQ(heartbeat.look(kPinged + 20s, kTimes), Heartbeat::Due::kGone);
}

TEST(Heartbeat, ThePongIsDueOnlyFromWhenThePingHasBeenWritten) {
  Heartbeat heartbeat(kPinged);
  heartbeat.on_pinged(kPinged);
  EXPECT_EQ(heartbeat.deadline(kTimes), kNever);
  EXPECT_EQ(heartbeat.look(kPinged + 10h, kTimes), Heartbeat::Due::kNothing);
  heartbeat.on_all_written(kPinged + 10h);
  EXPECT_EQ(heartbeat.deadline(kTimes), kPinged + 10h + 20s);
  heartbeat.on_all_written(kPinged + 11h);
  EXPECT_EQ(heartbeat.deadline(kTimes), kPinged + 10h + 20s) << "what is written later is not the ping";
}

TEST(Heartbeat, WhatIsOnASlowLineIsWaitedForUpToThreeTimeoutsMore) {
  const auto deadline_after = [](std::size_t bytes) {
    Heartbeat heartbeat = pinged();
    heartbeat.on_written(bytes);
    return heartbeat.deadline(kTimes) - kPinged;
  };
  EXPECT_EQ(deadline_after(0), 20s);
  EXPECT_EQ(deadline_after(40'000), 30s);
  EXPECT_EQ(deadline_after(240'000), 80s);
  EXPECT_EQ(deadline_after(240'004), 80s);
  EXPECT_EQ(deadline_after(~std::size_t{0} / 2), 80s);
}

TEST(Heartbeat, WhatWasWrittenBeforeThePeerSentSomethingHasArrived) {
  Heartbeat heartbeat = pinged();
  heartbeat.on_written(40'000);
  heartbeat.on_heard(kPinged - 1s);
  EXPECT_EQ(heartbeat.deadline(kTimes), kPinged + 20s);
}

TEST(Heartbeat, AnExcusedSilenceIsDecidedByTheNextInterval) {
  Heartbeat heartbeat = pinged();
  ASSERT_EQ(heartbeat.look(kPinged + 20s, kTimes), Heartbeat::Due::kGone);
  heartbeat.plan_next(kPinged + 20s, kTimes);
  EXPECT_EQ(heartbeat.look(kPinged + 20s, kTimes), Heartbeat::Due::kNothing);
  EXPECT_EQ(heartbeat.look(kPinged + 25s, kTimes), Heartbeat::Due::kPing);
}

}  // namespace
}  // namespace switchboard::session
