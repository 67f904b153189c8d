#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "cli/bench/deflate_reader.h"
#include "cli/bench/flood/burst.h"
#include "cli/bench/flood/plan.h"
#include "cli/bench/flood/report.h"
#include "cli/bench/load_options.h"
#include "cli/bench/masked_frame.h"
#include "ws/opcode.h"

namespace switchboard::cli::bench {
namespace {

constexpr std::uint32_t kMask = 0x01020304;

struct ClientFrame {
  std::uint8_t first;
  std::string payload;
};

/// The frames of a client, unmasked; nothing behind the first that is not whole.
std::vector<ClientFrame> frames_in(const std::string& bytes) {
  std::vector<ClientFrame> frames;
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  while (at + 2 <= bytes.size()) {
    const std::uint8_t first = byte(at);
    EXPECT_EQ(byte(at + 1) & 0x80, 0x80) << "clients mask (RFC 6455 section 5.3)";
    std::size_t length = byte(at + 1) & 0x7F;
    at += 2;
    const int more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (more > 0) length = 0;
    for (int i = 0; i < more; ++i)
      length = length << 8 | byte(at++);
    const std::size_t mask = at;
    at += 4;
    std::string payload;
    for (std::size_t i = 0; i < length; ++i)
      payload += static_cast<char>(byte(at + i) ^ byte(mask + i % 4));
    at += length;
    frames.push_back({first, payload});
  }
  EXPECT_EQ(at, bytes.size()) << "the last frame is not whole";
  return frames;
}

TEST(MaskedFrame, HasTheLengthItsPayloadNeeds) {
  for (const std::size_t size : {0, 1, 125, 126, 127, 65'535, 65'536}) {
    std::string bytes;
    append_masked_frame(bytes, first_byte(ws::Opcode::kText), std::string(size, 'x'), kMask);
    EXPECT_EQ(bytes.size(), 6 + size + (size < 126 ? 0 : size < 65'536 ? 2 : 8));
    const auto frames = frames_in(bytes);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].first, 0x81);
    EXPECT_EQ(frames[0].payload, std::string(size, 'x'));
  }
}

TEST(Burst, IsSixtyFourKilobytesOfBroadcastsAndAPing) {
  for (const FloodKind kind : {FloodKind::kBroadcasts, FloodKind::kDeflated, FloodKind::kHistory}) {
    const Burst burst = make_burst(kind, "bench-flood:k3f9-00007", kMask);
    const auto frames = frames_in(burst.bytes);
    ASSERT_EQ(frames.size(), burst.messages + 1U);
    const std::size_t one = burst.bytes.size() / frames.size();
    EXPECT_GT(burst.bytes.size() + one, kBurstBytes);
    EXPECT_LT(burst.bytes.size(), kBurstBytes + 64);
    EXPECT_EQ(frames.back().payload, R"({"type":"ping","id":"burst"})");
    if (kind == FloodKind::kDeflated) continue;
    EXPECT_TRUE(frames[0].payload.starts_with(
        R"({"type":"broadcast","echo":false,"room_id":"bench-flood:k3f9-00007","content":"x)"));
  }
}

TEST(Burst, OfDeflatedMessagesInflatesToFourHundredTimesAsMuch) {
  const Burst burst = make_burst(FloodKind::kDeflated, "r", kMask);
  const ClientFrame frame = frames_in(burst.bytes).front();
  EXPECT_EQ(frame.first, 0xC1) << "RSV1: compressed (RFC 7692 section 6)";
  DeflateReader reader;
  const auto text = reader.read(frame.payload, [](std::string_view) { return true; });
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->starts_with(R"({"type":"broadcast")"));
  EXPECT_GT(text->size(), 400 * frame.payload.size());
  EXPECT_LE(text->size(), 65'536U) << "the default of limits.message_bytes_max";
}

TEST(Burst, IsOverWhenItsOwnPingIsAnswered) {
  EXPECT_TRUE(answers_burst(R"({"type":"pong","id":"burst"})"));
  EXPECT_FALSE(answers_burst(R"({"type":"broadcast","content":"{\"type\":\"pong\",\"id\":\"burst\"}"})"));
}

TEST(FloodPlan, EveryFloodHasAName) {
  for (const FloodPlan& plan : flood_plans()) {
    EXPECT_EQ(parse_flood(plan.name), plan.kind);
    EXPECT_EQ(flood_plan(plan.kind).name, plan.name);
  }
  const auto unknown = parse_flood("biblical");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().find("broadcasts, deflated, key-updates, large-room, history"), std::string::npos);
}

LoadOptions flood_of(FloodKind kind) {
  LoadOptions options;
  options.flood = kind;
  options.connections = flood_plan(kind).clients;
  options.bystander_pairs = 1;
  return options;
}

TEST(FloodOptions, WhatOnlyLoadsHaveIsRefused) {
  EXPECT_TRUE(check_flood(flood_of(FloodKind::kBroadcasts)));
  const auto refused = [](const char* flag, auto change) {
    LoadOptions options = flood_of(FloodKind::kBroadcasts);
    change(options);
    const auto checked = check_flood(options);
    return !checked && checked.error().starts_with(flag);
  };
  EXPECT_TRUE(refused("--rooms", [](LoadOptions& options) { options.rooms = 2; }));
  EXPECT_TRUE(refused("--publishers", [](LoadOptions& options) { options.publishers = 2; }));
  EXPECT_TRUE(refused("--rate", [](LoadOptions& options) { options.rate = 11; }));
  EXPECT_TRUE(refused("--window", [](LoadOptions& options) { options.window = 1; }));
  EXPECT_TRUE(refused("--size", [](LoadOptions& options) { options.content_bytes = 99; }));
  EXPECT_TRUE(refused("--compression", [](LoadOptions& options) { options.compression = true; }));
  EXPECT_TRUE(refused("--slow-readers", [](LoadOptions& options) { options.slow_readers = 1; }));
  EXPECT_TRUE(refused("--hold", [](LoadOptions& options) { options.hold = true; }));
  EXPECT_TRUE(refused("--flood needs --bystanders", [](LoadOptions& options) { options.bystander_pairs = 0; }));
}

TEST(FloodOptions, ALargeRoomHasARateAndKeyUpdatesNeedTls) {
  LoadOptions large = flood_of(FloodKind::kLargeRoom);
  large.rate = 11;
  large.content_bytes = 200;
  EXPECT_TRUE(check_flood(large));
  LoadOptions updates = flood_of(FloodKind::kKeyUpdates);
  EXPECT_FALSE(check_flood(updates));
  updates.url = "wss://127.0.0.1:1/ws";
  EXPECT_TRUE(check_flood(updates));
}

FloodResult some_flood_result() {
  FloodResult result;
  result.options = flood_of(FloodKind::kHistory);
  result.idle.round_trip.record(200'000);
  result.flooded.round_trip.record(2'500'000);
  result.flooded.expected = 10;
  result.flooded.delivered = 9;
  result.flood.closed[4102] = 3;
  return result;
}

TEST(FloodReport, SetsTheIdleServerBesideTheFloodedOne) {
  const std::string text = text_report(some_flood_result());
  EXPECT_NE(text.find("idle       p50 200 us"), std::string::npos) << text;
  EXPECT_NE(text.find("flooded    p50 2.50 ms"), std::string::npos) << text;
  EXPECT_NE(text.find("1 of 10 deliveries lost"), std::string::npos) << text;
  EXPECT_NE(text.find("3 flooders by the server with code 4102"), std::string::npos) << text;
  const std::string json = json_report(some_flood_result());
  EXPECT_NE(json.find(R"("flood":{"name":"history","connections":8,)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("expected":10,"lost":1,)"), std::string::npos) << json;
}

TEST(FloodReport, SaysWhenTheBystandersThemselvesWereHeldUp) {
  FloodResult result = some_flood_result();
  result.flooded.own_wait.record(5'000'000);
  EXPECT_EQ(text_report(result).find("WARNING"), std::string::npos);
  result.flooded.own_wait.record(5'500'000);
  EXPECT_NE(text_report(result).find("WARNING"), std::string::npos);
}

}  // namespace
}  // namespace switchboard::cli::bench
