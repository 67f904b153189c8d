// Feeds a Connection in chosen pieces and writes down what came out, for comparison over splits.
#pragma once

#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ws/connection.h"
#include "ws/inflater_pool.h"

namespace switchboard::ws {

/// One string per event: "text:Hello", "binary:..", "ping:..", "pong:..", "close 1000:reason".
class RecordedEvents final : public Events {
 public:
  std::vector<std::string> list;
  Flow flow = Flow::kContinue;
  InflaterPool* pool = nullptr;

  InflaterPool* inflaters() override { return pool; }
  Flow on_message(Opcode kind, std::string_view payload) override {
    return record(kind == Opcode::kText ? "text:" : "binary:", payload);
  }
  Flow on_ping(std::string_view payload) override { return record("ping:", payload); }
  Flow on_pong(std::string_view payload) override { return record("pong:", payload); }
  void on_close(std::uint16_t code, std::string_view reason) override {
    record("close " + std::to_string(code) + ":", reason);
  }

 private:
  Flow record(const std::string& kind, std::string_view payload) {
    unsigned sum = 0;  // touches what must be readable behind a payload, so that AddressSanitizer looks at it
    for (std::size_t i = 0; i < 64; ++i)
      sum += static_cast<unsigned char>(payload.data()[payload.size() + i]);
    touched += sum;
    list.push_back(kind + std::string(payload));
    return flow;
  }
  unsigned touched = 0;
};

/// Whether permessage-deflate was negotiated, and with which `takeover_window_bits`.
using Deflate = std::optional<std::uint8_t>;
inline constexpr Deflate kNoDeflate = std::nullopt;
inline constexpr Deflate kNoTakeover = std::uint8_t{0};

/// A connection that is given pieces in memory of their own, with exactly the 64 readable bytes behind them.
class ConnectionDriver {
 public:
  explicit ConnectionDriver(std::uint32_t message_bytes_max, Deflate deflate = kNoDeflate)
      : connection(message_bytes_max) {
    events.pool = &pool;
    if (deflate) connection.use_deflate(*deflate);
  }

  /// Feeds one piece, and after a pause the rest of it. False once nothing may be fed any more.
  bool feed(std::string_view piece) {
    while (!ended_) {
      const auto memory = std::make_unique<char[]>(piece.size() + 64);
      std::memcpy(memory.get(), piece.data(), piece.size());
      const auto received = connection.receive({memory.get(), piece.size()}, events);
      last_consumed = received.consumed;
      EXPECT_LE(received.consumed, piece.size());
      if (received.failure) {
        failure = received.failure;
        events.list.push_back("fail " + std::to_string(received.failure->code));
        EXPECT_LE(received.failure->reason.view().size(), 123u);
      }
      ended_ = received.failure.has_value() || connection.peer_closed();
      if (!ended_ && events.flow == Flow::kContinue) {
        EXPECT_EQ(received.consumed, piece.size());
      }
      piece.remove_prefix(received.consumed);
      if (piece.empty()) break;
    }
    return !ended_;
  }

  InflaterPool pool;
  Connection connection;
  RecordedEvents events;
  std::optional<Failure> failure;
  std::size_t last_consumed = 0;

 private:
  bool ended_ = false;
};

using EventList = std::vector<std::string>;

inline EventList events_of(const std::vector<std::string_view>& pieces, std::uint32_t message_bytes_max,
                           Flow flow = Flow::kContinue, Deflate deflate = kNoDeflate) {
  ConnectionDriver driver(message_bytes_max, deflate);
  driver.events.flow = flow;
  for (std::string_view piece : pieces) {
    if (!driver.feed(piece)) break;
  }
  return driver.events.list;
}

/// The events of the whole input, having checked that neither splits nor pauses change them. Long inputs are cut near
/// their ends and here and there.
inline EventList events_of_any_split(std::string_view bytes, std::uint32_t message_bytes_max = 1'000'000,
                                     Deflate deflate = kNoDeflate) {
  const auto events = [&](const std::vector<std::string_view>& pieces, Flow flow = Flow::kContinue) {
    return events_of(pieces, message_bytes_max, flow, deflate);
  };
  const EventList whole = events({bytes});
  EXPECT_EQ(events({bytes}, Flow::kPause), whole) << "with pauses";
  std::vector<std::string_view> singles;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    singles.push_back(bytes.substr(i, 1));
  EXPECT_EQ(events(singles), whole) << "byte by byte";
  EXPECT_EQ(events(singles, Flow::kPause), whole) << "byte by byte, with pauses";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    if (bytes.size() > 1000 && cut > 40 && cut + 40 < bytes.size() && cut % 4001 != 0) continue;
    EXPECT_EQ(events({bytes.substr(0, cut), bytes.substr(cut)}), whole) << "cut at " << cut;
  }
  return whole;
}

}  // namespace switchboard::ws
