// RFC 7692 sections 6 and 7.2: compressed messages on the wire.
#include "conformance/server_test.h"
#include "ws/client_deflater.h"

namespace switchboard::conformance {
namespace {

using namespace std::string_literals;
using ws::ClientDeflater;

constexpr unsigned kFin = 0x80, kRsv1 = 0x40, kText = 0x01, kBinary = 0x02;

class Deflate : public ServerTest {
 protected:
  static Request offer(const std::string& parameters = "") {
    return Request().extensions("permessage-deflate" + parameters);
  }
  Answers deflated(std::string_view bytes, const std::string& parameters = "") {
    return answers(bytes, offer(parameters));
  }
  static std::string compressed_text(std::string_view payload) {
    return client_frame_of(kFin | kRsv1 | kText, payload);
  }
  static std::string compressed_binary(std::string_view payload) {
    return client_frame_of(kFin | kRsv1 | kBinary, payload);
  }
  static std::string message(std::string_view text) { return compressed_text(ws::deflated(text)); }
  /// Text that compresses to about a third.
  static std::string payload_of(std::size_t bytes) {
    std::string out;
    for (std::uint64_t i = 0; out.size() < bytes; ++i)
      out += R"({"type":"item","number":)" + std::to_string(i * i * 7'919) + "}\n";
    out.resize(bytes);
    return out;
  }
  /// Bytes that repeat only after 2^15: whoever uses a smaller window cannot refer back to them.
  static std::string noise_twice(std::size_t bytes) {
    Random random(1);
    std::string half(bytes / 2, '\0');
    for (char& byte : half)
      byte = static_cast<char>(random.next());
    return half + half;
  }
};

// --- 6: framing ------------------------------------------------------------------------------------------------------

using Rfc7692Section6 = Deflate;

TEST_F(Rfc7692Section6, AMessageWithoutTheBitIsNotCompressed) {
  EXPECT_EQ(deflated(text("Hello") + binary("\xf2\x48")), (Answers{"text Hello", "binary \xf2\x48"}));
  EXPECT_EQ(deflated(text("Hello") + message("Hello") + text("Hello")),
            (Answers{"text Hello", "text Hello", "text Hello"}));
}

TEST_F(Rfc7692Section6, TheServerSetsTheBitOnWhatItCompresses) {
  const std::string long_text = payload_of(1'000);
  EXPECT_EQ(deflated(message(long_text)), Answers{"compressed text " + shown(long_text)});
  EXPECT_EQ(deflated(compressed_binary(ws::deflated(long_text))), Answers{"compressed binary " + shown(long_text)});
}

TEST_F(Rfc7692Section6, TheServerSetsNoBitWhereNothingWasAgreed) {
  const std::string long_text = payload_of(1'000);
  EXPECT_EQ(answers(text(long_text)), Answers{"text " + shown(long_text)});
}

TEST_F(Rfc7692Section6, TheBitOnAControlFrameFails) {
  for (const Opcode opcode : {Opcode::kPing, Opcode::kPong, Opcode::kClose}) {
    EXPECT_EQ(deflated(client_frame_of(kFin | kRsv1 | static_cast<unsigned>(opcode), "")), failed(1002));
  }
}

TEST_F(Rfc7692Section6, TheBitOnAnyFragmentButTheFirstFails) {
  EXPECT_EQ(
      deflated(client_frame_of(kRsv1 | kText, "\xf2\x48\xcd"s) + client_frame_of(kFin | kRsv1, "\xc9\xc9\x07\x00"s)),
      failed(1002));
  EXPECT_EQ(deflated(client_fragment(Opcode::kText, "a") + client_frame_of(kFin | kRsv1, "b")), failed(1002));
}

TEST_F(Rfc7692Section6, TheOtherReservedBitsFailStill) {
  for (const unsigned bits : {0x20u, 0x10u, 0x30u, 0x60u, 0x50u, 0x70u}) {
    EXPECT_EQ(deflated(client_frame_of(kFin | bits | kText, "")), failed(1002)) << bits;
  }
}

TEST_F(Rfc7692Section6, ControlFramesAreNeverCompressedAlsoBetweenFragments) {
  const std::string ping_payload(125, 'p');
  EXPECT_EQ(deflated(client_frame_of(kRsv1 | kText, "\xf2\x48\xcd"s) + ping(ping_payload) + last("\xc9\xc9\x07\x00"s)),
            (Answers{"pong " + ping_payload, "text Hello"}));
}

TEST_F(Rfc7692Section6, ACompressedMessageMayBeCutIntoFragmentsAnywhere) {
  const std::string content = payload_of(300);
  const std::string payload = ws::deflated(content);
  for (std::size_t cut = 0; cut <= payload.size(); ++cut) {
    EXPECT_EQ(deflated(client_frame_of(kRsv1 | kText, payload.substr(0, cut)) + last(payload.substr(cut))),
              Answers{"compressed text " + shown(content)})
        << cut;
  }
  std::string bytes = client_frame_of(kRsv1 | kText, "");
  for (const char byte : payload)
    bytes += more({&byte, 1});
  EXPECT_EQ(deflated(bytes + last("")), Answers{"compressed text " + shown(content)});
}

TEST_F(Rfc7692Section6, CompressedTextIsUtf8OnceItIsInflated) {
  EXPECT_EQ(deflated(message("Tsch\xc3\xbcss")), Answers{"text Tsch\xc3\xbcss"});
  EXPECT_EQ(deflated(message("Tsch\xfcss")), failed(1007));
  EXPECT_EQ(deflated(message("unfinished \xc3")), failed(1007));
  EXPECT_EQ(deflated(compressed_binary(ws::deflated("\xff\xfe"))), Answers{"binary \xff\xfe"});
}

// --- 7.2.1: compression by the server --------------------------------------------------------------------------------

using Rfc7692Section7_2_1 = Deflate;

TEST_F(Rfc7692Section7_2_1, TheTailOfAMessageIsRemoved) {
  Peer peer = client(offer());
  const std::string content = payload_of(10'000);
  send(peer, text(content));
  const auto frames = take_strictly(peer.stream->from_server);
  ASSERT_EQ(frames.size(), 1u);
  ASSERT_EQ(frames[0].first_byte, kFin | kRsv1 | kText);
  EXPECT_FALSE(frames[0].payload.ends_with("\x00\x00\xff\xff"s));
  EXPECT_TRUE(message_of(frames[0]) == content);
}

TEST_F(Rfc7692Section7_2_1, EveryMessageStandsOnItsOwn) {  // server_no_context_takeover, section 7.1.1.1
  Peer peer = client(offer());
  const std::string content = payload_of(1'000);
  send(peer, text(content) + text(content) + text(content));
  const auto frames = take_strictly(peer.stream->from_server);
  ASSERT_EQ(frames.size(), 3u);
  for (const Frame& frame : frames) {
    EXPECT_EQ(frame.payload, frames[0].payload);
    EXPECT_TRUE(message_of(frame) == content);
  }
}

TEST_F(Rfc7692Section7_2_1, NothingRefersBackFurtherThanTheWindowAgreedOn) {  // section 7.1.2.1
  for (int bits = 9; bits <= 15; ++bits) {
    for (const std::size_t distance : {std::size_t{400}, std::size_t{1} << (bits - 1), std::size_t{1} << bits}) {
      Peer peer = client(offer("; server_max_window_bits=" + std::to_string(bits)));
      const std::string content = noise_twice(2 * distance) + payload_of(distance);
      send(peer, binary(content));
      const auto frames = take_strictly(peer.stream->from_server);
      ASSERT_EQ(frames.size(), 1u);
      EXPECT_TRUE(message_of(frames[0], bits) == content) << bits << ", " << distance;
      peer.reset();
    }
  }
}

TEST_F(Rfc7692Section7_2_1, WhatWouldNotBecomeSmallerIsSentAsItIs) {  // section 6.1: it may be
  const std::string noise = noise_twice(2'000).substr(0, 1'000);
  EXPECT_EQ(deflated(binary(noise) + text("Hi")), (Answers{"binary " + shown(noise), "text Hi"}));
}

TEST_F(Rfc7692Section7_2_1, AMessageToARoomReachesEachMemberAsItHasAgreed) {
  use_rooms();
  Peer plain = client();
  Peer compressed = client(offer());
  plain.join("lobby");
  compressed.join("lobby");
  run();
  read(plain);
  read(compressed);
  const std::string content = "\"" + std::string(500, 'x') + "\"";
  plain.broadcast("lobby", content);
  run();
  const auto plain_frames = take_strictly(plain.stream->from_server);
  const auto compressed_frames = take_strictly(compressed.stream->from_server);
  ASSERT_EQ(plain_frames.size(), 1u);
  ASSERT_EQ(compressed_frames.size(), 1u);
  EXPECT_EQ(plain_frames[0].first_byte, kFin | kText);
  EXPECT_EQ(compressed_frames[0].first_byte, kFin | kRsv1 | kText);
  EXPECT_EQ(message_of(compressed_frames[0], 12), plain_frames[0].payload);
}

// --- 7.2.2: decompression by the server ------------------------------------------------------------------------------

using Rfc7692Section7_2_2 = Deflate;

TEST_F(Rfc7692Section7_2_2, EveryWindowOfTheClientIsUnderstood) {  // section 7.1.2.2
  for (int bits = 9; bits <= 15; ++bits) {
    const std::string content = payload_of(std::size_t{3} << bits);
    for (const int level : {0, 1, 6, 9}) {
      const std::string bytes = compressed_text(ClientDeflater({.window_bits = bits, .level = level}).message(content));
      Peer peer = client(offer("; client_no_context_takeover; client_max_window_bits=" + std::to_string(bits)));
      send(peer, bytes + bytes);
      EXPECT_EQ(read(peer), (Answers{"compressed text " + shown(content), "compressed text " + shown(content)}));
      peer.reset();
    }
  }
}

TEST_F(Rfc7692Section7_2_2, TheClientsContextIsTakenOverWhereThatWasAgreed) {  // section 7.1.1.2
  ClientDeflater deflater({.takeover = true});
  Peer peer = client(offer());
  Answers expected;
  for (int i = 0; i < 20; ++i) {
    const std::string content = payload_of(static_cast<std::size_t>(500 + 1'500 * i));
    send(peer, compressed_text(deflater.message(content)));
    send(peer, text("plain messages between are no part of it"));
    expected.push_back("compressed text " + shown(content));
    expected.push_back("text plain messages between are no part of it");
  }
  EXPECT_EQ(read(peer), expected);
}

TEST_F(Rfc7692Section7_2_2, AReferenceToAnEarlierMessageFailsWhereTakeoverWasForbidden) {
  use_rooms();
  ClientDeflater deflater({.takeover = true});
  Peer peer = client(offer());
  const std::string command = R"({"type":"ping"})";
  send(peer, compressed_text(deflater.message(command)));
  EXPECT_EQ(read(peer), Answers{R"(text {"type":"pong"})"});
  send(peer, compressed_text(deflater.message(command)));
  EXPECT_EQ(read(peer), failed(1007));
}

TEST_F(Rfc7692Section7_2_2, DataThatIsNoDeflateFails) {
  EXPECT_EQ(deflated(compressed_text("\xff\xff\xff\xff")), failed(1007)) << "a reserved type of block";
  EXPECT_EQ(deflated(compressed_text("\x00\x05\x00\x00\x00Hello"s)), failed(1007)) << "lengths that do not match";
  EXPECT_EQ(deflated(compressed_text("\x03\x02"s + "\x00"s)), failed(1007)) << "a reference to before the beginning";
}

TEST_F(Rfc7692Section7_2_2, AMessageThatEndsInsideABlockFails) {
  const std::string payload = ws::deflated(payload_of(500));
  EXPECT_EQ(deflated(compressed_text(payload.substr(0, payload.size() / 2)) + text("next")), failed(1007));
}

TEST_F(Rfc7692Section7_2_2, TheLimitHoldsForTheInflatedMessage) {
  settings.session.message_bytes_max = 10'000;
  use(settings.session);
  EXPECT_EQ(deflated(message(std::string(10'000, 'x'))), Answers{"compressed text " + shown(std::string(10'000, 'x'))});
  EXPECT_EQ(deflated(message(std::string(10'001, 'x'))), failed(1009));
  EXPECT_EQ(deflated(message(std::string(50'000'000, 'x'))), failed(1009)) << "a bomb";
}

// --- 7.2.3: examples -------------------------------------------------------------------------------------------------

using Rfc7692Section7_2_3 = Deflate;

TEST_F(Rfc7692Section7_2_3, OneCompressedBlock) {  // 7.2.3.1
  EXPECT_EQ(deflated(compressed_text("\xf2\x48\xcd\xc9\xc9\x07\x00"s)), Answers{"text Hello"});
  EXPECT_EQ(deflated(client_frame_of(kRsv1 | kText, "\xf2\x48\xcd"s) + last("\xc9\xc9\x07\x00"s)),
            Answers{"text Hello"});
}

TEST_F(Rfc7692Section7_2_3, ASharedWindow) {  // 7.2.3.2
  const std::string first = compressed_text("\xf2\x48\xcd\xc9\xc9\x07\x00"s);
  EXPECT_EQ(deflated(first + first), (Answers{"text Hello", "text Hello"}));
  EXPECT_EQ(deflated(first + compressed_text("\xf2\x00\x11\x00\x00"s)), (Answers{"text Hello", "text Hello"}));
}

TEST_F(Rfc7692Section7_2_3, ABlockWithoutCompression) {  // 7.2.3.3
  EXPECT_EQ(deflated(compressed_text("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s)), Answers{"text Hello"});
}

TEST_F(Rfc7692Section7_2_3, ABlockMarkedAsTheLast) {  // 7.2.3.4
  const std::string final_block = compressed_text("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s);
  EXPECT_EQ(deflated(final_block), Answers{"text Hello"});
  EXPECT_EQ(deflated(final_block + final_block), (Answers{"text Hello", "text Hello"})) << "it ends no connection";
  EXPECT_EQ(deflated(final_block + compressed_text("\xf2\x00\x11\x00\x00"s)), (Answers{"text Hello", "text Hello"}))
      << "nor the window";
}

TEST_F(Rfc7692Section7_2_3, TwoBlocksInOneMessage) {  // 7.2.3.5
  EXPECT_EQ(deflated(compressed_text("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s)), Answers{"text Hello"});
}

TEST_F(Rfc7692Section7_2_3, AnEmptyMessage) {  // 7.2.3.6
  EXPECT_EQ(deflated(compressed_text("\x00"s)), Answers{"text"});
  EXPECT_EQ(deflated(compressed_text("\x02\x00"s)), Answers{"text"}) << "as zlib writes it first";
  EXPECT_EQ(deflated(client_frame_of(kRsv1 | kBinary, "") + more("\x00"s) + last("")), Answers{"binary"});
}

// --- masses of messages (Autobahn's chapters 12 and 13) --------------------------------------------------------------

using Rfc7692Endurance = Deflate;

TEST_F(Rfc7692Endurance, MessagesOfEverySizeComeBackWithEveryParameter) {
  for (const std::string& parameters :
       {""s, "; client_no_context_takeover; client_max_window_bits"s, "; server_no_context_takeover"s,
        "; server_max_window_bits=9; client_max_window_bits=9"s, "; server_max_window_bits=15; client_max_window_bits"s,
        "; server_no_context_takeover; server_max_window_bits=9"s,
        "; server_no_context_takeover; server_max_window_bits=15"s,
        "; client_max_window_bits; server_max_window_bits=12"s,
        "; server_max_window_bits=9, permessage-deflate; server_no_context_takeover, permessage-deflate"s}) {
    const bool takeover = parameters.find("client_no") == std::string::npos;
    const std::size_t limit = parameters.find("client_max_window_bits");
    ClientDeflater deflater({.window_bits = limit == std::string::npos ? 15 : 9,
                             .takeover = takeover});  // the echo asks for 9 where it may
    Peer peer = client(offer(parameters));
    for (const std::size_t bytes :
         {0, 1, 16, 64, 125, 126, 256, 1'024, 4'096, 8'192, 16'384, 32'768, 65'536, 131'072}) {
      const std::string content = payload_of(bytes);
      for (int i = 0; i < 20; ++i) {
        // Nothing is no new data to flush: section 7.2.3.6.
        const std::string payload = content.empty() ? "\0"s : deflater.message(content);
        // Autobahn cuts what it sends into frames of 0 (whole), 256, 1024, ... bytes.
        const std::size_t cut = i % 2 == 0 ? payload.size() : payload.size() / 3;
        send(peer, cut == payload.size()
                       ? compressed_text(payload)
                       : client_frame_of(kRsv1 | kText, payload.substr(0, cut)) + last(payload.substr(cut)));
        const auto frames = take_strictly(peer.stream->from_server);
        ASSERT_EQ(frames.size(), 1u) << parameters << ", " << bytes;
        ASSERT_TRUE(message_of(frames[0]) == content) << parameters << ", " << bytes;
      }
    }
    peer.reset();
  }
}

TEST_F(Rfc7692Endurance, NoCompressedAnswerIsDroppedForASlowReader) {
  Peer peer = client(offer());
  peer.allow(0);
  ClientDeflater deflater({.takeover = true});
  std::vector<std::string> contents;
  std::string bytes;
  for (int i = 0; i < 500; ++i) {
    contents.push_back(std::to_string(i) + payload_of(static_cast<std::size_t>(i) * 100));
    bytes += compressed_text(deflater.message(contents.back()));
  }
  peer.give(bytes);
  run();
  std::string received;
  for (int step = 0; step < 200; ++step) {
    peer.allow(static_cast<std::size_t>(step) * 31 + 1);
    run();
    received += std::exchange(peer.stream->from_server, "");
  }
  peer.allow(shard::kNoLimit);
  run();
  received += peer.stream->from_server;
  const auto frames = take_strictly(received);
  ASSERT_EQ(frames.size(), contents.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    ASSERT_TRUE(message_of(frames[i]) == contents[i]) << i;
  }
}

TEST_F(Rfc7692Endurance, ACompressedMessageOf64MiBComesBack) {
  const std::string content = payload_of(std::size_t{64} << 20);
  Peer peer = client(offer());
  send(peer, compressed_binary(ClientDeflater({.level = 1}).message(content)));
  const auto frames = take_strictly(peer.stream->from_server);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_TRUE(message_of(frames[0]) == content);
}

}  // namespace
}  // namespace switchboard::conformance
