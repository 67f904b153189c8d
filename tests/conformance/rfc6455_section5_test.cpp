// RFC 6455 section 5: framing.
#include "conformance/server_test.h"

namespace switchboard::conformance {
namespace {

constexpr std::size_t kLengths[] = {0, 1, 2, 124, 125, 126, 127, 128, 254, 255, 256, 65'534, 65'535, 65'536, 65'537};

std::string payload_of(std::size_t length) {
  std::string out(length, '\0');
  for (std::size_t i = 0; i < length; ++i)
    out[i] = static_cast<char>('a' + i % 26);
  return out;
}

// --- 5.1: overview ---------------------------------------------------------------------------------------------------

using Rfc6455Section5_1 = ServerTest;

TEST_F(Rfc6455Section5_1, TheServerMasksNothing) {  // see take_strictly, too
  Peer peer = client();
  send(peer, text("Hello") + ping("p") + close(1000));
  EXPECT_EQ(peer.stream->from_server, std::string("\x81\x05Hello\x8a\x01p\x88\x02\x03\xe8", 14));
}

TEST_F(Rfc6455Section5_1, AnUnmaskedFrameClosesTheConnection) {
  for (const unsigned first : {0x81u, 0x82u, 0x01u, 0x88u, 0x89u, 0x8au}) {
    const std::string frame{static_cast<char>(first), '\x02', '\x03', '\xe8'};
    EXPECT_EQ(answers(frame), failed(1002)) << first;
  }
  EXPECT_EQ(answers(text("one") + std::string("\x81\x00", 2)), failed_after({"text one"}, 1002));
  EXPECT_EQ(answers(client_fragment(Opcode::kText, "one") + std::string("\x80\x00", 2)), failed(1002));
}

// --- 5.2: the base framing protocol ----------------------------------------------------------------------------------

using Rfc6455Section5_2 = ServerTest;

TEST_F(Rfc6455Section5_2, AReservedBitWithoutAnExtensionFails) {
  for (unsigned bits = 0x10; bits <= 0x70; bits += 0x10) {
    for (const unsigned first : {0x81u, 0x82u, 0x01u, 0x88u, 0x89u, 0x8au}) {
      EXPECT_EQ(answers(client_frame_of(first | bits, "")), failed(1002)) << std::hex << (first | bits);
    }
    EXPECT_EQ(answers(client_fragment(Opcode::kText, "a") + client_frame_of(0x80 | bits, "b")), failed(1002)) << bits;
    EXPECT_EQ(answers(text("one") + client_frame_of(0x81 | bits, "two") + ping()), failed_after({"text one"}, 1002));
  }
}

TEST_F(Rfc6455Section5_2, AnUnknownOpcodeFails) {
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    EXPECT_EQ(answers(client_frame_of(0x80 | opcode, "")), failed(1002)) << opcode;
    EXPECT_EQ(answers(client_frame_of(0x80 | opcode, "payload")), failed(1002)) << opcode;
    EXPECT_EQ(answers(client_frame_of(opcode, "")), failed(1002)) << opcode << " without FIN";
    EXPECT_EQ(answers(text("one") + client_frame_of(0x80 | opcode, "") + ping()), failed_after({"text one"}, 1002));
  }
}

TEST_F(Rfc6455Section5_2, EveryFormOfTheLengthIsRead) {
  for (const std::size_t length : kLengths) {
    const std::string payload = payload_of(length);
    const std::string shown_payload = length == 0 ? "" : " " + shown(payload);
    EXPECT_EQ(answers(text(payload)), Answers{"text" + shown_payload}) << length;
    EXPECT_EQ(answers(binary(payload)), Answers{"binary" + shown_payload}) << length;
  }
}

TEST_F(Rfc6455Section5_2, ALengthNotInItsShortestFormFails) {
  for (const unsigned first : {0x81u, 0x82u, 0x01u}) {
    EXPECT_EQ(answers(client_header(first, 125, 2)), failed(1002));
    EXPECT_EQ(answers(client_header(first, 0, 2)), failed(1002));
    EXPECT_EQ(answers(client_header(first, 125, 8)), failed(1002));
    EXPECT_EQ(answers(client_header(first, 65'535, 8)), failed(1002));
  }
}

TEST_F(Rfc6455Section5_2, TheTopBitOfA64BitLengthFails) {
  EXPECT_EQ(answers(client_header(0x82, std::uint64_t{1} << 63, 8)), failed(1002));
  EXPECT_EQ(answers(client_header(0x82, ~std::uint64_t{0}, 8)), failed(1002));
}

TEST_F(Rfc6455Section5_2, TheServerWritesTheShortestLength) {
  for (const std::size_t length : kLengths) {
    Peer peer = client();
    send(peer, binary(payload_of(length)));
    const std::size_t header = length <= 125 ? 2 : length <= 65'535 ? 4 : 10;
    EXPECT_EQ(peer.stream->from_server.size(), header + length);
    peer.reset();
  }
}

// --- 5.3: masking ----------------------------------------------------------------------------------------------------

using Rfc6455Section5_3 = ServerTest;

TEST_F(Rfc6455Section5_3, EveryFrameIsUnmaskedWithItsOwnKey) {
  for (const ws::MaskKey key : {ws::MaskKey{0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}, {0x01, 0x02, 0x04, 0x80}}) {
    EXPECT_EQ(answers(client_frame_of(0x81, "Hello, world", key)), Answers{"text Hello, world"});
    EXPECT_EQ(answers(client_frame_of(0x01, "Hello", key) + more(", ") + client_frame_of(0x80, "world", key)),
              Answers{"text Hello, world"});
    EXPECT_EQ(answers(client_frame_of(0x89, "ping", key)), Answers{"pong ping"});
  }
}

// --- 5.4: fragmentation ----------------------------------------------------------------------------------------------

using Rfc6455Section5_4 = ServerTest;

TEST_F(Rfc6455Section5_4, FragmentedAndWholeMessagesAreBothTaken) {
  EXPECT_EQ(answers(text("whole") + client_fragment(Opcode::kText, "frag") + last("mented") + binary("whole")),
            (Answers{"text whole", "text fragmented", "binary whole"}));
}

TEST_F(Rfc6455Section5_4, FragmentsAreJoinedInOrder) {
  std::string bytes = client_fragment(Opcode::kBinary, "0");
  for (int i = 1; i < 100; ++i)
    bytes += more(std::to_string(i % 10));
  bytes += last(".");
  std::string joined;
  for (int i = 0; i < 100; ++i)
    joined += std::to_string(i % 10);
  EXPECT_EQ(answers(bytes), Answers{"binary " + joined + "."});
}

TEST_F(Rfc6455Section5_4, FragmentsMayBeEmpty) {
  const std::string first = client_fragment(Opcode::kText, "");
  EXPECT_EQ(answers(first + last("")), Answers{"text"});
  EXPECT_EQ(answers(first + more("") + last("")), Answers{"text"});
  EXPECT_EQ(answers(first + more("middle") + last("")), Answers{"text middle"});
  EXPECT_EQ(answers(client_fragment(Opcode::kText, "first") + last("")), Answers{"text first"});
  EXPECT_EQ(answers(first + last("last")), Answers{"text last"});
}

TEST_F(Rfc6455Section5_4, TheFirstFragmentSaysTheType) {
  const std::string bytes = client_fragment(Opcode::kBinary, "\xff") + last("\xfe");
  EXPECT_EQ(answers(bytes + client_fragment(Opcode::kText, "t") + last("t")), (Answers{"binary \xff\xfe", "text tt"}));
}

TEST_F(Rfc6455Section5_4, ControlFramesAreHandledInTheMiddleOfAMessage) {
  EXPECT_EQ(answers(client_fragment(Opcode::kText, "a") + ping("1") + more("b") + pong("2") + ping("") + last("c")),
            (Answers{"pong 1", "pong", "text abc"}));
}

TEST_F(Rfc6455Section5_4, AControlFrameInTheMiddleIsAnsweredBeforeTheMessageEnds) {
  EXPECT_EQ(answers(client_fragment(Opcode::kText, "a") + ping("1")), Answers{"pong 1"});
}

TEST_F(Rfc6455Section5_4, AFragmentedControlFrameFails) {
  for (const Opcode opcode : {Opcode::kPing, Opcode::kPong, Opcode::kClose}) {
    EXPECT_EQ(answers(client_fragment(opcode, "")), failed(1002));
    EXPECT_EQ(answers(client_fragment(opcode, "\x03\xe8") + last("")), failed(1002));
    EXPECT_EQ(answers(client_fragment(Opcode::kText, "a") + client_fragment(opcode, "")), failed(1002));
  }
}

TEST_F(Rfc6455Section5_4, AContinuationWithNothingToContinueFails) {
  EXPECT_EQ(answers(last("")), failed(1002));
  EXPECT_EQ(answers(more("a")), failed(1002));
  EXPECT_EQ(answers(text("one") + last("two") + text("three")), failed_after({"text one"}, 1002));
  EXPECT_EQ(answers(client_fragment(Opcode::kText, "a") + last("b") + last("c")), failed_after({"text ab"}, 1002));
}

TEST_F(Rfc6455Section5_4, FragmentsOfTwoMessagesMayNotBeInterleaved) {
  for (const Opcode opcode : {Opcode::kText, Opcode::kBinary}) {
    EXPECT_EQ(answers(client_fragment(Opcode::kText, "a") + client_frame(opcode, "b")), failed(1002));
    EXPECT_EQ(answers(client_fragment(Opcode::kBinary, "a") + client_fragment(opcode, "b")), failed(1002));
    EXPECT_EQ(answers(client_fragment(opcode, "a") + more("b") + ping() + client_frame(opcode, "c")),
              failed_after({"pong"}, 1002));
  }
}

// --- 5.5: control frames ---------------------------------------------------------------------------------------------

using Rfc6455Section5_5 = ServerTest;

TEST_F(Rfc6455Section5_5, ControlFrameLongerThan125FailsWith1002) {
  for (const Opcode opcode : {Opcode::kPing, Opcode::kPong, Opcode::kClose}) {
    EXPECT_EQ(answers(client_frame(opcode, "\x03\xe8" + payload_of(124))), failed(1002));
    EXPECT_EQ(answers(client_frame(opcode, "\x03\xe8" + payload_of(65'534))), failed(1002));
    EXPECT_EQ(answers(client_header(0x80 | static_cast<unsigned>(opcode), 126, 2).substr(0, 2)), failed(1002))
        << "its first two bytes show it";
  }
}

TEST_F(Rfc6455Section5_5, AControlFrameCarries125Bytes) {
  const std::string payload = payload_of(125);
  EXPECT_EQ(answers(ping(payload)), Answers{"pong " + payload});
  EXPECT_EQ(answers(pong(payload)), Answers{});
  EXPECT_EQ(answers(close(1000, payload.substr(2))), (Answers{"close 1000", "closed"}));
}

// --- 5.5.1: Close ----------------------------------------------------------------------------------------------------

using Rfc6455Section5_5_1 = ServerTest;

TEST_F(Rfc6455Section5_5_1, ACloseIsAnsweredWithItsCodeAndTheConnectionIsClosed) {
  EXPECT_EQ(answers(close(1000)), (Answers{"close 1000", "closed"}));
  EXPECT_EQ(answers(close(4999, "bye")), (Answers{"close 4999", "closed"}));
}

TEST_F(Rfc6455Section5_5_1, ACloseWithoutABodyIsAnsweredWithoutOne) {
  EXPECT_EQ(answers(client_frame(Opcode::kClose, "")), (Answers{"close", "closed"}));
}

TEST_F(Rfc6455Section5_5_1, ABodyOfOneByteFails) {
  EXPECT_EQ(answers(client_frame(Opcode::kClose, "\x03")), failed(1002));
  EXPECT_EQ(answers(client_frame(Opcode::kClose, "\x0f") + text("")), failed(1002)) << "0f 81 would be a code";
}

TEST_F(Rfc6455Section5_5_1, TheReasonIsUtf8) {
  EXPECT_EQ(answers(close(1000, "Tsch\xc3\xbcss")), (Answers{"close 1000", "closed"}));
  for (const char* reason : {"\xc3", "\xff", "\xed\xa0\x80", "fine\xc0\xaf"}) {
    EXPECT_EQ(answers(close(1000, reason)), failed(1007));
  }
}

TEST_F(Rfc6455Section5_5_1, WhatCameBeforeTheCloseIsAnsweredBeforeIt) {
  EXPECT_EQ(answers(text("one") + ping("two") + binary("three") + close(1001)),
            (Answers{"text one", "pong two", "binary three", "close 1001", "closed"}));
}

TEST_F(Rfc6455Section5_5_1, NothingBehindTheCloseIsAnswered) {
  const Answers only_the_close = {"close 1000", "closed"};
  EXPECT_EQ(answers(close(1000) + text("late")), only_the_close);
  EXPECT_EQ(answers(close(1000) + ping("late")), only_the_close);
  EXPECT_EQ(answers(close(1000) + close(1001)), only_the_close);
  EXPECT_EQ(answers(close(1000) + "\xff\xff\xff not a frame"), only_the_close);
}

TEST_F(Rfc6455Section5_5_1, ACloseMayInterruptAFragmentedMessage) {
  EXPECT_EQ(answers(client_fragment(Opcode::kText, "unfinished") + close(1000)), (Answers{"close 1000", "closed"}));
}

TEST_F(Rfc6455Section5_5_1, NoDataFollowsOurOwnClose) {
  use_rooms();
  Peer peer = client();
  peer.join("lobby");
  run();
  read(peer);
  Peer other = client();
  other.join("lobby");
  run();
  send(peer, binary("not for rooms"));
  other.broadcast("lobby", "1");
  run();
  EXPECT_EQ(read(peer), Answers{"close 1003"}) << "and the message to the room is not for it any more";
  send(peer, text(R"({"type":"ping"})") + ping("late"));
  EXPECT_EQ(read(peer), Answers{}) << "open until the peer's Close, but silent";
}

TEST_F(Rfc6455Section5_5_1, OurCloseAndTheirsMayCross) {
  Peer peer = client();
  shard().drain(0s);
  run();
  pass(1s);
  EXPECT_EQ(read(peer), Answers{"close 4200"});
  send(peer, close(1000));
  EXPECT_EQ(read(peer), Answers{"closed"}) << "no second Close frame";
  EXPECT_EQ(endings.codes, std::vector<std::uint16_t>{4200});
}

TEST_F(Rfc6455Section5_5_1, TheAnswerToTheCloseIsWrittenBeforeTheConnectionIsClosed) {
  Peer peer = client();
  peer.allow(3);
  send(peer, text("Hello") + close(1000));
  EXPECT_FALSE(peer.is_gone());
  peer.allow(shard::kNoLimit);
  run();
  EXPECT_EQ(read(peer), (Answers{"text Hello", "close 1000", "closed"}));
}

// --- 5.5.2, 5.5.3: Ping and Pong -------------------------------------------------------------------------------------

using Rfc6455Section5_5_2 = ServerTest;

TEST_F(Rfc6455Section5_5_2, APingIsAnsweredWithAPong) {
  EXPECT_EQ(answers(ping()), Answers{"pong"});
  EXPECT_EQ(answers(ping("one") + ping("two")), (Answers{"pong one", "pong two"}));
}

TEST_F(Rfc6455Section5_5_2, APingBehindACloseIsNotAnswered) {
  EXPECT_EQ(answers(close(1000) + ping()), (Answers{"close 1000", "closed"}));
}

TEST_F(Rfc6455Section5_5_2, EveryOneOfManyPingsIsAnsweredInOrder) {
  std::string bytes;
  Answers expected;
  for (int i = 0; i < 1000; ++i) {
    bytes += ping(std::to_string(i));
    expected.push_back("pong " + std::to_string(i));
  }
  EXPECT_EQ(answers(bytes), expected);
}

using Rfc6455Section5_5_3 = ServerTest;

TEST_F(Rfc6455Section5_5_3, ThePongCarriesThePingsPayload) {
  for (const std::string& payload : {std::string("Hello"), std::string("\x00\xff\xfe\x80", 4), payload_of(125)}) {
    EXPECT_EQ(answers(ping(payload)), Answers{"pong " + payload});
  }
}

TEST_F(Rfc6455Section5_5_3, AnUnsolicitedPongIsNotAnswered) {
  EXPECT_EQ(answers(pong() + pong("unsolicited") + ping("asked") + pong("again")), Answers{"pong asked"});
}

// --- 5.6: data frames ------------------------------------------------------------------------------------------------

using Rfc6455Section5_6 = ServerTest;

TEST_F(Rfc6455Section5_6, BinaryDataIsArbitrary) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i)
    every_byte += static_cast<char>(i);
  EXPECT_EQ(answers(binary(every_byte)), Answers{"binary " + shown(every_byte)});
}

TEST_F(Rfc6455Section5_6, ATextFrameMayEndInsideACharacter) {
  EXPECT_EQ(answers(client_fragment(Opcode::kText, "\xf0\x9f") + more("\x98") + last("\x80")),
            Answers{"text \xf0\x9f\x98\x80"});
  EXPECT_EQ(answers(client_fragment(Opcode::kText, "\xc3") + last("")), failed(1007)) << "the message may not";
}

// --- 5.7: examples ---------------------------------------------------------------------------------------------------

using Rfc6455Section5_7 = ServerTest;

TEST_F(Rfc6455Section5_7, TheExamplesByteForByte) {
  Peer peer = client();
  send(peer, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  EXPECT_EQ(std::exchange(peer.stream->from_server, ""), "\x81\x05\x48\x65\x6c\x6c\x6f");
  send(peer, "\x89\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  EXPECT_EQ(std::exchange(peer.stream->from_server, ""), "\x8a\x05\x48\x65\x6c\x6c\x6f");
  send(peer, binary(std::string(256, 'x')));
  EXPECT_TRUE(std::exchange(peer.stream->from_server, "").starts_with(std::string("\x82\x7e\x01\x00", 4)));
  send(peer, binary(std::string(65'536, 'x')));
  EXPECT_TRUE(peer.stream->from_server.starts_with(std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10)));
}

}  // namespace
}  // namespace switchboard::conformance
