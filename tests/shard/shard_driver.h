// Shards on streams in memory, stepped by hand: the test says which byte a socket takes and when. Readiness is
// announced as epoll does it, once per edge.
#pragma once

#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "session/server_frames.h"
#include "shard/shard.h"
#include "support/inflated.h"
#include "support/manual_clock.h"
#include "ws/client_frame.h"

namespace switchboard::shard {

using namespace std::chrono_literals;

inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

/// Both directions of one connection.
struct Stream {
  std::string to_server;
  bool fin = false;  // the client has finished sending
  bool is_reset = false;
  std::string from_server;
  std::size_t room = kNoLimit;  // bytes that the socket takes until told otherwise
  bool keeps = true;            // false: what the server writes is only counted
  std::size_t taken = 0;
  bool came_short = false;  // a write: the next room is an edge
  bool finished = false;    // by the server
  bool gone = false;        // closed by the server
};

class StreamTransport final : public net::Transport {
 public:
  explicit StreamTransport(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
  ~StreamTransport() override { stream_->gone = true; }

  net::IoResult read(std::span<char> into) override {
    Stream& stream = *stream_;
    if (stream.is_reset) return {net::IoStatus::kFailed, 0};
    if (stream.to_server.empty()) return {stream.fin ? net::IoStatus::kEnd : net::IoStatus::kWouldBlock, 0};
    const std::size_t count = stream.to_server.copy(into.data(), into.size());
    stream.to_server.erase(0, count);
    return {net::IoStatus::kOk, count};
  }
  net::IoResult write(std::string_view bytes) override {
    Stream& stream = *stream_;
    EXPECT_FALSE(stream.finished) << "written after its end";
    EXPECT_FALSE(bytes.empty());
    if (stream.is_reset) return {net::IoStatus::kFailed, 0};
    const std::size_t count = std::min(bytes.size(), stream.room);
    if (stream.room != kNoLimit) stream.room -= count;
    if (stream.keeps) stream.from_server.append(bytes.substr(0, count));
    stream.taken += count;
    stream.came_short = count < bytes.size();
    if (count == 0) return {net::IoStatus::kWouldBlock, 0};
    return {net::IoStatus::kOk, count};
  }
  void finish_writing() override { stream_->finished = true; }

 private:
  std::shared_ptr<Stream> stream_;
};

/// What was told of ended connections.
class EndingLog final : public ConnectionObserver {
 public:
  void on_opened(const session::Connection&) override { ++opened; }
  void on_ended(const session::Connection& connection, Instant) override { codes.push_back(connection.ending().code); }

  int opened = 0;
  std::vector<std::uint16_t> codes;
};

/// One client: its stream and the shard that holds the other end.
struct Peer {
  Shard* shard;
  std::shared_ptr<Stream> stream;
  SlotId id;

  bool is_gone() const { return stream->gone; }
  /// Puts the bytes in the server's socket and announces them.
  void give(std::string_view bytes) {
    stream->to_server.append(bytes);
    shard->on_readable(id, stream->fin);
  }
  void say(std::string_view text) { give(ws::client_frame(ws::Opcode::kText, text)); }
  void join(std::string_view room, std::string_view user = "u") {
    say(R"({"type":"join","room_id":")" + std::string(room) + R"(","user_id":")" + std::string(user) + R"("})");
  }
  void leave(std::string_view room) { say(R"({"type":"leave","room_id":")" + std::string(room) + R"("})"); }
  /// `more`: further fields, with a comma in front.
  void broadcast(std::string_view room, std::string_view content, std::string_view more = "") {
    say(R"({"type":"broadcast","room_id":")" + std::string(room) + R"(","content":)" + std::string(content) +
        std::string(more) + "}");
  }
  void finish() {
    stream->fin = true;
    shard->on_readable(id, true);
  }
  void reset() {
    stream->is_reset = true;
    shard->on_readable(id, true);
    shard->on_writable(id);
  }
  /// The connection is reset while its input is not read and its socket takes nothing: the next write finds out.
  void vanish() {
    stream->is_reset = true;
    shard->on_writable(id);
  }
  /// The socket takes so many bytes from here on.
  void allow(std::size_t bytes) {
    stream->room = bytes;
    if (bytes > 0 && stream->came_short) {
      stream->came_short = false;
      shard->on_writable(id);
    }
  }
  /// The whole frames that have come since the last look, their payloads inflated.
  std::vector<session::ServerFrame> frames() {
    auto frames = session::take_frames(stream->from_server);
    for (session::ServerFrame& frame : frames) {
      if (!frame.is_deflated) continue;
      auto payload = test::inflated(frame.payload, /*window_bits=*/12);
      EXPECT_TRUE(payload) << "cannot be inflated by itself";
      frame.payload = std::move(payload).value_or("");
    }
    return frames;
  }
  std::string texts() { return session::texts(frames()); }
  /// The contents of the broadcasts among them, separated by blanks.
  std::string contents() {
    std::string out;
    for (const session::ServerFrame& frame : frames()) {
      const auto from = frame.payload.find("\"content\":");
      const auto to = frame.payload.find(",\"sender\":");
      if (from == std::string::npos || to == std::string::npos) continue;
      if (!out.empty()) out += ' ';
      out += frame.payload.substr(from + 10, to - from - 10);
    }
    return out;
  }
};

class ShardTest : public testing::Test {
 protected:
  void start(std::uint32_t count = 1, std::size_t ring_slots = 64) {
    exchange = std::make_unique<Exchange>(count, ring_slots);
    for (std::uint32_t i = 0; i < count; ++i) {
      shards.push_back(std::make_unique<Shard>(i, settings,
                                               ShardParts{.exchange = *exchange,
                                                          .clock = clock,
                                                          .observer = endings,
                                                          .hash_key = kKey,
                                                          .random_seed = i + 1,
                                                          .assets = http::AssetTable{},
                                                          .store = store_of(i),
                                                          .events = events,
                                                          .hooks = hooks,
                                                          .user_rates = user_rates}));
    }
  }
  /// What keeps the history of rooms whose home that shard is; null: memory.
  virtual broker::StoreChannel* store_of(std::uint32_t) { return nullptr; }
  Shard& shard(std::size_t index = 0) {
    if (shards.empty()) start();
    return *shards[index];
  }

  Peer connect(std::size_t on_shard = 0) {
    auto stream = std::make_shared<Stream>();
    const SlotId id = shard(on_shard).accept(std::make_unique<StreamTransport>(stream), net::PeerAddress{});
    return {.shard = &shard(on_shard), .stream = std::move(stream), .id = id};
  }
  Peer open(std::size_t on_shard = 0, std::string_view handshake = session::kUpgrade) {
    Peer peer = connect(on_shard);
    peer.give(handshake);
    if (peer.stream->from_server.empty()) run();  // others were in line before it
    EXPECT_TRUE(session::take_head(peer.stream->from_server).starts_with("HTTP/1.1 101"));
    peer.frames();
    return peer;
  }
  Peer member(std::string_view room, std::size_t on_shard = 0, std::string_view handshake = session::kUpgrade) {
    Peer peer = open(on_shard, handshake);
    peer.join(room);
    run();
    EXPECT_TRUE(peer.texts().starts_with("{\"type\":\"joined\""));
    return peer;
  }

  /// Turns of all shards until none has work left.
  void run() {
    for (int turns = 0; turns < 10'000; ++turns) {
      bool has_worked = false;
      for (auto& one : shards) {
        if (!one->has_work()) continue;
        one->turn();
        has_worked = true;
      }
      if (!has_worked) return;
    }
    FAIL() << "the shards do not come to rest";
  }
  /// The clock moves on by whole seconds, with the turns that timers need.
  void pass(std::chrono::seconds time) {
    for (std::int64_t second = 0; second < time.count(); ++second) {
      clock.advance(1s);
      for (auto& one : shards)
        one->turn();
      run();
    }
  }

  /// A room's name whose home is that shard.
  std::string room_at(std::uint32_t home) const {
    for (int i = 0;; ++i) {
      std::string name = "room" + std::to_string(i);
      if (siphash13(kKey, name) % shards.size() == home) return name;
    }
  }

  void expect_nothing_left() {
    for (auto& one : shards) {
      one->turn();
      one->turn();
    }
    run();
    for (const auto& one : shards) {
      const ShardStats& stats = one->stats();
      EXPECT_EQ(one->connections(), 0u);
      EXPECT_EQ(stats.connections.value(), 0u);
      EXPECT_EQ(stats.members.value(), 0u);
      EXPECT_EQ(stats.views.value(), 0u);
      EXPECT_EQ(stats.home_rooms.value(), 0u);
      EXPECT_EQ(stats.log_bytes.value(), 0u);
    }
  }

  static constexpr HashKey kKey{1, 2};

  test::ManualClock clock;
  EndingLog endings;
  ShardSettings settings;
  UserRates* user_rates = nullptr;
  EventSink* events = nullptr;
  HookAsker* hooks = nullptr;
  std::unique_ptr<Exchange> exchange;
  std::vector<std::unique_ptr<Shard>> shards;
};

}  // namespace switchboard::shard
