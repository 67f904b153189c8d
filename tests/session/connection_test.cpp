#include "session/connection.h"

#include <iostream>
#include <map>

#include "session/connection_driver.h"

namespace switchboard::session {
namespace {

const std::string kJoin = R"({"type":"join","room_id":"lobby","user_id":"ann","id":1})";
const std::string kPingText = R"({"type":"ping"})";
const std::string kPongLine = "{\"type\":\"pong\"}\n";

std::string text_frame(std::string_view text) {
  return ws::client_frame(ws::Opcode::kText, text);
}

class ConnectionTest : public ConnectionDriver {
 protected:
  /// Gives one frame and returns the code of the Close that is sent for it.
  std::uint16_t close_for(std::string_view bytes) {
    open();
    give(bytes);
    const auto sent = frames();
    EXPECT_FALSE(sent.empty());
    if (sent.empty() || sent.back().opcode != ws::Opcode::kClose) return 0;
    return sent.back().close_code();
  }
  Duration ms(std::uint32_t value) { return std::chrono::milliseconds(value); }
};

TEST_F(ConnectionTest, SizeOfAnIdleConnectionIsBounded) {
  RecordProperty("sizeof_connection", static_cast<int>(sizeof(Connection)));
  RecordProperty("sizeof_session", static_cast<int>(sizeof(Session)));
  EXPECT_LE(sizeof(Connection), 256u);
}

// --- frames ----------------------------------------------------------------------------------------------------------

TEST_F(ConnectionTest, APingFrameIsAnsweredWithItsPayload) {
  open();
  give(ws::client_frame(ws::Opcode::kPing, "abc"));
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].opcode, ws::Opcode::kPong);
  EXPECT_EQ(sent[0].payload, "abc");
}

TEST_F(ConnectionTest, ABinaryMessageClosesWith1003) {
  EXPECT_EQ(close_for(ws::client_frame(ws::Opcode::kBinary, "x")), 1003);
  EXPECT_EQ(connection().state(), State::kClosing);
  give(close_frame(1003));
  flush();
  EXPECT_EQ(connection().ending().code, 1003);
  EXPECT_FALSE(connection().ending().by_peer);
}

TEST_F(ConnectionTest, ABrokenFrameClosesWithItsCodeAndNothingMoreIsRead) {
  EXPECT_EQ(close_for(std::string("\xc1\x80", 2) + std::string(4, 'k')), 1002);
  EXPECT_TRUE(connection().wants_finish()) << "the peer's Close is not waited for";
  give(text_frame(kPingText));
  give(close_frame(1000));
  EXPECT_EQ(answers(), "");
  EXPECT_EQ(connection().state(), State::kClosing);
  connection().on_peer_gone("gone");
  EXPECT_EQ(connection().state(), State::kEnded);
  EXPECT_EQ(connection().ending().code, 1002);
  EXPECT_FALSE(connection().ending().by_peer);
}

TEST_F(ConnectionTest, WhatCameBeforeABrokenFrameIsAnswered) {
  open();
  give(text_frame(kPingText) + std::string("\xff\xff", 2));
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].payload + "\n", kPongLine);
  EXPECT_EQ(sent[1].close_code(), 1002);
}

TEST_F(ConnectionTest, TextThatIsNotUtf8ClosesWith1007AndATooLargeMessageWith1009) {
  EXPECT_EQ(close_for(text_frame("\xff")), 1007);
  settings.message_bytes_max = 1'000;
  const std::string content(1'000 - kPingText.size(), ' ');
  open();
  EXPECT_EQ(ask(kPingText + content), kPongLine);
  EXPECT_EQ(ask(kPingText + content.substr(1)), kPongLine);
  EXPECT_EQ(close_for(text_frame(kPingText + content + " ")), 1009);
}

// --- the close handshake ---------------------------------------------------------------------------------------------

TEST_F(ConnectionTest, ThePeersCloseIsAnsweredWithItsOwnCode) {
  for (const std::uint16_t code : std::initializer_list<std::uint16_t>{1000, 1001, 3000, 4321, 1005}) {
    open();
    give(close_frame(code));
    EXPECT_EQ(connection().state(), State::kClosing);
    const auto sent = frames();
    ASSERT_EQ(sent.size(), 1u) << code;
    EXPECT_EQ(sent[0].opcode, ws::Opcode::kClose);
    EXPECT_EQ(sent[0].close_code(), code);
    EXPECT_EQ(connection().state(), State::kEnded) << "once it is written";
    EXPECT_EQ(connection().ending().code, code);
    EXPECT_TRUE(connection().ending().by_peer);
  }
}

TEST_F(ConnectionTest, ACloseWithACodeThatMayNotBeSentIsAProtocolError) {
  EXPECT_EQ(close_for(close_frame(1006)), 1002);
  EXPECT_EQ(close_for(close_frame(999)), 1002);
  EXPECT_EQ(close_for(ws::client_frame(ws::Opcode::kClose, "x")), 1002);
}

TEST_F(ConnectionTest, OurCloseWaitsForThePeers) {
  open();
  give_text(kJoin);
  connection().close(4200, "bye");
  connection().leave_rooms();
  EXPECT_EQ(host.leave_all_calls, 1);
  EXPECT_EQ(frames().back().close_code(), 4200);
  EXPECT_EQ(connection().state(), State::kClosing);
  EXPECT_FALSE(connection().wants_finish());
  EXPECT_EQ(ask(kPingText), "") << "commands behind it are not obeyed";
  give(close_frame(4200));
  connection().on_outbox_written();
  EXPECT_EQ(connection().state(), State::kEnded);
  EXPECT_EQ(connection().ending().code, 4200);
  EXPECT_EQ(connection().ending().reason, "bye");
  EXPECT_FALSE(connection().ending().by_peer);
}

TEST_F(ConnectionTest, WhatClosesItOnlyMarksItAndItsRoomsAreLeftWhenTheHostSaysSo) {
  open();
  give_text(kJoin);
  connection().close(4200, "bye");
  connection().close(4200, "again");
  EXPECT_TRUE(session().is_leaving());
  EXPECT_EQ(host.over_calls, 1);
  EXPECT_EQ(host.leave_all_calls, 0);
  EXPECT_EQ(session().memberships().size(), 1u);
  connection().leave_rooms();
  connection().leave_rooms();
  EXPECT_FALSE(session().is_leaving());
  EXPECT_EQ(host.leave_all_calls, 1);
  connection().on_peer_gone("gone");
  EXPECT_EQ(host.over_calls, 2) << "it has ended, too";
}

TEST_F(ConnectionTest, ACommandThatUsesUpTheErrorBudgetDoesNotLeaveRoomsUnderTheHost) {
  settings.errors_max = 1;
  open();
  give_text(kJoin);
  host.refusal = protocol::ErrorCode::kRoomFull;
  for (int i = 0; i < 2; ++i) {
    std::string frame = ws::client_frame(ws::Opcode::kText, R"({"type":"join","room_id":"full"})");
    const std::size_t size = frame.size();
    frame.resize(size + 64);
    connection().receive({frame.data(), size});  // the host's own call into the session is on the stack meanwhile
    EXPECT_EQ(host.leave_all_calls, 0);
  }
  EXPECT_TRUE(session().is_leaving());
}

TEST_F(ConnectionTest, OurCloseWaitsNoLongerThanTheCloseTimeout) {
  open();
  connection().close(4200, "bye");
  flush();
  advance(ms(settings.close_timeout_ms) - 1ns);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kClosing);
  advance(1ns);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kEnded);
  EXPECT_EQ(connection().ending().code, 4200);
}

TEST_F(ConnectionTest, ThePeersCloseEndsItOnlyOnceOurLastBytesAreWritten) {
  open();
  connection().close(4200, "bye");
  give(close_frame(4200));
  EXPECT_EQ(connection().state(), State::kClosing);
  flush();
  EXPECT_EQ(connection().state(), State::kEnded);
}

TEST_F(ConnectionTest, APeerThatGoesWithoutACloseEndsWith1006) {
  open();
  connection().on_peer_gone("gone");
  EXPECT_EQ(connection().state(), State::kEnded);
  EXPECT_EQ(connection().ending().code, 1006);
  EXPECT_TRUE(connection().ending().by_peer);
}

TEST_F(ConnectionTest, ItEndsOnceWhateverComesAfter) {
  open();
  connection().on_peer_gone("gone");
  connection().on_peer_gone("again");
  connection().close(4000, "late");
  connection().drain(context().now, context().now, 1);
  connection().on_timer();
  connection().on_outbox_written();
  give(close_frame(1000));
  EXPECT_EQ(connection().ending().code, 1006);
  EXPECT_EQ(connection().ending().reason, "gone");
  EXPECT_EQ(host.leave_all_calls, 1);
}

TEST_F(ConnectionTest, AFirstReasonToCloseStays) {
  open();
  connection().close(4101, "slow");
  connection().close(4200, "drain");
  connection().drain(context().now, context().now, 1);
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].close_code(), 4101);
  connection().on_peer_gone("gone");
  EXPECT_EQ(connection().ending().code, 4101);
}

// --- pausing ---------------------------------------------------------------------------------------------------------

TEST_F(ConnectionTest, WaitsWhileAJoinIsUnderWayAndThenGoesOnInOrder) {
  open();
  host.pending = true;
  give(text_frame(kJoin + " " + kPingText) + text_frame(R"({"type":"ping","id":2})"));
  EXPECT_TRUE(connection().paused());
  EXPECT_EQ(answers(), "");
  connection().resume();
  EXPECT_TRUE(connection().paused()) << "an empty queue is not what it waits for";
  host.answer_join(session(), "lobby", "1");
  EXPECT_TRUE(connection().paused()) << "until it is told";
  connection().resume();
  EXPECT_FALSE(connection().paused());
  EXPECT_EQ(answers(), "{\"type\":\"joined\",\"room_id\":\"lobby\",\"id\":1,\"seq\":41,\"epoch\":\"k3\"}\n" +
                           kPongLine + "{\"type\":\"pong\",\"id\":2}\n");
}

TEST_F(ConnectionTest, ARefusedJoinLetsItGoOnAsWell) {
  open();
  host.pending = true;
  give(text_frame(kJoin) + text_frame(kPingText));
  host.refusal = protocol::ErrorCode::kRoomFull;
  host.answer_join(session(), "lobby", "1");
  connection().resume();
  EXPECT_TRUE(answers().ends_with(kPongLine));
}

TEST_F(ConnectionTest, SeveralJoinsUnderWayInOneMessageAreTakenOneByOne) {
  open();
  host.pending = true;
  give_text(R"({"type":"join","room_id":"a","user_id":"u"} {"type":"join","room_id":"b"} {"type":"ping"})");
  EXPECT_EQ(session().memberships().size(), 1u);
  host.answer_join(session(), "a", "");
  connection().resume();
  EXPECT_TRUE(connection().paused());
  EXPECT_EQ(session().memberships().size(), 2u);
  host.answer_join(session(), "b", "");
  connection().resume();
  EXPECT_FALSE(connection().paused());
  EXPECT_TRUE(answers().ends_with(kPongLine));
}

TEST_F(ConnectionTest, ABusyHostIsAskedAgainForTheSameCommand) {
  open();
  give_text(kJoin);
  answers();
  host.busy = true;
  give(text_frame(R"({"type":"broadcast","room_id":"lobby","content":1,"id":5} {"type":"ping"})") +
       text_frame(kPingText));
  EXPECT_TRUE(connection().paused());
  connection().resume();
  EXPECT_TRUE(connection().paused());
  EXPECT_TRUE(host.published.empty());
  host.busy = false;
  connection().resume();
  EXPECT_FALSE(connection().paused());
  EXPECT_EQ(host.published.size(), 1u);
  EXPECT_EQ(context().stats.publishes.value(), 1u);
  const std::string sent = answers();
  EXPECT_TRUE(sent.starts_with("{\"type\":\"ack\",\"id\":5")) << sent;
  EXPECT_TRUE(sent.ends_with(kPongLine + kPongLine));
}

TEST_F(ConnectionTest, AFullQueueStopsTheInputUntilItIsEmptied) {
  settings.queue_bytes_max = 17 * 10;  // a pong is 15 bytes and its header 2
  open();
  std::string input;
  for (int i = 0; i < 30; ++i)
    input += text_frame(kPingText);
  give(input);
  EXPECT_TRUE(connection().paused());
  EXPECT_EQ(connection().outbox().size(), 17u * 11) << "the one over the limit is the last";
  connection().resume();
  EXPECT_EQ(connection().outbox().size(), 17u * 11) << "still full";
  int pongs = 0;
  for (int rounds = 0; rounds < 3; ++rounds) {
    pongs += static_cast<int>(frames().size());
    connection().resume();
  }
  EXPECT_EQ(pongs, 30);
  EXPECT_FALSE(connection().paused());
}

TEST_F(ConnectionTest, PingFramesAreNotAnsweredIntoAFullQueue) {
  settings.queue_bytes_max = 100;
  open();
  const std::string frame = ws::client_frame(ws::Opcode::kPing, std::string(125, 'p'));
  give(frame + frame + frame);
  EXPECT_TRUE(connection().paused());
  EXPECT_EQ(frames().size(), 1u);
  connection().resume();
  EXPECT_EQ(frames().size(), 1u);
  connection().resume();
  EXPECT_EQ(frames().size(), 1u);
  connection().resume();
  EXPECT_FALSE(connection().paused());
}

TEST_F(ConnectionTest, ACloseBehindWhatHasToWaitIsSeenWhenItsTurnComes) {
  open();
  host.pending = true;
  give(text_frame(kJoin) + close_frame(1001));
  EXPECT_EQ(connection().state(), State::kOpen);
  host.answer_join(session(), "lobby", "1");
  connection().resume();
  EXPECT_EQ(connection().state(), State::kClosing);
  flush();
  EXPECT_EQ(connection().ending().code, 1001);
}

TEST_F(ConnectionTest, ThePeersCloseIsRecognisedAlsoWhenWeCloseWhileItsInputWaits) {
  open();
  host.pending = true;
  const std::string close = close_frame(1001);
  give(text_frame(kJoin) + text_frame(kPingText) + close.substr(0, 5));
  connection().close(4200, "bye");
  connection().resume();
  EXPECT_TRUE(connection().paused()) << "no command is obeyed any more";
  connection().leave_rooms();
  EXPECT_FALSE(connection().paused());
  give(close.substr(5));
  flush();
  EXPECT_EQ(connection().state(), State::kEnded);
  EXPECT_EQ(connection().ending().code, 4200);
}

TEST_F(ConnectionTest, AnAnswerToAJoinThatComesAfterTheCloseIsIgnored) {
  open();
  host.pending = true;
  give_text(kJoin);
  connection().close(4200, "bye");
  frames();
  session().on_reply(Entered{Membership{}, {.room_id = "lobby", .id = "1", .seq = Seq{1}, .epoch = "k"}});
  session().on_reply(Refused{Asked::kJoin, "lobby", "1", protocol::ErrorCode::kRoomFull});
  session().on_reply(protocol::Ack{.id = "1", .room_id = "lobby", .seq = Seq{1}, .epoch = "k", .ts = 1});
  session().on_reply(Refused{Asked::kPublish, "lobby", "1", protocol::ErrorCode::kUnavailable});
  session().on_lagged({.opted_in = true}, {.room_id = "lobby", .from = Seq{1}, .to = Seq{2}});
  session().on_caught_up({.room_id = "lobby", .seq = Seq{1}});
  session().on_reply(protocol::HistoryPage{.room_id = "lobby", .id = "1", .epoch = "k", .messages = {}});
  session().on_reply(Refused{Asked::kHistory, "lobby", "1", protocol::ErrorCode::kUnavailable});
  session().on_reply(protocol::PresenceList{.room_id = "lobby", .id = "1", .users = {}, .next = {}});
  session().on_reply(Refused{Asked::kPresence, "lobby", "1", protocol::ErrorCode::kUnavailable});
  EXPECT_TRUE(connection().outbox().empty());
}

// --- pushes ----------------------------------------------------------------------------------------------------------

TEST_F(ConnectionTest, OnlyV1ClientsAreToldWhatTheyMissed) {
  const protocol::Lagged lagged{.room_id = "lobby", .from = Seq{3}, .to = Seq{9}};
  const std::string told = "{\"type\":\"lagged\",\"room_id\":\"lobby\",\"from\":3,\"to\":9}\n";
  open();
  session().on_lagged({}, lagged);
  EXPECT_EQ(answers(), "");
  session().on_lagged({.opted_in = true}, lagged);
  EXPECT_EQ(answers(), told) << "it asked for a recovery: this says what that has not brought";
  open(kUpgradeV1);
  answers();
  session().on_lagged({}, lagged);
  EXPECT_EQ(answers(), told);
}

TEST_F(ConnectionTest, OnlyV1ClientsAreToldOfANewEpoch) {
  open();
  session().on_epoch_changed({.room_id = "lobby", .epoch = "q9", .seq = Seq{0}});
  EXPECT_EQ(answers(), "");
  open(kUpgradeV1);
  answers();
  session().on_epoch_changed({.room_id = "lobby", .epoch = "q9", .seq = Seq{0}});
  EXPECT_EQ(answers(), "{\"type\":\"epoch_changed\",\"room_id\":\"lobby\",\"epoch\":\"q9\",\"seq\":0}\n");
}

TEST_F(ConnectionTest, WhoAskedIsToldThatItHasCaughtUp) {
  open();
  session().on_caught_up({.room_id = "lobby", .seq = Seq{57}});
  EXPECT_EQ(answers(), "{\"type\":\"caught_up\",\"room_id\":\"lobby\",\"seq\":57}\n");
}

TEST_F(ConnectionTest, TheUsersRoomIsToldByItsOneName) {
  open(kUpgradeV1);
  answers();
  session().on_lagged({}, {.room_id = "@ann", .from = Seq{3}, .to = Seq{9}});
  session().on_caught_up({.room_id = "@ann", .seq = Seq{57}, .is_complete = false});
  session().on_epoch_changed({.room_id = "@ann", .epoch = "q9", .seq = Seq{0}});
  EXPECT_EQ(answers(),
            "{\"type\":\"lagged\",\"room_id\":\"@me\",\"from\":3,\"to\":9}\n"
            "{\"type\":\"caught_up\",\"room_id\":\"@me\",\"seq\":57,\"recovered\":false}\n"
            "{\"type\":\"epoch_changed\",\"room_id\":\"@me\",\"epoch\":\"q9\",\"seq\":0}\n");
}

TEST_F(ConnectionTest, DrainTellsV1ClientsAndClosesAtItsTime) {
  open(kUpgradeV1);
  answers();
  connection().drain(context().now + 3s, context().now + 9s, 1'800);
  EXPECT_EQ(answers(), "{\"type\":\"goaway\",\"reason\":\"drain\",\"reconnect_after_ms\":1800}\n");
  EXPECT_EQ(connection().next_deadline(), context().now + 3s);
  EXPECT_EQ(ask(kPingText), kPongLine) << "until then it is served";
  advance(3s - 1ns);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kOpen);
  advance(1ns);
  connection().on_timer();
  EXPECT_EQ(frames().back().close_code(), 4200);
}

TEST_F(ConnectionTest, DrainTellsABaseClientNothingButTheClose) {
  open();
  connection().drain(context().now + 3s, context().now + 9s, 1'800);
  connection().drain(context().now + 9s, context().now + 9s, 1'800);
  EXPECT_EQ(answers(), "");
  run_until_end(10s);
  EXPECT_EQ(close_sent_, 4200);
  EXPECT_EQ(connection().ending().code, 4200);
}

// --- heartbeat -------------------------------------------------------------------------------------------------------

TEST_F(ConnectionTest, TheFirstPingComesWithinTheIntervalAtAPhaseOfItsOwn) {
  std::map<std::int64_t, int> by_quarter;
  for (int i = 0; i < 200; ++i) {
    open();
    const Duration until = connection().next_deadline() - context().now;
    EXPECT_GT(until, 0ns);
    EXPECT_LE(until, ms(settings.ping_interval_ms));
    ++by_quarter[(until - 1ns) / (ms(settings.ping_interval_ms) / 4)];
  }
  for (int quarter = 0; quarter < 4; ++quarter)
    EXPECT_GT(by_quarter[quarter], 20) << quarter;
}

TEST_F(ConnectionTest, APeerThatAnswersPingsLivesOn) {
  open();
  run_until_end(1h, true);
  EXPECT_EQ(connection().state(), State::kOpen);
  EXPECT_NEAR(pings_, 3'600 / 25, 1);
}

TEST_F(ConnectionTest, AnIntervalShorterThanThePongTimeoutIsKeptWhilePingsAreAnswered) {
  settings.ping_interval_ms = 5'000;
  settings.pong_timeout_ms = 20'000;
  open();
  run_until_end(1h, true);
  EXPECT_EQ(connection().state(), State::kOpen);
  EXPECT_NEAR(pings_, 3'600 / 5, 1);
}

TEST_F(ConnectionTest, APongIsDueOnlyFromWhenThePingHasLeftTheQueue) {
  open();
  const auto wait = ms(settings.pong_timeout_ms);
  context().now = connection().next_deadline();
  connection().on_timer();
  connection().on_blocked();
  for (int i = 0; i < 4; ++i) {  // it waits behind what the peer takes slowly
    advance(ms(settings.write_timeout_ms) - 1ms);
    connection().on_timer();
    ASSERT_EQ(connection().state(), State::kOpen) << i;
    connection().on_progress(0);
    connection().on_blocked();
  }
  connection().on_progress(0);
  advance(1ms);
  flush();
  advance(wait - 1ns);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kOpen);
  advance(1ns);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kClosing);
  EXPECT_EQ(connection().ending().code, protocol::close::kNoPong);
}

TEST_F(ConnectionTest, APeerWhoseFullSocketTakesBytesAgainIsAlive) {
  open();
  context().now = connection().next_deadline();
  connection().on_timer();
  flush();
  connection().on_blocked();
  advance(ms(settings.pong_timeout_ms) / 2);
  connection().on_progress(1);
  advance(ms(settings.pong_timeout_ms) / 2);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kOpen);
}

TEST_F(ConnectionTest, WhatWasWrittenBeforeAPingHasTimeToArriveOnASlowLine) {
  settings.write_timeout_ms = 1'000'000;
  const auto time_to_pong = [&](std::size_t bytes) {
    open();
    connection().on_progress(bytes);
    context().now = connection().next_deadline();
    connection().on_timer();
    flush();
    const Instant pinged = context().now;
    while (connection().state() == State::kOpen) {
      context().now = connection().next_deadline();
      connection().on_timer();
    }
    return context().now - pinged;
  };
  const Duration timeout = ms(settings.pong_timeout_ms);
  EXPECT_EQ(time_to_pong(0), timeout);
  EXPECT_EQ(time_to_pong(40'000), timeout + 10s);
  EXPECT_EQ(time_to_pong(100'000'000), 4 * timeout) << "never longer";
}

TEST_F(ConnectionTest, ASilentPeerIsClosedAtThePongTimeout) {
  open();
  const Instant first_ping = connection().next_deadline();
  context().now = first_ping;
  connection().on_timer();
  EXPECT_EQ(frames().back().opcode, ws::Opcode::kPing);
  EXPECT_EQ(connection().next_deadline(), first_ping + ms(settings.pong_timeout_ms));
  advance(ms(settings.pong_timeout_ms) - 1ns);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kOpen);
  advance(1ns);
  connection().on_timer();
  EXPECT_EQ(frames().back().close_code(), 4201);
  run_until_end(1h);
  EXPECT_EQ(connection().ending().code, 4201);
}

TEST_F(ConnectionTest, AnyBytesCountAsLife) {
  open();
  context().now = connection().next_deadline();
  connection().on_timer();
  advance(ms(settings.pong_timeout_ms) - 1ms);
  give(std::string("\x81", 1));  // the first byte of a frame
  advance(1ms);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kOpen);
}

TEST_F(ConnectionTest, WhoIsNotReadFromIsNotTakenForDead) {
  open();
  host.pending = true;
  give_text(kJoin);
  run_until_end(10min);
  EXPECT_EQ(connection().state(), State::kOpen);
  host.answer_join(session(), "lobby", "1");
  connection().resume();
  const Instant resumed = context().now;
  run_until_end(1h);
  EXPECT_EQ(connection().ending().code, 4201) << "once it is read from again, its silence counts";
  EXPECT_GE(context().now - resumed, ms(settings.pong_timeout_ms));
}

TEST_F(ConnectionTest, TheSilenceOfAPeerBeginsWhenItIsReadFromAgain) {
  open();
  host.pending = true;
  give_text(kJoin);
  context().now = connection().next_deadline();
  connection().on_timer();
  advance(ms(settings.pong_timeout_ms) - 1ms);
  host.answer_join(session(), "lobby", "1");
  connection().resume();
  advance(1ms);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kOpen);
}

TEST_F(ConnectionTest, WithoutAnIntervalThereAreNoPings) {
  settings.ping_interval_ms = 0;
  open();
  run_until_end(100h);
  EXPECT_EQ(pings_, 0);
  EXPECT_EQ(connection().state(), State::kOpen);
}

// --- the write timeout -----------------------------------------------------------------------------------------------

TEST_F(ConnectionTest, ASocketThatTakesNothingIsGivenUpEvenIfItsOwnerKeepsSending) {
  for (const std::uint32_t interval : {0u, 25'000u}) {
    settings.ping_interval_ms = interval;
    open();
    connection().on_blocked();
    const Instant blocked = context().now;
    EXPECT_LE(connection().next_deadline(), blocked + ms(settings.write_timeout_ms));
    for (int second = 1; second < 30; ++second) {
      advance(1s);
      give(ws::client_frame(ws::Opcode::kPong, ""));
      connection().on_timer();
    }
    connection().on_blocked();  // again: the first one counts
    EXPECT_EQ(connection().state(), State::kOpen);
    context().now = blocked + ms(settings.write_timeout_ms) - 1ns;
    connection().on_timer();
    EXPECT_EQ(connection().state(), State::kOpen);
    advance(1ns);
    connection().on_timer();
    EXPECT_EQ(connection().state(), State::kEnded) << "a Close frame would only wait behind the rest";
    EXPECT_EQ(connection().ending().code, 4101);
  }
}

TEST_F(ConnectionTest, EveryByteTakenStartsTheWriteTimeoutAnew) {
  settings.ping_interval_ms = 0;
  open();
  for (int i = 0; i < 10; ++i) {
    connection().on_blocked();
    advance(ms(settings.write_timeout_ms) - 1ns);
    connection().on_timer();
    connection().on_progress(1);
  }
  EXPECT_EQ(connection().state(), State::kOpen);
  advance(1h);
  connection().on_timer();
  EXPECT_EQ(connection().state(), State::kOpen) << "nothing waits";
}

TEST_F(ConnectionTest, TheWriteTimeoutHoldsDuringTheHandshakeAnswerAndTheCloseToo) {
  settings.close_timeout_ms = 60'000;
  open();
  connection().on_blocked();
  connection().close(4200, "bye");
  EXPECT_EQ(connection().next_deadline(), context().now + ms(settings.write_timeout_ms));
  run_until_end(1min);
  EXPECT_EQ(connection().ending().code, 4101);
}

}  // namespace
}  // namespace switchboard::session
