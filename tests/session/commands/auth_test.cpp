// Who has a token may what it says, and nobody else anything.
#include <gtest/gtest.h>
#include <string>

#include "session/connection_driver.h"
#include "session/fake_tokens.h"

namespace switchboard::session {
namespace {

const std::string kChat =
    R"({"rooms":{"chat:*":["join","publish"],"news":["join","history","presence"]},"direct":["bob"]})";

std::string upgrade_with(const std::string& fields) {
  std::string text(kUpgrade);
  return text.substr(0, text.size() - 2) + fields + "\r\n\r\n";
}
std::string v1_with(const std::string& fields) {
  return upgrade_with("Sec-WebSocket-Protocol: switchboard.v1.json\r\n" + fields);
}
std::string auth(const std::string& token) {
  std::string out = R"({"type":"auth","token":")";
  for (const char c : token)
    out += c == '"' ? "\\\"" : std::string(1, c);
  return out + R"(","id":1})";
}
std::string join(const std::string& room_id, const std::string& more = "") {
  return R"({"type":"join","room_id":")" + room_id + "\"" + more + "}";
}

class AuthTest : public ConnectionDriver {
 protected:
  AuthTest() { settings.auth = policy; }

  /// With a token of ann's that may what `grants` says.
  void open_as_ann(const std::string& grants = kChat) { open(upgrade_with("Authorization: Bearer ann;" + grants)); }
  std::string code(const std::string& answer) {
    const std::string key = R"("code":")";
    const auto at = answer.find(key);
    if (at == std::string::npos) return "none: " + answer;
    return answer.substr(at + key.size(), answer.find('"', at + key.size()) - at - key.size());
  }
  std::uint16_t close_code() {
    for (const ServerFrame& frame : frames())
      if (frame.opcode == ws::Opcode::kClose) return frame.close_code();
    return 0;
  }

  std::shared_ptr<auth::Policy> policy = fake_policy();
};

// --- letting in ----------------------------------------------------------------------------------------------------

TEST_F(AuthTest, WithoutATokenNothingMayBeDoneButShowingOne) {
  open();
  for (const char* command :
       {R"({"type":"join","room_id":"chat:1","user_id":"ann"})", R"({"type":"join","room_id":"@me","user_id":"ann"})",
        R"({"type":"leave","room_id":"chat:1"})", R"({"type":"broadcast","room_id":"chat:1","content":1})",
        R"({"type":"direct","user_id":"bob","content":1})", R"({"type":"history","room_id":"chat:1"})",
        R"({"type":"presence","room_id":"chat:1"})"}) {
    EXPECT_EQ(code(ask(command)), "unauthorized") << command;
  }
  EXPECT_EQ(ask(R"({"type":"ping"})"), "{\"type\":\"pong\"}\n");
  EXPECT_TRUE(host.joins.empty());
  EXPECT_TRUE(host.named.empty());
}

TEST_F(AuthTest, ATokenInTheHandshakeNamesTheUser) {
  open(v1_with("Authorization: Bearer ann;" + kChat + ";300"));
  EXPECT_EQ(host.named, std::vector<std::string>{"ann"});
  give_text(join("chat:1"));
  const std::string said = answers();
  EXPECT_NE(said.find(R"("type":"hello")"), std::string::npos);
  EXPECT_NE(said.find(R"("user_id":"ann","expires_in_ms":300000)"), std::string::npos) << said;
  EXPECT_NE(said.find(R"({"type":"joined","room_id":"chat:1")"), std::string::npos) << said;
}

TEST_F(AuthTest, ATokenAmongTheSubprotocolsIsNotTheOneThatIsChosen) {
  start();
  give(upgrade_with("Sec-WebSocket-Protocol: switchboard.token.ann, switchboard.v1.json"));
  flush();
  const std::string head = take_head(arrived_);
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: switchboard.v1.json\r\n"), std::string::npos) << head;
  EXPECT_EQ(head.find("token"), std::string::npos);
  EXPECT_EQ(session().user_id(), "ann");
}

TEST_F(AuthTest, ATokenAloneAmongTheSubprotocolsIsRefusedInWords) {
  const std::string answer = http_answer(upgrade_with("Sec-WebSocket-Protocol: switchboard.token.ann"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_NE(answer.find("offer switchboard.v1.json beside it"), std::string::npos);
}

TEST_F(AuthTest, ABadTokenInTheHandshakeIsToldByTheCloseCode) {
  start();
  give(v1_with("Authorization: Bearer bad"));
  flush();
  EXPECT_TRUE(take_head(arrived_).starts_with("HTTP/1.1 101 "));
  const auto said = take_frames(arrived_);
  ASSERT_EQ(said.size(), 1) << "no hello before it";
  EXPECT_EQ(said[0].close_code(), protocol::close::kUnauthorized);
  EXPECT_EQ(host.refused_tokens, std::vector<std::string>{"the signature is wrong"});
  EXPECT_EQ(context().stats.tokens_refused[static_cast<std::size_t>(auth::RefusalReason::kSignature)].value(), 1);

  start();
  give(v1_with("Authorization: Bearer old"));
  flush();
  take_head(arrived_);
  EXPECT_EQ(close_code(), protocol::close::kTokenExpired);
}

TEST_F(AuthTest, TheCommandNamesTheUserOnceAndForAll) {
  open();
  EXPECT_EQ(ask(auth("ann;" + kChat + ";300")),
            "{\"type\":\"authed\",\"user_id\":\"ann\",\"id\":1,\"expires_in_ms\":300000}\n");
  EXPECT_EQ(host.named, std::vector<std::string>{"ann"});
  EXPECT_EQ(ask(join("chat:1")), "{\"type\":\"joined\",\"room_id\":\"chat:1\"}\n");
  EXPECT_EQ(code(ask(auth("bob"))), "user_mismatch");
  EXPECT_EQ(session().user_id(), "ann");
  EXPECT_EQ(ask(auth("ann;" + kChat)), "{\"type\":\"authed\",\"user_id\":\"ann\",\"id\":1}\n");
  EXPECT_EQ(host.named.size(), 1);
}

TEST_F(AuthTest, AJoinMayNameTheTokensUserAndNoOther) {
  open_as_ann();
  EXPECT_EQ(ask(join("chat:1", R"(,"user_id":"ann")")), "{\"type\":\"joined\",\"room_id\":\"chat:1\"}\n");
  EXPECT_EQ(code(ask(join("chat:2", R"(,"user_id":"bob")"))), "user_mismatch");
}

TEST_F(AuthTest, ABadTokenInTheCommandChangesNothing) {
  open_as_ann();
  ask(join("chat:1"));
  EXPECT_EQ(code(ask(auth("bad"))), "unauthorized");
  EXPECT_EQ(code(ask(auth("old"))), "token_expired");
  EXPECT_EQ(code(ask(auth(R"(ann;{"rooms":{"a":["jion"]}})"))), "unauthorized");
  EXPECT_EQ(session().memberships().size(), 1);
  EXPECT_EQ(
      code(ask(R"({"type":"broadcast","room_id":"chat:1","content":1,"id":2})")),
      "none: " +
          std::string("{\"type\":\"ack\",\"id\":2,\"room_id\":\"chat:1\",\"seq\":42,\"epoch\":\"k3\",\"ts\":5}\n"));
}

TEST_F(AuthTest, WithoutAuthenticationATokenIsABadRequestAndEverythingIsAllowed) {
  settings.auth = nullptr;
  open(upgrade_with("Authorization: Bearer bad"));
  EXPECT_EQ(code(ask(auth("ann"))), "bad_request");
  EXPECT_EQ(ask(join("anything", R"(,"user_id":"ann","presence":true)")).find("error"), std::string::npos);
}

// --- rights --------------------------------------------------------------------------------------------------------

TEST_F(AuthTest, EveryCommandNeedsItsRight) {
  open_as_ann();
  EXPECT_EQ(code(ask(join("news:1"))), "forbidden");
  EXPECT_EQ(code(ask(join("chat:1", R"(,"last":5)"))), "forbidden") << "`last` reads history";
  EXPECT_EQ(code(ask(join("chat:1", R"(,"since":{"seq":1,"epoch":"k3"})"))), "forbidden") << "so does `since`";
  EXPECT_EQ(code(ask(join("chat:1", R"(,"presence":true)"))), "forbidden");
  ask(join("chat:1"));
  ask(join("news", R"(,"last":5,"presence":true)"));
  EXPECT_EQ(session().memberships().size(), 2);
  EXPECT_EQ(code(ask(R"({"type":"history","room_id":"chat:1"})")), "forbidden");
  EXPECT_EQ(code(ask(R"({"type":"presence","room_id":"chat:1"})")), "forbidden");
  EXPECT_EQ(code(ask(R"({"type":"broadcast","room_id":"news","content":1})")), "forbidden");
  EXPECT_EQ(code(ask(R"({"type":"direct","user_id":"eve","content":1})")), "forbidden");
  EXPECT_TRUE(host.published.empty());
  EXPECT_NE(ask(R"({"type":"history","room_id":"news"})").find(R"("type":"history")"), std::string::npos);
  EXPECT_NE(ask(R"({"type":"presence","room_id":"news"})").find(R"("type":"presence")"), std::string::npos);
  EXPECT_EQ(ask(R"({"type":"direct","user_id":"bob","content":1})"), "");
  EXPECT_EQ(ask(R"({"type":"broadcast","room_id":"chat:1","content":1})"), "");
  EXPECT_EQ(host.published.size(), 2);
}

TEST_F(AuthTest, ARefusalNamesItsCommand) {
  open_as_ann("{}");
  EXPECT_EQ(
      ask(R"({"type":"join","room_id":"chat:1","id":"x"})"),
      "{\"type\":\"error\",\"code\":\"forbidden\",\"message\":\"you may not join this room\",\"room_id\":\"chat:1\","
      "\"id\":\"x\",\"retryable\":false}\n");
}

TEST_F(AuthTest, OnesOwnRoomNeedsNoRight) {
  open_as_ann("{}");
  EXPECT_EQ(ask(join("@me", R"(,"last":5)")).find("error"), std::string::npos);
  EXPECT_NE(ask(R"({"type":"history","room_id":"@me"})").find(R"("type":"history")"), std::string::npos);
}

TEST_F(AuthTest, WhatTheConfigurationAllowsCountsBesidesTheToken) {
  host.special.allow = room::RightSet(room::Right::kJoin);
  policy->users = *auth::Grants::parse(R"({"rooms":{"doc:{user_id}:*":["join"]},"direct":["desk"]})");
  open_as_ann("");
  EXPECT_EQ(code(ask(join("chat:1"))), "forbidden");
  EXPECT_EQ(ask(join("special")).find("error"), std::string::npos);
  EXPECT_EQ(code(ask(R"({"type":"broadcast","room_id":"special","content":1})")), "forbidden");
  EXPECT_EQ(ask(join("doc:ann:1")).find("error"), std::string::npos);
  EXPECT_EQ(code(ask(join("doc:bob:1"))), "forbidden");
  EXPECT_EQ(ask(R"({"type":"direct","user_id":"desk","content":1})"), "");
}

TEST_F(AuthTest, ATokenMaySayHowManyRooms) {
  open_as_ann(R"({"rooms":{"*":["join"]},"limits":{"rooms":2}})");
  ask(join("a"));
  ask(join("b"));
  EXPECT_EQ(code(ask(join("c"))), "limit_reached");
}

TEST_F(AuthTest, SoMayTheConfigurationForAllWhoHaveOne) {
  policy->users = *auth::Grants::parse(R"({"rooms":{"*":["join"]},"limits":{"rooms":1}})");
  open_as_ann("");
  ask(join("a"));
  EXPECT_EQ(code(ask(join("b"))), "limit_reached");
  open_as_ann(R"({"limits":{"rooms":2}})");
  ask(join("a"));
  EXPECT_EQ(ask(join("b")).find("error"), std::string::npos) << "what the token says goes first";
  EXPECT_EQ(code(ask(join("c"))), "limit_reached");
}

// --- anonymous clients ---------------------------------------------------------------------------------------------

TEST_F(AuthTest, AnonymousClientsMayWhatIsSaidOfThemAndAreNobodyElse) {
  policy->anonymous = true;
  policy->anonymous_grants = *auth::Grants::parse(R"({"rooms":{"news":["join"]}})");
  host.special.allow_anonymous = room::RightSet(room::Right::kJoin);
  open();
  EXPECT_EQ(code(ask(join("chat:1"))), "forbidden");
  EXPECT_EQ(code(ask(join("news", R"(,"user_id":"ann")"))), "user_mismatch");
  EXPECT_EQ(ask(join("news")), "{\"type\":\"joined\",\"room_id\":\"news\"}\n");
  EXPECT_EQ(ask(join("special")), "{\"type\":\"joined\",\"room_id\":\"special\"}\n");
  ASSERT_EQ(host.named.size(), 1);
  EXPECT_TRUE(host.named[0].starts_with("anonymous-")) << host.named[0];
  EXPECT_TRUE(host.named[0].ends_with("-0-7-3")) << host.named[0];
  EXPECT_EQ(host.named[0].size(), std::string("anonymous-").size() + 16 + std::string("-0-7-3").size());
  EXPECT_EQ(code(ask(join("@me"))), "forbidden") << "it has no room of its own";
  EXPECT_EQ(code(ask(R"({"type":"broadcast","room_id":"news","content":1})")), "forbidden");
  EXPECT_EQ(code(ask(auth("ann"))), "user_mismatch") << "it has been somebody already";
}

TEST_F(AuthTest, AnAnonymousClientMayStillSayWhoItIsBeforeItJoins) {
  policy->anonymous = true;
  open();
  EXPECT_NE(ask(auth("ann;" + kChat)).find("authed"), std::string::npos);
  EXPECT_EQ(ask(join("chat:1")).find("error"), std::string::npos);
  EXPECT_EQ(host.named, std::vector<std::string>{"ann"});
}

// --- another token -------------------------------------------------------------------------------------------------

TEST_F(AuthTest, RoomsThatANewTokenDoesNotAllowAreLeftAndTold) {
  open_as_ann(R"({"rooms":{"*":["join","history"]}})");
  for (const char* room : {"a", "b", "c", "d"})
    ask(join(room));
  const std::string said = ask(auth(R"(ann;{"rooms":{"b":["join"]}})"));
  for (const char* room : {"a", "c", "d"})
    EXPECT_NE(said.find(R"({"type":"left","room_id":")" + std::string(room) + R"(","reason":"permission"})"),
              std::string::npos);
  EXPECT_EQ(said.find(R"("room_id":"b")"), std::string::npos);
  EXPECT_TRUE(said.ends_with("{\"type\":\"authed\",\"user_id\":\"ann\",\"id\":1}\n")) << said;
  ASSERT_EQ(session().memberships().size(), 1);
  EXPECT_EQ(code(ask(R"({"type":"history","room_id":"b"})")), "forbidden");
}

TEST_F(AuthTest, OnesOwnRoomIsNotLeft) {
  open_as_ann("{}");
  ask(join("@me"));
  EXPECT_EQ(ask(auth("ann;{}")), "{\"type\":\"authed\",\"user_id\":\"ann\",\"id\":1}\n");
  EXPECT_EQ(session().memberships().size(), 1);
}

TEST_F(AuthTest, ANewTokenWaitsForWhatIsUnderWay) {
  open_as_ann(R"({"rooms":{"*":["join","history"]}})");
  ask(join("a"));
  host.pending = true;
  ask(R"({"type":"history","room_id":"a","id":7})");
  EXPECT_EQ(ask(auth("ann;{}")), "") << "the query needs the membership";
  EXPECT_EQ(session().memberships().size(), 1);
  session().on_reply(Refused{Asked::kHistory, "a", "7", protocol::ErrorCode::kUnavailable});
  connection().resume();
  const std::string said = answers();
  EXPECT_NE(said.find(R"("type":"left")"), std::string::npos) << said;
}

// --- time ----------------------------------------------------------------------------------------------------------

TEST_F(AuthTest, WhoShowsNoTokenInTimeIsSentAway) {
  settings.ping_interval_ms = 0;
  open();
  run_until_end(policy->timeout - 1ms);
  EXPECT_EQ(connection().state(), State::kOpen);
  run_until_end(2ms);
  EXPECT_EQ(close_sent_, protocol::close::kUnauthorized);
}

TEST_F(AuthTest, AnonymousClientsAndThoseWithATokenMayStay) {
  settings.ping_interval_ms = 0;
  open();
  ask(auth("ann"));
  run_until_end(24h);
  EXPECT_EQ(connection().state(), State::kOpen);
  policy->anonymous = true;
  open();
  run_until_end(24h);
  EXPECT_EQ(connection().state(), State::kOpen);
}

TEST_F(AuthTest, ATokenThatEndsIsAnnouncedAndThenOver) {
  settings.ping_interval_ms = 0;
  open(v1_with("Authorization: Bearer ann;;300"));
  answers();
  context().now = connection().next_deadline();
  connection().on_timer();
  EXPECT_EQ(context().now, Instant(1h) + 270s);
  EXPECT_EQ(answers(), "{\"type\":\"token_expiring\",\"expires_in_ms\":30000}\n");
  run_until_end(59s);
  EXPECT_EQ(connection().state(), State::kOpen) << "clocks differ: 30 s more";
  run_until_end(2s);
  EXPECT_EQ(close_sent_, protocol::close::kTokenExpired);
}

TEST_F(AuthTest, BaseClientsAreNotTold) {
  settings.ping_interval_ms = 0;
  open(upgrade_with("Authorization: Bearer ann;;300"));
  context().now = connection().next_deadline();
  EXPECT_EQ(context().now, Instant(1h) + 330s);
  connection().on_timer();
  EXPECT_EQ(close_code(), protocol::close::kTokenExpired);
}

TEST_F(AuthTest, AFreshTokenInTimeKeepsTheConnection) {
  settings.ping_interval_ms = 0;
  open(v1_with("Authorization: Bearer ann;;300"));
  for (int i = 0; i < 10; ++i) {
    run_until_end(280s);
    const std::string said = ask(auth("ann;;300"));
    EXPECT_NE(said.find(R"("type":"authed","user_id":"ann","id":1,"expires_in_ms":300000)"), std::string::npos) << said;
  }
  EXPECT_EQ(connection().state(), State::kOpen);
}

TEST_F(AuthTest, ATokenWithLessLeftThanTheMarginIsAnnouncedAtOnce) {
  settings.ping_interval_ms = 0;
  open(v1_with("Authorization: Bearer ann;;5"));
  connection().on_timer();
  EXPECT_NE(answers().find("{\"type\":\"token_expiring\",\"expires_in_ms\":5000}\n"), std::string::npos);
  EXPECT_GT(connection().next_deadline(), context().now);
}

// --- for the log ---------------------------------------------------------------------------------------------------

TEST_F(AuthTest, WhatIsRefusedForWhoAsksIsForTheLog) {
  open();
  ask(join("chat:1"));
  open_as_ann();
  ask(join("news"));
  ask(join("secret"));
  ask(R"({"type":"broadcast","room_id":"news","content":1})");
  ask(R"({"type":"direct","user_id":"carol","content":1})");
  ask(join("chat:1", R"(,"user_id":"bob")"));
  ask(auth("bob;" + kChat));
  EXPECT_EQ(host.refused_commands,
            (std::vector<std::string>{" join chat:1 unauthorized", "ann join secret forbidden",
                                      "ann broadcast news forbidden", "ann direct  forbidden",
                                      "ann join chat:1 user_mismatch", "ann auth  user_mismatch"}));
}

TEST_F(AuthTest, WhatIsRefusedForAnotherReasonIsNot) {
  open_as_ann();
  ask("nonsense");
  ask(R"({"type":"leave","room_id":"news"})");
  ask(auth("bad"));
  EXPECT_EQ(host.refused_commands, std::vector<std::string>{});
  EXPECT_EQ(host.refused_tokens.size(), 1) << "it has a line of its own";
}

// --- a room that was taken away ------------------------------------------------------------------------------------

TEST_F(AuthTest, ATokenThatWasRevokedForARoomIsGoodForOthers) {
  open_as_ann();
  context().revocations.add({.room_id = "chat:1", .user_id = {}, .issued_before = 1, .until = auth::kNeverExpires}, 0);
  EXPECT_EQ(code(ask(join("chat:1"))), "forbidden");
  EXPECT_NE(ask(join("chat:1")).find("revoked"), std::string::npos);
  EXPECT_EQ(code(ask(R"({"type":"broadcast","room_id":"chat:1","content":1})")), "forbidden");
  EXPECT_EQ(ask(join("chat:2")).substr(0, 16), R"({"type":"joined")");
}

}  // namespace
}  // namespace switchboard::session
