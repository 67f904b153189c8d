// Ages are measured by the store's own clock, and nobody is given what is too old: neither before it has been trimmed,
// nor because the wall's clock was set.
#include <chrono>

#include "sqlite_world.h"

namespace switchboard::broker {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SqliteAgeTest : public SqliteTest {
 protected:
  SqliteAgeTest() {
    limits.block_messages = 10;
    retention.seconds = 10;
    EXPECT_EQ(open(), std::nullopt);
  }
};

TEST_F(SqliteAgeTest, WhatIsTooOldIsGivenToNobodyBeforeItIsTrimmed) {
  publish_many("blocks", 10);
  tidy_after(milliseconds(200));
  publish_many("blocks", 5);
  clock.advance(seconds(5));
  publish_many("tail", 3);
  EXPECT_EQ(range_of(read("blocks", 1, 100)), "1..15");
  clock.advance(milliseconds(4'900));
  EXPECT_EQ(range_of(read("blocks", 1, 100)), "11..15");
  EXPECT_EQ(range_of(read("blocks", 1, 100, true)), "11..15");
  EXPECT_EQ(read("blocks", 1, 100)->oldest, Seq{11});
  EXPECT_EQ(read("blocks", 1, 100, true)->oldest, Seq{11});
  EXPECT_EQ(opened("blocks").first, Seq{11});
  clock.advance(seconds(1));
  EXPECT_EQ(range_of(read("blocks", 1, 100)), "");
  EXPECT_EQ(read("blocks", 1, 100)->oldest, Seq{16});
  EXPECT_EQ(range_of(read("tail", 1, 100)), "1..3");
  clock.advance(seconds(5));
  EXPECT_EQ(range_of(read("tail", 1, 100)), "");
  EXPECT_EQ(opened("tail").first, Seq{4});
  EXPECT_EQ(opened("tail").last, Seq{3});
  EXPECT_EQ(status->trimmed.value(), 0u) << "nothing was trimmed yet";
}

TEST_F(SqliteAgeTest, ABlockIsReadFromTheFirstOfItsMessagesThatIsNotTooOld) {
  retention.seconds = 100;
  for (int i = 0; i < 10; ++i) {
    publish_many("a", 1);
    clock.advance(seconds(1));
  }
  tidy_after(milliseconds(200));
  ASSERT_EQ(writer->rooms().look("a")->tail.size(), 0u);
  clock.advance(seconds(94));
  for (const bool newest : {false, true})
    EXPECT_EQ(range_of(read("a", 1, 100, newest)), "6..10");
  open();
  for (const bool newest : {false, true})
    EXPECT_EQ(range_of(read("a", 1, 100, newest)), "6..10");
}

TEST_F(SqliteAgeTest, APageSaysUntilWhenItMayBeGivenOut) {
  const Instant first = clock.now();
  publish_many("a", 1);
  clock.advance(seconds(4));
  publish_many("a", 1);
  EXPECT_EQ(read("a", 1, 10)->fresh_until, first + seconds(10));
  EXPECT_EQ(read("a", 1, 10, true)->fresh_until, first + seconds(10));
  EXPECT_EQ(read("a", 2, 10)->fresh_until, first + seconds(14));
}

TEST_F(SqliteAgeTest, ABlockSpansOnlyAPartOfTheTimeThatMessagesAreKept) {
  retention.seconds = 80;
  limits.journal_bytes_max = 1;  // rooms get their blocks early
  limits.block_messages = 100;
  open();
  for (int i = 0; i < 40; ++i) {
    publish_many("a", 1);
    clock.advance(seconds(1));
  }
  tidy_after(milliseconds(200));
  ASSERT_EQ(writer->rooms().look("a")->tail.size(), 0u);
  clock.advance(seconds(60));
  walk();
  EXPECT_EQ(status->trimmed.value(), 40u);
  Database database;
  ASSERT_TRUE(database.open(settings.file, Database::Access::kRead, 0));
  EXPECT_EQ(database.integer("SELECT count(*) FROM blocks"), 0);
}

TEST_F(SqliteAgeTest, AMessageFromAWrongClockDoesNotKeepTheOthersAlive) {
  for (const bool is_reopened : {false, true}) {
    clock.set_wall_ahead(hours(24));
    publish_many("r", 1);
    clock.set_wall_ahead({});
    publish_many("r", 20);
    tidy_after(seconds(1));
    if (is_reopened) open();
    clock.advance(seconds(10));
    EXPECT_EQ(range_of(read("r", 1, 1'000)), "");
    walk();
    const StoreOpened head = opened("r");
    EXPECT_EQ(head.first, head.last.next());
  }
  EXPECT_EQ(status->trimmed.value(), 21u) << "after the second opening";
}

TEST_F(SqliteAgeTest, AClockThatJumpsAheadWipesNothing) {
  retention.seconds = 86'400;
  publish_many("blocks", 10);
  publish_many("tail", 5);
  tidy_after(seconds(1));
  clock.set_wall_ahead(hours(24 * 400));
  walk();
  EXPECT_EQ(range_of(read("blocks", 1, 100)), "1..10");
  EXPECT_EQ(range_of(read("tail", 1, 100)), "1..5");
  open();
  walk();
  EXPECT_EQ(range_of(read("blocks", 1, 100)), "1..10");
  EXPECT_EQ(range_of(read("tail", 1, 100)), "1..5");
}

TEST_F(SqliteAgeTest, AJumpIsToldAndPausesTrimming) {
  std::vector<std::string> notices;
  status->observe(nullptr, [&](const std::string& sentence) { notices.push_back(sentence); });
  publish_many("a", 5);
  tidy_after(seconds(11));
  const std::uint64_t before = status->trimmed.value();
  publish_many("a", 5);
  clock.advance(seconds(10));
  tidy();
  clock.set_wall_ahead(hours(24));
  clock.advance(seconds(2));
  tidy();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_NE(notices[0].find("86400 s"), std::string::npos) << notices[0];
  EXPECT_EQ(status->trimmed.value(), before) << "not for its age";
  EXPECT_EQ(range_of(read("a", 1, 100)), "") << "but nobody is given it";
  for (int i = 0; i < 10; ++i)
    tidy_after(seconds(1));
  EXPECT_EQ(status->trimmed.value(), 10u);
}

TEST_F(SqliteAgeTest, AgesGoOnWhileTheServerIsStopped) {
  publish_many("a", 20);
  tidy_after(seconds(1));
  writer->close();
  clock.advance(seconds(10));
  open();
  EXPECT_EQ(range_of(read("a", 1, 100)), "");
  publish_many("a", 1);
  writer->close();
  clock.start_machine();
  clock.advance(seconds(5));
  boot_id = "boot-2";
  open();
  EXPECT_EQ(range_of(read("a", 1, 100)), "21..21");
  clock.advance(seconds(6));
  EXPECT_EQ(range_of(read("a", 1, 100)), "");
}

TEST_F(SqliteAgeTest, KeysOutliveAClockThatJumps) {
  committed(message("a", "1", "key"));
  clock.set_wall_ahead(hours(24));
  open();
  EXPECT_TRUE(committed(message("a", "1", "key")).is_duplicate);
}

}  // namespace
}  // namespace switchboard::broker
