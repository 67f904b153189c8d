// How often a client may do what, and what becomes of it when it does more.
#include "session/operation_limits.h"

#include "session/connection_driver.h"

namespace switchboard::session {
namespace {

using room::Operation;

class OperationLimitsTest : public ConnectionDriver {
 protected:
  std::uint64_t limited(RateLimit limit) {
    return context().stats.rate_limited[static_cast<std::size_t>(limit)].value();
  }
  std::string join(const std::string& room) {
    return ask(R"({"type":"join","room_id":")" + room + R"(","user_id":"ann"})");
  }
  std::string publish(const std::string& room) {
    return ask(R"({"type":"broadcast","room_id":")" + room + R"(","content":1})");
  }
  std::string direct(const std::string& user) {
    return ask(R"({"type":"direct","user_id":")" + user + R"(","content":1})");
  }
  static bool is_limited(const std::string& answer) { return answer.find("rate_limited") != std::string::npos; }
};

TEST_F(OperationLimitsTest, AnOperationOverItsRateIsRefusedByNameAndNotCarriedOut) {
  settings.rate.operations[Operation::kPublish] = {.per_second = 10, .burst = 2};
  open();
  join("lobby");
  publish("lobby");
  publish("lobby");
  EXPECT_EQ(ask(R"({"type":"broadcast","room_id":"lobby","content":1,"id":7})"),
            R"({"type":"error","code":"rate_limited","message":"too many publishes on this connection",)"
            R"("room_id":"lobby","id":7,"retryable":true,"retry_after_ms":100})"
            "\n");
  EXPECT_EQ(host.published.size(), 2u);
  EXPECT_EQ(limited(RateLimit::kPublishes), 1u);
  EXPECT_FALSE(is_limited(join("hall"))) << "another operation";
  advance(99ms);
  EXPECT_NE(publish("lobby").find(R"("retry_after_ms":1})"), std::string::npos);
  advance(1ms);
  EXPECT_EQ(publish("lobby"), "") << "what was refused took nothing";
}

TEST_F(OperationLimitsTest, EachOperationHasItsLimit) {
  const std::vector<std::pair<Operation, std::string>> cases = {
      {Operation::kJoin, R"({"type":"join","room_id":"hall"})"},
      {Operation::kPublish, R"({"type":"broadcast","room_id":"lobby","content":1})"},
      {Operation::kDirect, R"({"type":"direct","user_id":"bob","content":1})"},
      {Operation::kHistory, R"({"type":"history","room_id":"lobby"})"},
      {Operation::kPresence, R"({"type":"presence","room_id":"lobby"})"}};
  for (const auto& [operation, command] : cases) {
    settings.rate.operations = {};
    settings.rate.operations[operation] = {.per_second = 1, .burst = 2};
    open();
    EXPECT_FALSE(is_limited(join("lobby")));
    if (operation != Operation::kJoin) {
      EXPECT_FALSE(is_limited(ask(command)));
    }
    EXPECT_FALSE(is_limited(ask(command))) << command;
    EXPECT_TRUE(is_limited(ask(command))) << command;
    for (const auto& [other, other_command] : cases)
      EXPECT_EQ(is_limited(ask(other_command)), other == operation) << other_command;
    EXPECT_FALSE(is_limited(ask(R"({"type":"leave","room_id":"lobby"})")));
  }
}

TEST_F(OperationLimitsTest, ACommandThatHadToWaitIsCountedOnce) {
  settings.rate.operations[Operation::kPublish] = {.per_second = 1, .burst = 2};
  open();
  join("lobby");
  host.busy = true;
  give_text(R"({"type":"broadcast","room_id":"lobby","content":1})");
  for (int i = 0; i < 5; ++i)
    connection().resume();
  host.busy = false;
  connection().resume();
  EXPECT_EQ(host.published.size(), 1u);
  EXPECT_FALSE(is_limited(publish("lobby"))) << "the second";
  EXPECT_TRUE(is_limited(publish("lobby")));
}

TEST_F(OperationLimitsTest, WhoGoesOnIsClosedWith4102) {
  settings.rate.operations[Operation::kJoin] = {.per_second = 1, .burst = 1};
  settings.errors_max = 3;
  open();
  join("lobby");
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(is_limited(join("hall")));
  give_text(R"({"type":"join","room_id":"hall"})");
  EXPECT_EQ(frames().back().close_code(), 4102);
}

TEST_F(OperationLimitsTest, ANewLimitHoldsForWhoIsHere) {
  open();
  join("lobby");
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(is_limited(publish("lobby")));
  context().settings.rate.operations[Operation::kPublish] = {.per_second = 1, .burst = 1};
  EXPECT_FALSE(is_limited(publish("lobby")));
  EXPECT_TRUE(is_limited(publish("lobby")));
  context().settings.rate.operations[Operation::kPublish] = {};
  EXPECT_FALSE(is_limited(publish("lobby")));
}

// --- namespaces ------------------------------------------------------------------------------------------------------

TEST_F(OperationLimitsTest, ANamespaceHasRatesOfItsOwnForAllOfItsRoomsTogether) {
  host.special.namespace_hash = 1;
  host.special.publishes = {.per_second = 2, .burst = 2};
  host.special.joins = {.per_second = 1, .burst = 3};
  open();
  join("lobby");
  EXPECT_FALSE(is_limited(join("special:1")));
  EXPECT_FALSE(is_limited(join("special:2")));
  EXPECT_FALSE(is_limited(publish("special:1")));
  EXPECT_FALSE(is_limited(publish("special:2")));
  const std::string refused = publish("special:1");
  EXPECT_NE(refused.find("too many publishes to rooms of this namespace on this connection"), std::string::npos);
  EXPECT_NE(refused.find(R"("retry_after_ms":500})"), std::string::npos) << refused;
  EXPECT_EQ(limited(RateLimit::kRoomPublishes), 1u);
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(is_limited(publish("lobby")));
  EXPECT_FALSE(is_limited(join("special:3")));
  EXPECT_TRUE(is_limited(join("special:4")));
  EXPECT_FALSE(is_limited(join("hall")));
}

TEST_F(OperationLimitsTest, DirectMessagesCountInTheNamespaceOfUsersRooms) {
  host.usual.publishes = {.per_second = 1, .burst = 2};  // the fake host has users' rooms among the usual ones
  open();
  join("lobby");
  EXPECT_FALSE(is_limited(direct("bob")));
  EXPECT_FALSE(is_limited(direct("eve")));
  EXPECT_NE(direct("bob").find("too many publishes to rooms of this namespace"), std::string::npos);
}

}  // namespace
}  // namespace switchboard::session
