#include "ws/message_deflater.h"

#include <gtest/gtest.h>

#include "ws/client_deflater.h"
#include "ws/inflater.h"

namespace switchboard::ws {
namespace {

/// As a client undoes it; "invalid" when it cannot.
std::string inflated(std::string_view payload, int window_bits) {
  Inflater inflater(window_bits);
  std::string out(10'000'000, '\0');
  const std::string whole = std::string(payload) + std::string("\x00\x00\xff\xff", 4);
  std::string_view input = whole;
  const auto [written, valid] = inflater.inflate(input, out);
  if (!valid || !input.empty() || !inflater.at_block_boundary()) return "invalid";
  out.resize(written);
  return out;
}

TEST(MessageDeflater, CompressesAtEveryWindowAndLevel) {
  for (int window_bits = 9; window_bits <= 15; ++window_bits) {
    for (int level = 1; level <= 9; ++level) {
      MessageDeflater deflater({.bytes_min = 0,
                                .window_bits = static_cast<std::uint8_t>(window_bits),
                                .level = static_cast<std::uint8_t>(level)});
      for (std::size_t size : {100u, 1000u, 5000u, 100'000u}) {
        const std::string payload = prose(size);
        std::string out;
        ASSERT_TRUE(deflater.deflate(payload, out)) << size;
        EXPECT_LT(out.size(), payload.size());
        EXPECT_EQ(inflated(out, window_bits), payload) << window_bits << " " << level << " " << size;
      }
    }
  }
}

TEST(MessageDeflater, EveryMessageStandsOnItsOwn) {
  MessageDeflater deflater({});
  std::string first;
  std::string again;
  ASSERT_TRUE(deflater.deflate(prose(1000), first));
  ASSERT_TRUE(deflater.deflate(prose(500, 2), again));
  ASSERT_TRUE(deflater.deflate(prose(1000), again));
  EXPECT_EQ(again, first);
}

TEST(MessageDeflater, LeavesSmallMessagesAsTheyAre) {
  MessageDeflater deflater({.bytes_min = 200});
  std::string out;
  EXPECT_FALSE(deflater.deflate(std::string(199, 'a'), out));
  EXPECT_TRUE(deflater.deflate(std::string(200, 'a'), out));
  EXPECT_TRUE(deflater.deflate(std::string(201, 'a'), out));
}

TEST(MessageDeflater, LeavesWhatGetsNoSmallerAsItIs) {
  MessageDeflater deflater({.bytes_min = 0});
  std::string out;
  EXPECT_FALSE(deflater.deflate("", out));
  EXPECT_FALSE(deflater.deflate("a", out));
  for (std::size_t size : {10u, 1000u, 70'000u, 1'000'000u})
    EXPECT_FALSE(deflater.deflate(noise(size), out)) << size;
  EXPECT_TRUE(deflater.deflate(prose(1000), out)) << "and goes on as if nothing had been";
  EXPECT_EQ(inflated(out, 12), prose(1000));
}

TEST(MessageDeflater, WhatItMakesIsAlwaysSmaller) {
  MessageDeflater deflater({.bytes_min = 0});
  std::string out;
  for (std::size_t equal = 0; equal <= 64; ++equal) {
    const std::string payload = noise(64 - equal) + std::string(equal, 'e');
    if (!deflater.deflate(payload, out)) continue;
    EXPECT_LT(out.size(), payload.size());
    EXPECT_EQ(inflated(out, 12), payload);
  }
}

TEST(MessageDeflater, TakesReloadedSettings) {
  MessageDeflater deflater({.bytes_min = 100, .level = 1});
  std::string fast;
  ASSERT_TRUE(deflater.deflate(prose(20'000), fast));
  deflater.use({.bytes_min = 20'001, .level = 9});
  std::string small;
  EXPECT_FALSE(deflater.deflate(prose(20'000), small));
  deflater.use({.bytes_min = 0, .level = 9});
  ASSERT_TRUE(deflater.deflate(prose(20'000), small));
  EXPECT_LT(small.size(), fast.size());
  EXPECT_EQ(inflated(small, 12), prose(20'000));
}

}  // namespace
}  // namespace switchboard::ws
