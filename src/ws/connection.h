// The server's side of one WebSocket connection after the handshake (RFC 6455): bytes in, events out. A pure state
// machine: it does no I/O, keeps no time and writes nothing; whoever handles its events answers pings and closes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ws/opcode.h"
#include "ws/utf8.h"

namespace switchboard::ws {

/// Whether `Connection::receive` goes on after an event. `kPause` makes it return at once, having consumed the bytes
/// of that event; the caller keeps the rest and feeds it later.
enum class Flow : std::uint8_t { kContinue, kPause };

/// Receives a connection's events, in order, during `receive`. A payload is valid until the call returns.
class Events {
 public:
  /// A whole message, fragments joined. `kind` is kText (valid UTF-8, checked) or kBinary.
  virtual Flow on_message(Opcode kind, std::string_view payload) = 0;
  virtual Flow on_ping(std::string_view payload) = 0;
  virtual Flow on_pong(std::string_view payload) = 0;
  /// The peer's Close frame, its code validated (section 7.4); kNoStatus when it had no body. Nothing follows it.
  virtual void on_close(std::uint16_t code, std::string_view reason) = 0;

 protected:
  ~Events() = default;
};

/// Why the peer failed the protocol: the close code to send and a sentence for its developer (at most 123 bytes).
struct Failure {
  std::uint16_t code;
  std::string_view reason;  // a literal
};

/// Small on purpose (one per open connection): a buffer exists only while a message or control frame is incomplete.
class Connection {
 public:
  /// `message_bytes_max`: the largest message, over all its fragments. It is held against the declared length as soon
  /// as a frame's header is read, and buffers grow with the bytes that came, never with what was declared.
  explicit Connection(std::uint32_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  struct Received {
    std::size_t consumed;            // bytes taken; fewer than given only after kPause, a failure or a Close
    std::optional<Failure> failure;  // the connection must be failed (section 7.1.7); nothing may be fed after it
  };

  /// Takes bytes as they came, in any split. They are unmasked in place. Text is checked for UTF-8 as it arrives and
  /// failed at the first impossible byte, also in the middle of a fragment.
  Received receive(std::span<char> bytes, Events& events);

  /// True once the peer's Close frame was seen.
  bool peer_closed() const { return peer_closed_; }
  /// Bytes held for an incomplete message or control frame.
  std::size_t buffered_bytes() const;

 private:
  // (the implementation's state; see connection.cpp)
  std::uint32_t message_bytes_max_;
  bool peer_closed_ = false;
};

}  // namespace switchboard::ws
