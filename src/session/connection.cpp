#include "session/connection.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "base/overloaded.h"
#include "protocol/close_code.h"
#include "session/forwarded_for.h"

namespace switchboard::session {
namespace {

StaticText reason_of(Answered::Kind kind) {
  switch (kind) {
    case Answered::Kind::kPage:
      return "served a page";
    case Answered::Kind::kMethods:
      return "told the methods";
    case Answered::Kind::kRefusal:
      break;
  }
  return "the request was refused";
}

}  // namespace

Connection::Connection(ConnectionContext& context, net::PeerAddress peer, Ending refusal, AddressRate* address_rate,
                       std::uint16_t listener)
    : session_(context, *this, address_rate),
      input_(context.settings.message_bytes_max),
      request_(std::make_unique<http::RequestParser>(context.settings.request_bytes_max)),
      opened_at_(context.now),
      deadline_(context.now + std::chrono::milliseconds(context.settings.handshake_timeout_ms)),
      heartbeat_(context.now),
      ending_(refusal),
      peer_(peer),
      listener_(listener) {}

Connection::~Connection() {
  outbox_.consume(outbox_.size(), context().outboxes);
}

// --- bytes in ------------------------------------------------------------------------------------------------------

void Connection::receive(std::span<char> bytes) {
  context().stats.bytes_received.add(bytes.size());
  heartbeat_.on_heard(context().now);
  if (state_ == State::kHandshake) {
    receive_request(bytes);
  } else if (reads_frames()) {
    input_.receive(bytes, *this);
  }
  count_bytes(bytes.size());
}

bool Connection::can_resume() const {
  // Whoever is leaving obeys no command any more: what was put aside is looked at when it has left. And what is put
  // aside of a compressed message may be worth a thousand times its bytes: it waits as what is unread does.
  return input_.is_waiting() && !session_.is_leaving() && !is_throttled_ && input_.can_go_on(session_);
}

void Connection::resume() {
  if (!can_resume()) return;
  heartbeat_.on_alive(context().now);  // what the peer sent meanwhile lies unread: its silence begins here
  input_.go_on(*this);
}

/// Bytes over the limit are handled, for they are here; the next ones wait in the kernel, and then at the client.
void Connection::count_bytes(std::size_t bytes) {
  if (state_ != State::kOpen) return;
  const RateSettings& rate = context().settings.rate;
  session_.limiter().count_bytes(context().now, bytes, rate);
  const auto pause = session_.limiter().read_pause(context().now, rate);
  if (!pause.is_refused()) return;
  is_throttled_ = true;
  context().stats.rate_limited[static_cast<std::size_t>(pause.limit)].add();
}

void Connection::on_pong() {
  context().stats.pongs_received.add();
  heartbeat_.on_pong(context().now, context().settings);
}

// --- bytes out -----------------------------------------------------------------------------------------------------

void Connection::send_frame(ws::Opcode opcode, std::string_view payload, ws::Encoding encoding) {
  char header[ws::kServerHeaderBytesMax];
  const std::size_t header_bytes = ws::write_server_header(header, opcode, payload.size(), encoding);
  outbox_.append({header, header_bytes}, payload, context().outboxes);
  context().stats.replies.add();
}

void Connection::send_message(ws::Opcode kind, std::string_view payload) {
  std::string deflated;
  if (input_.deflates() && context().deflater().deflate(payload, deflated)) {
    send_frame(kind, deflated, ws::Encoding::kDeflated);
  } else {
    send_frame(kind, payload);
  }
}

void Connection::consume_outbox(std::size_t bytes) {
  outbox_.consume(bytes, context().outboxes);
  if (outbox_.empty()) heartbeat_.on_all_written(context().now);
}

void Connection::on_progress(std::size_t bytes) {
  if (outbox_.is_blocked()) heartbeat_.on_alive(context().now);
  outbox_.on_progress();
  heartbeat_.on_written(bytes);
}

// --- the request ---------------------------------------------------------------------------------------------------

void Connection::receive_request(std::span<char> bytes) {
  // A TLS record with a handshake (RFC 8446 section 5.1): no answer of ours would be understood.
  if (!request_->started() && !bytes.empty() && bytes.front() == 0x16) {
    return end(400, "a TLS handshake where TLS is not spoken", false);
  }
  const auto taken = request_->feed({bytes.data(), bytes.size()});
  if (!taken) return refuse_request(taken.error(), nullptr);
  if (!request_->done()) return;
  context().work.spend(kRequestWork);
  const auto parser = std::move(request_);  // freed when this returns: an open connection holds no request
  const http::Request& request = parser->request();
  if (const auto refusal = http::refusal_of_body(request)) return refuse_request(*refusal, &request);
  take_forwarded_peer(request);
  std::visit(
      Overloaded{[&](const Upgraded& upgraded) { open(upgraded); },
                 [&](const Answered& answered) { answer(answered); }},
      answer_of(
          request,
          {.settings = context().settings, .policy = policy(), .assets = context().assets, .clock = context().clock}));
  if (is_websocket()) context().connections.on_opened(*this);
  if (reads_frames() && *taken < bytes.size()) input_.receive(bytes.subspan(*taken), *this);
}

/// Behind a trusted proxy the address of the connection says nothing of the client.
void Connection::take_forwarded_peer(const http::Request& request) {
  const net::AddressSet& trusted = policy().trusted_proxies;
  if (trusted.empty() || !trusted.contains(peer_)) return;
  peer_ = forwarded_client(request, trusted).value_or(peer_);
  const Readmission readmission = context().connections.readmit(address_rate(), peer_);
  session_.limiter() = RateLimiter(readmission.address_rate);
  if (readmission.refusal_code != 0 && ending_.code == 0) {
    ending_ = {.reason = readmission.refusal_reason, .code = readmission.refusal_code, .by_peer = false};
  }
}

void Connection::open(const Upgraded& upgraded) {
  if (upgraded.deflate_takeover_window_bits) input_.use_deflate(*upgraded.deflate_takeover_window_bits);
  outbox_.append(upgraded.response, {}, context().outboxes);
  state_ = State::kOpen;
  context().stats.handshakes.add();
  session_.begin(upgraded.dialect, input_.deflates() ? wire::Format::kJsonDeflated : wire::Format::kJson);

  if (ending_.code != 0) return close(ending_.code, ending_.reason);
  if (const std::uint32_t interval_ms = context().settings.ping_interval_ms; interval_ms > 0) {
    // Connections that came together must not be pinged together: each has a phase of its own.
    const Duration interval = std::chrono::milliseconds(interval_ms);
    const auto phase = context().random.below(static_cast<std::uint64_t>(interval.count())) + 1;
    heartbeat_.begin(context().now + Duration(phase));
  }
  if (upgraded.token && !let_in(*upgraded.token)) return;
  session_.greet();
}

/// A token that is no good is told by a close code: browsers cannot read why a handshake was refused.
bool Connection::let_in(std::string_view token) {
  const auto identified = session_.identify(token);
  if (identified) return true;
  if (identified.error().code == protocol::ErrorCode::kTokenExpired) {
    close(protocol::close::kTokenExpired, "the token has expired: come back with a new one");
  } else if (identified.error().code == protocol::ErrorCode::kUnavailable) {
    close(protocol::close::kKeyPending, "the key of the token is not known yet: come back in a moment");
  } else if (identified.error().is_revoked) {
    close(protocol::close::kRevoked, "the token was revoked");
  } else {
    close(protocol::close::kUnauthorized, "the token is no good");
  }
  return false;
}

void Connection::refuse_request(const http::RequestError& error, const http::Request* request) {
  answer(refused(error, request, context().clock));
}

void Connection::answer(const Answered& answered) {
  switch (answered.kind) {
    case Answered::Kind::kPage:
      context().stats.plain_requests.add();
      break;
    case Answered::Kind::kMethods:
      break;
    case Answered::Kind::kRefusal:
      context().stats.handshakes_refused.add();
      break;
  }
  if (!answered.refused_field.empty()) {
    context().connections.on_request_refused(peer_, answered.refused_field, answered.refused_value);
  }
  outbox_.append(answered.response, {}, context().outboxes);
  close_within_timeout({.reason = reason_of(answered.kind), .code = answered.status, .by_peer = false});
  request_.reset();
}

// --- time ----------------------------------------------------------------------------------------------------------

Instant Connection::next_deadline() const {
  const SessionSettings& settings = context().settings;
  Instant next = deadline_;
  if (state_ == State::kHandshake) {
    if (!request_->started())
      next = std::min(next, opened_at_ + std::chrono::milliseconds(settings.first_byte_timeout_ms));
  } else if (state_ == State::kOpen) {
    next =
        std::min({draining_ ? deadline_ : kNever, heartbeat_.deadline(settings), session_.next_deadline(opened_at_)});
    if (is_throttled_) {
      next = std::min(next, context().now + session_.limiter().read_pause(context().now, settings.rate).wait);
    }
  }
  return std::min(next, outbox_.deadline(std::chrono::milliseconds(settings.write_timeout_ms)));
}

Instant Connection::on_timer() {
  const SessionSettings& settings = context().settings;
  const Instant now = context().now;
  if (now >= outbox_.deadline(std::chrono::milliseconds(settings.write_timeout_ms))) {
    // A Close frame would only wait behind what the peer does not take.
    end(protocol::close::kTooSlow, "took none of the waiting bytes within the write timeout", false);
    return now;
  }
  if (is_throttled_ && !session_.limiter().read_pause(now, settings.rate).is_refused()) {
    is_throttled_ = false;
    heartbeat_.on_alive(now);  // what the peer sent meanwhile lies unread: its silence begins here
  }
  switch (state_) {
    case State::kHandshake:
      if (!request_->started() && now >= opened_at_ + std::chrono::milliseconds(settings.first_byte_timeout_ms)) {
        end(408, "sent nothing", false);
      } else if (now >= deadline_) {
        refuse_request({.status = 408, .message = "The request was not complete within the handshake timeout."},
                       nullptr);
      }
      break;
    case State::kOpen:
      on_timer_while_open();
      break;
    case State::kClosing:
      if (now >= deadline_) end(ending_.code, ending_.reason, ending_.by_peer);
      break;
    case State::kEnded:
      break;
  }
  return next_deadline();
}

void Connection::on_timer_while_open() {
  const Instant now = context().now;
  if (draining_ && now >= deadline_) return close(protocol::close::kDrain, "the server is shutting down");
  session_.on_timer(opened_at_);
  if (state_ != State::kOpen) return;
  switch (heartbeat_.look(now, context().settings)) {
    case Heartbeat::Due::kNothing:
      break;
    case Heartbeat::Due::kPing:
      send_frame(ws::Opcode::kPing, {});
      context().stats.pings_sent.add();
      heartbeat_.on_pinged(now);
      break;
    case Heartbeat::Due::kGone:
      if (paused()) {  // not read from on purpose: the next interval decides
        heartbeat_.plan_next(now, context().settings);
      } else {
        close(protocol::close::kNoPong, "no answer to a ping within the pong timeout");
      }
      break;
  }
}

// --- the end -------------------------------------------------------------------------------------------------------

void Connection::drain(Instant when, Instant latest, std::int64_t reconnect_after_ms) {
  if (state_ == State::kHandshake) {
    // It is told as soon as it can be: right after its upgrade. Its request may have come already and wait to be read.
    deadline_ = std::min(deadline_, latest);
    if (ending_.code == 0) {
      ending_ = {.reason = "the server is shutting down", .code = protocol::close::kDrain, .by_peer = false};
    }
    return;
  }
  if (state_ != State::kOpen || draining_) return;
  draining_ = true;
  deadline_ = when;
  session_.go_away(reconnect_after_ms);
}

void Connection::close(std::uint16_t code, StaticText reason) {
  if (state_ != State::kOpen) return;
  std::string frame;
  ws::append_close(frame, code, reason);
  outbox_.append(frame, {}, context().outboxes);
  close_within_timeout({.reason = reason, .code = code, .by_peer = false});
  is_throttled_ = false;  // what comes costs little, and if it lay unread the reset would take our Close frame with it
  session_.on_over();
}

/// RFC 6455 section 5.5.1: answered with the peer's own code.
void Connection::on_close_frame(std::uint16_t code) {
  if (state_ != State::kOpen) return;
  close(code, {});
  ending_ = {.reason = "closed by the client", .code = code, .by_peer = true};
}

/// Our last bytes are queued.
void Connection::close_within_timeout(const Ending& ending) {
  state_ = State::kClosing;
  deadline_ = context().now + std::chrono::milliseconds(context().settings.close_timeout_ms);
  ending_ = ending;
}

void Connection::leave_rooms() {
  if (!session_.is_leaving()) return;
  session_.leave_rooms();
  input_.drop_commands(*this);
}

void Connection::shed() {
  consume_outbox(outbox_.size());
  end(protocol::close::kTooSlow, "took nothing of what waits for it while others needed the memory", false);
}

void Connection::on_peer_gone(StaticText reason) {
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

void Connection::on_outbox_written() {
  if (state_ == State::kClosing && input_.peer_closed()) end(ending_.code, ending_.reason, ending_.by_peer);
}

void Connection::end(std::uint16_t code, StaticText reason, bool by_peer) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  ending_ = {.reason = reason, .code = code, .by_peer = by_peer};
  session_.on_over();
}

}  // namespace switchboard::session
