// The reading side of a connection once it speaks WebSocket: bytes in, commands to its session, pongs and echoes back;
// what has to wait is put aside. It writes nothing itself and keeps no time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "ws/connection.h"

namespace switchboard::session {

class Connection;
class Session;
struct Remainder;

/// Part of its connection, which every function that does something is given. Three words when nothing is incomplete
/// and nothing waits.
class FrameInput {
 public:
  explicit FrameInput(std::uint32_t message_bytes_max);
  ~FrameInput();
  FrameInput(const FrameInput&) = delete;
  FrameInput& operator=(const FrameInput&) = delete;

  /// Messages may come compressed: see ws::Connection.
  void use_deflate(std::uint8_t takeover_window_bits) { frames_.use_deflate(takeover_window_bits); }
  bool deflates() const { return frames_.deflates(); }

  /// Takes bytes as they came; 64 readable bytes must follow them. Not while something waits, nor once nothing more can
  /// come (`Connection::reads_frames`).
  void receive(std::span<char> bytes, Connection& connection);
  /// Input was put aside.
  bool is_waiting() const { return waiting_ != nullptr; }
  /// There is some, and nothing that the session knows of keeps it from going on.
  bool can_go_on(const Session& session) const;
  void go_on(Connection& connection);
  /// The session is over and obeys no command any more. But the peer's Close may be in what was put aside, or the
  /// beginning of a frame.
  void drop_commands(Connection& connection);

  /// The peer's Close frame has come.
  bool peer_closed() const { return frames_.peer_closed(); }
  /// The peer broke the protocol: nothing more is read from it.
  bool has_failed() const { return frames_.has_failed(); }

 private:
  class Events;
  struct Waiting;

  void put_aside(Remainder rest);
  void receive_kept(std::string bytes, Connection& connection);

  ws::Connection frames_;
  std::unique_ptr<Waiting> waiting_;
};

}  // namespace switchboard::session
