// How often a client may do what, and what becomes of it when it does more.
#include "session/operation_limits.h"

#include "session/connection_driver.h"
#include "session/fake_tokens.h"

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

TEST_F(OperationLimitsTest, AUsersLimitHoldsOnceItsRateIsKnown) {
  settings.rate.user_operations[Operation::kPublish] = {.per_second = 1, .burst = 2};
  UserRate user;
  open();
  join("lobby");
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(is_limited(publish("lobby")));
  session().limiter().set_user(user);
  publish("lobby");
  publish("lobby");
  EXPECT_NE(publish("lobby").find("too many publishes by this user"), std::string::npos);
  EXPECT_EQ(limited(RateLimit::kUserPublishes), 1u);
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

// --- tokens ----------------------------------------------------------------------------------------------------------

class OperationLimitsOfTokensTest : public OperationLimitsTest {
 protected:
  OperationLimitsOfTokensTest() { settings.auth = policy; }

  /// With a token of ann's that has those limits.
  void open_with(const std::string& limits) {
    const std::string grants = R"({"rooms":{"*":["join","publish"]},"limits":{)" + limits + "}}";
    std::string upgrade(kUpgrade);
    upgrade.insert(upgrade.size() - 2, "Authorization: Bearer ann;" + grants + "\r\n");
    open(upgrade);
    EXPECT_FALSE(is_limited(ask(R"({"type":"join","room_id":"lobby"})")));
  }
  /// How many of so many publishes in a row were not refused for their rate.
  int published(int of = 100) {
    int count = 0;
    for (int i = 0; i < of; ++i)
      count += is_limited(publish("lobby")) ? 0 : 1;
    return count;
  }

  std::shared_ptr<auth::Policy> policy = fake_policy();
};

TEST_F(OperationLimitsOfTokensTest, ATokensLimitTakesThePlaceOfTheSettingInEitherDirection) {
  settings.errors_max = 1'000;
  settings.rate.operations[Operation::kPublish] = {.per_second = 10, .burst = 20};
  open_with("");
  EXPECT_EQ(published(), 20);
  open_with(R"("publishes_per_second":5,"publishes_burst":7)");
  EXPECT_EQ(published(), 7);
  open_with(R"("publishes_per_second":50)");
  EXPECT_EQ(published(), 50);
  open_with(R"("publishes_per_second":0)");
  EXPECT_EQ(published(), 100) << "no limit";
  open_with(R"("joins_per_second":5)");
  EXPECT_EQ(published(), 20) << "of another operation";
}

TEST_F(OperationLimitsOfTokensTest, AFreshTokenChangesItsConnectionsLimits) {
  settings.errors_max = 1'000;
  open_with(R"("publishes_per_second":5)");
  EXPECT_EQ(published(), 5);
  const std::string grants = R"({\"rooms\":{\"*\":[\"join\",\"publish\"]},\"limits\":{\"publishes_per_second\":10}})";
  EXPECT_NE(ask(R"({"type":"auth","token":"ann;)" + grants + R"("})").find("authed"), std::string::npos);
  EXPECT_EQ(published(), 0) << "what is used up stays used up: half a second's worth is not there";
  advance(1s);
  EXPECT_EQ(published(), 10);
}

TEST_F(OperationLimitsOfTokensTest, TheLimitOfANamespaceHoldsWhateverATokenSays) {
  settings.errors_max = 1'000;
  host.usual.publishes = {.per_second = 3};
  open_with(R"("publishes_per_second":0)");
  EXPECT_EQ(published(), 3);
}

TEST_F(OperationLimitsOfTokensTest, TheConfigurationMayGiveLimitsWithItsPermissions) {
  settings.errors_max = 1'000;
  settings.rate.operations[Operation::kPublish] = {.per_second = 10};
  policy->users = *auth::Grants::parse(R"({"limits":{"publishes_per_second":20}})");
  policy->anonymous = true;
  policy->anonymous_grants =
      *auth::Grants::parse(R"({"rooms":{"*":["join","publish"]},"limits":{"publishes_per_second":2}})");
  open_with("");
  EXPECT_EQ(published(), 20);
  open_with(R"("publishes_per_second":30)");
  EXPECT_EQ(published(), 30);
  open();
  ask(R"({"type":"join","room_id":"lobby"})");
  EXPECT_EQ(published(), 2);
}

}  // namespace
}  // namespace switchboard::session
