// What becomes of a client that sends more than it may.
#include "session/connection_driver.h"

namespace switchboard::session {
namespace {

const std::string kPing = R"({"type":"ping"})";
const std::string kPongText = "{\"type\":\"pong\"}\n";

class RateLimitsTest : public ConnectionDriver {
 protected:
  std::uint64_t limited(RateLimit limit) {
    return context().stats.rate_limited[static_cast<std::size_t>(limit)].value();
  }
  static std::string ping_frame() { return ws::client_frame(ws::Opcode::kPing, "p"); }
};

TEST_F(RateLimitsTest, ACommandOverTheRateIsRefusedWithATimeAndNotCarriedOut) {
  settings.rate.messages = {.per_second = 10, .burst = 2};
  open();
  ask(R"({"type":"join","room_id":"lobby","user_id":"ann"})");
  EXPECT_EQ(ask(kPing), kPongText);
  EXPECT_EQ(ask(R"({"type":"broadcast","room_id":"lobby","content":1,"id":7})"),
            R"({"type":"error","code":"rate_limited","message":"too many messages on this connection",)"
            R"("room_id":"lobby","id":7,"retryable":true,"retry_after_ms":100})"
            "\n");
  EXPECT_TRUE(host.published.empty());
  EXPECT_EQ(limited(RateLimit::kMessages), 1u);
  advance(99ms);
  EXPECT_NE(ask(kPing).find(R"("retry_after_ms":1})"), std::string::npos);
  advance(1ms);
  EXPECT_EQ(ask(kPing), kPongText) << "what was refused took nothing";
}

TEST_F(RateLimitsTest, EveryDocumentOfAMessageCounts) {
  settings.rate.messages = {.per_second = 1, .burst = 3};
  open();
  const std::string answer = ask(kPing + " " + kPing + " " + kPing + " " + kPing);
  EXPECT_TRUE(answer.starts_with(kPongText + kPongText + kPongText + R"({"type":"error","code":"rate_limited")"))
      << answer;
}

TEST_F(RateLimitsTest, MalformedCommandsCountAndAreRefusedLikeOthers) {
  settings.rate.messages = {.per_second = 1, .burst = 2};
  open();
  EXPECT_NE(ask("x").find("bad_request"), std::string::npos);
  EXPECT_NE(ask("x").find("bad_request"), std::string::npos);
  EXPECT_NE(ask("x").find("rate_limited"), std::string::npos);
  EXPECT_NE(ask(kPing).find("rate_limited"), std::string::npos);
}

TEST_F(RateLimitsTest, PingsPongsAndFragmentsCountLikeCommands) {
  settings.rate.messages = {.per_second = 1, .burst = 4};
  open();
  give(ping_frame() + ws::client_frame(ws::Opcode::kPong, "") + ws::client_fragment(ws::Opcode::kText, kPing));
  answers();
  give(ws::client_frame(ws::Opcode::kContinuation, ""));
  EXPECT_EQ(answers(), kPongText) << "the fourth";
  EXPECT_NE(ask(kPing).find("rate_limited"), std::string::npos);
}

TEST_F(RateLimitsTest, ACommandThatHadToWaitIsCountedOnce) {
  settings.rate.messages = {.per_second = 1, .burst = 3};
  open();
  ask(R"({"type":"join","room_id":"lobby","user_id":"ann"})");
  host.busy = true;
  give_text(R"({"type":"broadcast","room_id":"lobby","content":1})");
  for (int i = 0; i < 5; ++i)
    connection().resume();
  host.busy = false;
  connection().resume();
  EXPECT_EQ(host.published.size(), 1u);
  EXPECT_EQ(ask(kPing), kPongText) << "the third";
  EXPECT_NE(ask(kPing).find("rate_limited"), std::string::npos);
}

TEST_F(RateLimitsTest, WhoGoesOnUsesUpItsErrorsAndIsClosedWith4102) {
  settings.rate.messages = {.per_second = 1, .burst = 1};
  settings.errors_max = 3;
  open();
  ask(kPing);
  for (int i = 0; i < 3; ++i)
    EXPECT_NE(ask(kPing).find("rate_limited"), std::string::npos);
  give_text(kPing);
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_NE(sent[0].payload.find("rate_limited"), std::string::npos) << "the last one is answered, too";
  EXPECT_EQ(sent[1].close_code(), 4102);
}

TEST_F(RateLimitsTest, TheConnectionsOfAnAddressAreHeldToItsRateTogether) {
  settings.rate.address_messages = {.per_second = 1, .burst = 2};
  context().settings = settings;
  AddressRate address;
  Connection ann(context(), {}, {}, &address);
  Connection bob(context(), {}, {}, &address);
  const auto ask_of = [&](Connection& connection, std::string_view bytes) {
    std::string copy(bytes);
    copy.resize(bytes.size() + 64);
    connection.receive({copy.data(), bytes.size()});
    std::string sent(connection.outbox().front());
    connection.consume_outbox(connection.outbox().size());
    take_head(sent);
    return texts(take_frames(sent));
  };
  ask_of(ann, kUpgrade);
  ask_of(bob, kUpgrade);
  const std::string ping = ws::client_frame(ws::Opcode::kText, kPing);
  EXPECT_EQ(ask_of(ann, ping), kPongText);
  EXPECT_EQ(ask_of(bob, ping), kPongText);
  const std::string refused = ask_of(ann, ping);
  EXPECT_NE(refused.find("too many messages from this address"), std::string::npos) << refused;
  EXPECT_NE(refused.find(R"("retry_after_ms":1000})"), std::string::npos) << refused;
  EXPECT_EQ(limited(RateLimit::kAddressMessages), 1u);
}

// --- control frames --------------------------------------------------------------------------------------------------

TEST_F(RateLimitsTest, MorePingsThanMayBeCloseWith4102) {
  settings.rate.control_frames = {.per_second = 10, .burst = 3};
  open();
  give(ping_frame() + ping_frame() + ping_frame());
  EXPECT_EQ(frames().size(), 3u);
  advance(100ms);
  give(ping_frame());
  EXPECT_EQ(frames().size(), 1u);
  give(ping_frame() + ping_frame());
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 1u) << "nothing is answered behind it";
  EXPECT_EQ(sent[0].close_code(), 4102);
  EXPECT_EQ(limited(RateLimit::kControlFrames), 1u);
}

TEST_F(RateLimitsTest, PongsNobodyAskedForCountAsWell) {
  settings.rate.control_frames = {.per_second = 10, .burst = 2};
  open();
  give(ping_frame() + ws::client_frame(ws::Opcode::kPong, "") + ws::client_frame(ws::Opcode::kPong, ""));
  EXPECT_EQ(frames().back().close_code(), 4102);
}

TEST_F(RateLimitsTest, AFloodOfPingsIsOverAtOnceByDefault) {
  open();
  std::string flood;
  for (int i = 0; i < 5'000; ++i)
    flood += ping_frame();
  give(flood);
  EXPECT_EQ(connection().state(), State::kClosing);
  EXPECT_EQ(connection().ending().code, 4102);
  EXPECT_LE(connection().outbox().size(), 4'096u);
}

// --- bytes -----------------------------------------------------------------------------------------------------------

TEST_F(RateLimitsTest, BytesOverTheRateMakeTheClientWait) {
  settings.rate.bytes = {.per_second = 1'000, .burst = 2'000};
  settings.ping_interval_ms = 0;
  open();
  advance(10s);
  const std::string frame = ws::client_frame(ws::Opcode::kText, kPing + std::string(985, ' '));
  ASSERT_EQ(frame.size(), 1'008u);
  give(frame);
  EXPECT_FALSE(connection().paused());
  give(frame);
  EXPECT_EQ(answers(), kPongText + kPongText) << "what is here is carried out";
  EXPECT_TRUE(connection().paused());
  EXPECT_EQ(limited(RateLimit::kBytes), 1u);
  EXPECT_EQ(connection().next_deadline(), context().now + 16ms);
  advance(16ms - 1ns);
  connection().on_timer();
  EXPECT_TRUE(connection().paused());
  advance(1ns);
  connection().on_timer();
  EXPECT_FALSE(connection().paused());
}

TEST_F(RateLimitsTest, WhoIsNotReadFromIsNotTakenForDead) {
  settings.rate.bytes = {.per_second = 100, .burst = 100};
  settings.ping_interval_ms = 1'000;
  settings.pong_timeout_ms = 1'000;
  open();
  give(ws::client_frame(ws::Opcode::kText, kPing + std::string(1'000, ' ')));
  run_until_end(9s);
  EXPECT_EQ(connection().state(), State::kOpen);
  EXPECT_TRUE(connection().paused());
  EXPECT_GT(pings_, 0);
  run_until_end(1h);
  EXPECT_EQ(close_sent_, 4201) << "but it is, once it is read from again";
}

TEST_F(RateLimitsTest, AClosedConnectionIsReadToTheEnd) {
  settings.rate.bytes = {.per_second = 1, .burst = 1};
  open();
  give_text(kPing);
  EXPECT_TRUE(connection().paused());
  connection().close(4200, "bye");
  EXPECT_FALSE(connection().paused());
  give_text(kPing);
  EXPECT_FALSE(connection().paused());
  give(close_frame(4200));
  flush();
  EXPECT_EQ(connection().state(), State::kEnded);
}

TEST_F(RateLimitsTest, ALimitThatIsLiftedLetsTheClientGoOn) {
  settings.rate.bytes = {.per_second = 1, .burst = 1};
  open();
  give_text(kPing);
  EXPECT_TRUE(connection().paused());
  context().settings.rate.bytes = {};
  connection().on_timer();
  EXPECT_FALSE(connection().paused());
}

// --- fragments -------------------------------------------------------------------------------------------------------

TEST_F(RateLimitsTest, AMessageMayComeInSoManyFramesAndNoMore) {
  settings.frames_per_message_max = 5;
  for (const int frames_sent : {4, 5, 6}) {
    open();
    give(ws::client_fragment(ws::Opcode::kText, kPing));
    for (int i = 2; i < frames_sent; ++i)
      give(ws::client_fragment(ws::Opcode::kContinuation, ""));
    give(ws::client_frame(ws::Opcode::kContinuation, ""));
    const auto sent = frames();
    ASSERT_EQ(sent.size(), 1u) << frames_sent;
    if (frames_sent <= 5) {
      EXPECT_EQ(sent[0].payload + "\n", kPongText) << frames_sent;
    } else {
      EXPECT_EQ(sent[0].close_code(), 1009);
    }
  }
}

TEST_F(RateLimitsTest, EmptyFragmentsWithoutEndAreCutOffByDefault) {
  open();
  give(ws::client_fragment(ws::Opcode::kText, ""));
  std::string flood;
  for (std::uint32_t i = 0; i < settings.frames_per_message_max; ++i)
    flood += ws::client_fragment(ws::Opcode::kContinuation, "");
  give(flood);
  EXPECT_EQ(frames().back().close_code(), 1009);
}

TEST_F(RateLimitsTest, TheFramesOfOneMessageAreNotHeldAgainstTheNext) {
  settings.frames_per_message_max = 2;
  open();
  for (int i = 0; i < 10; ++i) {
    give(ws::client_fragment(ws::Opcode::kText, kPing) + ws::client_frame(ws::Opcode::kContinuation, ""));
    EXPECT_EQ(answers(), kPongText);
  }
}

TEST_F(RateLimitsTest, WhatIsRefusedIsForTheLogAlsoWhenItCannotBeRead) {
  settings.rate.messages = {.per_second = 1, .burst = 1};
  open();
  ask(R"({"type":"join","room_id":"lobby","user_id":"ann"})");
  ask(R"({"type":"broadcast","room_id":"lobby","content":1})");
  ask(R"({"type":"jion","room_id":"lobby"})");
  EXPECT_EQ(host.refused_commands,
            (std::vector<std::string>{"ann broadcast lobby rate_limited", "ann unknown lobby rate_limited"}));
}

}  // namespace
}  // namespace switchboard::session
