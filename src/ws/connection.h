// The server's side of one WebSocket connection after the handshake (RFC 6455): bytes in, events out. A pure state
// machine: it does no I/O, keeps no time and writes nothing; whoever handles its events answers pings and closes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "ws/failure.h"
#include "ws/opcode.h"

namespace switchboard::ws {

struct FrameContext;
struct FrameHeader;
class InflaterPool;

/// Whether `Connection::receive` goes on after an event. `kPause` makes it return at once, having consumed the bytes
/// of that event; the caller keeps the rest and feeds it later.
enum class Flow : std::uint8_t { kContinue, kPause };

/// Receives a connection's events, in order, during `receive`. A payload is valid until the call returns, and 64 bytes
/// behind it are readable. A handler must not destroy the connection or call its `receive`.
class Events {
 public:
  /// A whole message, fragments joined and inflated. `kind` is kText (valid UTF-8, checked) or kBinary.
  virtual Flow on_message(Opcode kind, std::string_view payload) = 0;
  virtual Flow on_ping(std::string_view payload) = 0;
  virtual Flow on_pong(std::string_view payload) = 0;
  /// The peer's Close frame, its code validated (section 7.4); kNoStatus when it had no body. Nothing follows it.
  virtual void on_close(std::uint16_t code, std::string_view reason) = 0;
  /// A frame has begun that does not end its message; of that message it is number `count`, from 1 on. Some may be
  /// empty, so only who counts them can bound them.
  virtual void on_fragment([[maybe_unused]] std::uint32_t count) {}
  /// So many bytes of a compressed message have been inflated, before any of them is handed out. `is_whole`: the
  /// message comes next, and the result does not matter; otherwise kPause is possible even in the middle of what was
  /// received.
  virtual Flow on_inflated([[maybe_unused]] std::size_t bytes, [[maybe_unused]] bool is_whole) {
    return Flow::kContinue;
  }
  /// Where compressed messages get an inflater from; must outlive the connection. Not null once `use_deflate` was
  /// called.
  virtual InflaterPool* inflaters() { return nullptr; }

 protected:
  ~Events() = default;
};

/// Small on purpose (one per open connection, 16 bytes): all state of an incomplete frame or message lives in one
/// allocation that exists only as long as there is one.
class Connection {
 public:
  /// `message_bytes_max`: the largest message, over all its fragments. It is held against the declared length as soon
  /// as a frame's header is read, and against what a compressed one becomes while that is inflated. Buffers grow with
  /// the bytes that came, never with what was declared.
  explicit Connection(std::uint32_t message_bytes_max);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  struct Received {
    std::size_t consumed;            // bytes taken; fewer than given only after kPause, a failure or a Close
    std::optional<Failure> failure;  // the connection must be failed (section 7.1.7); nothing may be fed after it
  };

  /// Takes bytes as they came, in any split, and unmasks them in place. 64 bytes behind them must be readable. Text is
  /// checked for UTF-8 as it arrives and failed at the first impossible byte, also in the middle of a fragment;
  /// compressed text in batches (see MessageInflater). Data that is not deflate's fails with 1007.
  /// Events and failure do not depend on the split. What follows the peer's Close is taken and ignored (section 1.4).
  Received receive(std::span<char> bytes, Events& events);
  /// It was paused while there was more to inflate of what it has taken: `receive` goes on with that, also when it is
  /// given no bytes.
  bool has_more() const;

  /// permessage-deflate was negotiated (RFC 7692): messages may come compressed. Before any bytes do.
  /// `takeover_window_bits` as in `DeflateAgreement`; other than 0, the connection keeps an inflater from its first
  /// compressed message on.
  void use_deflate(std::uint8_t takeover_window_bits);
  bool deflates() const { return deflates_; }

  /// True once the peer's Close frame was seen.
  bool peer_closed() const { return peer_closed_; }
  /// True once `receive` has failed.
  bool has_failed() const { return failed_; }
  /// Bytes held for an incomplete message, control frame or header.
  std::size_t buffered_bytes() const;

 private:
  struct Incomplete;
  struct Step;

  /// What is inflated of a message before its events are told of it.
  static constexpr std::size_t kInflatedPerStep = 65'536;

  Step next(std::span<char> bytes, Events& events);
  Step begin_frame(std::span<char> bytes, Events& events);
  Step continue_header(std::span<char> bytes, Events& events);
  Step open_frame(const FrameHeader& header, std::span<char> bytes, Events& events);
  Step continue_payload(std::span<char> bytes, Events& events);
  Step finish_message(Events& events);
  Step compressed_payload(std::string_view piece, Events& events);
  Step control_frame(Opcode opcode, std::string_view payload, std::size_t consumed, Events& events);
  bool in_message() const;
  FrameContext context() const;
  Incomplete& incomplete();

  std::unique_ptr<Incomplete> incomplete_;  // null: between two messages, with not a byte of the next one
  std::uint32_t message_bytes_max_;
  bool peer_closed_ = false;
  bool failed_ = false;
  bool deflates_ = false;
  std::uint8_t takeover_window_bits_ = 0;  // 0: no context takeover
};

static_assert(sizeof(Connection) <= 16);

}  // namespace switchboard::ws
