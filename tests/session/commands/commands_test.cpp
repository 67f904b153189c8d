#include "session/connection_driver.h"

namespace switchboard::session {
namespace {

class CommandsTest : public ConnectionDriver {
 protected:
  void SetUp() override { open(); }
  std::string join(std::string_view room, std::string_view user = "ann") {
    return ask(R"({"type":"join","room_id":")" + std::string(room) + R"(","user_id":")" + std::string(user) + R"("})");
  }
  static bool is_error(const std::string& answer, std::string_view code) {
    return answer.starts_with(R"({"type":"error","code":")" + std::string(code) + "\"") &&
           answer.find('\n') == answer.size() - 1;
  }
};

TEST_F(CommandsTest, JoinIsAnsweredWithoutNumbersToABaseClient) {
  EXPECT_EQ(join("lobby"), "{\"type\":\"joined\",\"room_id\":\"lobby\"}\n");
  EXPECT_EQ(session().user_id(), "ann");
  EXPECT_EQ(context().stats.joins.value(), 1u);
}

TEST_F(CommandsTest, JoinWithAnIdIsAnsweredWithIdNumberAndEpoch) {
  EXPECT_EQ(ask(R"({"type":"join","room_id":"lobby","user_id":"ann","id":"x"})"),
            "{\"type\":\"joined\",\"room_id\":\"lobby\",\"id\":\"x\",\"seq\":41,\"epoch\":\"k3\"}\n");
}

TEST_F(CommandsTest, JoinOfAV1ClientIsAnsweredWithNumberAndEpoch) {
  open(kUpgradeV1);
  answers();
  EXPECT_EQ(join("lobby"), "{\"type\":\"joined\",\"room_id\":\"lobby\",\"seq\":41,\"epoch\":\"k3\"}\n");
}

TEST_F(CommandsTest, ASecondJoinIsAnsweredAgainAndChangesNothing) {
  join("lobby");
  EXPECT_EQ(join("lobby"), "{\"type\":\"joined\",\"room_id\":\"lobby\"}\n");
  EXPECT_EQ(session().memberships().size(), 1u);
}

TEST_F(CommandsTest, TheFirstJoinMustNameTheUser) {
  EXPECT_TRUE(is_error(ask(R"({"type":"join","room_id":"lobby"})"), "bad_request"));
  join("lobby");
  EXPECT_EQ(ask(R"({"type":"join","room_id":"other"})"), "{\"type\":\"joined\",\"room_id\":\"other\"}\n");
}

TEST_F(CommandsTest, AnotherUserOnTheSameConnectionIsRefused) {
  join("lobby", "ann");
  EXPECT_TRUE(is_error(join("other", "bob"), "user_mismatch"));
  EXPECT_TRUE(is_error(join("lobby", "bob"), "user_mismatch"));
  EXPECT_EQ(session().user_id(), "ann");
  EXPECT_EQ(session().memberships().size(), 1u);
}

TEST_F(CommandsTest, AConnectionMayBeInSoManyRoomsAndNoMore) {
  settings.rooms_per_connection_max = 3;
  open();
  join("a");
  join("b");
  EXPECT_TRUE(join("c").starts_with("{\"type\":\"joined\""));
  EXPECT_TRUE(is_error(join("d"), "limit_reached"));
  EXPECT_TRUE(join("a").starts_with("{\"type\":\"joined\"")) << "it is in there already";
  ask(R"({"type":"leave","room_id":"b"})");
  EXPECT_TRUE(join("d").starts_with("{\"type\":\"joined\""));
}

TEST_F(CommandsTest, ARefusedJoinSaysWhy) {
  host.refusal = protocol::ErrorCode::kRoomFull;
  EXPECT_EQ(ask(R"({"type":"join","room_id":"lobby","user_id":"ann","id":4})"),
            "{\"type\":\"error\",\"code\":\"room_full\",\"message\":\"the room has as many members as it may have\","
            "\"room_id\":\"lobby\",\"id\":4,\"retryable\":true}\n");
  host.refusal = protocol::ErrorCode::kLimitReached;
  EXPECT_TRUE(is_error(join("lobby"), "limit_reached"));
  EXPECT_TRUE(session().memberships().empty());
}

TEST_F(CommandsTest, LeaveIsAnsweredAndTheRoomIsLeft) {
  join("lobby");
  EXPECT_EQ(ask(R"({"type":"leave","room_id":"lobby","id":2})"),
            "{\"type\":\"left\",\"room_id\":\"lobby\",\"id\":2}\n");
  EXPECT_TRUE(session().memberships().empty());
  EXPECT_TRUE(is_error(ask(R"({"type":"leave","room_id":"lobby"})"), "not_joined"));
}

TEST_F(CommandsTest, BroadcastGoesToTheRoomAndIsAcknowledgedOnlyIfAsked) {
  join("lobby");
  EXPECT_EQ(ask(R"({"type":"broadcast","room_id":"lobby","content":{"a": 1}})"), "");
  EXPECT_EQ(ask(R"({"type":"broadcast","room_id":"lobby","content":2,"id":9,"echo":false})"),
            "{\"type\":\"ack\",\"id\":9,\"room_id\":\"lobby\",\"seq\":42,\"epoch\":\"k3\",\"ts\":5}\n");
  EXPECT_EQ(host.published, (std::vector<std::string>{"lobby {\"a\": 1}", "lobby 2 no-echo"}));
  EXPECT_EQ(context().stats.publishes.value(), 2u);
}

TEST_F(CommandsTest, BroadcastToARoomNotJoinedIsRefused) {
  EXPECT_TRUE(is_error(ask(R"({"type":"broadcast","room_id":"lobby","content":1})"), "not_joined"));
  EXPECT_TRUE(host.published.empty());
}

TEST_F(CommandsTest, PingIsAnsweredWithItsId) {
  EXPECT_EQ(ask(R"({"type":"ping"})"), "{\"type\":\"pong\"}\n");
  EXPECT_EQ(ask(R"({"type":"ping","id":"p"})"), "{\"type\":\"pong\",\"id\":\"p\"}\n");
}

TEST_F(CommandsTest, WhatIsNoCommandIsRefusedAndCounted) {
  EXPECT_TRUE(is_error(ask(""), "bad_request"));
  EXPECT_TRUE(is_error(ask("{"), "bad_request"));
  EXPECT_TRUE(is_error(ask("[]"), "bad_request"));
  EXPECT_TRUE(is_error(ask(R"({"type":"dance","token":"x"})"), "unknown_type"));
  EXPECT_TRUE(is_error(ask(R"({"type":"join","room_id":""})"), "bad_request"));
  EXPECT_EQ(context().stats.errors[static_cast<std::size_t>(protocol::ErrorCode::kBadRequest)].value(), 4u);
  EXPECT_EQ(connection().state(), State::kOpen);
}

TEST_F(CommandsTest, SeveralDocumentsInOneMessageAreHandledInOrder) {
  EXPECT_EQ(ask(R"({"type":"ping","id":1} {"type":"nothing"}
                   {"type":"ping","id":2})")
                .find("{\"type\":\"pong\",\"id\":1}\n{\"type\":\"error\",\"code\":\"unknown_type\""),
            0u);
  EXPECT_TRUE(ask("{\"type\":\"ping\",\"id\":1}\n{\"type\":\"ping\",\"id\":2} ").ends_with("\"id\":2}\n"));
}

TEST_F(CommandsTest, OneMessageMayHoldSoManyDocumentsAndNoMore) {
  settings.documents_per_message_max = 3;
  open();
  const auto pings = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
      text += R"({"type":"ping"} )";
    return text;
  };
  const std::string three = "{\"type\":\"pong\"}\n{\"type\":\"pong\"}\n{\"type\":\"pong\"}\n";
  EXPECT_EQ(ask(pings(2)), three.substr(16));
  EXPECT_EQ(ask(pings(3)), three);
  const std::string four = ask(pings(4));
  EXPECT_TRUE(four.starts_with(three + "{\"type\":\"error\",\"code\":\"too_large\"")) << four;
  EXPECT_EQ(ask(pings(1)), three.substr(32)) << "the connection goes on";
}

// --- the error budget ------------------------------------------------------------------------------------------------

TEST_F(CommandsTest, TheErrorOverTheBudgetClosesTheConnection) {
  settings.errors_max = 3;
  open();
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(is_error(ask("x"), "bad_request"));
  EXPECT_EQ(connection().state(), State::kOpen);
  give_text("x");
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_TRUE(is_error(texts(sent), "bad_request")) << "the last one is answered, too";
  EXPECT_EQ(sent[1].close_code(), 4000);
  EXPECT_EQ(ask(R"({"type":"ping"})"), "") << "no command is obeyed after it";
}

TEST_F(CommandsTest, AnErrorIsForgivenEverySoOften) {
  settings.errors_max = 2;
  settings.errors_refill_ms = 1'000;
  open();
  ask("x");
  ask("x");
  advance(999ms);
  EXPECT_EQ(connection().state(), State::kOpen);
  advance(1ms);
  ask("x");
  EXPECT_EQ(connection().state(), State::kOpen);
  ask("x");
  EXPECT_EQ(connection().state(), State::kClosing);
}

TEST_F(CommandsTest, ErrorsAtTheRateOfForgivenessNeverUseTheBudgetUp) {
  settings.errors_max = 2;
  settings.errors_refill_ms = 1'000;
  open();
  for (int i = 0; i < 100; ++i) {
    ask("x");
    advance(600ms);
    ask("x");
    advance(1'400ms);
  }
  EXPECT_EQ(connection().state(), State::kOpen);
}

TEST_F(CommandsTest, ABudgetBeyond65535Holds) {
  settings.errors_max = 70'000;
  open();
  for (int i = 0; i < 70'000; ++i) {
    give_text("x");
    connection().consume_outbox(connection().outbox().size());
    if (connection().paused()) connection().resume();
  }
  EXPECT_EQ(connection().state(), State::kOpen);
  give_text("x");
  EXPECT_EQ(connection().state(), State::kClosing);
}

TEST_F(CommandsTest, WhatTheServerCannotDoIsNotHeldAgainstTheClient) {
  settings.errors_max = 1;
  open();
  join("lobby");
  for (const auto code : {protocol::ErrorCode::kUnavailable, protocol::ErrorCode::kInternal}) {
    host.refusal = code;
    for (int i = 0; i < 5; ++i)
      EXPECT_TRUE(is_error(ask(R"({"type":"broadcast","room_id":"lobby","content":1,"id":1})"), name(code)));
  }
  EXPECT_EQ(connection().state(), State::kOpen);
}

TEST_F(CommandsTest, DocumentsBehindTheOneThatUsedTheBudgetUpAreNotLookedAt) {
  settings.errors_max = 1;
  open();
  join("lobby");
  ask(R"({"type":"a"} {"type":"b"} {"type":"broadcast","room_id":"lobby","content":1})");
  EXPECT_TRUE(host.published.empty());
}

}  // namespace
}  // namespace switchboard::session
