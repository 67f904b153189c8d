// RFC 6455 section 7: closing the connection. Who answers which Close frame how is section 5.5.1.
#include "conformance/server_test.h"

namespace switchboard::conformance {
namespace {

// --- 7.1: definitions ------------------------------------------------------------------------------------------------

using Rfc6455Section7_1_1 = ServerTest;

TEST_F(Rfc6455Section7_1_1, TheServerClosesTheTcpConnectionFirst) {
  Peer peer = client();
  send(peer, close(1000));
  EXPECT_TRUE(peer.is_gone()) << "without the client having closed its side";
}

TEST_F(Rfc6455Section7_1_1, AfterAFailureTheServerFinishesItsSideAndReadsUntilTheClientHasClosed) {
  Peer peer = client();
  send(peer, client_frame_of(0x83, "") + "more of whatever this is");
  EXPECT_EQ(read(peer), failed(1002));
  send(peer, std::string(100'000, '\xff'));  // a connection closed over unread bytes would be reset
  EXPECT_TRUE(peer.stream->to_server.empty());
  EXPECT_FALSE(peer.is_gone());
  peer.finish();
  run();
  EXPECT_TRUE(peer.is_gone());
}

TEST_F(Rfc6455Section7_1_1, AClientThatDoesNotCloseIsNotWaitedForLongerThanTheCloseTimeout) {
  Peer peer = client();
  send(peer, client_frame_of(0x83, ""));
  pass(1s);
  EXPECT_FALSE(peer.is_gone());
  pass(2s);
  EXPECT_TRUE(peer.is_gone());
}

using Rfc6455Section7_1_2 = ServerTest;

TEST_F(Rfc6455Section7_1_2, TheServerStartsTheClosingHandshakeWithACloseFrameAndWaitsForTheClients) {
  use_rooms();
  Peer peer = client();
  send(peer, binary("not here"));
  EXPECT_EQ(read(peer), Answers{"close 1003"});
  EXPECT_FALSE(peer.stream->finished);
  send(peer, text("still on its way") + close(1003));
  EXPECT_EQ(read(peer), Answers{"closed"});
}

TEST_F(Rfc6455Section7_1_2, AClientThatDoesNotAnswerIsNotWaitedForLongerThanTheCloseTimeout) {
  use_rooms();
  Peer peer = client();
  send(peer, binary("not here"));
  pass(1s);
  EXPECT_FALSE(peer.is_gone());
  pass(2s);
  EXPECT_TRUE(peer.is_gone());
}

using Rfc6455Section7_1_5 = ServerTest;

TEST_F(Rfc6455Section7_1_5, TheCloseCodeIsTheOneInTheFirstCloseFrame) {
  Peer peer = client();
  send(peer, close(3001) + close(3002));
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{3001});
}

TEST_F(Rfc6455Section7_1_5, ACloseFrameWithoutACodeCountsAs1005) {
  Peer peer = client();
  send(peer, client_frame(Opcode::kClose, ""));
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{1005});
}

TEST_F(Rfc6455Section7_1_5, AnEndWithoutACloseFrameCountsAs1006) {
  Peer finished = client();
  finished.finish();
  Peer reset = client();
  reset.reset();
  run();
  EXPECT_EQ(endings.codes, (std::vector<std::uint16_t>{1006, 1006}));
}

using Rfc6455Section7_1_7 = ServerTest;

TEST_F(Rfc6455Section7_1_7, AFailureSendsACloseFrameThatSaysWhy) {
  Peer peer = client();
  send(peer, client_frame_of(0x83, ""));
  const auto frames = take_strictly(peer.stream->from_server);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].payload.substr(0, 2), "\x03\xea");
  EXPECT_GT(frames[0].payload.size(), 10u) << "a sentence for the client's developer";
}

TEST_F(Rfc6455Section7_1_7, AfterAFailureNothingIsProcessedNotEvenAClose) {
  const std::string broken = client_frame_of(0x83, "");
  EXPECT_EQ(answers(broken + text("late") + ping("late")), failed(1002));
  EXPECT_EQ(answers(broken + close(1000)), failed(1002));
  EXPECT_EQ(answers(broken + broken), failed(1002)) << "one Close frame is enough";
}

TEST_F(Rfc6455Section7_1_7, WhatCameBeforeTheFailureIsAnswered) {
  EXPECT_EQ(answers(text("one") + ping("two") + client_frame_of(0x83, "")),
            failed_after({"text one", "pong two"}, 1002));
}

// --- 7.4: status codes -----------------------------------------------------------------------------------------------

using Rfc6455Section7_4_1 = ServerTest;

TEST_F(Rfc6455Section7_4_1, TheDefinedCodesAreTaken) {
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011}) {
    EXPECT_EQ(answers(close(code)), (Answers{"close " + std::to_string(code), "closed"}));
  }
}

TEST_F(Rfc6455Section7_4_1, TheCodesRegisteredSinceAreTaken) {  // section 11.7: IANA's registry
  for (const int code : {1012, 1013, 1014}) {
    EXPECT_EQ(answers(close(code)), (Answers{"close " + std::to_string(code), "closed"}));
  }
}

TEST_F(Rfc6455Section7_4_1, TheCodesThatStandForAnAbsenceFail) {
  for (const int code : {1004, 1005, 1006, 1015}) {
    EXPECT_EQ(answers(close(code)), failed(1002)) << code;
  }
}

TEST_F(Rfc6455Section7_4_1, TheServerSendsNoCodeThatStandsForAnAbsence) {
  Peer peer = client();
  send(peer, client_frame(Opcode::kClose, ""));
  EXPECT_EQ(peer.stream->from_server, std::string("\x88\x00", 2)) << "1005 is never on the wire";
}

TEST_F(Rfc6455Section7_4_1, BinaryDataWhereOnlyTextIsTakenIs1003) {
  use_rooms();
  EXPECT_EQ(answers(binary("x")), Answers{"close 1003"});
}

TEST_F(Rfc6455Section7_4_1, TextThatIsNotUtf8Is1007) {
  EXPECT_EQ(answers(text("\xff")), failed(1007));
}

TEST_F(Rfc6455Section7_4_1, AMessageThatIsTooBigIs1009) {
  settings.session.message_bytes_max = 100;
  use(settings.session);
  EXPECT_EQ(answers(text(std::string(101, 'x'))), failed(1009));
}

using Rfc6455Section7_4_2 = ServerTest;

TEST_F(Rfc6455Section7_4_2, CodesBelow1000AreNotUsed) {
  for (const int code : {0, 1, 999}) {
    EXPECT_EQ(answers(close(code)), failed(1002)) << code;
  }
}

TEST_F(Rfc6455Section7_4_2, CodesReservedForTheProtocolAndItsExtensionsFail) {
  for (const int code : {1016, 1100, 2000, 2999}) {
    EXPECT_EQ(answers(close(code)), failed(1002)) << code;
  }
}

TEST_F(Rfc6455Section7_4_2, RegisteredAndPrivateCodesAreTaken) {
  for (const int code : {3000, 3999, 4000, 4999}) {
    EXPECT_EQ(answers(close(code)), (Answers{"close " + std::to_string(code), "closed"}));
  }
}

TEST_F(Rfc6455Section7_4_2, CodesFrom5000OnFail) {
  for (const int code : {5000, 65'535}) {
    EXPECT_EQ(answers(close(code)), failed(1002)) << code;
  }
}

}  // namespace
}  // namespace switchboard::conformance
