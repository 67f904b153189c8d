#include "session/session.h"

#include <algorithm>
#include <limits>

#include "protocol/close_code.h"
#include "session/paused.h"

namespace switchboard::session {
namespace {

// Far enough, and far from overflow when a timer wheel rounds it up.
constexpr Instant kNever{Duration{std::numeric_limits<Duration::rep>::max() / 2}};

constexpr std::uint32_t kSlowLineBytesPerMs = 4;
constexpr std::uint32_t kUnheardBytesMax = 1u << 30;

Duration ms(std::int64_t value) {
  return std::chrono::milliseconds(value);
}

}  // namespace

Session::Session(SessionContext& context, net::PeerAddress peer, Ending refusal, AddressRate* address_rate,
                 std::uint16_t listener)
    : context_(&context),
      ws_(context.settings.message_bytes_max),
      request_(std::make_unique<http::RequestParser>(context.settings.request_bytes_max)),
      opened_at_(context.now),
      last_alive_(context.now),
      ping_at_(kNever),
      deadline_(context.now + ms(context.settings.handshake_timeout_ms)),
      limiter_(address_rate),
      ending_(refusal),
      peer_(peer),
      listener_(listener) {}

Session::~Session() {
  context_->outboxes.change(outbox_.capacity(), 0);
}

std::string Session::connection_id() const {
  return std::to_string(context_->shard) + "-" + std::to_string(id_.index) + "-" + std::to_string(id_.generation);
}

void Session::send_frame(ws::Opcode opcode) {
  queue(context_->frame.finish(opcode));
  context_->stats.replies.add();
}

void Session::send_message(ws::Opcode kind, std::string_view payload) {
  std::string deflated;
  ws::Encoding encoding = ws::Encoding::kPlain;
  if (ws_.deflates() && context_->deflater().deflate(payload, deflated)) {
    encoding = ws::Encoding::kDeflated;
    payload = deflated;
  }
  char header[ws::kServerHeaderBytesMax];
  queue({header, ws::write_server_header(header, kind, payload.size(), encoding)});
  queue(payload);
  context_->stats.replies.add();
}

void Session::queue(std::string_view bytes) {
  const std::size_t before = outbox_.capacity();
  outbox_.append(bytes);
  context_->outboxes.change(before, outbox_.capacity());
}

void Session::consume_outbox(std::size_t bytes) {
  const std::size_t before = outbox_.capacity();
  outbox_.consume(bytes);
  context_->outboxes.change(before, outbox_.capacity());
  // The peer's time for its pong begins when it can have seen the ping.
  if (ping_waits_ && outbox_.empty()) {
    ping_waits_ = false;
    ping_at_ = context_->now;
  }
}

void Session::prepend_to_outbox(std::string_view bytes) {
  const std::size_t before = outbox_.capacity();
  outbox_.prepend(bytes);
  context_->outboxes.change(before, outbox_.capacity());
}

// --- errors --------------------------------------------------------------------------------------------------------

void Session::refuse(const protocol::Error& error) {
  context_->stats.errors[static_cast<std::size_t>(error.code)].add();
  send(error);
  // What the server cannot do is not held against the client: it is to try again.
  if (error.code == protocol::ErrorCode::kUnavailable || error.code == protocol::ErrorCode::kInternal) return;
  const auto& settings = context_->settings;
  const Duration refill = ms(settings.errors_refill_ms);
  errors_forgiven_at_ = std::max(errors_forgiven_at_, context_->now) + refill;
  if (errors_forgiven_at_ - context_->now <= refill * settings.errors_max) return;
  if (error.code == protocol::ErrorCode::kRateLimited) {
    close(protocol::close::kRateLimited, "went on sending more than it may");
  } else {
    close(protocol::close::kBadRequests, "too many refused commands");
  }
}

// --- time ----------------------------------------------------------------------------------------------------------

Instant Session::next_deadline() const {
  const auto& settings = context_->settings;
  Instant next = deadline_;
  if (state_ == State::kHandshake) {
    if (!request_->started()) next = std::min(next, opened_at_ + ms(settings.first_byte_timeout_ms));
  } else if (state_ == State::kOpen) {
    next = draining_ ? deadline_ : kNever;
    next = std::min(next, ping_outstanding_ ? pong_deadline() : ping_at_);
    if (is_throttled_) next = std::min(next, context_->now + limiter_.read_pause(context_->now, settings.rate).wait);
  }
  if (blocked_) next = std::min(next, blocked_since_ + ms(settings.write_timeout_ms));
  return next;
}

/// A ping that waits behind what the peer does not take is the write timeout's business. And what was written before
/// the ping may still be on a slow line, or in the peer's own buffers, where nothing can be seen of it: a line of 4
/// kB/s is waited for, up to three times the timeout more.
Instant Session::pong_deadline() const {
  if (ping_waits_) return kNever;
  const Duration timeout = ms(context_->settings.pong_timeout_ms);
  return ping_at_ + timeout + std::min(3 * timeout, ms(unheard_bytes_ / kSlowLineBytesPerMs));
}

void Session::plan_next_ping() {
  ping_outstanding_ = ping_waits_ = false;
  ping_at_ = std::max(ping_at_ + ms(context_->settings.ping_interval_ms), context_->now);
}

Instant Session::on_timer() {
  const auto& settings = context_->settings;
  const Instant now = context_->now;
  if (blocked_ && now >= blocked_since_ + ms(settings.write_timeout_ms)) {
    // A Close frame would only wait behind what the peer does not take.
    end(protocol::close::kTooSlow, "took none of the waiting bytes within the write timeout", false);
    return now;
  }
  if (is_throttled_ && !limiter_.read_pause(now, settings.rate).is_refused()) {
    is_throttled_ = false;
    last_alive_ = now;  // what the peer sent meanwhile lies unread: its silence begins here
  }
  switch (state_) {
    case State::kHandshake:
      if (!request_->started() && now >= opened_at_ + ms(settings.first_byte_timeout_ms)) {
        end(408, "sent nothing", false);
      } else if (now >= deadline_) {
        respond({.status = 408, .message = "The request was not complete within the handshake timeout."}, nullptr);
      }
      break;
    case State::kOpen:
      if (draining_ && now >= deadline_) {
        close(protocol::close::kDrain, "the server is shutting down");
      } else if (ping_outstanding_ && now >= pong_deadline()) {
        if (paused() || last_alive_ >= ping_at_) {
          // Not read from on purpose, or alive after all: the next interval decides.
          plan_next_ping();
        } else {
          close(protocol::close::kNoPong, "no answer to a ping within the pong timeout");
        }
      } else if (!ping_outstanding_ && now >= ping_at_) {
        context_->frame.begin();
        send_frame(ws::Opcode::kPing);
        context_->stats.pings_sent.add();
        ping_outstanding_ = ping_waits_ = true;
        ping_at_ = now;
      }
      break;
    case State::kClosing:
      if (now >= deadline_) end(ending_.code, ending_.reason, ending_.by_peer);
      break;
    case State::kEnded:
      break;
  }
  return next_deadline();
}

void Session::on_blocked() {
  if (blocked_) return;
  blocked_ = true;
  blocked_since_ = context_->now;
}

void Session::on_progress(std::size_t bytes) {
  if (blocked_) last_alive_ = context_->now;
  blocked_ = false;
  unheard_bytes_ =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(unheard_bytes_ + std::uint64_t{bytes}, kUnheardBytesMax));
}

// --- the end -------------------------------------------------------------------------------------------------------

void Session::drain(Instant when, Instant latest, std::int64_t reconnect_after_ms) {
  if (state_ == State::kHandshake) {
    // It is told as soon as it can be: right after its upgrade. Its request may have come already and wait to be read.
    deadline_ = std::min(deadline_, latest);
    if (ending_.code == 0) {
      ending_ = {.code = protocol::close::kDrain, .by_peer = false, .reason = "the server is shutting down"};
    }
    return;
  }
  if (state_ != State::kOpen || draining_) return;
  draining_ = true;
  deadline_ = when;
  if (is_v1_) send(protocol::GoAway{.reason = "drain", .reconnect_after_ms = reconnect_after_ms});
}

void Session::close(std::uint16_t code, StaticText reason) {
  if (state_ != State::kOpen) return;
  std::string frame;
  ws::append_close(frame, code, reason);
  queue(frame);
  state_ = State::kClosing;
  deadline_ = context_->now + ms(context_->settings.close_timeout_ms);
  ending_ = {.code = code, .by_peer = false, .reason = reason};
  is_throttled_ = false;  // what comes costs little, and if it lay unread the reset would take our Close frame with it
  mark_over();
}

void Session::mark_over() {
  if (is_leaving_) return;
  is_leaving_ = true;
  context_->host.on_over(*this);
}

void Session::leave_rooms() {
  if (!is_leaving_) return;
  is_leaving_ = false;
  context_->host.leave_all(*this);
  const auto paused = std::move(paused_);
  // No command is obeyed any more, but the peer's Close may be in there, or the beginning of a frame.
  if (state_ == State::kClosing && paused != nullptr) receive_kept(std::move(paused->bytes));
}

void Session::shed() {
  consume_outbox(outbox_.size());
  end(protocol::close::kTooSlow, "took nothing of what waits for it while others needed the memory", false);
}

void Session::on_peer_gone(StaticText reason) {
  switch (state_) {
    case State::kHandshake:
      end(request_->started() ? 400 : 0, reason, true);
      break;
    case State::kOpen:
      end(ws::close::kAbnormal, reason, true);
      break;
    case State::kClosing:  // what we closed for is why it ended
      end(ending_.code, ending_.reason, ending_.by_peer);
      break;
    case State::kEnded:
      break;
  }
}

void Session::on_outbox_written() {
  if (state_ == State::kClosing && ws_.peer_closed()) end(ending_.code, ending_.reason, ending_.by_peer);
}

void Session::end(std::uint16_t code, StaticText reason, bool by_peer) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  ending_ = {.code = code, .by_peer = by_peer, .reason = reason};
  mark_over();
}

}  // namespace switchboard::session
