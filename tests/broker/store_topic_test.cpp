#include "broker/store_topic.h"

#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <string>

#include "support/manual_clock.h"

namespace switchboard::broker {
namespace {

using namespace std::chrono_literals;

class StoreTopicTest : public testing::Test {
 protected:
  StoreTopicTest() { topic.open({.first = Seq{4}, .last = Seq{10}, .epoch = "a"}); }

  static StoreCommitted message(std::uint64_t seq, std::string epoch = "") {
    return {.seq = Seq{seq}, .first = Seq{4}, .epoch = std::move(epoch), .record = {}};
  }
  static StoreCommitted repetition(std::uint64_t seq, std::uint64_t last, std::string epoch = "") {
    return {.seq = Seq{seq},
            .first = Seq{4},
            .epoch = std::move(epoch),
            .record = {},
            .is_duplicate = true,
            .last = Seq{last}};
  }

  test::ManualClock clock;
  EpochNames names{clock};
  room::RoomSettings settings{.retention = {.seconds = 16}};
  StoreTopic topic{{1, 1}, "room", settings, names};
};

TEST_F(StoreTopicTest, WhatFollowsOnIsOfTheSameEpoch) {
  EXPECT_FALSE(topic.turn_epoch(message(11)));
  topic.commit(message(11), clock.now());
  EXPECT_FALSE(topic.turn_epoch(message(12, "a")));
  topic.commit(message(12, "a"), clock.now());
  EXPECT_EQ(topic.head().last, Seq{12});
  EXPECT_EQ(topic.head().epoch, "a");
  EXPECT_EQ(topic.epochs(), 0u);
}

TEST_F(StoreTopicTest, ANumberOutOfTurnIsOfAnotherEpochWhateverTheStoreSays) {
  for (const std::uint64_t seq : {std::uint64_t{10}, std::uint64_t{20}}) {
    ASSERT_TRUE(topic.turn_epoch(message(seq)));
    EXPECT_EQ(topic.head().last.next(), Seq{seq}) << "where it stands before the commit";
    EXPECT_TRUE(topic.head().epoch.starts_with("a~")) << topic.head().epoch;
    EXPECT_EQ(topic.epoch_of(message(seq)), topic.head().epoch);
    topic.commit(message(seq), clock.now());
  }
  EXPECT_EQ(topic.epochs(), 2u);
}

TEST_F(StoreTopicTest, ADuplicateThatIsKnownTurnsNothing) {
  EXPECT_FALSE(topic.turn_epoch(repetition(7, 10)));
  topic.commit(repetition(7, 10), clock.now());
  EXPECT_EQ(topic.head().last, Seq{10});
}

TEST_F(StoreTopicTest, ADuplicateThatNobodyWasToldOfBeginsAnEpochBehindIt) {
  ASSERT_TRUE(topic.turn_epoch(repetition(12, 13)));
  EXPECT_EQ(topic.head().last, Seq{13});
  EXPECT_FALSE(topic.turn_epoch(message(14)));
}

TEST_F(StoreTopicTest, AnEpochThatComesBackHasAnotherName) {
  std::set<std::string> told{topic.head().epoch};
  std::uint64_t turns = 0;
  for (const char* epoch : {"b", "a", "b", "c", "a", "d", "e", "f", "g", "h", "i", "j"}) {
    ASSERT_TRUE(topic.turn_epoch(StoreOpened{.first = Seq{1}, .last = Seq{++turns}, .epoch = epoch}));
    EXPECT_TRUE(told.insert(topic.head().epoch).second) << topic.head().epoch << " was told before";
    EXPECT_FALSE(topic.turn_epoch(StoreOpened{.first = Seq{1}, .last = Seq{turns}, .epoch = epoch})) << "nothing new";
  }
}

TEST_F(StoreTopicTest, APageIsOfTheEpochThatWasToldWhenItWasAskedFor) {
  ASSERT_TRUE(topic.turn_epoch(message(20)));
  const auto page = std::make_shared<Page>();
  page->epoch = "a";
  page->oldest = Seq{8};
  EXPECT_EQ(topic.receive(page, 1)->epoch, topic.head().epoch);
  EXPECT_EQ(topic.head().first, Seq{8});
  EXPECT_EQ(topic.receive(page, 0)->epoch, "a") << "of numbers that were told under that name";
}

TEST_F(StoreTopicTest, AQuietRoomPassesWhatIsTooOld) {
  for (std::uint64_t seq = 11; seq <= 14; ++seq) {
    topic.commit(message(seq), clock.now());
    clock.advance(4s);
  }
  topic.pass_too_old(clock.now());
  EXPECT_EQ(topic.head().first, Seq{12});
  clock.advance(12s);
  topic.pass_too_old(clock.now());
  EXPECT_EQ(topic.head().first, Seq{15}) << "nothing is kept any more";
}

TEST(StoreTopicDeathTest, WhatDoesNotFollowOnIsNotCommitted) {
  const test::ManualClock clock;
  EpochNames names(clock);
  StoreTopic topic({1, 1}, "room", room::RoomSettings{}, names);
  topic.open({.first = Seq{1}, .last = Seq{0}, .epoch = "a"});
  EXPECT_DEATH(topic.commit({.seq = Seq{2}, .first = Seq{1}, .epoch = "", .record = {}}, clock.now()),
               "head_.last.next");
}

}  // namespace
}  // namespace switchboard::broker
