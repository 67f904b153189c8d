#include "broker/memory/memory_broker.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "support/manual_clock.h"

namespace switchboard::broker {
namespace {

constexpr TopicId kRoom{.index = 0, .generation = 1};
constexpr TopicId kOther{.index = 5, .generation = 1};

class MemoryBrokerTest : public testing::Test, private BrokerEvents {
 protected:
  struct Event {
    TopicId topic;
    std::string content;
    std::uint64_t seq;
    std::string epoch;
    UnixMillis ts;
  };
  void publish(TopicId topic, std::string_view content) {
    broker.publish(topic, {.room_id = "room", .content = content, .sender = "ann", .command_id = "", .origin = {}});
  }

  test::ManualClock clock;
  std::vector<Event> committed;
  MemoryBroker broker{*this, clock, 1};

 private:
  void on_committed(TopicId topic, const Publish& publish, const Commit& commit) override {
    committed.push_back({topic, std::string(publish.content), commit.seq.value, std::string(commit.epoch), commit.ts});
  }
  void on_refused(TopicId, const Publish&, protocol::ErrorCode) override { FAIL(); }
};

TEST_F(MemoryBrokerTest, NumbersARoomsMessagesFromOneWithoutHoles) {
  EXPECT_EQ(broker.open(kRoom, "room").last, Seq{0});
  for (const char* content : {"a", "b", "c"})
    publish(kRoom, content);
  ASSERT_EQ(committed.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(committed[i].seq, i + 1);
  EXPECT_EQ(committed[2].content, "c");
  EXPECT_EQ(broker.head(kRoom).last, Seq{3});
}

TEST_F(MemoryBrokerTest, RoomsCountApart) {
  broker.open(kRoom, "room");
  broker.open(kOther, "other");
  publish(kRoom, "a");
  publish(kOther, "b");
  EXPECT_EQ(committed[1].topic, kOther);
  EXPECT_EQ(committed[1].seq, 1u);
  EXPECT_NE(committed[0].epoch, committed[1].epoch);
}

TEST_F(MemoryBrokerTest, ARoomOpenedAgainHasAnotherEpochAndCountsAnew) {
  const std::string before(broker.open(kRoom, "room").epoch);
  publish(kRoom, "a");
  broker.close(kRoom);
  const Head head = broker.open(TopicId{.index = 0, .generation = 3}, "room");
  EXPECT_NE(head.epoch, before);
  EXPECT_EQ(head.last, Seq{0});
}

TEST_F(MemoryBrokerTest, StampsMessagesWithTheTimeOfTheirCommit) {
  broker.open(kRoom, "room");
  publish(kRoom, "a");
  clock.advance(std::chrono::milliseconds(1'500));
  publish(kRoom, "b");
  EXPECT_EQ(committed[1].ts - committed[0].ts, 1'500);
  EXPECT_EQ(committed[1].epoch, committed[0].epoch);
}

}  // namespace
}  // namespace switchboard::broker
