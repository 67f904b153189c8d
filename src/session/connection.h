// How the words of one client travel: from the first byte of its handshake over HTTP and WebSocket to its end. Bytes
// in, bytes out through a private queue; what they say is its session's, which it owns. It does no I/O and owns no
// socket. Small on purpose: there is one per open connection.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/static_text.h"
#include "base/time.h"
#include "http/request_parser.h"
#include "net/address.h"
#include "session/connection_context.h"
#include "session/ending.h"
#include "session/frame_input.h"
#include "session/heartbeat.h"
#include "session/opening.h"
#include "session/outbox.h"
#include "session/session.h"
#include "ws/frame_writer.h"
#include "ws/opcode.h"

namespace switchboard::session {

enum class State : std::uint8_t {
  kHandshake,  // reading the request
  kOpen,       // exactly while the session is
  kClosing,    // our last bytes are queued (a Close frame or an HTTP answer); waiting for the peer to go
  kEnded,      // to be destroyed
};

class Connection final : private Outlet {
 public:
  /// `refusal`: when its code is not 0, the client is told so right after its upgrade and closed: browsers can read a
  /// close code, but not a refused handshake. `address_rate`: what it shares with the other connections of its address,
  /// null when nothing. The context and that must outlive the connection's last `receive` and `on_timer`. `listener`:
  /// the number, among the settings' listeners, of the one it came through.
  Connection(ConnectionContext& context, net::PeerAddress peer, Ending refusal = {},
             AddressRate* address_rate = nullptr, std::uint16_t listener = 0);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// What is said on it.
  Session& session() { return session_; }
  const Session& session() const { return session_; }

  // --- bytes -------------------------------------------------------------------------------------------------
  /// Takes bytes as they came; 64 readable bytes must follow them. Not while `paused()`.
  void receive(std::span<char> bytes);
  /// The peer has closed its side, or the socket failed.
  void on_peer_gone(StaticText reason);
  /// True while input must wait: a join is under way, the way to a room is full, or the private queue is, it is the
  /// others' turn, or the client has sent more bytes than it may for the moment; `on_timer` ends that.
  bool paused() const { return input_.is_waiting() || is_throttled_; }
  /// There is input that had to wait, and nothing that is known here keeps it from going on: of a way that was full
  /// only the host knows.
  bool can_resume() const;
  /// Goes on with input that had to wait. Harmless if it cannot.
  void resume();
  /// What waits to be written to this client alone. Whole frames, but for the rest of one already begun.
  const Outbox& outbox() const { return outbox_; }
  /// The socket has taken so many bytes of it, at most all.
  void consume_outbox(std::size_t bytes);
  /// The rest of a frame that has been begun goes before everything else.
  void prepend_to_outbox(std::string_view bytes) { outbox_.prepend(bytes, context().outboxes); }

  // --- time --------------------------------------------------------------------------------------------------
  /// Does what is due; returns when to be called next. Never later than needed, perhaps earlier.
  Instant on_timer();
  /// When `on_timer` should be called next.
  Instant next_deadline() const;
  /// The socket takes no more, or it has taken so many bytes (none: it would): the write timeout is measured between
  /// the two. A peer whose full socket takes bytes again is alive.
  void on_blocked() { outbox_.on_blocked(context().now); }
  void on_progress(std::size_t bytes);

  // --- the end -----------------------------------------------------------------------------------------------
  /// Queues a Close frame and waits for the peer's, for at most `close_timeout_ms`; the rooms are left by
  /// `leave_rooms`. `reason` is a literal.
  void close(std::uint16_t code, StaticText reason) override;
  /// Has its session leave every room if it is over, and looks for the peer's Close in what was put aside. Harmless
  /// otherwise. To be called by the host, in one place, when nobody holds anything of its rooms.
  void leave_rooms();
  /// Ends it at once, for it holds memory that others need and takes nothing of it: 4101. What waits for it is gone.
  void shed();
  /// Tells a v1 client to come back after the delay, and closes with 4200 at `when`. Whose handshake is not done has
  /// until `latest` for it, and is closed right after.
  void drain(Instant when, Instant latest, std::int64_t reconnect_after_ms);
  State state() const { return state_; }
  /// True once the handshake has succeeded.
  bool is_websocket() const { return state_ == State::kOpen || (state_ != State::kHandshake && ending_.code >= 1000); }
  const Ending& ending() const { return ending_; }
  /// The last bytes were written. Ends it when nothing more can come from the peer.
  void on_outbox_written();
  /// True when our side of the stream can be finished once the outbox is written: no answer is expected.
  bool wants_finish() const { return state_ == State::kClosing && (ending_.code < 1000 || input_.has_failed()); }

  // --- whose it is -------------------------------------------------------------------------------------------
  /// The client's address; from its request on the one that a trusted proxy says.
  const net::PeerAddress& peer() const { return peer_; }
  /// What the listener is called that it came through.
  const std::string& listener_name() const { return policy().name; }
  AddressRate* address_rate() const { return session_.limiter().address(); }
  Instant opened_at() const { return opened_at_; }

  // --- for what reads its frames -----------------------------------------------------------------------------
  /// The session's, which was given this one's part of it that it may know.
  ConnectionContext& context() { return static_cast<ConnectionContext&>(session_.context()); }
  const ConnectionContext& context() const { return static_cast<const ConnectionContext&>(session_.context()); }
  /// True while frames mean something: also when closing, for the peer's Close.
  bool reads_frames() const {
    return (state_ == State::kOpen || state_ == State::kClosing) && !wants_finish() && !input_.peer_closed();
  }
  void send_frame(ws::Opcode opcode, std::string_view payload, ws::Encoding encoding = ws::Encoding::kPlain);
  /// A whole message, compressed if the client takes that and it gets smaller.
  void send_message(ws::Opcode kind, std::string_view payload);
  /// Bytes that the client has sent, or what they have become.
  void count_bytes(std::size_t bytes);
  void on_pong();
  void on_close_frame(std::uint16_t code);

 private:
  // Outlet
  void send(std::string_view text) override { send_frame(ws::Opcode::kText, text); }
  std::size_t waiting_bytes() const override { return outbox_.size(); }

  void receive_request(std::span<char> bytes);
  void take_forwarded_peer(const http::Request& request);
  void open(const Upgraded& upgraded);
  bool let_in(std::string_view token);
  void answer(const Answered& answered);
  void refuse_request(const http::RequestError& error, const http::Request* request);
  const ListenerPolicy& policy() const { return context().settings.listeners[listener_]; }
  void on_timer_while_open();
  void close_within_timeout(const Ending& ending);
  void end(std::uint16_t code, StaticText reason, bool by_peer);

  Session session_;
  FrameInput input_;
  Outbox outbox_;
  std::unique_ptr<http::RequestParser> request_;  // only during the handshake
  Instant opened_at_;
  Instant deadline_;  // kHandshake: of the request; kOpen: of the drain, if draining; kClosing: of the peer's answer
  // Each of these stands in the last bytes of the one before it: together they take 56 bytes instead of 64.
  [[no_unique_address]] Heartbeat heartbeat_;
  State state_ = State::kHandshake;
  bool draining_ : 1 = false;
  bool is_throttled_ : 1 = false;        // nothing is read until the bytes over the limit are paid for
  [[no_unique_address]] Ending ending_;  // kHandshake: what to close with right after the upgrade, if its code is not 0
  net::PeerAddress peer_;
  std::uint16_t listener_;
};

static_assert(sizeof(Connection) <= 256);

}  // namespace switchboard::session
