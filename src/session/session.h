// One client's life, from the first byte of its handshake to its end: bytes in, answers out through a private queue,
// rooms through the host. It does no I/O and owns no socket. Small on purpose: there is one per open connection.
// Whatever ends it only marks it: it leaves its rooms in one place (`leave_rooms`), so that no call into it changes
// rooms under its caller.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_queue.h"
#include "base/slot_table.h"
#include "base/static_text.h"
#include "base/time.h"
#include "http/request.h"
#include "net/address.h"
#include "protocol/command.h"
#include "protocol/push.h"
#include "session/context.h"
#include "session/memberships.h"
#include "session/rate_limiter.h"
#include "wire/format.h"
#include "ws/connection.h"

namespace switchboard::session {

enum class State : std::uint8_t {
  kHandshake,  // reading the request
  kOpen,
  kClosing,  // our last bytes are queued (a Close frame or an HTTP answer); waiting for the peer to go
  kEnded,    // to be destroyed
};

/// Why a connection ended, for the log and the metrics.
struct Ending {
  std::uint16_t code = 0;  // WebSocket close code; below 1000: the HTTP status of a request that was no WebSocket
  bool by_peer = false;
  StaticText reason;
};

class Session final : private ws::Events {
 public:
  /// `refusal`: when its code is not 0, the client is told so right after its upgrade and closed: browsers can read a
  /// close code, but not a refused handshake. `address_rate`: what it shares with the other connections of its address,
  /// null when nothing. The context and that must outlive the session's last `receive` and `on_timer`. `listener`: the
  /// number, among the settings' listeners, of the one it came through.
  Session(SessionContext& context, net::PeerAddress peer, Ending refusal = {}, AddressRate* address_rate = nullptr,
          std::uint16_t listener = 0);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // --- bytes -------------------------------------------------------------------------------------------------
  /// Takes bytes as they came; 64 readable bytes must follow them. Not while `paused()`.
  void receive(std::span<char> bytes);
  /// The peer has closed its side, or the socket failed.
  void on_peer_gone(StaticText reason);
  /// True while input must wait: a join is under way, the way to a room is full, or the private queue is, it is the
  /// others' turn, or the client has sent more bytes than it may for the moment; `on_timer` ends that.
  bool paused() const { return paused_ != nullptr || is_throttled_; }
  /// There is input that had to wait, and nothing that is known here keeps it from going on: of a way that was full
  /// only the host knows.
  bool can_resume() const;
  /// Goes on with input that had to wait. Harmless if it cannot.
  void resume();
  /// What waits to be written to this client alone. Whole frames, but for the rest of one already begun.
  const ByteQueue& outbox() const { return outbox_; }
  /// The socket has taken so many bytes of it, at most all.
  void consume_outbox(std::size_t bytes);
  /// The rest of a frame that has been begun goes before everything else.
  void prepend_to_outbox(std::string_view bytes);

  // --- time --------------------------------------------------------------------------------------------------
  /// Does what is due; returns when to be called next. Never later than needed, perhaps earlier.
  Instant on_timer();
  /// When `on_timer` should be called next.
  Instant next_deadline() const;
  /// The socket takes no more, or it has taken so many bytes (none: it would): the write timeout is measured between
  /// the two. A peer whose full socket takes bytes again is alive.
  void on_blocked();
  /// Since when the socket takes nothing; none while it does.
  std::optional<Instant> blocked_since() const { return blocked_ ? std::optional(blocked_since_) : std::nullopt; }
  void on_progress(std::size_t bytes);

  // --- the end -----------------------------------------------------------------------------------------------
  /// Queues a Close frame and waits for the peer's, for at most `close_timeout_ms`; the rooms are left by
  /// `leave_rooms`. `reason` is a literal.
  void close(std::uint16_t code, StaticText reason);
  /// True from the moment it is closed or has ended until `leave_rooms`.
  bool is_leaving() const { return is_leaving_; }
  /// Leaves every room if it is closed or has ended, and looks for the peer's Close in what was put aside. Harmless
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
  /// The last bytes were written. Ends the session when nothing more can come from the peer.
  void on_outbox_written();
  /// True when our side of the stream can be finished once the outbox is written: no answer is expected.
  bool wants_finish() const { return state_ == State::kClosing && (ending_.code < 1000 || input_failed_); }

  // --- rooms, called by the host -----------------------------------------------------------------------------
  Memberships& memberships() { return memberships_; }
  const Memberships& memberships() const { return memberships_; }
  // Rooms are called by their own names here ("@alice"); the client is told "@me". `membership`: the session's own.
  /// Everything of `joined` is to be given; a client that does not know v1 is told as much as it has asked for.
  void on_joined(const Membership& membership, const protocol::Joined& joined);
  void on_join_refused(std::string_view room_id, std::string_view command_id, protocol::ErrorCode code);
  /// To be called for who joined with `since` or `last`.
  void on_caught_up(const protocol::CaughtUp& caught_up);
  void on_epoch_changed(const protocol::EpochChanged& changed);
  void on_lagged(const Membership& membership, const protocol::Lagged& lagged);
  void on_published(const protocol::Ack& ack);
  void on_publish_refused(std::string_view room_id, std::string_view command_id, protocol::ErrorCode code);
  void on_history(const protocol::HistoryPage& page);
  void on_history_refused(std::string_view room_id, std::string_view command_id, protocol::ErrorCode code);
  void on_presence(const protocol::PresenceList& list);
  void on_presence_refused(std::string_view room_id, std::string_view command_id, protocol::ErrorCode code);

  // --- for the commands --------------------------------------------------------------------------------------
  template <class Push>
  void send(const Push& push) {
    protocol::append(context_->frame.begin(), push);
    send_frame(ws::Opcode::kText);
  }
  /// A publish with that id is under way: room is kept for its acknowledgement in the private queue.
  void expect_ack(std::string_view room_id, std::string_view command_id);
  void expect_no_ack(std::string_view room_id, std::string_view command_id);
  /// Whoever answers for a room at once must wait while this is true: its commands are answered in order.
  bool awaits_ack() const { return ack_bytes_owed_ > 0; }
  /// A `history` or `presence` is under way: its answer has not been queued.
  void begin_query() { awaits_query_ = true; }
  void end_query() { awaits_query_ = false; }
  bool awaits_query() const { return awaits_query_; }
  /// Where it is among its rooms, if it has joined that one itself.
  std::optional<std::uint32_t> find_joined(std::string_view room_id) const;
  /// Answers with an error and charges the connection's error budget.
  void refuse(const protocol::Error& error);
  SessionContext& context() { return *context_; }
  const SessionContext& context() const { return *context_; }
  /// The client's slot on its shard; set once, by the table that holds it.
  SlotId id() const { return id_; }
  void set_id(SlotId id) { id_ = id; }
  /// The client's address; from its request on the one that a trusted proxy says.
  const net::PeerAddress& peer() const { return peer_; }
  std::uint16_t listener() const { return listener_; }
  AddressRate* address_rate() const { return limiter_.address(); }
  std::string connection_id() const;
  const std::string& user_id() const { return user_id_; }
  /// Names the user, once and for all, and tells the host.
  void set_user_id(std::string_view user_id);
  /// Offered the subprotocol: may be sent pushes it did not ask for.
  bool is_v1() const { return is_v1_; }
  /// How it reads its rooms: the same for all of them, from its handshake on. Compressed when permessage-deflate was
  /// negotiated.
  wire::Format format() const { return ws_.deflates() ? wire::Format::kJsonDeflated : wire::Format::kJson; }
  Instant opened_at() const { return opened_at_; }

 private:
  struct Paused;
  enum class Wait : std::uint8_t;

  ws::Flow on_message(ws::Opcode kind, std::string_view payload) override;
  ws::Flow on_ping(std::string_view payload) override;
  ws::Flow on_pong(std::string_view payload) override;
  void on_close(std::uint16_t code, std::string_view reason) override;
  void on_fragment(std::uint32_t fragments) override;
  ws::Flow on_inflated(std::size_t bytes, bool is_whole) override;
  ws::InflaterPool* inflaters() override { return &context_->inflaters; }

  void receive_request(std::span<char> bytes);
  void answer_request(const http::Request& request);
  void take_forwarded_peer(const http::Request& request);
  const ListenerPolicy& policy() const { return context_->settings.listeners[listener_]; }
  void answer_page(const http::Request& request);
  void tell_methods();
  void open(const http::Request& request);
  void respond(const http::RequestError& error, const http::Request* request);
  void receive_frames(std::span<char> bytes);
  void receive_kept(std::string bytes);
  /// True while frames mean something: also when closing, for the peer's Close.
  bool reads_frames() const {
    return (state_ == State::kOpen || state_ == State::kClosing) && !wants_finish() && !ws_.peer_closed();
  }
  ws::Flow echo(ws::Opcode kind, std::string_view payload);
  ws::Flow run_documents(std::string_view text, std::uint32_t documents_before = 0, bool first_is_counted = false);
  Attempt run(const protocol::Command& command);
  void count_bytes(std::size_t bytes);
  bool count_control_frame();
  void refuse_for_rate(const RateLimiter::Verdict& verdict, std::string_view room_id, std::string_view command_id);
  ws::Flow pause(std::string_view rest_of_message, Wait why, std::uint32_t documents_before = 0);
  ws::Flow go_on_if_there_is_time();
  void refuse_told(protocol::ErrorCode code, std::string_view message, std::string_view room_id,
                   std::string_view command_id);
  void end_join();
  /// Behind everything in the private queue.
  void queue(std::string_view bytes);
  bool outbox_full() const { return outbox_.size() + ack_bytes_owed_ > context_->settings.queue_bytes_max; }
  void send_frame(ws::Opcode opcode);
  /// A whole message, compressed if the client takes that and it gets smaller.
  void send_message(ws::Opcode kind, std::string_view payload);
  void end(std::uint16_t code, StaticText reason, bool by_peer);
  void mark_over();
  Instant pong_deadline() const;
  void plan_next_ping();

  SessionContext* context_;
  ws::Connection ws_;
  ByteQueue outbox_;
  std::unique_ptr<http::RequestParser> request_;  // only during the handshake
  std::unique_ptr<Paused> paused_;
  Memberships memberships_;
  std::string user_id_;
  Instant opened_at_;
  Instant last_alive_;  // when the peer sent something, or took something that it had not taken before
  Instant ping_at_;     // next ping; while `ping_outstanding_` the time when the last one left the queue
  Instant deadline_{};  // kHandshake: of the request; kOpen: of the drain, if draining; kClosing: of the peer's answer
  Instant blocked_since_{};
  Instant errors_forgiven_at_{};  // when the last error will be: each waits for those before it
  RateLimiter limiter_;
  SlotId id_;
  Ending ending_;  // kHandshake: what to close with right after the upgrade, if its code is not 0
  net::PeerAddress peer_;
  std::uint16_t listener_;
  std::uint32_t ack_bytes_owed_ = 0;
  std::uint32_t unheard_bytes_ = 0;  // written since the peer last sent something
  State state_ = State::kHandshake;
  bool is_v1_ : 1 = false;
  bool blocked_ : 1 = false;
  bool ping_outstanding_ : 1 = false;
  bool ping_waits_ : 1 = false;  // it is outstanding and has not left the queue
  bool draining_ : 1 = false;
  bool is_throttled_ : 1 = false;  // nothing is read until the bytes over the limit are paid for
  bool input_failed_ : 1 = false;  // the peer broke the protocol: nothing more is read from it
  bool awaits_query_ : 1 = false;
  bool is_leaving_ : 1 = false;
};

}  // namespace switchboard::session
