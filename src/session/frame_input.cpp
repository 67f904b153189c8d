#include "session/frame_input.h"

#include <optional>
#include <utility>

#include "base/assert.h"
#include "protocol/close_code.h"
#include "session/connection.h"

namespace switchboard::session {

struct FrameInput::Waiting {
  Remainder rest;     // of the message that was being handled
  std::string bytes;  // received behind that message, still masked
};

/// Who hears what comes in one call of `receive`: it lives no longer, so that a connection need not carry it.
class FrameInput::Events final : public ws::Events {
 public:
  Events(FrameInput& input, Connection& connection)
      : input_(input), connection_(connection), session_(connection.session()), context_(connection.context()) {}

  ws::Flow on_message(ws::Opcode kind, std::string_view payload) override;
  ws::Flow on_ping(std::string_view payload) override;
  ws::Flow on_pong(std::string_view payload) override;
  void on_close(std::uint16_t code, std::string_view reason) override;
  void on_fragment(std::uint32_t fragments) override;
  ws::Flow on_inflated(std::size_t bytes, bool is_whole) override;
  ws::InflaterPool* inflaters() override { return &context_.inflaters; }

 private:
  ws::Flow wait_for(Remainder rest) {
    input_.put_aside(std::move(rest));
    return ws::Flow::kPause;
  }
  ws::Flow go_on_if_there_is_time() {
    return context_.work.is_spent() ? wait_for({.why = Wait::kTurn}) : ws::Flow::kContinue;
  }
  /// Once something was answered: one answer may take the queue past its bound by itself, and then nothing more is read
  /// until it is written. So no answer is ever dropped.
  ws::Flow go_on_if_there_is_room() {
    return session_.is_outlet_full() ? wait_for({.why = Wait::kOutlet}) : go_on_if_there_is_time();
  }
  ws::Flow echo(ws::Opcode kind, std::string_view payload);
  bool count_control_frame();

  FrameInput& input_;
  Connection& connection_;
  Session& session_;
  ConnectionContext& context_;
};

FrameInput::FrameInput(std::uint32_t message_bytes_max) : frames_(message_bytes_max) {}
FrameInput::~FrameInput() = default;

void FrameInput::receive(std::span<char> bytes, Connection& connection) {
  SB_ASSERT(waiting_ == nullptr);
  Events events(*this, connection);
  const auto received = frames_.receive(bytes, events);
  if (received.failure) {
    // What follows a broken frame means nothing (RFC 6455 section 7.1.7): the peer's Close is not waited for.
    connection.close(received.failure->code, received.failure->reason);
    return;
  }
  if (waiting_ != nullptr) waiting_->bytes.assign(bytes.data() + received.consumed, bytes.size() - received.consumed);
}

void FrameInput::put_aside(Remainder rest) {
  waiting_ = std::make_unique<Waiting>(Waiting{.rest = std::move(rest), .bytes = {}});
}

/// Bytes that were put aside.
void FrameInput::receive_kept(std::string bytes, Connection& connection) {
  if ((bytes.empty() && !frames_.has_more()) || !connection.reads_frames()) return;
  const std::size_t size = bytes.size();
  bytes.resize(size + 64);  // readable bytes behind the input, for the UTF-8 reader
  receive({bytes.data(), size}, connection);
}

bool FrameInput::can_go_on(const Session& session) const {
  return waiting_ != nullptr && session.can_go_on(waiting_->rest.why);
}

void FrameInput::go_on(Connection& connection) {
  const auto waiting = std::move(waiting_);
  if (auto rest = connection.session().go_on(std::move(waiting->rest))) {
    put_aside(std::move(*rest));
    waiting_->bytes = std::move(waiting->bytes);
    return;
  }
  receive_kept(std::move(waiting->bytes), connection);
}

void FrameInput::drop_commands(Connection& connection) {
  const auto waiting = std::move(waiting_);
  if (waiting != nullptr) receive_kept(std::move(waiting->bytes), connection);
}

// --- events of the protocol machine --------------------------------------------------------------------------------

ws::Flow FrameInput::Events::on_message(ws::Opcode kind, std::string_view payload) {
  if (!session_.is_open()) return go_on_if_there_is_time();
  context_.stats.messages_received.add();
  if (context_.settings.service == Service::kEcho) return echo(kind, payload);
  if (kind == ws::Opcode::kBinary) {
    connection_.close(ws::close::kUnsupportedData, "binary messages are not supported; send JSON as text");
    return ws::Flow::kContinue;
  }
  auto rest = session_.hear(payload);
  return rest ? wait_for(std::move(*rest)) : ws::Flow::kContinue;
}

/// Every message goes back as it came, through the same frames, queue and limits as everything else.
ws::Flow FrameInput::Events::echo(ws::Opcode kind, std::string_view payload) {
  connection_.send_message(kind, payload);
  context_.work.spend(kCommandWork + payload.size());
  return go_on_if_there_is_room();
}

/// Whatever becomes of it, it has cost what it has become.
ws::Flow FrameInput::Events::on_inflated(std::size_t bytes, bool is_whole) {
  context_.work.spend(bytes);
  connection_.count_bytes(bytes);
  return is_whole ? ws::Flow::kContinue : go_on_if_there_is_time();
}

void FrameInput::Events::on_fragment(std::uint32_t fragments) {
  if (!session_.is_open()) return;
  session_.limiter().count_frame(context_.now, context_.settings.rate);
  if (fragments >= context_.settings.frames_per_message_max) {
    connection_.close(ws::close::kMessageTooBig, "The message comes in more frames than this server takes.");
  }
}

/// Pings and pongs have no answer that could refuse them, so too many end the connection.
bool FrameInput::Events::count_control_frame() {
  const RateSettings& rate = context_.settings.rate;
  session_.limiter().count_frame(context_.now, rate);
  if (session_.limiter().take_control_frame(context_.now, rate)) return true;
  context_.stats.rate_limited[static_cast<std::size_t>(RateLimit::kControlFrames)].add();
  connection_.close(protocol::close::kRateLimited, "sent more pings and pongs than it may");
  return false;
}

ws::Flow FrameInput::Events::on_ping(std::string_view payload) {
  context_.work.spend(kControlFrameWork);
  if (!session_.is_open() || !count_control_frame()) return ws::Flow::kContinue;
  connection_.send_frame(ws::Opcode::kPong, payload);
  return go_on_if_there_is_room();
}

ws::Flow FrameInput::Events::on_pong(std::string_view) {
  context_.work.spend(kControlFrameWork);
  if (!session_.is_open() || !count_control_frame()) return ws::Flow::kContinue;
  connection_.on_pong();
  return go_on_if_there_is_time();
}

void FrameInput::Events::on_close(std::uint16_t code, std::string_view) {
  connection_.on_close_frame(code);
}

}  // namespace switchboard::session
