#include "ws/connection.h"

#include <algorithm>
#include <cstring>
#include <simdjson.h>
#include <utility>

#include "base/assert.h"
#include "ws/close_frame.h"
#include "ws/frame_header.h"
#include "ws/mask.h"
#include "ws/message_buffer.h"
#include "ws/message_inflater.h"
#include "ws/utf8.h"

namespace switchboard::ws {

namespace {

std::string_view view(std::span<const char> bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace

/// All plain values but for the inflater, so that it could be written down and taken up elsewhere.
struct Connection::Incomplete {
  std::uint8_t header_size = 0;  // bytes of an incomplete header, in `header`
  char header[kClientHeaderBytesMax];

  bool in_frame = false;  // `frame` was read, `frame_left` bytes of its payload are to come
  FrameHeader frame;
  std::uint64_t frame_left = 0;
  MessageBuffer control;  // payload of `frame` so far, when it is a control frame

  bool in_message = false;  // a data frame has begun and the message's last byte has not come
  Opcode message_kind;
  std::uint32_t fragments = 0;  // frames of the message so far that do not end it
  Utf8Validator utf8;           // over the message so far, when it is text; a whole one leaves it at its beginning
  MessageBuffer message;

  bool compressed = false;                  // the message is
  std::optional<MessageInflater> inflater;  // from the first compressed message on
  bool inflating = false;                   // there is more to inflate of what has come

  bool idle() const { return header_size == 0 && !in_frame && !in_message && !(inflater && inflater->keeps_context()); }
};

/// What became of the front of the bytes.
struct Connection::Step {
  std::size_t consumed = 0;
  Flow flow = Flow::kContinue;
  std::optional<Failure> failure = std::nullopt;
};

Connection::Connection(std::uint32_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Connection::Incomplete& Connection::incomplete() {
  if (!incomplete_) incomplete_ = std::make_unique<Incomplete>();
  return *incomplete_;
}

bool Connection::in_message() const {
  return incomplete_ && incomplete_->in_message;
}

FrameContext Connection::context() const {
  FrameContext context{.in_message = in_message(),
                       .message_room = message_bytes_max_,
                       .deflates = deflates_,
                       .compressed_room = compressed_bytes_max(message_bytes_max_)};
  if (!context.in_message) return context;
  context.message_room = incomplete_->compressed ? context.compressed_room - incomplete_->inflater->compressed_bytes()
                                                 : message_bytes_max_ - incomplete_->message.size();
  return context;
}

void Connection::use_deflate(std::uint8_t takeover_window_bits) {
  deflates_ = true;
  takeover_window_bits_ = takeover_window_bits;
}

bool Connection::has_more() const {
  return incomplete_ && incomplete_->inflating;
}

std::size_t Connection::buffered_bytes() const {
  if (!incomplete_) return 0;
  return incomplete_->header_size + incomplete_->control.size() + incomplete_->message.size() +
         (incomplete_->inflater ? incomplete_->inflater->pending_bytes() : 0);
}

Connection::Received Connection::receive(std::span<char> bytes, Events& events) {
  SB_ASSERT(!failed_);
  if (peer_closed_) return {bytes.size(), std::nullopt};
  std::size_t consumed = 0;
  while (consumed < bytes.size() || has_more()) {
    const Step step = next(bytes.subspan(consumed), events);
    consumed += step.consumed;
    if (step.failure) {
      failed_ = true;
      incomplete_.reset();
      return {consumed, step.failure};
    }
    if (step.flow == Flow::kPause || peer_closed_) break;
  }
  if (incomplete_ && (peer_closed_ || incomplete_->idle())) incomplete_.reset();
  return {consumed, std::nullopt};
}

Connection::Step Connection::next(std::span<char> bytes, Events& events) {
  if (!incomplete_) return begin_frame(bytes, events);
  if (incomplete_->inflating) return compressed_payload({}, events);
  if (incomplete_->header_size > 0) return continue_header(bytes, events);
  if (incomplete_->in_frame) return continue_payload(bytes, events);
  return begin_frame(bytes, events);
}

Connection::Step Connection::begin_frame(std::span<char> bytes, Events& events) {
  const auto header = read_frame_header(view(bytes), context());
  if (!header) return {.failure = header.error()};
  if (!*header) {
    std::memcpy(incomplete().header, bytes.data(), bytes.size());
    incomplete_->header_size = static_cast<std::uint8_t>(bytes.size());
    return {.consumed = bytes.size()};
  }
  Step step = open_frame(**header, bytes.subspan((*header)->header_bytes), events);
  step.consumed += (*header)->header_bytes;
  return step;
}

/// A header cut by the end of a read: byte by byte, at most 13 times.
Connection::Step Connection::continue_header(std::span<char> bytes, Events& events) {
  Incomplete& state = *incomplete_;
  for (std::size_t taken = 1; taken <= bytes.size(); ++taken) {
    state.header[state.header_size++] = bytes[taken - 1];
    const auto header = read_frame_header({state.header, state.header_size}, context());
    if (!header) return {.consumed = taken, .failure = header.error()};
    if (!*header) continue;
    state.header_size = 0;
    Step step = open_frame(**header, bytes.subspan(taken), events);
    step.consumed += taken;
    return step;
  }
  return {.consumed = bytes.size()};
}

/// `bytes` begin with the frame's payload. A control frame, or an unfragmented message that is all there and not
/// compressed, is handed out where it lies; anything else goes through the buffers.
Connection::Step Connection::open_frame(const FrameHeader& header, std::span<char> bytes, Events& events) {
  const bool control = is_control(header.opcode);
  if (header.payload_bytes <= bytes.size() && (control || (header.final && !header.compressed && !in_message()))) {
    const std::span<char> payload = bytes.first(header.payload_bytes);
    apply_mask(payload, header.mask_key);
    if (control) return control_frame(header.opcode, view(payload), payload.size(), events);
    if (header.opcode == Opcode::kText && !simdjson::validate_utf8(view(payload))) return {.failure = kInvalidText};
    return {.consumed = payload.size(), .flow = events.on_message(header.opcode, view(payload))};
  }

  Incomplete& state = incomplete();
  state.in_frame = true;
  state.frame = header;
  state.frame_left = header.payload_bytes;
  if (!control && !state.in_message) {
    state.in_message = true;
    state.message_kind = header.opcode;
    state.fragments = 0;
    state.compressed = header.compressed;
    if (state.compressed && !state.inflater) state.inflater.emplace(*events.inflaters(), takeover_window_bits_);
  }
  if (!header.final) events.on_fragment(++state.fragments);
  return continue_payload(bytes, events);
}

Connection::Step Connection::continue_payload(std::span<char> bytes, Events& events) {
  Incomplete& state = *incomplete_;
  const std::span<char> piece = bytes.first(std::min<std::uint64_t>(state.frame_left, bytes.size()));
  apply_mask(piece, state.frame.mask_key, state.frame.payload_bytes - state.frame_left);
  state.frame_left -= piece.size();
  state.in_frame = state.frame_left > 0;

  if (is_control(state.frame.opcode)) {
    state.control.append(view(piece), state.frame.payload_bytes);
    if (state.in_frame) return {.consumed = piece.size()};
    const MessageBuffer payload = std::exchange(state.control, {});
    return control_frame(state.frame.opcode, payload.view(), piece.size(), events);
  }

  if (state.compressed) return compressed_payload(view(piece), events);
  if (state.message_kind == Opcode::kText && !state.utf8.feed(view(piece))) return {.failure = kInvalidText};
  state.message.append(view(piece), state.message.size() + piece.size() + state.frame_left);
  if (state.in_frame || !state.frame.final) return {.consumed = piece.size()};
  Step step = finish_message(events);
  step.consumed = piece.size();
  return step;
}

Connection::Step Connection::finish_message(Events& events) {
  Incomplete& state = *incomplete_;
  if (state.message_kind == Opcode::kText && !state.utf8.complete()) return {.failure = kInvalidText};
  state.in_message = false;
  const MessageBuffer message = std::exchange(state.message, {});
  return {.flow = events.on_message(state.message_kind, message.view())};
}

/// Most of the time this is a whole small message, inflated and handed out without being put anywhere in between.
Connection::Step Connection::compressed_payload(std::string_view piece, Events& events) {
  Incomplete& state = *incomplete_;
  const bool last = !state.in_frame && state.frame.final;
  const auto message = state.inflater->take(piece, last,
                                            {.buffer = state.message,
                                             .utf8 = state.message_kind == Opcode::kText ? &state.utf8 : nullptr,
                                             .bytes_max = message_bytes_max_,
                                             .step_bytes_max = kInflatedPerStep});
  if (!message) return {.failure = message.error()};
  state.inflating = state.inflater->has_more();
  const bool is_whole = last && !state.inflating;
  const std::size_t inflated = state.inflater->inflated_bytes();
  const Flow flow = inflated > 0 ? events.on_inflated(inflated, is_whole) : Flow::kContinue;
  if (!is_whole) return {.consumed = piece.size(), .flow = flow};
  state.in_message = false;
  const MessageBuffer held = std::exchange(state.message, {});  // `message` may be in there
  return {.consumed = piece.size(), .flow = events.on_message(state.message_kind, *message)};
}

Connection::Step Connection::control_frame(Opcode opcode, std::string_view payload, std::size_t consumed,
                                           Events& events) {
  if (opcode == Opcode::kPing) return {.consumed = consumed, .flow = events.on_ping(payload)};
  if (opcode == Opcode::kPong) return {.consumed = consumed, .flow = events.on_pong(payload)};
  const auto body = read_close_body(payload);
  if (!body) return {.consumed = consumed, .failure = body.error()};
  peer_closed_ = true;
  events.on_close(body->code, body->reason);
  return {.consumed = consumed};
}

}  // namespace switchboard::ws
