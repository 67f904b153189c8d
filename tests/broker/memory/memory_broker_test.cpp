#include "broker/memory/memory_broker.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <memory>
#include <string>
#include <vector>

#include "broker/broker_log.h"
#include "support/manual_clock.h"

namespace switchboard::broker {
namespace {

using namespace std::chrono_literals;

constexpr TopicId kRoom{.index = 0, .generation = 1};
constexpr TopicId kOther{.index = 5, .generation = 1};

class MemoryBrokerTest : public testing::Test {
 protected:
  Head open(TopicId topic = kRoom, std::string_view room_id = "room") {
    broker.open(topic, room_id, settings);
    return broker.head(topic);
  }
  Head reopen(TopicId topic = kRoom, std::string_view room_id = "room") {
    broker.close(topic);
    return open(topic, room_id);
  }
  const BrokerLog::Committed& publish(std::string_view content, std::string_view dedup = "",
                                      std::string_view sender = "ann", TopicId topic = kRoom) {
    broker.publish(topic, {.room_id = "room",
                           .content = content,
                           .sender = sender,
                           .to = {},
                           .dedup = dedup,
                           .command_id = "7",
                           .origin = {}});
    return log.committed.back();
  }
  void publish_many(int count, std::size_t bytes = 1, TopicId topic = kRoom) {
    for (int i = 0; i < count; ++i)
      publish('"' + std::string(bytes, 'x') + '"', "", "ann", topic);
  }
  PageOrError read(const ReadRange& range, TopicId topic = kRoom) {
    broker.read(topic, range, 9);
    EXPECT_EQ(log.reads.back().ticket, 9u);
    return log.reads.back().page;
  }
  /// "3..7" of a page.
  static std::string numbers(const PageOrError& page) {
    if (!page) return page.error() == Failure::kUnreadable ? "unreadable" : "unavailable";
    if ((*page)->empty()) return "none";
    for (std::size_t i = 0; i < (*page)->size(); ++i) {
      const Seq seq = (*page)->first.plus(i);
      EXPECT_TRUE(read_record((*page)->message(i), seq).has_value()) << seq.value;
    }
    return std::to_string((*page)->first.value) + ".." + std::to_string((*page)->end().value - 1);
  }

  test::ManualClock clock;
  BrokerLog log;
  room::RoomSettings settings{.history = false};
  MemorySettings memory;
  MemoryBroker broker{log, clock, 1, memory};
};

// --- counters --------------------------------------------------------------------------------------------------------

TEST_F(MemoryBrokerTest, NumbersARoomsMessagesFromOneWithoutHoles) {
  EXPECT_EQ(open().last, Seq{0});
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    EXPECT_EQ(publish("\"a\"").seq, Seq{seq});
    EXPECT_EQ(broker.head(kRoom).last, Seq{seq});
    EXPECT_EQ(broker.head(kRoom).first, Seq{seq + 1}) << "nothing is kept";
  }
  EXPECT_EQ(log.committed[2].content, "\"a\"");
  EXPECT_EQ(log.committed[2].sender, "ann");
}

TEST_F(MemoryBrokerTest, RoomsCountApart) {
  open();
  open(kOther, "other");
  publish("1");
  publish("2", "", "ann", kOther);
  EXPECT_EQ(log.committed[1].topic, kOther);
  EXPECT_EQ(log.committed[1].seq, Seq{1});
  EXPECT_NE(log.committed[0].epoch, log.committed[1].epoch);
}

TEST_F(MemoryBrokerTest, StampsMessagesWithTheTimeOfTheirCommit) {
  open();
  publish("1");
  clock.advance(1'500ms);
  publish("2");
  EXPECT_EQ(log.committed[1].ts - log.committed[0].ts, 1'500);
  EXPECT_EQ(log.committed[1].epoch, log.committed[0].epoch);
}

TEST_F(MemoryBrokerTest, ARoomThatIsClosedGoesOnCountingForAWhile) {
  const std::string epoch = open().epoch;
  publish("1");
  broker.close(kRoom);
  clock.advance(MemoryBroker::kClosedFor - 1ms);
  const Head head = open(kOther);
  EXPECT_EQ(head.epoch, epoch);
  EXPECT_EQ(head.last, Seq{1});
  broker.close(kOther);
  clock.advance(MemoryBroker::kClosedFor);
  EXPECT_NE(open().epoch, epoch);
  EXPECT_EQ(broker.head(kRoom).last, Seq{0});
}

TEST_F(MemoryBrokerTest, SoManyClosedRoomsAreRememberedAndNoMore) {
  const std::string oldest = open(kRoom, "r0").epoch;
  broker.close(kRoom);
  for (std::size_t i = 1; i < MemoryBroker::kClosedMax; ++i) {
    clock.advance(1us);
    open(kRoom, "r" + std::to_string(i));
    broker.close(kRoom);
  }
  EXPECT_EQ(open(kRoom, "r0").epoch, oldest);
  const std::string epoch = open(kOther, "r1").epoch;
  broker.close(kOther);  // closed last
  broker.close(kRoom);
  clock.advance(1us);
  open(kRoom, "one more");
  broker.close(kRoom);
  EXPECT_EQ(broker.closed(), MemoryBroker::kClosedMax);
  EXPECT_EQ(open(kOther, "r1").epoch, epoch);
}

// --- history ---------------------------------------------------------------------------------------------------------

class MemoryHistoryTest : public MemoryBrokerTest {
 protected:
  MemoryHistoryTest() { settings.history = true; }
};

TEST_F(MemoryHistoryTest, IsReadBothWays) {
  open();
  publish_many(600);
  EXPECT_EQ(numbers(read({.from = Seq{1}, .until = Seq{601}})), "1..256");
  EXPECT_EQ(numbers(read({.from = Seq{257}, .until = Seq{512}})), "257..511");
  EXPECT_EQ(numbers(read({.from = Seq{590}, .until = Seq{9'999}})), "590..600");
  EXPECT_EQ(numbers(read({.from = Seq{1}, .until = Seq{301}, .newest = true})), "45..300");
  EXPECT_EQ(numbers(read({.from = Seq{0}, .until = Seq{3}, .newest = true})), "1..2");
  EXPECT_EQ(numbers(read({.from = Seq{601}, .until = Seq{700}})), "none");
  const PageOrError page = read({.from = Seq{600}, .until = Seq{601}});
  EXPECT_EQ((*page)->epoch, broker.head(kRoom).epoch);
  EXPECT_EQ((*page)->oldest, Seq{1});
  EXPECT_EQ((*page)->newest, Seq{600});
}

TEST_F(MemoryHistoryTest, APageHoldsSoManyMessagesOrBytesButAlwaysOne) {
  open();
  publish_many(10, 1'000);
  const std::size_t record = (*read({.from = Seq{1}, .until = Seq{2}}))->bytes.size();
  for (const bool newest : {false, true}) {
    const auto page = [&](std::uint32_t messages, std::size_t bytes) {
      const PageOrError got = read({.from = Seq{1},
                                    .until = Seq{11},
                                    .messages_max = messages,
                                    .bytes_max = static_cast<std::uint32_t>(bytes),
                                    .newest = newest});
      return numbers(got);
    };
    EXPECT_EQ(page(3, 1'000'000), newest ? "8..10" : "1..3");
    EXPECT_EQ(page(100, 3 * record - 1), newest ? "9..10" : "1..2");
    EXPECT_EQ(page(100, 1), newest ? "10..10" : "1..1");
  }
}

TEST_F(MemoryHistoryTest, KeepsSoManyMessages) {
  settings.retention.messages = 3;
  open();
  publish_many(3);
  EXPECT_EQ(broker.head(kRoom).first, Seq{1});
  publish_many(1);
  EXPECT_EQ(broker.head(kRoom).first, Seq{2});
  EXPECT_EQ(numbers(read({.from = Seq{1}, .until = Seq{5}})), "2..4");
}

TEST_F(MemoryHistoryTest, KeepsSoManyBytes) {
  open(kOther, "probe");
  publish_many(1, 100, kOther);
  const std::size_t record = (*read({.from = Seq{1}, .until = Seq{2}}, kOther))->bytes.size();
  settings.retention.bytes = 3 * record;
  open();
  publish_many(3, 100);
  EXPECT_EQ(broker.head(kRoom).first, Seq{1});
  publish_many(1, 100);
  EXPECT_EQ(broker.head(kRoom).first, Seq{2});
}

TEST_F(MemoryHistoryTest, KeepsMessagesOfSuchAnAge) {
  settings.retention.seconds = 10;
  open();
  publish_many(2);
  clock.advance(4s);
  publish_many(1);
  clock.advance(6s);
  EXPECT_EQ(broker.head(kRoom).first, Seq{1});
  clock.advance(1ms);
  EXPECT_EQ(broker.head(kRoom).first, Seq{3});
  EXPECT_EQ(numbers(read({.from = Seq{1}, .until = Seq{4}})), "3..3");
  clock.advance(4s);
  EXPECT_EQ(numbers(read({.from = Seq{1}, .until = Seq{4}})), "none");
  EXPECT_EQ(broker.head(kRoom).first, Seq{4});
}

TEST_F(MemoryHistoryTest, AReloadedRetentionHoldsForOpenRooms) {
  open();
  publish_many(10);
  room::RoomSettings fewer = settings;
  fewer.retention.messages = 4;
  broker.use(room::RoomSettingsTable(fewer));
  EXPECT_EQ(broker.head(kRoom).first, Seq{7});
}

TEST_F(MemoryHistoryTest, StaysWhileTheRoomIsClosedAsLongAsItIsKept) {
  settings.retention.seconds = 3'600;
  const std::string epoch = open().epoch;
  publish_many(5);
  broker.close(kRoom);
  clock.advance(3'599s);
  EXPECT_EQ(open().epoch, epoch);
  EXPECT_EQ(numbers(read({.from = Seq{1}, .until = Seq{6}})), "1..5");
  broker.close(kRoom);
  clock.advance(MemoryBroker::kClosedFor);
  EXPECT_NE(open().epoch, epoch);
  EXPECT_EQ(broker.bytes(), 0u);
}

TEST_F(MemoryHistoryTest, ARoomWhoseHistoryWasSwitchedOffOrOnGoesOnCounting) {
  const std::string epoch = open().epoch;
  publish_many(5);
  settings.history = false;
  Head head = reopen();
  EXPECT_EQ(head.epoch, epoch);
  EXPECT_EQ(head.first, Seq{6});
  EXPECT_EQ(numbers(read({.from = Seq{1}, .until = Seq{6}})), "unreadable");
  EXPECT_EQ(broker.bytes(), 0u);
  settings.history = true;
  head = reopen();
  EXPECT_EQ(head.first, Seq{6});
  publish_many(1);
  EXPECT_EQ(numbers(read({.from = Seq{1}, .until = Seq{9}})), "6..6");
}

TEST_F(MemoryHistoryTest, AllRoomsTogetherAreBoundedAndTheLargestGivesUpItsOldest) {
  memory.bytes_max = 200'000;
  broker.use(memory);
  settings.retention.messages = 1'000'000;
  open();
  open(kOther, "small");
  publish_many(20, 100, kOther);
  for (int i = 0; i < 5'000; ++i) {
    publish_many(1, 100);
    ASSERT_LE(broker.bytes(), memory.bytes_max);
  }
  EXPECT_EQ(broker.head(kOther).first, Seq{1}) << "the small one is left alone";
  EXPECT_GT(broker.head(kRoom).first, Seq{3'000});
  EXPECT_LT(broker.head(kRoom).first, Seq{4'900});
  EXPECT_EQ(numbers(read({.from = Seq{4'999}, .until = Seq{5'001}})), "4999..5000");
  memory.bytes_max = 10'000;
  broker.use(memory);
  EXPECT_LE(broker.bytes(), memory.bytes_max);
}

TEST_F(MemoryHistoryTest, APageSaysUntilWhenItMayBeGivenOut) {
  settings.retention.seconds = 10;
  open();
  publish_many(1);
  const Instant first = clock.now();
  clock.advance(4s);
  publish_many(1);
  EXPECT_EQ((*read({.from = Seq{1}, .until = Seq{3}}))->fresh_until, first + 10s);
  EXPECT_EQ((*read({.from = Seq{2}, .until = Seq{3}}))->fresh_until, first + 14s);
}

TEST_F(MemoryHistoryTest, AgeIsNotMeasuredByTheWall) {
  settings.retention.seconds = 10;
  open();
  clock.set_wall_ahead(24h);
  publish_many(1);
  clock.set_wall_ahead(0s);
  publish_many(1);
  clock.set_wall_ahead(240h);
  EXPECT_EQ(numbers(read({.from = Seq{1}, .until = Seq{4}})), "1..2") << "nothing is wiped";
  clock.set_wall_ahead(-24h);
  clock.advance(11s);
  EXPECT_EQ(numbers(read({.from = Seq{1}, .until = Seq{4}})), "none") << "nothing lives on";
}

TEST_F(MemoryHistoryTest, QuietRoomsLoseWhatIsTooOldByThemselves) {
  settings.retention.seconds = 10;
  for (std::uint32_t i = 0; i < 600; ++i) {
    open({i, 1}, "room" + std::to_string(i));
    publish_many(1, 100, {i, 1});
  }
  EXPECT_GT(broker.bytes(), 600u * 100);
  clock.advance(11s);
  for (int slices = 0; broker.tidy_at() <= clock.now(); ++slices) {
    ASSERT_LT(slices, 10);
    broker.tidy(clock.now());
    clock.advance(10ms);
  }
  EXPECT_EQ(broker.bytes(), 0u);
  clock.advance(2s);
  broker.tidy(clock.now());
}

/// Memory of the process that is in use. Under a sanitizer it says nothing.
std::size_t heap_in_use() {
  return mallinfo2().uordblks;
}

TEST_F(MemoryHistoryTest, WhatItCountsIsWhatItCosts) {
  const std::size_t probe = heap_in_use();
  const auto kilobyte = std::make_unique<std::string>(100'000, 'x');
  if (heap_in_use() < probe + kilobyte->size()) GTEST_SKIP() << "the allocator does not tell";
  struct Shape {
    const char* name;
    int rooms;
    int messages;
    std::size_t bytes;
    bool has_dedup;
    bool is_closed;
  };
  for (const Shape& shape :
       {Shape{"one large room", 1, 20'000, 100, false, false}, Shape{"large messages", 1, 300, 30'000, false, false},
        Shape{"many rooms with one message each", 20'000, 1, 20, false, false},
        Shape{"the same, closed", 20'000, 1, 20, false, true}, Shape{"keys", 10, 2'000, 1, true, false},
        Shape{"rooms with one key each", 5'000, 1, 1, true, true}}) {
    memory.bytes_max = 1u << 30;
    settings.retention.messages = 1'000'000;
    const std::size_t before = heap_in_use();
    MemoryBroker counted{log, clock, 1, memory};
    for (int i = 0; i < shape.rooms; ++i) {
      const TopicId id{shape.is_closed ? 0 : static_cast<std::uint32_t>(i), 1};
      counted.open(id, "a room with a name of some length " + std::to_string(i), settings);
      for (int m = 0; m < shape.messages; ++m) {
        const std::string key = shape.has_dedup ? "a key of some length " + std::to_string(m) : "";
        counted.publish(id, {.room_id = "room",
                             .content = '"' + std::string(shape.bytes, 'x') + '"',
                             .sender = "ann",
                             .to = {},
                             .dedup = key,
                             .command_id = {},
                             .origin = {}});
        log.committed.clear();
        log.order.clear();
        log.opened.clear();
      }
      if (shape.is_closed) counted.close(id);
    }
    log.order.shrink_to_fit();
    log.opened.shrink_to_fit();
    log.committed.shrink_to_fit();
    // An open room's counter and name are there whether or not anything is kept.
    const double open_rooms = shape.is_closed ? 0 : 256.0 * shape.rooms;
    const auto taken = static_cast<double>(heap_in_use() - before);
    EXPECT_LE(taken, 1.1 * static_cast<double>(counted.bytes()) + open_rooms) << shape.name;
    EXPECT_GE(taken, 0.6 * static_cast<double>(counted.bytes())) << shape.name;
  }
}

TEST_F(MemoryHistoryTest, ManySmallRoomsAreBoundedToo) {
  memory.bytes_max = 1'000'000;
  broker.use(memory);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    open(kRoom, "room" + std::to_string(i));
    publish_many(1, 20);
    broker.close(kRoom);
    ASSERT_LE(broker.bytes(), memory.bytes_max);
  }
  EXPECT_GT(broker.closed(), 500u);
  open(kRoom, "room19999");
  EXPECT_EQ(broker.head(kRoom).last, Seq{1}) << "those closed last are remembered";
}

// --- dedup -----------------------------------------------------------------------------------------------------------

TEST_F(MemoryBrokerTest, ASecondPublishOfTheSameNameIsAnsweredWithTheFirstOnesNumber) {
  open();
  publish("1");
  publish("2", "d");
  clock.advance(1s);
  publish("3");
  const auto& again = publish("4", "d");
  EXPECT_TRUE(again.is_duplicate);
  EXPECT_EQ(again.seq, Seq{2});
  EXPECT_EQ(again.ts, log.committed[1].ts);
  EXPECT_EQ(again.epoch, log.committed[1].epoch);
  EXPECT_EQ(again.content, "");
  EXPECT_EQ(broker.head(kRoom).last, Seq{3});
}

TEST_F(MemoryBrokerTest, NamesAreEachSendersAndEachRoomsOwn) {
  open();
  open(kOther, "other");
  publish("1", "d");
  EXPECT_FALSE(publish("1", "d", "bob").is_duplicate);
  EXPECT_FALSE(publish("1", "d", "ann", kOther).is_duplicate);
  EXPECT_FALSE(publish("1", "nd", "an").is_duplicate);
  EXPECT_TRUE(publish("1", "d").is_duplicate);
}

TEST_F(MemoryBrokerTest, ANameIsForgottenAfterItsWindow) {
  open();
  publish("1", "d");
  clock.advance(std::chrono::milliseconds(memory.dedup_window_ms) - 1ms);
  EXPECT_TRUE(publish("1", "d").is_duplicate);
  clock.advance(1ms);
  EXPECT_FALSE(publish("1", "d").is_duplicate);
  EXPECT_TRUE(publish("1", "d").is_duplicate) << "the window begins anew";
}

TEST_F(MemoryBrokerTest, NamesOutliveTheRoomsBeingClosed) {
  open();
  publish("1", "d");
  reopen();
  EXPECT_TRUE(publish("1", "d").is_duplicate);
}

TEST_F(MemoryBrokerTest, NamesAloneAreBoundedInBytes) {
  memory.bytes_max = 50'000;
  broker.use(memory);
  open();
  for (int i = 0; i < 2'000; ++i) {
    publish("1", std::to_string(i));
    ASSERT_LE(broker.bytes(), memory.bytes_max);
  }
  EXPECT_TRUE(publish("1", "1999").is_duplicate);
  EXPECT_FALSE(publish("1", "0").is_duplicate);
}

}  // namespace
}  // namespace switchboard::broker
