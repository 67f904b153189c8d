#include "shard/replay_start.h"

#include <gtest/gtest.h>

namespace switchboard::shard {
namespace {

using protocol::Recovery;

ReplayStart since(std::uint64_t seq, std::string_view epoch = "k3", Seq first = Seq{11}, Seq last = Seq{20}) {
  return replay_start({.since = protocol::Since{Seq{seq}, epoch}}, first, last, "k3");
}

TEST(ReplayStart, ResumesBehindWhatTheClientHas) {
  EXPECT_EQ(since(15).cursor, Seq{16});
  EXPECT_EQ(since(15).recovery, Recovery::kRecovered);
}

TEST(ReplayStart, RecoversFromTheMessageBeforeTheOldestToTheNewestAndNoFurther) {
  EXPECT_EQ(since(9).recovery, Recovery::kTrimmed);
  EXPECT_EQ(since(9).cursor, Seq{11});
  EXPECT_EQ(since(10).recovery, Recovery::kRecovered);
  EXPECT_EQ(since(10).cursor, Seq{11});
  EXPECT_EQ(since(11).cursor, Seq{12});
  EXPECT_EQ(since(20).recovery, Recovery::kRecovered);
  EXPECT_EQ(since(20).cursor, Seq{21}) << "nothing to send";
  EXPECT_EQ(since(21).recovery, Recovery::kAhead);
  EXPECT_EQ(since(21).cursor, Seq{11});
  EXPECT_EQ(since(~std::uint64_t{0}).recovery, Recovery::kAhead);
}

TEST(ReplayStart, ANumberOfAnotherEpochMeansNothing) {
  for (const std::uint64_t seq : {0u, 15u, 100u}) {
    EXPECT_EQ(since(seq, "q9").recovery, Recovery::kEpochChanged);
    EXPECT_EQ(since(seq, "q9").cursor, Seq{11});
  }
}

TEST(ReplayStart, WhereNothingIsKeptOnlyTheNewestRecovers) {
  const Seq none{21};
  EXPECT_EQ(since(20, "k3", none).recovery, Recovery::kRecovered);
  EXPECT_EQ(since(20, "k3", none).cursor, Seq{21});
  EXPECT_EQ(since(19, "k3", none).recovery, Recovery::kTrimmed);
  EXPECT_EQ(since(19, "k3", none).cursor, Seq{21});
  EXPECT_EQ(since(21, "k3", none).cursor, Seq{21});
}

TEST(ReplayStart, OfARoomWithoutMessagesNothingIsRecovered) {
  EXPECT_EQ(since(0, "k3", Seq{1}, Seq{0}).recovery, Recovery::kRecovered);
  EXPECT_EQ(since(0, "k3", Seq{1}, Seq{0}).cursor, Seq{1});
  EXPECT_EQ(since(1, "k3", Seq{1}, Seq{0}).recovery, Recovery::kAhead);
}

TEST(ReplayStart, TheLastMessagesAreAsManyAsThereAre) {
  const auto last = [](std::uint32_t n) { return replay_start({.since = {}, .last = n}, Seq{11}, Seq{20}, "k3"); };
  EXPECT_EQ(last(1).cursor, Seq{20});
  EXPECT_EQ(last(9).cursor, Seq{12});
  EXPECT_EQ(last(10).cursor, Seq{11});
  EXPECT_EQ(last(11).cursor, Seq{11});
  EXPECT_EQ(last(20).cursor, Seq{11});
  EXPECT_EQ(last(1'000).cursor, Seq{11});
  EXPECT_EQ(last(5).recovery, Recovery::kNotAsked);
}

TEST(ReplayStart, WhoAsksForNothingBeginsBehindTheNewest) {
  EXPECT_EQ(replay_start({}, Seq{11}, Seq{20}, "k3").cursor, Seq{21});
  EXPECT_EQ(replay_start({}, Seq{1}, Seq{0}, "k3").cursor, Seq{1});
}

}  // namespace
}  // namespace switchboard::shard
