// A WebSocket connection fed in pieces, and what came out of it as one text: what two ways of feeding it are compared
// by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "fuzz/byte_script.h"
#include "ws/close_frame.h"
#include "ws/connection.h"
#include "ws/inflater_pool.h"
#include "ws/utf8.h"

namespace switchboard::fuzz {

class RecordedEvents final : public ws::Events {
 public:
  RecordedEvents(std::size_t message_bytes_max, ws::Flow flow) : message_bytes_max_(message_bytes_max), flow_(flow) {}

  ws::Flow on_message(ws::Opcode kind, std::string_view payload) override {
    SB_ASSERT(kind == ws::Opcode::kText || kind == ws::Opcode::kBinary);
    SB_ASSERT(payload.size() <= message_bytes_max_);
    SB_ASSERT(kind == ws::Opcode::kBinary || is_utf8(payload));
    return record(kind == ws::Opcode::kText ? "text" : "binary", payload);
  }
  ws::Flow on_ping(std::string_view payload) override { return control("ping", payload); }
  ws::Flow on_pong(std::string_view payload) override { return control("pong", payload); }
  void on_close(std::uint16_t code, std::string_view reason) override {
    SB_ASSERT(code == ws::close::kNoStatus ? reason.empty() : ws::is_sendable_close_code(code));
    SB_ASSERT(is_utf8(reason));
    control("close " + std::to_string(code), reason);
  }
  ws::InflaterPool* inflaters() override { return &pool; }
  void on_failure(const ws::Failure& failure) {
    SB_ASSERT(ws::is_sendable_close_code(failure.code) && failure.reason.view().size() <= 123);
    text += "failure " + std::to_string(failure.code) + "\n";
  }

  std::string text;
  std::vector<std::string> messages;
  ws::InflaterPool pool;

 private:
  static bool is_utf8(std::string_view bytes) {
    ws::Utf8Validator validator;
    return validator.feed(bytes) && validator.complete();
  }
  ws::Flow control(const std::string& kind, std::string_view payload) {
    SB_ASSERT(payload.size() <= ws::kControlPayloadMax);
    return record(kind, payload);
  }
  ws::Flow record(const std::string& kind, std::string_view payload) {
    // What is promised to be readable behind a payload is read, for AddressSanitizer to look at.
    unsigned sum = 0;
    for (std::size_t i = 0; i < 64; ++i)
      sum += static_cast<unsigned char>(payload.data()[payload.size() + i]);
    touched_ = sum;
    text += kind + " " + std::to_string(payload.size()) + ":";
    text.append(payload).append("\n");
    if (kind == "text" || kind == "binary") messages.emplace_back(payload);
    return flow_;
  }

  std::size_t message_bytes_max_;
  ws::Flow flow_;
  volatile unsigned touched_ = 0;
};

/// Feeds the pieces, and after a pause what was not consumed, until the connection fails or the peer has closed.
inline void feed(ws::Connection& connection, RecordedEvents& events, const std::vector<std::string_view>& pieces,
                 std::size_t buffered_bytes_max) {
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      OwnMemory memory(piece, 64);
      const auto received = connection.receive(memory.span(), events);
      SB_ASSERT(received.consumed <= piece.size());
      SB_ASSERT(connection.buffered_bytes() <= buffered_bytes_max);
      if (received.failure) return events.on_failure(*received.failure);
      if (connection.peer_closed()) return;
      SB_ASSERT(received.consumed > 0);
      piece.remove_prefix(received.consumed);
    }
  }
}

}  // namespace switchboard::fuzz
