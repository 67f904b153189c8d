// Compressed messages through the frame machine (RFC 7692 sections 6 and 7.2).
#include <algorithm>
#include <gtest/gtest.h>
#include <string>

#include "ws/client_deflater.h"
#include "ws/client_frame.h"
#include "ws/connection_driver.h"
#include "ws/message_inflater.h"

namespace switchboard::ws {
namespace {

using namespace std::string_literals;

constexpr unsigned kFin = 0x80;
constexpr unsigned kRsv1 = 0x40;
constexpr unsigned kText = 0x1;
constexpr unsigned kBinary = 0x2;
constexpr std::uint32_t kLimit = 1'000'000;

std::string compressed_frame(std::string_view payload, unsigned opcode = kText) {
  return client_frame_of(kFin | kRsv1 | opcode, payload);
}
/// The payload over frames of so many bytes each.
std::string compressed_fragments(std::string_view payload, std::size_t frame_bytes, std::string_view between = "") {
  std::string out;
  bool first = true;
  while (true) {
    const std::string_view piece = payload.substr(0, frame_bytes);
    payload.remove_prefix(piece.size());
    out += client_frame_of((payload.empty() ? kFin : 0) | (first ? kRsv1 | kText : 0), piece);
    first = false;
    if (payload.empty()) return out;
    out += between;
  }
}
EventList events_of_compressed(std::string_view bytes, std::uint32_t limit = kLimit, Deflate deflate = kNoTakeover) {
  return events_of_any_split(bytes, limit, deflate);
}
EventList text_of(std::string_view payload) {
  return {"text:" + std::string(payload)};
}

// --- what is well formed ---------------------------------------------------------------------------------------------

TEST(ConnectionDeflate, ReadsTheExamplesOfTheRfc) {  // section 7.2.3
  EXPECT_EQ(events_of_compressed(compressed_frame("\xf2\x48\xcd\xc9\xc9\x07\x00"s)), text_of("Hello")) << "7.2.3.1";
  EXPECT_EQ(events_of_compressed(client_frame_of(kRsv1 | kText, "\xf2\x48\xcd"s) +
                                 client_frame_of(kFin, "\xc9\xc9\x07\x00"s)),
            text_of("Hello"))
      << "7.2.3.1, in two fragments";
  EXPECT_EQ(events_of_compressed(compressed_frame("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s)), text_of("Hello"))
      << "7.2.3.3, a block without compression";
  EXPECT_EQ(events_of_compressed(compressed_frame("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s)), text_of("Hello"))
      << "7.2.3.4, BFINAL";
  EXPECT_EQ(events_of_compressed(compressed_frame("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s)),
            text_of("Hello"))
      << "7.2.3.5, two blocks";
  EXPECT_EQ(events_of_compressed(compressed_frame("\x00"s)), text_of("")) << "7.2.3.6, an empty message";
}

TEST(ConnectionDeflate, ReadsTheRfcsExampleOfASharedWindow) {  // section 7.2.3.2
  const std::string hello = compressed_frame("\xf2\x48\xcd\xc9\xc9\x07\x00"s);
  const std::string again = compressed_frame("\xf2\x00\x11\x00\x00"s);
  EXPECT_EQ(events_of_compressed(hello + again, kLimit, std::uint8_t{15}), (EventList{"text:Hello", "text:Hello"}));
  EXPECT_EQ(events_of_compressed(hello + again, kLimit, kNoTakeover), (EventList{"text:Hello", "fail 1007"}));
}

TEST(ConnectionDeflate, ReadsEmptyMessagesOfEveryForm) {
  for (const std::string& payload : {""s, "\x00"s, "\x02\x00"s, "\x03\x00\x00"s, "\x03\x00"s, "\x01\x00\x00\xff\xff"s,
                                     "\x01\x00\x00\xff\xff\x00"s, "\x00\x00\x00\xff\xff\x00"s}) {
    EXPECT_EQ(events_of_compressed(compressed_frame(payload) + compressed_frame(deflated("next"))),
              (EventList{"text:", "text:next"}))
        << payload.size();
    EXPECT_EQ(
        events_of_compressed(compressed_frame(payload) + compressed_frame(deflated("next")), kLimit, std::uint8_t{15}),
        (EventList{"text:", "text:next"}))
        << payload.size() << " with takeover";
  }
  EXPECT_EQ(events_of_compressed(compressed_frame("\x00"s, kBinary)), EventList{"binary:"});
}

TEST(ConnectionDeflate, ReadsMessagesOfEverySize) {
  for (std::size_t size : {1u, 125u, 126u, 5000u, 16'383u, 16'384u, 16'385u, 40'000u, 300'000u}) {
    EXPECT_EQ(events_of_compressed(compressed_frame(deflated(prose(size)))), text_of(prose(size))) << size;
    EXPECT_EQ(events_of_compressed(compressed_frame(deflated(noise(size)), kBinary)),
              EventList{"binary:" + noise(size)})
        << size;
  }
}

TEST(ConnectionDeflate, ReadsEveryKindOfBlock) {
  const std::string text = prose(20'000);
  for (const int strategy : {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED}) {
    for (const int level : {0, 1, 9}) {
      ClientDeflater client({.level = level, .strategy = strategy});
      EXPECT_EQ(events_of_compressed(compressed_frame(client.message(text))), text_of(text)) << strategy << level;
    }
  }
}

TEST(ConnectionDeflate, ReadsEveryWindow) {
  for (int bits = 9; bits <= 15; ++bits) {  // zlib compresses for a window of 8 bits as for 9, with shorter distances
    for (const bool takeover : {false, true}) {
      ClientDeflater client({.window_bits = bits, .takeover = takeover});
      std::string bytes;
      EventList expected;
      for (unsigned i = 0; i < 4; ++i) {
        bytes += compressed_frame(client.message(prose(30'000, i % 2)));
        expected.push_back("text:" + prose(30'000, i % 2));
      }
      const auto takeover_bits = static_cast<std::uint8_t>(takeover ? bits : 0);
      EXPECT_EQ(events_of_compressed(bytes, kLimit, takeover_bits), expected) << bits << takeover;
    }
  }
}

TEST(ConnectionDeflate, ReadsSeveralBlocksAndFinalOnesWithinAMessage) {
  ClientDeflater client({.takeover = true});
  std::string payload = client.run("one ", Z_SYNC_FLUSH);
  payload += client.run("two ", Z_PARTIAL_FLUSH);
  payload += client.run("three ", Z_FULL_FLUSH);
  payload += client.message("four");
  EXPECT_EQ(events_of_compressed(compressed_frame(payload)), text_of("one two three four"));
  payload = "\xf3\x48\xcd\xc9\xc9\x07\x00"s + "\xf3\x48\xcd\xc9\xc9\x07\x00"s + deflated("!");
  EXPECT_EQ(events_of_compressed(compressed_frame(payload)), text_of("HelloHello!"));
}

TEST(ConnectionDeflate, AFinalBlockNeedsNoPadding) {
  const std::string hello = compressed_frame("\xf3\x48\xcd\xc9\xc9\x07\x00"s);
  EXPECT_EQ(events_of_compressed(hello + hello), (EventList{"text:Hello", "text:Hello"}));
  EXPECT_EQ(events_of_compressed(hello + hello, kLimit, std::uint8_t{15}), (EventList{"text:Hello", "text:Hello"}));
}

TEST(ConnectionDeflate, TakesCompressedAndOtherMessagesInTurn) {
  for (const Deflate deflate : {kNoTakeover, Deflate(std::uint8_t{15})}) {
    ClientDeflater client({.takeover = deflate != kNoTakeover});
    std::string bytes;
    EventList expected;
    for (unsigned i = 0; i < 4; ++i) {
      bytes += compressed_frame(client.message(prose(200, i))) + client_frame(Opcode::kText, "plain") +
               client_frame(Opcode::kPing, "p");
      expected.insert(expected.end(), {"text:" + prose(200, i), "text:plain", "ping:p"});
    }
    EXPECT_EQ(events_of_compressed(bytes, kLimit, deflate), expected);
  }
}

TEST(ConnectionDeflate, JoinsFragmentsWithControlFramesBetween) {
  const std::string payload = deflated(prose(2000));
  for (std::size_t frame_bytes : {1u, 2u, 100u, 5000u}) {
    EXPECT_EQ(events_of_compressed(compressed_fragments(payload, frame_bytes)), text_of(prose(2000))) << frame_bytes;
  }
  EventList expected((payload.size() + 99) / 100 - 1, "ping:p");
  expected.push_back("text:" + prose(2000));
  EXPECT_EQ(events_of_compressed(compressed_fragments(payload, 100, client_frame(Opcode::kPing, "p"))), expected);
}

TEST(ConnectionDeflate, EmptyFragmentsAreNoTrouble) {
  const std::string empty = client_frame_of(0, "");
  EXPECT_EQ(events_of_compressed(client_frame_of(kRsv1 | kText, "") + empty + client_frame_of(0, deflated("text")) +
                                 empty + client_frame_of(kFin, "")),
            text_of("text"));
  EXPECT_EQ(events_of_compressed(client_frame_of(kRsv1 | kText, "") + empty + client_frame_of(kFin, "")), text_of(""));
}

TEST(ConnectionDeflate, LongMessagesGoThroughBatchesWhateverTheFragments) {
  const std::string data = noise(3 * MessageInflater::kBatchBytes);
  const std::string payload = deflated(data);
  for (std::size_t frame_bytes : {1000ul, MessageInflater::kBatchBytes, MessageInflater::kBatchBytes + 1}) {
    std::string bytes = compressed_fragments(payload, frame_bytes);
    bytes[0] = static_cast<char>(kRsv1 | kBinary);
    EXPECT_EQ(events_of_compressed(bytes), EventList{"binary:" + data}) << frame_bytes;
  }
}

// --- what is not -----------------------------------------------------------------------------------------------------

TEST(ConnectionDeflate, Rsv1FailsUnlessNegotiated) {  // RFC 6455 section 5.2
  EXPECT_EQ(events_of_any_split(compressed_frame(deflated("x"))), EventList{"fail 1002"});
}

TEST(ConnectionDeflate, Rsv1FailsOnControlFrames) {  // RFC 7692 section 6.1
  for (const unsigned opcode : {0x8u, 0x9u, 0xAu})
    EXPECT_EQ(events_of_compressed(client_frame_of(kFin | kRsv1 | opcode, "")), EventList{"fail 1002"}) << opcode;
}

TEST(ConnectionDeflate, Rsv1FailsOnContinuationFrames) {  // section 6.1
  const std::string payload = deflated("Hello");
  EXPECT_EQ(events_of_compressed(client_frame_of(kRsv1 | kText, payload.substr(0, 2)) +
                                 client_frame_of(kFin | kRsv1, payload.substr(2))),
            EventList{"fail 1002"});
  EXPECT_EQ(events_of_compressed(client_fragment(Opcode::kText, "a") + client_frame_of(kFin | kRsv1, payload)),
            EventList{"fail 1002"});
}

TEST(ConnectionDeflate, OtherReservedBitsStillFail) {
  for (const unsigned bits : {0x10u, 0x20u, 0x30u, 0x50u, 0x60u, 0x70u})
    EXPECT_EQ(events_of_compressed(client_frame_of(kFin | bits | kText, "")), EventList{"fail 1002"}) << bits;
  EXPECT_EQ(events_of_compressed(client_frame_of(kFin | kRsv1 | 0x3, "")), EventList{"fail 1002"});
}

TEST(ConnectionDeflate, DataThatIsNotDeflatesFailsWith1007) {
  for (const std::string& payload : {"\x07"s, "\xff\xff\xff\xff"s, "\x00\x05\x00\x00\x00Hello"s, "Hello, plain text"s,
                                     "\x02\x00\x07"s, "\xf2\x00\x11\x00\x00"s}) {
    EXPECT_EQ(events_of_compressed(compressed_frame(payload)), EventList{"fail 1007"}) << payload.size();
  }
}

TEST(ConnectionDeflate, AMessageThatEndsInsideABlockFailsWith1007) {
  const std::string whole = deflated(prose(300));
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_EQ(events_of({compressed_frame(whole.substr(0, size))}, kLimit, Flow::kContinue, kNoTakeover),
              EventList{"fail 1007"})
        << size << " of " << whole.size();
  EXPECT_EQ(events_of_compressed(compressed_frame("\x00\x05\x00\xfa\xff\x48"s)), EventList{"fail 1007"});
}

TEST(ConnectionDeflate, ADistanceBeyondTheWindowAgreedFailsWith1007) {
  ClientDeflater client({.window_bits = 15, .takeover = true});
  const std::string first = client.message(prose(3000, 1) + noise(20'000));
  const std::string second = client.message(prose(3000, 1));
  ASSERT_LT(second.size(), 200u);
  const std::string bytes = compressed_frame(first, kBinary) + compressed_frame(second, kBinary);
  EXPECT_EQ(events_of_compressed(bytes, kLimit, std::uint8_t{9}).back(), "fail 1007");
  EXPECT_EQ(events_of_compressed(bytes, kLimit, std::uint8_t{15}).back(), "binary:" + prose(3000, 1));
}

TEST(ConnectionDeflate, TextThatIsNotUtf8FailsWith1007) {
  for (const std::string& text : {"\xc3"s, "abc\xff"s, "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s, "\xc0\xaf"s}) {
    EXPECT_EQ(events_of_compressed(compressed_frame(deflated(text))), EventList{"fail 1007"});
    EXPECT_EQ(events_of_compressed(compressed_frame(deflated(text), kBinary)), EventList{"binary:" + text});
    const std::string late = prose(200'000) + text;
    EXPECT_EQ(events_of_compressed(compressed_frame(deflated(late))), EventList{"fail 1007"}) << "in a large message";
  }
}

TEST(ConnectionDeflate, CharactersMayLieAcrossEveryBoundary) {
  std::string text = "x";
  while (text.size() < 200'000)
    text += "\u00fc\u20ac\U0001F600";
  EXPECT_EQ(events_of_compressed(compressed_frame(deflated(text))), text_of(text));
}

TEST(ConnectionDeflate, InvalidTextFailsBeforeALongMessageIsComplete) {
  const std::string payload = deflated("\xff" + noise(60'000));
  ConnectionDriver driver(kLimit, kNoTakeover);
  const std::string bytes = compressed_frame(payload);
  EXPECT_FALSE(driver.feed(std::string_view(bytes).substr(0, MessageInflater::kBatchBytes + 20)));
  EXPECT_EQ(driver.events.list, EventList{"fail 1007"});
}

// --- bounds ----------------------------------------------------------------------------------------------------------

TEST(ConnectionDeflate, TheLimitIsOnTheInflatedSize) {
  for (const std::uint32_t limit : {1000u, 16'384u, 20'000u, 100'000u}) {
    for (const std::uint32_t size : {limit - 1, limit}) {
      EXPECT_EQ(events_of_compressed(compressed_frame(deflated(prose(size))), limit), text_of(prose(size)));
    }
    EXPECT_EQ(events_of_compressed(compressed_frame(deflated(prose(limit + 1))), limit), EventList{"fail 1009"});
    EXPECT_EQ(events_of_compressed(compressed_fragments(deflated(prose(limit + 1)), 100), limit),
              EventList{"fail 1009"});
  }
}

TEST(ConnectionDeflate, WhatCannotBeCompressedMayBeAsLargeAsTheLimit) {
  for (const std::uint32_t limit : {128u, 1000u, 65'536u}) {
    ClientDeflater client({.level = 0});
    const std::string payload = client.message(noise(limit));
    EXPECT_GT(payload.size(), limit);
    EXPECT_EQ(events_of_compressed(compressed_frame(payload, kBinary), limit), EventList{"binary:" + noise(limit)});
  }
}

TEST(ConnectionDeflate, TheLimitIsOnEachMessageByItself) {
  for (const Deflate deflate : {kNoTakeover, Deflate(std::uint8_t{15})}) {
    std::string bytes;
    EventList expected;
    for (unsigned i = 0; i < 8; ++i) {
      std::string message = compressed_fragments(deflated(noise(900, i)), 300);
      message[0] = static_cast<char>(kRsv1 | kBinary);
      bytes += message;
      expected.push_back("binary:" + noise(900, i));
    }
    EXPECT_EQ(events_of_compressed(bytes, 1000, deflate), expected);
  }
}

TEST(ConnectionDeflate, ADeclaredLengthThatNoMessageCanHaveFailsAtOnce) {
  const std::uint64_t most = compressed_bytes_max(1000);
  EXPECT_EQ(events_of_compressed(client_header(kFin | kRsv1 | kText, most, 2), 1000), EventList{});
  EXPECT_EQ(events_of_compressed(client_header(kFin | kRsv1 | kText, most + 1, 2), 1000), EventList{"fail 1009"});
  const std::string begun = client_frame_of(kRsv1 | kText, std::string(100, '\0'));
  EXPECT_EQ(events_of_compressed(begun + client_header(kFin, most - 100, 2), 1000), EventList{});
  EXPECT_EQ(events_of_compressed(begun + client_header(kFin, most - 99, 2), 1000), EventList{"fail 1009"});
}

TEST(ConnectionDeflate, BlocksOfNothingDoNotGoOnForever) {
  std::string bytes = client_frame_of(kRsv1 | kText, "\x00\x00\x00\xff\xff"s);
  for (int i = 0; i < 1000; ++i)
    bytes += client_frame_of(0, "\x00\x00\x00\xff\xff"s);
  EXPECT_EQ(events_of({bytes}, 1000, Flow::kContinue, kNoTakeover), EventList{"fail 1009"});
}

TEST(ConnectionDeflate, ABombEndsWith1009HavingHeldLittle) {
  const std::string bomb = deflated(std::string(100'000'000, '0'));
  ASSERT_LT(bomb.size(), 110'000u);
  for (const Deflate deflate : {kNoTakeover, Deflate(std::uint8_t{15})}) {
    ConnectionDriver driver(100'000, deflate);
    std::size_t held_max = 0;
    const std::string bytes = compressed_frame(bomb);
    for (std::size_t at = 0; at < bytes.size(); at += 1000) {
      const bool going_on = driver.feed(std::string_view(bytes).substr(at, 1000));
      held_max = std::max(held_max, driver.connection.buffered_bytes());
      if (!going_on) break;
    }
    EXPECT_EQ(driver.events.list, EventList{"fail 1009"});
    EXPECT_LE(held_max, MessageInflater::kBatchBytes);
    EXPECT_EQ(driver.pool.lent(), 0u);
  }
}

TEST(ConnectionDeflate, AMessageBegunAndLeftHoldsOnlyWhatCame) {
  const std::string payload = deflated(prose(60'000));
  ConnectionDriver driver(kLimit, kNoTakeover);
  driver.feed(client_frame_of(kRsv1 | kText, payload.substr(0, 1000)));
  EXPECT_EQ(driver.connection.buffered_bytes(), 1000u);
  EXPECT_EQ(driver.pool.lent(), 0u);
}

TEST(ConnectionDeflate, AnInflaterIsLentOnlyWhileAMessageNeedsIt) {
  const std::string payload = deflated(noise(3 * MessageInflater::kBatchBytes));
  ConnectionDriver driver(kLimit, kNoTakeover);
  driver.feed(client_frame_of(kRsv1 | kBinary, payload.substr(0, MessageInflater::kBatchBytes - 1)));
  EXPECT_EQ(driver.pool.lent(), 0u);
  driver.feed(client_frame_of(0, payload.substr(MessageInflater::kBatchBytes - 1, 1)));
  EXPECT_EQ(driver.pool.lent(), 1u);
  driver.feed(client_frame_of(kFin, payload.substr(MessageInflater::kBatchBytes)));
  EXPECT_EQ(driver.pool.lent(), 0u);
  EXPECT_EQ(driver.pool.idle(), 1u);
  EXPECT_EQ(driver.connection.buffered_bytes(), 0u);
}

TEST(ConnectionDeflate, AKeptContextIsTheConnectionsOwn) {
  ConnectionDriver driver(kLimit, std::uint8_t{12});
  driver.feed(compressed_frame(deflated(prose(100))));
  EXPECT_EQ(driver.pool.lent() + driver.pool.idle(), 0u);
  EXPECT_EQ(driver.events.list.size(), 1u);
}

TEST(ConnectionDeflate, InflatersGoBackWhenAConnectionFailsOrEnds) {
  InflaterPool pool;
  const std::string payload = deflated(noise(2 * MessageInflater::kBatchBytes));
  {
    Connection connection(kLimit);
    connection.use_deflate(0);
    RecordedEvents events;
    events.pool = &pool;
    std::string bytes = client_frame_of(kRsv1 | kBinary, payload.substr(0, MessageInflater::kBatchBytes));
    const std::size_t size = bytes.size();
    bytes.resize(size + 64);
    connection.receive({bytes.data(), size}, events);
    EXPECT_EQ(pool.lent(), 1u);
  }
  EXPECT_EQ(pool.lent(), 0u);
}

}  // namespace
}  // namespace switchboard::ws
