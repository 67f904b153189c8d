// What is trimmed and what stays: by count, bytes and age, of rooms in use and of forgotten ones, and of the whole
// file.
#include <chrono>

#include "broker/sqlite/database.h"
#include "sqlite_world.h"

namespace switchboard::broker {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class SqliteRetentionTest : public SqliteTest {
 protected:
  SqliteRetentionTest() {
    limits.block_messages = 10;
    EXPECT_EQ(open(), std::nullopt);
  }
  std::uint64_t kept(const std::string& room) {
    const StoreOpened head = opened(room);
    return distance(head.first, head.last.next());
  }
};

TEST_F(SqliteRetentionTest, CountKeepsAtLeastThatManyAndLittleMore) {
  retention.messages = 100;
  for (int i = 0; i < 60; ++i) {
    publish_many("a", 5);
    tidy_after(seconds(1));
    const auto published = static_cast<std::uint64_t>(i + 1) * 5;
    EXPECT_GE(kept("a"), std::min<std::uint64_t>(published, 100));
    EXPECT_LE(kept("a"), 130u);
  }
  EXPECT_EQ(status->trimmed.value(), 300 - kept("a"));
  const std::uint64_t before = kept("a");
  open();
  EXPECT_EQ(kept("a"), before);
}

TEST_F(SqliteRetentionTest, ARoomThatKeepsOneMessageNeedsNoBlocks) {
  retention.messages = 1;
  for (int i = 0; i < 100; ++i)
    publish_many("a", 1);
  EXPECT_GE(kept("a"), 1u);
  EXPECT_LE(kept("a"), 17u);
  EXPECT_EQ(opened("a").last, Seq{100});
  open();
  EXPECT_LE(kept("a"), 17u);
  EXPECT_EQ(opened("a").last, Seq{100});
}

TEST_F(SqliteRetentionTest, BytesKeepAtLeastThatManyAndLittleMore) {
  retention.bytes = 100'000;
  for (int i = 0; i < 50; ++i) {
    publish_many("a", 10, 1'000);
    tidy_after(seconds(1));
  }
  EXPECT_GE(kept("a") * 1'100, 100'000u);
  EXPECT_LE(kept("a") * 1'100, 125'000u);
}

TEST_F(SqliteRetentionTest, WhatWouldBeTrimmedAtOnceIsNotWrittenIntoBlocks) {
  retention.messages = 100;
  for (int i = 0; i < 3; ++i) {
    publish_many("a", 300);
    tidy_after(seconds(1));
  }
  EXPECT_EQ(status->trimmed.value(), 800u);
  for (const bool is_reopened : {false, true}) {
    if (is_reopened) open();
    EXPECT_EQ(opened("a").first, Seq{801});
    EXPECT_EQ(range_of(read("a", 1, 1'000)), "801..900");
  }
  Database other;
  ASSERT_TRUE(other.open(settings.file, Database::Access::kRead, 0));
  EXPECT_EQ(other.integer("SELECT count(*) FROM blocks"), 10);
  EXPECT_EQ(other.integer("SELECT max(id) FROM blocks"), 10) << "those before had gone before them";
}

TEST_F(SqliteRetentionTest, ALongTailBehindMoreBlocksThanGoAtOnceLeavesNoHole) {
  retention.messages = 2'000;
  for (int i = 0; i < 20; ++i) {
    publish_many("a", 100);
    tidy_after(seconds(1));
  }
  retention.messages = 50;
  publish_many("a", 100);
  for (int i = 0; i < 10; ++i) {
    const Seq first = opened("a").first;
    EXPECT_EQ(range_of(read("a", first.value, first.value + 10)),
              std::to_string(first.value) + ".." + std::to_string(first.value + 9));
    writer->run_upkeep();
    clock.advance(seconds(1));
  }
  tidy();
  EXPECT_LE(kept("a"), 60u);
  EXPECT_EQ(range_of(read("a", 1, 3'000)), std::to_string(opened("a").first.value) + "..2100");
}

TEST_F(SqliteRetentionTest, AgeAlsoReachesRoomsNobodyUses) {
  retention.seconds = 3'600;
  publish_many("blocks", 10);
  publish_many("tail", 5);
  tidy_after(seconds(1));
  clock.advance(hours(1) - seconds(60));
  tidy();
  EXPECT_EQ(kept("blocks"), 10u);
  EXPECT_EQ(kept("tail"), 5u);
  walk();
  EXPECT_EQ(kept("blocks"), 0u);
  EXPECT_EQ(kept("tail"), 0u);
}

TEST_F(SqliteRetentionTest, NumbersGoOnInARoomThatWasEmptied) {
  retention.seconds = 3'600;
  publish_many("blocks", 10);
  publish_many("tail", 5);
  const std::string epoch = opened("tail").epoch;
  tidy_after(hours(1));
  walk();
  for (const bool is_reopened : {false, true}) {
    if (is_reopened) open();
    EXPECT_EQ(opened("tail").first, Seq{6});
    EXPECT_EQ(opened("tail").last, Seq{5});
    EXPECT_EQ(opened("blocks").last, Seq{10});
    EXPECT_EQ(opened("tail").epoch, epoch);
  }
  EXPECT_EQ(committed(message("tail", "1")).seq, Seq{6});
  EXPECT_EQ(committed(message("blocks", "1")).seq, Seq{11});
}

TEST_F(SqliteRetentionTest, ARoomThatIsForgottenNeverComesBackInItsEpoch) {
  retention.seconds = 60;
  limits.rooms_idle_max = 1;
  limits.journal_bytes_max = 1;
  open();
  publish_many("a", 3);
  const std::string epoch = opened("a").epoch;
  tidy_after(seconds(1));
  for (int i = 0; i < 10; ++i)
    opened("other" + std::to_string(i));
  ASSERT_EQ(writer->rooms().look("a"), nullptr);
  walk();
  EXPECT_EQ(opened("a").last, Seq{0});
  EXPECT_NE(opened("a").epoch, epoch);
  open();
  EXPECT_NE(opened("a").epoch, epoch);
}

TEST_F(SqliteRetentionTest, ANewRetentionHoldsFromTheNextMessageOn) {
  publish_many("a", 100);
  tidy_after(seconds(1));
  retention.messages = 20;
  publish_many("a", 10);
  tidy_after(seconds(1));
  EXPECT_LE(kept("a"), 40u);
  EXPECT_GE(kept("a"), 20u);
}

TEST_F(SqliteRetentionTest, TheJournalStaysSmallWhenManyRoomsHaveFewMessages) {
  limits.journal_bytes_max = 10'000;
  open();
  for (int i = 0; i < 500; ++i) {
    publish_many("room" + std::to_string(i), 1, 100);
    tidy_after(std::chrono::milliseconds(1));
  }
  int in_journal = 0;
  for (int i = 0; i < 500; ++i) {
    const StoredRoom* room = writer->rooms().look("room" + std::to_string(i));
    in_journal += room != nullptr && !room->tail.empty() ? 1 : 0;
  }
  EXPECT_LT(in_journal, 75);  // of some 150 bytes each
  for (int i = 0; i < 500; ++i)
    EXPECT_EQ(range_of(read("room" + std::to_string(i), 1, 10)), "1..1");
}

TEST_F(SqliteRetentionTest, TheOldestOfAllRoomsGoWhenTheFileIsFull) {
  settings.store_bytes_max = 8u << 20;
  limits.journal_bytes_max = 1u << 20;
  limits.block_bytes = 64u << 10;
  open();
  for (int i = 0; i < 400; ++i) {
    publish_many("room" + std::to_string(i % 20), 10, 10'000);
    tidy_after(std::chrono::milliseconds(1));
    ASSERT_LE(std::filesystem::file_size(settings.file), settings.store_bytes_max);
  }
  EXPECT_TRUE(status->state().is_ok);
  const StoreOpened head = opened("room19");
  EXPECT_GT(head.first, Seq{1});
  EXPECT_EQ(head.last, Seq{200});
  EXPECT_EQ(read("room19", 1, 1'000, true)->newest, Seq{200});
}

TEST_F(SqliteRetentionTest, FreedSpaceIsGivenBackUnlessThePolicySaysNot) {
  limits.vacuum_pages_min = 16;
  for (const Vacuum policy : {Vacuum::kNone, Vacuum::kIncremental}) {
    settings.vacuum = policy;
    open();
    retention.messages = 100'000;
    publish_many("a", 1'000, 10'000);
    tidy_after(seconds(1));
    writer->close();
    const auto large = std::filesystem::file_size(settings.file);
    open();
    retention.messages = 10;
    publish_many("a", 10);
    for (int i = 0; i < 2'000; ++i)
      tidy_after(std::chrono::milliseconds(100));
    writer->close();
    const auto small = std::filesystem::file_size(settings.file);
    if (policy == Vacuum::kNone) {
      EXPECT_EQ(small, large);
    } else {
      EXPECT_LT(small, large / 2);
    }
  }
}

}  // namespace
}  // namespace switchboard::broker
