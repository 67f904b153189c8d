#include "session/session.h"

#include <iostream>
#include <map>

#include "session/session_driver.h"

namespace switchboard::session {
namespace {

const std::string kJoin = R"({"type":"join","room_id":"lobby","user_id":"ann","id":1})";
const std::string kPing = R"({"type":"ping"})";
const std::string kPong = "{\"type\":\"pong\"}\n";

std::string text_frame(std::string_view text) {
  return ws::client_frame(ws::Opcode::kText, text);
}

class SessionLifeTest : public SessionTest {
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

TEST_F(SessionLifeTest, SizeOfAnIdleSessionIsBounded) {
  RecordProperty("sizeof_session", static_cast<int>(sizeof(Session)));
  EXPECT_LE(sizeof(Session), 288u);
}

// --- frames ----------------------------------------------------------------------------------------------------------

TEST_F(SessionLifeTest, APingFrameIsAnsweredWithItsPayload) {
  open();
  give(ws::client_frame(ws::Opcode::kPing, "abc"));
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].opcode, ws::Opcode::kPong);
  EXPECT_EQ(sent[0].payload, "abc");
}

TEST_F(SessionLifeTest, ABinaryMessageClosesWith1003) {
  EXPECT_EQ(close_for(ws::client_frame(ws::Opcode::kBinary, "x")), 1003);
  EXPECT_EQ(session().state(), State::kClosing);
  give(close_frame(1003));
  flush();
  EXPECT_EQ(session().ending().code, 1003);
  EXPECT_FALSE(session().ending().by_peer);
}

TEST_F(SessionLifeTest, ABrokenFrameClosesWithItsCodeAndNothingMoreIsRead) {
  EXPECT_EQ(close_for(std::string("\xc1\x80", 2) + std::string(4, 'k')), 1002);
  EXPECT_TRUE(session().wants_finish()) << "the peer's Close is not waited for";
  give(text_frame(kPing));
  give(close_frame(1000));
  EXPECT_EQ(answers(), "");
  EXPECT_EQ(session().state(), State::kClosing);
  session().on_peer_gone("gone");
  EXPECT_EQ(session().state(), State::kEnded);
  EXPECT_EQ(session().ending().code, 1002);
  EXPECT_FALSE(session().ending().by_peer);
}

TEST_F(SessionLifeTest, WhatCameBeforeABrokenFrameIsAnswered) {
  open();
  give(text_frame(kPing) + std::string("\xff\xff", 2));
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].payload + "\n", kPong);
  EXPECT_EQ(sent[1].close_code(), 1002);
}

TEST_F(SessionLifeTest, TextThatIsNotUtf8ClosesWith1007AndATooLargeMessageWith1009) {
  EXPECT_EQ(close_for(text_frame("\xff")), 1007);
  settings.message_bytes_max = 1'000;
  const std::string content(1'000 - kPing.size(), ' ');
  open();
  EXPECT_EQ(ask(kPing + content), kPong);
  EXPECT_EQ(ask(kPing + content.substr(1)), kPong);
  EXPECT_EQ(close_for(text_frame(kPing + content + " ")), 1009);
}

// --- the close handshake ---------------------------------------------------------------------------------------------

TEST_F(SessionLifeTest, ThePeersCloseIsAnsweredWithItsOwnCode) {
  for (const std::uint16_t code : std::initializer_list<std::uint16_t>{1000, 1001, 3000, 4321, 1005}) {
    open();
    give(close_frame(code));
    EXPECT_EQ(session().state(), State::kClosing);
    const auto sent = frames();
    ASSERT_EQ(sent.size(), 1u) << code;
    EXPECT_EQ(sent[0].opcode, ws::Opcode::kClose);
    EXPECT_EQ(sent[0].close_code(), code);
    EXPECT_EQ(session().state(), State::kEnded) << "once it is written";
    EXPECT_EQ(session().ending().code, code);
    EXPECT_TRUE(session().ending().by_peer);
  }
}

TEST_F(SessionLifeTest, ACloseWithACodeThatMayNotBeSentIsAProtocolError) {
  EXPECT_EQ(close_for(close_frame(1006)), 1002);
  EXPECT_EQ(close_for(close_frame(999)), 1002);
  EXPECT_EQ(close_for(ws::client_frame(ws::Opcode::kClose, "x")), 1002);
}

TEST_F(SessionLifeTest, OurCloseWaitsForThePeers) {
  open();
  give_text(kJoin);
  session().close(4200, "bye");
  session().leave_rooms();
  EXPECT_EQ(host.leave_all_calls, 1);
  EXPECT_EQ(frames().back().close_code(), 4200);
  EXPECT_EQ(session().state(), State::kClosing);
  EXPECT_FALSE(session().wants_finish());
  EXPECT_EQ(ask(kPing), "") << "commands behind it are not obeyed";
  give(close_frame(4200));
  session().on_outbox_written();
  EXPECT_EQ(session().state(), State::kEnded);
  EXPECT_EQ(session().ending().code, 4200);
  EXPECT_EQ(session().ending().reason, "bye");
  EXPECT_FALSE(session().ending().by_peer);
}

TEST_F(SessionLifeTest, WhatClosesItOnlyMarksItAndItsRoomsAreLeftWhenTheHostSaysSo) {
  open();
  give_text(kJoin);
  session().close(4200, "bye");
  session().close(4200, "again");
  EXPECT_TRUE(session().is_leaving());
  EXPECT_EQ(host.over_calls, 1);
  EXPECT_EQ(host.leave_all_calls, 0);
  EXPECT_EQ(session().memberships().size(), 1u);
  session().leave_rooms();
  session().leave_rooms();
  EXPECT_FALSE(session().is_leaving());
  EXPECT_EQ(host.leave_all_calls, 1);
  session().on_peer_gone("gone");
  EXPECT_EQ(host.over_calls, 2) << "it has ended, too";
}

TEST_F(SessionLifeTest, ACommandThatUsesUpTheErrorBudgetDoesNotLeaveRoomsUnderTheHost) {
  settings.errors_max = 1;
  open();
  give_text(kJoin);
  host.refusal = protocol::ErrorCode::kRoomFull;
  for (int i = 0; i < 2; ++i) {
    std::string frame = ws::client_frame(ws::Opcode::kText, R"({"type":"join","room_id":"full"})");
    const std::size_t size = frame.size();
    frame.resize(size + 64);
    session().receive({frame.data(), size});  // the host's own call into the session is on the stack meanwhile
    EXPECT_EQ(host.leave_all_calls, 0);
  }
  EXPECT_TRUE(session().is_leaving());
}

TEST_F(SessionLifeTest, OurCloseWaitsNoLongerThanTheCloseTimeout) {
  open();
  session().close(4200, "bye");
  flush();
  advance(ms(settings.close_timeout_ms) - 1ns);
  session().on_timer();
  EXPECT_EQ(session().state(), State::kClosing);
  advance(1ns);
  session().on_timer();
  EXPECT_EQ(session().state(), State::kEnded);
  EXPECT_EQ(session().ending().code, 4200);
}

TEST_F(SessionLifeTest, ThePeersCloseEndsItOnlyOnceOurLastBytesAreWritten) {
  open();
  session().close(4200, "bye");
  give(close_frame(4200));
  EXPECT_EQ(session().state(), State::kClosing);
  flush();
  EXPECT_EQ(session().state(), State::kEnded);
}

TEST_F(SessionLifeTest, APeerThatGoesWithoutACloseEndsWith1006) {
  open();
  session().on_peer_gone("gone");
  EXPECT_EQ(session().state(), State::kEnded);
  EXPECT_EQ(session().ending().code, 1006);
  EXPECT_TRUE(session().ending().by_peer);
}

TEST_F(SessionLifeTest, ItEndsOnceWhateverComesAfter) {
  open();
  session().on_peer_gone("gone");
  session().on_peer_gone("again");
  session().close(4000, "late");
  session().drain(context().now, context().now, 1);
  session().on_timer();
  session().on_outbox_written();
  give(close_frame(1000));
  EXPECT_EQ(session().ending().code, 1006);
  EXPECT_EQ(session().ending().reason, "gone");
  EXPECT_EQ(host.leave_all_calls, 1);
}

TEST_F(SessionLifeTest, AFirstReasonToCloseStays) {
  open();
  session().close(4101, "slow");
  session().close(4200, "drain");
  session().drain(context().now, context().now, 1);
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].close_code(), 4101);
  session().on_peer_gone("gone");
  EXPECT_EQ(session().ending().code, 4101);
}

// --- pausing ---------------------------------------------------------------------------------------------------------

TEST_F(SessionLifeTest, WaitsWhileAJoinIsUnderWayAndThenGoesOnInOrder) {
  open();
  host.pending = true;
  give(text_frame(kJoin + " " + kPing) + text_frame(R"({"type":"ping","id":2})"));
  EXPECT_TRUE(session().paused());
  EXPECT_EQ(answers(), "");
  session().resume();
  EXPECT_TRUE(session().paused()) << "an empty queue is not what it waits for";
  host.answer_join(session(), "lobby", "1");
  EXPECT_TRUE(session().paused()) << "until it is told";
  session().resume();
  EXPECT_FALSE(session().paused());
  EXPECT_EQ(answers(), "{\"type\":\"joined\",\"room_id\":\"lobby\",\"id\":1,\"seq\":41,\"epoch\":\"k3\"}\n" + kPong +
                           "{\"type\":\"pong\",\"id\":2}\n");
}

TEST_F(SessionLifeTest, ARefusedJoinLetsItGoOnAsWell) {
  open();
  host.pending = true;
  give(text_frame(kJoin) + text_frame(kPing));
  host.refusal = protocol::ErrorCode::kRoomFull;
  host.answer_join(session(), "lobby", "1");
  session().resume();
  EXPECT_TRUE(answers().ends_with(kPong));
}

TEST_F(SessionLifeTest, SeveralJoinsUnderWayInOneMessageAreTakenOneByOne) {
  open();
  host.pending = true;
  give_text(R"({"type":"join","room_id":"a","user_id":"u"} {"type":"join","room_id":"b"} {"type":"ping"})");
  EXPECT_EQ(session().memberships().size(), 1u);
  host.answer_join(session(), "a", "");
  session().resume();
  EXPECT_TRUE(session().paused());
  EXPECT_EQ(session().memberships().size(), 2u);
  host.answer_join(session(), "b", "");
  session().resume();
  EXPECT_FALSE(session().paused());
  EXPECT_TRUE(answers().ends_with(kPong));
}

TEST_F(SessionLifeTest, ABusyHostIsAskedAgainForTheSameCommand) {
  open();
  give_text(kJoin);
  answers();
  host.busy = true;
  give(text_frame(R"({"type":"broadcast","room_id":"lobby","content":1,"id":5} {"type":"ping"})") + text_frame(kPing));
  EXPECT_TRUE(session().paused());
  session().resume();
  EXPECT_TRUE(session().paused());
  EXPECT_TRUE(host.published.empty());
  host.busy = false;
  session().resume();
  EXPECT_FALSE(session().paused());
  EXPECT_EQ(host.published.size(), 1u);
  EXPECT_EQ(context().stats.publishes.value(), 1u);
  const std::string sent = answers();
  EXPECT_TRUE(sent.starts_with("{\"type\":\"ack\",\"id\":5")) << sent;
  EXPECT_TRUE(sent.ends_with(kPong + kPong));
}

TEST_F(SessionLifeTest, AFullQueueStopsTheInputUntilItIsEmptied) {
  settings.queue_bytes_max = 17 * 10;  // a pong is 15 bytes and its header 2
  open();
  std::string input;
  for (int i = 0; i < 30; ++i)
    input += text_frame(kPing);
  give(input);
  EXPECT_TRUE(session().paused());
  EXPECT_EQ(session().outbox().size(), 17u * 11) << "the one over the limit is the last";
  session().resume();
  EXPECT_EQ(session().outbox().size(), 17u * 11) << "still full";
  int pongs = 0;
  for (int rounds = 0; rounds < 3; ++rounds) {
    pongs += static_cast<int>(frames().size());
    session().resume();
  }
  EXPECT_EQ(pongs, 30);
  EXPECT_FALSE(session().paused());
}

TEST_F(SessionLifeTest, PingFramesAreNotAnsweredIntoAFullQueue) {
  settings.queue_bytes_max = 100;
  open();
  const std::string frame = ws::client_frame(ws::Opcode::kPing, std::string(125, 'p'));
  give(frame + frame + frame);
  EXPECT_TRUE(session().paused());
  EXPECT_EQ(frames().size(), 1u);
  session().resume();
  EXPECT_EQ(frames().size(), 1u);
  session().resume();
  EXPECT_EQ(frames().size(), 1u);
  session().resume();
  EXPECT_FALSE(session().paused());
}

TEST_F(SessionLifeTest, ACloseBehindWhatHasToWaitIsSeenWhenItsTurnComes) {
  open();
  host.pending = true;
  give(text_frame(kJoin) + close_frame(1001));
  EXPECT_EQ(session().state(), State::kOpen);
  host.answer_join(session(), "lobby", "1");
  session().resume();
  EXPECT_EQ(session().state(), State::kClosing);
  flush();
  EXPECT_EQ(session().ending().code, 1001);
}

TEST_F(SessionLifeTest, ThePeersCloseIsRecognisedAlsoWhenWeCloseWhileItsInputWaits) {
  open();
  host.pending = true;
  const std::string close = close_frame(1001);
  give(text_frame(kJoin) + text_frame(kPing) + close.substr(0, 5));
  session().close(4200, "bye");
  session().resume();
  EXPECT_TRUE(session().paused()) << "no command is obeyed any more";
  session().leave_rooms();
  EXPECT_FALSE(session().paused());
  give(close.substr(5));
  flush();
  EXPECT_EQ(session().state(), State::kEnded);
  EXPECT_EQ(session().ending().code, 4200);
}

TEST_F(SessionLifeTest, AnAnswerToAJoinThatComesAfterTheCloseIsIgnored) {
  open();
  host.pending = true;
  give_text(kJoin);
  session().close(4200, "bye");
  frames();
  session().on_joined({}, {.room_id = "lobby", .id = "1", .seq = Seq{1}, .epoch = "k"});
  session().on_join_refused("lobby", "1", protocol::ErrorCode::kRoomFull);
  session().on_published({.id = "1", .room_id = "lobby", .seq = Seq{1}, .epoch = "k", .ts = 1});
  session().on_publish_refused("lobby", "1", protocol::ErrorCode::kUnavailable);
  session().on_lagged({.opted_in = true}, {.room_id = "lobby", .from = Seq{1}, .to = Seq{2}});
  session().on_caught_up({.room_id = "lobby", .seq = Seq{1}});
  session().on_history({.room_id = "lobby", .id = "1", .epoch = "k", .messages = {}});
  session().on_history_refused("lobby", "1", protocol::ErrorCode::kUnavailable);
  session().on_presence({.room_id = "lobby", .id = "1", .users = {}, .next = {}});
  session().on_presence_refused("lobby", "1", protocol::ErrorCode::kUnavailable);
  EXPECT_TRUE(session().outbox().empty());
}

// --- pushes ----------------------------------------------------------------------------------------------------------

TEST_F(SessionLifeTest, OnlyV1ClientsAreToldWhatTheyMissed) {
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

TEST_F(SessionLifeTest, OnlyV1ClientsAreToldOfANewEpoch) {
  open();
  session().on_epoch_changed({.room_id = "lobby", .epoch = "q9", .seq = Seq{0}});
  EXPECT_EQ(answers(), "");
  open(kUpgradeV1);
  answers();
  session().on_epoch_changed({.room_id = "lobby", .epoch = "q9", .seq = Seq{0}});
  EXPECT_EQ(answers(), "{\"type\":\"epoch_changed\",\"room_id\":\"lobby\",\"epoch\":\"q9\",\"seq\":0}\n");
}

TEST_F(SessionLifeTest, WhoAskedIsToldThatItHasCaughtUp) {
  open();
  session().on_caught_up({.room_id = "lobby", .seq = Seq{57}});
  EXPECT_EQ(answers(), "{\"type\":\"caught_up\",\"room_id\":\"lobby\",\"seq\":57}\n");
}

TEST_F(SessionLifeTest, TheUsersRoomIsToldByItsOneName) {
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

TEST_F(SessionLifeTest, DrainTellsV1ClientsAndClosesAtItsTime) {
  open(kUpgradeV1);
  answers();
  session().drain(context().now + 3s, context().now + 9s, 1'800);
  EXPECT_EQ(answers(), "{\"type\":\"goaway\",\"reason\":\"drain\",\"reconnect_after_ms\":1800}\n");
  EXPECT_EQ(session().next_deadline(), context().now + 3s);
  EXPECT_EQ(ask(kPing), kPong) << "until then it is served";
  advance(3s - 1ns);
  session().on_timer();
  EXPECT_EQ(session().state(), State::kOpen);
  advance(1ns);
  session().on_timer();
  EXPECT_EQ(frames().back().close_code(), 4200);
}

TEST_F(SessionLifeTest, DrainTellsABaseClientNothingButTheClose) {
  open();
  session().drain(context().now + 3s, context().now + 9s, 1'800);
  session().drain(context().now + 9s, context().now + 9s, 1'800);
  EXPECT_EQ(answers(), "");
  run_until_end(10s);
  EXPECT_EQ(close_sent_, 4200);
  EXPECT_EQ(session().ending().code, 4200);
}

// --- heartbeat -------------------------------------------------------------------------------------------------------

TEST_F(SessionLifeTest, TheFirstPingComesWithinTheIntervalAtAPhaseOfItsOwn) {
  std::map<std::int64_t, int> by_quarter;
  for (int i = 0; i < 200; ++i) {
    open();
    const Duration until = session().next_deadline() - context().now;
    EXPECT_GT(until, 0ns);
    EXPECT_LE(until, ms(settings.ping_interval_ms));
    ++by_quarter[(until - 1ns) / (ms(settings.ping_interval_ms) / 4)];
  }
  for (int quarter = 0; quarter < 4; ++quarter)
    EXPECT_GT(by_quarter[quarter], 20) << quarter;
}

TEST_F(SessionLifeTest, APeerThatAnswersPingsLivesOn) {
  open();
  run_until_end(1h, true);
  EXPECT_EQ(session().state(), State::kOpen);
  EXPECT_NEAR(pings_, 3'600 / 25, 1);
}

TEST_F(SessionLifeTest, AnIntervalShorterThanThePongTimeoutIsKeptWhilePingsAreAnswered) {
  settings.ping_interval_ms = 5'000;
  settings.pong_timeout_ms = 20'000;
  open();
  run_until_end(1h, true);
  EXPECT_EQ(session().state(), State::kOpen);
  EXPECT_NEAR(pings_, 3'600 / 5, 1);
}

TEST_F(SessionLifeTest, APongIsDueOnlyFromWhenThePingHasLeftTheQueue) {
  open();
  const auto wait = ms(settings.pong_timeout_ms);
  context().now = session().next_deadline();
  session().on_timer();
  session().on_blocked();
  for (int i = 0; i < 4; ++i) {  // it waits behind what the peer takes slowly
    advance(ms(settings.write_timeout_ms) - 1ms);
    session().on_timer();
    ASSERT_EQ(session().state(), State::kOpen) << i;
    session().on_progress(0);
    session().on_blocked();
  }
  session().on_progress(0);
  advance(1ms);
  flush();
  advance(wait - 1ns);
  session().on_timer();
  EXPECT_EQ(session().state(), State::kOpen);
  advance(1ns);
  session().on_timer();
  EXPECT_EQ(session().state(), State::kClosing);
  EXPECT_EQ(session().ending().code, protocol::close::kNoPong);
}

TEST_F(SessionLifeTest, APeerWhoseFullSocketTakesBytesAgainIsAlive) {
  open();
  context().now = session().next_deadline();
  session().on_timer();
  flush();
  session().on_blocked();
  advance(ms(settings.pong_timeout_ms) / 2);
  session().on_progress(1);
  advance(ms(settings.pong_timeout_ms) / 2);
  session().on_timer();
  EXPECT_EQ(session().state(), State::kOpen);
}

TEST_F(SessionLifeTest, WhatWasWrittenBeforeAPingHasTimeToArriveOnASlowLine) {
  settings.write_timeout_ms = 1'000'000;
  const auto time_to_pong = [&](std::size_t bytes) {
    open();
    session().on_progress(bytes);
    context().now = session().next_deadline();
    session().on_timer();
    flush();
    const Instant pinged = context().now;
    while (session().state() == State::kOpen) {
      context().now = session().next_deadline();
      session().on_timer();
    }
    return context().now - pinged;
  };
  const Duration timeout = ms(settings.pong_timeout_ms);
  EXPECT_EQ(time_to_pong(0), timeout);
  EXPECT_EQ(time_to_pong(40'000), timeout + 10s);
  EXPECT_EQ(time_to_pong(100'000'000), 4 * timeout) << "never longer";
}

TEST_F(SessionLifeTest, ASilentPeerIsClosedAtThePongTimeout) {
  open();
  const Instant first_ping = session().next_deadline();
  context().now = first_ping;
  session().on_timer();
  EXPECT_EQ(frames().back().opcode, ws::Opcode::kPing);
  EXPECT_EQ(session().next_deadline(), first_ping + ms(settings.pong_timeout_ms));
  advance(ms(settings.pong_timeout_ms) - 1ns);
  session().on_timer();
  EXPECT_EQ(session().state(), State::kOpen);
  advance(1ns);
  session().on_timer();
  EXPECT_EQ(frames().back().close_code(), 4201);
  run_until_end(1h);
  EXPECT_EQ(session().ending().code, 4201);
}

TEST_F(SessionLifeTest, AnyBytesCountAsLife) {
  open();
  context().now = session().next_deadline();
  session().on_timer();
  advance(ms(settings.pong_timeout_ms) - 1ms);
  give(std::string("\x81", 1));  // the first byte of a frame
  advance(1ms);
  session().on_timer();
  EXPECT_EQ(session().state(), State::kOpen);
}

TEST_F(SessionLifeTest, WhoIsNotReadFromIsNotTakenForDead) {
  open();
  host.pending = true;
  give_text(kJoin);
  run_until_end(10min);
  EXPECT_EQ(session().state(), State::kOpen);
  host.answer_join(session(), "lobby", "1");
  session().resume();
  const Instant resumed = context().now;
  run_until_end(1h);
  EXPECT_EQ(session().ending().code, 4201) << "once it is read from again, its silence counts";
  EXPECT_GE(context().now - resumed, ms(settings.pong_timeout_ms));
}

TEST_F(SessionLifeTest, TheSilenceOfAPeerBeginsWhenItIsReadFromAgain) {
  open();
  host.pending = true;
  give_text(kJoin);
  context().now = session().next_deadline();
  session().on_timer();
  advance(ms(settings.pong_timeout_ms) - 1ms);
  host.answer_join(session(), "lobby", "1");
  session().resume();
  advance(1ms);
  session().on_timer();
  EXPECT_EQ(session().state(), State::kOpen);
}

TEST_F(SessionLifeTest, WithoutAnIntervalThereAreNoPings) {
  settings.ping_interval_ms = 0;
  open();
  run_until_end(100h);
  EXPECT_EQ(pings_, 0);
  EXPECT_EQ(session().state(), State::kOpen);
}

// --- the write timeout -----------------------------------------------------------------------------------------------

TEST_F(SessionLifeTest, ASocketThatTakesNothingIsGivenUpEvenIfItsOwnerKeepsSending) {
  for (const std::uint32_t interval : {0u, 25'000u}) {
    settings.ping_interval_ms = interval;
    open();
    session().on_blocked();
    const Instant blocked = context().now;
    EXPECT_LE(session().next_deadline(), blocked + ms(settings.write_timeout_ms));
    for (int second = 1; second < 30; ++second) {
      advance(1s);
      give(ws::client_frame(ws::Opcode::kPong, ""));
      session().on_timer();
    }
    session().on_blocked();  // again: the first one counts
    EXPECT_EQ(session().state(), State::kOpen);
    context().now = blocked + ms(settings.write_timeout_ms) - 1ns;
    session().on_timer();
    EXPECT_EQ(session().state(), State::kOpen);
    advance(1ns);
    session().on_timer();
    EXPECT_EQ(session().state(), State::kEnded) << "a Close frame would only wait behind the rest";
    EXPECT_EQ(session().ending().code, 4101);
  }
}

TEST_F(SessionLifeTest, EveryByteTakenStartsTheWriteTimeoutAnew) {
  settings.ping_interval_ms = 0;
  open();
  for (int i = 0; i < 10; ++i) {
    session().on_blocked();
    advance(ms(settings.write_timeout_ms) - 1ns);
    session().on_timer();
    session().on_progress(1);
  }
  EXPECT_EQ(session().state(), State::kOpen);
  advance(1h);
  session().on_timer();
  EXPECT_EQ(session().state(), State::kOpen) << "nothing waits";
}

TEST_F(SessionLifeTest, TheWriteTimeoutHoldsDuringTheHandshakeAnswerAndTheCloseToo) {
  settings.close_timeout_ms = 60'000;
  open();
  session().on_blocked();
  session().close(4200, "bye");
  EXPECT_EQ(session().next_deadline(), context().now + ms(settings.write_timeout_ms));
  run_until_end(1min);
  EXPECT_EQ(session().ending().code, 4101);
}

}  // namespace
}  // namespace switchboard::session
