// Commands about rooms that keep history, about users and about who is there: tests/session/commands/commands_test.cpp
// has the base protocol's.
#include "session/connection_driver.h"

namespace switchboard::session {
namespace {

using protocol::ErrorCode;

constexpr std::string_view kHistory = R"({"type":"history","room_id":"lobby","id":"h"})";
constexpr std::string_view kHistoryAnswer =
    "{\"type\":\"history\",\"room_id\":\"lobby\",\"id\":\"h\",\"epoch\":\"k3\",\"messages\":[1,2],\"more\":true}\n";
constexpr std::string_view kPong = "{\"type\":\"pong\"}\n";

class RoomCommandsTest : public ConnectionDriver {
 protected:
  void SetUp() override { open(); }
  /// Joins as ann, with further fields (`,"last":5`).
  std::string join(std::string_view room, std::string_view fields = "") {
    return ask(R"({"type":"join","room_id":")" + std::string(room) + R"(","user_id":"ann")" + std::string(fields) +
               "}");
  }
  static bool is_error(const std::string& answer, std::string_view code) {
    return answer.starts_with(R"({"type":"error","code":")" + std::string(code) + "\"") &&
           answer.find('\n') == answer.size() - 1;
  }
  static std::string told_where(std::string_view room) {
    return R"({"type":"joined","room_id":")" + std::string(room) + R"(","seq":41,"epoch":"k3"})" + "\n";
  }
  /// What a shard does when something that a command may have waited for has come.
  std::string resume() {
    connection().resume();
    return answers();
  }
  void answer_history() {
    session().on_reply(
        protocol::HistoryPage{.room_id = "lobby", .id = R"("h")", .epoch = "k3", .messages = {}, .more = false});
  }
};

// --- join -----------------------------------------------------------------------------------------------------------

TEST_F(RoomCommandsTest, WhoResumesIsToldWhetherThatWorks) {
  EXPECT_EQ(join("lobby", R"(,"since":{"seq":41,"epoch":"k3"})"),
            "{\"type\":\"joined\",\"room_id\":\"lobby\",\"seq\":41,\"epoch\":\"k3\",\"recovered\":true}\n");
  EXPECT_EQ(host.joins, std::vector<std::string>{"lobby since 41k3"});
}

TEST_F(RoomCommandsTest, ABaseClientThatAsksForMoreIsToldWhereTheRoomStands) {
  EXPECT_EQ(join("a", R"(,"last":20)"), told_where("a"));
  EXPECT_EQ(join("b", R"(,"presence":true,"info":{"x": 1})"), told_where("b"));
  EXPECT_EQ(join("c", R"(,"presence":false,"info":2)"), "{\"type\":\"joined\",\"room_id\":\"c\"}\n");
  EXPECT_EQ(host.joins, (std::vector<std::string>{"a last 20", "b presence info {\"x\": 1}", "c info 2"}));
}

TEST_F(RoomCommandsTest, OnlyAPlainJoinMayBeRepeated) {
  join("lobby");
  EXPECT_EQ(join("lobby", R"(,"info":1)"), "{\"type\":\"joined\",\"room_id\":\"lobby\"}\n");
  for (const char* field : {R"("since":{"seq":1,"epoch":"k"})", R"("last":1)", R"("presence":true)"}) {
    const std::string answer = join("lobby", "," + std::string(field));
    EXPECT_TRUE(is_error(answer, "bad_request")) << answer;
    EXPECT_NE(answer.find(std::string(field).substr(1, 4)), std::string::npos) << "it names the field: " << answer;
  }
  EXPECT_EQ(host.joins.size(), 1u);
}

TEST_F(RoomCommandsTest, PresenceIsRefusedWhereItIsOff) {
  host.special.presence = false;
  EXPECT_TRUE(is_error(join("special", R"(,"presence":true)"), "forbidden"));
  EXPECT_TRUE(join("special").starts_with("{\"type\":\"joined\""));
  EXPECT_TRUE(is_error(ask(R"({"type":"presence","room_id":"special"})"), "forbidden"));
  EXPECT_TRUE(host.queries.empty());
}

TEST_F(RoomCommandsTest, TheUserIsNamedOnceByTheFirstJoinThatIsNotRefused) {
  settings.rooms_per_connection_max = 1;
  host.special.presence = false;
  open();
  join("special", R"(,"presence":true)");
  EXPECT_TRUE(host.named.empty());
  EXPECT_EQ(session().user_id(), "");
  join("a");
  join("b");
  join("a");
  EXPECT_EQ(host.named, std::vector<std::string>{"ann"});
}

TEST_F(RoomCommandsTest, ARoomThatCannotBeOpenedIsWorthAnotherTry) {
  host.refusal = ErrorCode::kUnavailable;
  const std::string answer = join("lobby");
  EXPECT_TRUE(is_error(answer, "unavailable"));
  EXPECT_NE(answer.find("\"retryable\":true"), std::string::npos);
}

// --- @me ------------------------------------------------------------------------------------------------------------

TEST_F(RoomCommandsTest, TheUsersOwnRoomIsJoinedLeftAndReadAsMe) {
  EXPECT_EQ(join("@me", R"(,"since":{"seq":1,"epoch":"k3"},"id":1)"),
            "{\"type\":\"joined\",\"room_id\":\"@me\",\"id\":1,\"seq\":41,\"epoch\":\"k3\",\"recovered\":true}\n");
  EXPECT_EQ(host.joins, std::vector<std::string>{"@ann since 1k3"});
  EXPECT_EQ(join("@me"), told_where("@me")) << "again";
  EXPECT_TRUE(ask(R"({"type":"history","room_id":"@me"})").starts_with("{\"type\":\"history\",\"room_id\":\"@me\","));
  EXPECT_EQ(host.queries, std::vector<std::string>{"@ann 50"});
  EXPECT_EQ(ask(R"({"type":"leave","room_id":"@me"})"), "{\"type\":\"left\",\"room_id\":\"@me\"}\n");
  EXPECT_TRUE(session().memberships().empty());
}

TEST_F(RoomCommandsTest, RefusalsCallTheUsersOwnRoomMe) {
  host.refusal = ErrorCode::kUnavailable;
  EXPECT_NE(join("@me").find("\"room_id\":\"@me\""), std::string::npos);
  EXPECT_NE(ask(R"({"type":"leave","room_id":"@me"})").find("\"room_id\":\"@me\""), std::string::npos);
  session().on_reply(Refused{Asked::kHistory, "@ann", "1", ErrorCode::kUnavailable});
  EXPECT_NE(answers().find("\"room_id\":\"@me\""), std::string::npos);
}

TEST_F(RoomCommandsTest, WithoutAUserNobodyHasARoomOfTheirOwn) {
  EXPECT_TRUE(is_error(ask(R"({"type":"join","room_id":"@me"})"), "bad_request"));
  EXPECT_TRUE(is_error(ask(R"({"type":"leave","room_id":"@me"})"), "not_joined"));
  EXPECT_TRUE(is_error(ask(R"({"type":"history","room_id":"@me"})"), "not_joined"));
}

TEST_F(RoomCommandsTest, ARoomThatTheHostEnteredIsNotOneTheClientIsIn) {
  settings.rooms_per_connection_max = 2;
  open();
  join("a");
  host.enter_own_room(session());
  EXPECT_TRUE(is_error(ask(R"({"type":"leave","room_id":"@me"})"), "not_joined"));
  EXPECT_TRUE(is_error(ask(R"({"type":"history","room_id":"@me"})"), "not_joined"));
  EXPECT_TRUE(join("@me", R"(,"last":3)").starts_with("{\"type\":\"joined\"")) << "it does not count";
  EXPECT_TRUE(is_error(join("b"), "limit_reached")) << "joined, it counts";
}

// --- broadcast and direct -------------------------------------------------------------------------------------------

TEST_F(RoomCommandsTest, EchoIsWhatTheNamespaceSaysUnlessTheClientDoes) {
  host.special.echo = false;
  join("special");
  join("lobby");
  const auto broadcast = [&](std::string_view room, std::string_view fields) {
    ask(R"({"type":"broadcast","room_id":")" + std::string(room) + R"(","content":1)" + std::string(fields) + "}");
  };
  broadcast("lobby", "");
  broadcast("special", "");
  broadcast("special", R"(,"echo":true)");
  broadcast("lobby", R"(,"echo":false,"dedup":"d")");
  EXPECT_EQ(host.published,
            (std::vector<std::string>{"lobby 1", "special 1 no-echo", "special 1", "lobby 1 no-echo dedup d"}));
}

TEST_F(RoomCommandsTest, PublishingFromOutsideIsForUsersWhereTheNamespaceAllowsIt) {
  host.special.publish_from_outside = true;
  constexpr std::string_view kOutside = R"({"type":"broadcast","room_id":"special","content":1,"id":2})";
  EXPECT_TRUE(is_error(ask(kOutside), "bad_request")) << "nobody knows who this is";
  join("lobby");
  EXPECT_EQ(ask(kOutside),
            "{\"type\":\"ack\",\"id\":2,\"room_id\":\"special\",\"seq\":42,\"epoch\":\"k3\",\"ts\":5}\n");
  EXPECT_TRUE(is_error(ask(R"({"type":"broadcast","room_id":"other","content":1})"), "not_joined"));
  EXPECT_EQ(host.published, std::vector<std::string>{"outside special 1"});
}

TEST_F(RoomCommandsTest, ADirectMessageIsAcknowledgedWithItsUser) {
  join("lobby");
  EXPECT_EQ(ask(R"({"type":"direct","user_id":"bob","content":"psst"})"), "");
  EXPECT_EQ(ask(R"({"type":"direct","user_id":"bob","content":2,"dedup":"d","own_devices":true,"id":7})"),
            "{\"type\":\"ack\",\"id\":7,\"user_id\":\"bob\",\"seq\":42,\"epoch\":\"k3\",\"ts\":5}\n");
  EXPECT_EQ(host.published, (std::vector<std::string>{"@bob \"psst\"", "@bob 2 own-devices dedup d"}));
  EXPECT_EQ(context().stats.directs.value(), 2u);
  EXPECT_FALSE(session().owed().awaits_ack());
}

TEST_F(RoomCommandsTest, ADirectMessageNeedsASender) {
  EXPECT_TRUE(is_error(ask(R"({"type":"direct","user_id":"bob","content":1})"), "bad_request"));
  EXPECT_TRUE(host.published.empty());
}

TEST_F(RoomCommandsTest, DirectMessagesMayBeOff) {
  settings.direct = DirectPolicy::kNone;
  open();
  join("lobby");
  EXPECT_TRUE(is_error(ask(R"({"type":"direct","user_id":"bob","content":1})"), "forbidden"));
  EXPECT_TRUE(host.published.empty());
}

TEST_F(RoomCommandsTest, ARefusedPublishSaysSoAndOwesNothing) {
  join("lobby");
  host.refusal = ErrorCode::kUnavailable;
  EXPECT_TRUE(is_error(ask(R"({"type":"broadcast","room_id":"lobby","content":1,"id":1})"), "unavailable"));
  EXPECT_TRUE(is_error(ask(R"({"type":"broadcast","room_id":"lobby","content":1})"), "unavailable"));
  const std::string direct = ask(R"({"type":"direct","user_id":"bob","content":1,"id":1})");
  EXPECT_TRUE(is_error(direct, "unavailable"));
  EXPECT_EQ(direct.find("room_id"), std::string::npos) << direct;
  EXPECT_FALSE(session().owed().awaits_ack());
}

TEST_F(RoomCommandsTest, APublishThatFindsNoRoomOnItsWayOwesNothing) {
  join("lobby");
  host.busy = true;
  ask(R"({"type":"direct","user_id":"bob","content":1,"id":1})");
  EXPECT_TRUE(connection().paused());
  EXPECT_FALSE(session().owed().awaits_ack());
  host.busy = false;
  EXPECT_TRUE(resume().starts_with("{\"type\":\"ack\""));
}

// --- queries --------------------------------------------------------------------------------------------------------

TEST_F(RoomCommandsTest, HistoryIsForMembersOfRoomsThatKeepSome) {
  EXPECT_TRUE(is_error(ask(kHistory), "not_joined"));
  join("lobby");
  EXPECT_EQ(ask(kHistory), kHistoryAnswer);
  host.special.history = false;
  join("special");
  EXPECT_TRUE(is_error(ask(R"({"type":"history","room_id":"special"})"), "history_unavailable"));
  EXPECT_EQ(host.queries, std::vector<std::string>{"lobby 50"});
  EXPECT_EQ(context().stats.history_queries.value(), 1u);
}

TEST_F(RoomCommandsTest, PresenceIsForMembers) {
  EXPECT_TRUE(is_error(ask(R"({"type":"presence","room_id":"lobby"})"), "not_joined"));
  join("lobby");
  EXPECT_EQ(ask(R"({"type":"presence","room_id":"lobby","limit":5,"id":1})"),
            "{\"type\":\"presence\",\"room_id\":\"lobby\",\"id\":1,\"count\":1,"
            "\"users\":[{\"user_id\":\"ann\",\"connections\":2,\"info\":7}]}\n");
  EXPECT_EQ(host.queries, std::vector<std::string>{"lobby users 5"});
}

TEST_F(RoomCommandsTest, AQueryThatFailsSaysSoAndTheNextOneIsTaken) {
  join("lobby");
  host.pending = true;
  EXPECT_EQ(ask(kHistory), "");
  session().on_reply(Refused{Asked::kHistory, "lobby", R"("h")", ErrorCode::kUnavailable});
  EXPECT_TRUE(is_error(answers(), "unavailable"));
  EXPECT_EQ(ask(R"({"type":"presence","room_id":"lobby"})"), "");
  session().on_reply(Refused{Asked::kPresence, "lobby", "", ErrorCode::kUnavailable});
  EXPECT_TRUE(is_error(answers(), "unavailable"));
  EXPECT_EQ(host.queries.size(), 2u);
  EXPECT_FALSE(connection().paused());
}

TEST_F(RoomCommandsTest, AQueryThatFindsNoRoomOnItsWayIsTriedAgain) {
  join("lobby");
  host.busy = true;
  EXPECT_EQ(ask(kHistory), "");
  EXPECT_TRUE(connection().paused());
  EXPECT_FALSE(session().owed().awaits_query());
  host.busy = false;
  EXPECT_EQ(resume(), kHistoryAnswer);
}

// --- the order of answers -------------------------------------------------------------------------------------------

TEST_F(RoomCommandsTest, WhatConcernsARoomWaitsForTheAnswerToAQuery) {
  for (const char* command :
       {R"({"type":"leave","room_id":"lobby"})", R"({"type":"join","room_id":"lobby"})",
        R"({"type":"broadcast","room_id":"lobby","content":1,"id":1})", R"({"type":"history","room_id":"lobby"})",
        R"({"type":"presence","room_id":"lobby"})", R"({"type":"direct","user_id":"ann","content":1,"id":1})"}) {
    host.pending = false;
    open();
    join("lobby");
    host.pending = true;
    EXPECT_EQ(ask(std::string(kHistory) + " " + command), "") << command;
    EXPECT_TRUE(connection().paused()) << command;
    EXPECT_EQ(resume(), "") << "nothing has come";
    answer_history();
    EXPECT_TRUE(answers().starts_with("{\"type\":\"history\"")) << command;
    host.pending = false;
    EXPECT_NE(resume(), "") << command;
    EXPECT_FALSE(connection().paused()) << command;
  }
}

TEST_F(RoomCommandsTest, APingDoesNotWaitForTheAnswerToAQuery) {
  join("lobby");
  host.pending = true;
  EXPECT_EQ(ask(std::string(kHistory) + R"( {"type":"ping"})"), kPong);
  EXPECT_FALSE(connection().paused());
}

TEST_F(RoomCommandsTest, WhatIsAnsweredAtOnceWaitsForAcknowledgements) {
  for (const char* command : {R"({"type":"leave","room_id":"lobby"})", R"({"type":"leave","room_id":"other"})",
                              R"({"type":"join","room_id":"lobby"})", R"({"type":"history","room_id":"lobby"})",
                              R"({"type":"presence","room_id":"lobby"})"}) {
    open();
    join("lobby");
    host.pending_publish = true;
    EXPECT_EQ(ask(R"({"type":"broadcast","room_id":"lobby","content":1,"id":1} )" + std::string(command)), "");
    EXPECT_TRUE(connection().paused()) << command;
    session().on_reply(protocol::Ack{.id = "1", .room_id = "lobby", .seq = Seq{42}, .epoch = "k3", .ts = 5});
    EXPECT_TRUE(answers().starts_with("{\"type\":\"ack\""));
    EXPECT_NE(resume(), "") << command;
    EXPECT_FALSE(connection().paused());
  }
}

TEST_F(RoomCommandsTest, PublishesDoNotWaitForEachOther) {
  join("lobby");
  host.pending_publish = true;
  EXPECT_EQ(ask(R"({"type":"broadcast","room_id":"lobby","content":1,"id":1}
                   {"type":"direct","user_id":"bob","content":2,"id":2}
                   {"type":"broadcast","room_id":"lobby","content":3,"id":3})"),
            "");
  EXPECT_EQ(host.published, (std::vector<std::string>{"lobby 1", "@bob 2", "lobby 3"}));
  EXPECT_FALSE(connection().paused());
  EXPECT_TRUE(session().owed().awaits_ack());
}

}  // namespace
}  // namespace switchboard::session
