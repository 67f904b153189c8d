#include "ws/inflater.h"

#include <gtest/gtest.h>

#include "ws/client_deflater.h"

namespace switchboard::ws {
namespace {

using namespace std::string_literals;

/// Everything that comes out of one input, given and taken in pieces of these sizes; "invalid" when it is.
std::string run(Inflater& inflater, std::string_view input, std::size_t in_bytes, std::size_t out_bytes) {
  std::string out;
  std::string room(out_bytes, '\0');
  while (true) {
    std::string_view piece = input.substr(0, in_bytes);
    input.remove_prefix(piece.size());
    while (true) {
      const auto [written, valid] = inflater.inflate(piece, room);
      if (!valid) return "invalid";
      out.append(room, 0, written);
      if (piece.empty() && written < room.size()) break;
    }
    if (input.empty()) return out;
  }
}

TEST(Inflater, TakesAndGivesInAnyPieces) {
  const std::string text = prose(3000);
  const std::string payload = deflated(text) + "\x00\x00\xff\xff"s;
  for (std::size_t in_bytes : {1u, 2u, 7u, 100u, 10'000u}) {
    for (std::size_t out_bytes : {1u, 3u, 258u, 3000u, 3001u, 10'000u}) {
      Inflater inflater(15);
      EXPECT_EQ(run(inflater, payload, in_bytes, out_bytes), text) << in_bytes << " " << out_bytes;
      EXPECT_TRUE(inflater.at_block_boundary()) << in_bytes << " " << out_bytes;
    }
  }
}

TEST(Inflater, GoesOnAfterAFinalBlock) {  // RFC 7692 section 7.2.3.4
  const std::string hello = "\xf3\x48\xcd\xc9\xc9\x07\x00"s;
  for (std::size_t in_bytes : {1u, 2u, 100u}) {
    Inflater inflater(15);
    EXPECT_EQ(run(inflater, hello, in_bytes, 100), "Hello");
    EXPECT_TRUE(inflater.after_final_block());
    EXPECT_TRUE(inflater.at_block_boundary());
    EXPECT_EQ(run(inflater, hello + hello, in_bytes, 100), "HelloHello");
    EXPECT_EQ(run(inflater, "\x00\x00\x00\xff\xff"s, in_bytes, 100), "");
    EXPECT_FALSE(inflater.after_final_block());
    EXPECT_TRUE(inflater.at_block_boundary());
  }
}

TEST(Inflater, KeepsItsWindowOverAFinalBlockAndForgetsItOnReset) {
  ClientDeflater client({.takeover = true});
  const std::string text = prose(2000);
  const std::string first = client.message(text) + "\x00\x00\xff\xff"s;
  const std::string second = client.message(text) + "\x00\x00\xff\xff"s;
  const std::string final_block = "\x03\x00"s;  // nothing, marked as the last
  ASSERT_LT(second.size(), 100u);

  Inflater inflater(15);
  EXPECT_EQ(run(inflater, first, 10'000, 10'000), text);
  EXPECT_EQ(run(inflater, final_block, 10'000, 10'000), "");
  EXPECT_EQ(run(inflater, second, 10'000, 10'000), text);
  inflater.reset();
  EXPECT_EQ(run(inflater, second, 10'000, 10'000), "invalid");
  inflater.reset();
  EXPECT_EQ(run(inflater, first, 10'000, 10'000), text);
}

TEST(Inflater, SaysWhetherABlockIsIncomplete) {
  const std::string whole = deflated(prose(300)) + "\x00\x00\xff\xff"s;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    Inflater inflater(15);
    run(inflater, whole.substr(0, size), 10'000, 10'000);
    EXPECT_FALSE(inflater.at_block_boundary()) << size << " of " << whole.size();
  }
}

TEST(Inflater, GivesWhatCameBeforeAFault) {
  const std::string bad = deflated("before") + "\x00\x00\xff\xff"s + "\x07";  // block type 3 does not exist
  Inflater inflater(15);
  std::string room(100, '\0');
  std::string_view input = bad;
  const auto [written, valid] = inflater.inflate(input, room);
  EXPECT_FALSE(valid);
  EXPECT_EQ(room.substr(0, written), "before");
}

}  // namespace
}  // namespace switchboard::ws
