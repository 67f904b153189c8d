// Session, second part of its life: frames, messages, commands.
#include <algorithm>
#include <utility>

#include "protocol/close_code.h"
#include "session/commands/gate.h"
#include "session/paused.h"
#include "session/session.h"

namespace switchboard::session {
namespace {

std::string_view room_of(const protocol::Command& command) {
  return std::visit(
      [](const auto& body) {
        if constexpr (requires { body.room_id; }) return body.room_id;
        return std::string_view{};
      },
      command.body);
}

}  // namespace

void Session::receive(std::span<char> bytes) {
  context_->stats.bytes_received.add(bytes.size());
  last_alive_ = context_->now;
  unheard_bytes_ = 0;
  if (state_ == State::kHandshake) {
    receive_request(bytes);
  } else if (reads_frames()) {
    receive_frames(bytes);
  }
  count_bytes(bytes.size());
}

/// Bytes that were put aside.
void Session::receive_kept(std::string bytes) {
  if ((bytes.empty() && !ws_.has_more()) || !reads_frames()) return;
  const std::size_t size = bytes.size();
  bytes.resize(size + 64);  // readable bytes behind the input, for the UTF-8 reader
  receive_frames({bytes.data(), size});
}

void Session::receive_frames(std::span<char> bytes) {
  const auto received = ws_.receive(bytes, *this);
  if (received.failure) {
    // What follows a broken frame means nothing (RFC 6455 section 7.1.7): the peer's Close is not waited for.
    input_failed_ = true;
    close(received.failure->code, received.failure->reason);
    return;
  }
  if (paused_ != nullptr) paused_->bytes.assign(bytes.data() + received.consumed, bytes.size() - received.consumed);
}

bool Session::can_resume() const {
  // Who is leaving obeys no command any more: what was put aside is looked at when it has left. And what is put aside
  // of a compressed message may be worth a thousand times its bytes: it waits as what is unread does.
  if (paused_ == nullptr || is_leaving_ || is_throttled_) return false;
  if (state_ == State::kOpen && outbox_full()) return false;
  switch (paused_->why) {
    case Wait::kJoin:
      return false;
    case Wait::kQuery:
      return !awaits_query();
    case Wait::kAnswers:
      return !awaits_query() && !awaits_ack();
    case Wait::kOutbox:
      return outbox_.empty();
    case Wait::kHost:
    case Wait::kTurn:
      return true;
  }
  return true;
}

void Session::resume() {
  if (!can_resume()) return;
  const auto paused = std::move(paused_);
  last_alive_ = context_->now;  // what the peer sent meanwhile lies unread: its silence begins here
  if (!paused->documents.empty() &&
      run_documents(paused->documents, paused->documents_before, paused->first_is_counted) == ws::Flow::kPause) {
    if (paused_ != nullptr) paused_->bytes = std::move(paused->bytes);
    return;
  }
  receive_kept(std::move(paused->bytes));
}

ws::Flow Session::pause(std::string_view rest_of_message, Wait why, std::uint32_t documents_before) {
  paused_ = std::make_unique<Paused>(Paused{.why = why,
                                            .first_is_counted = false,
                                            .documents_before = documents_before,
                                            .documents = std::string(rest_of_message),
                                            .bytes = {}});
  return ws::Flow::kPause;
}

ws::Flow Session::go_on_if_there_is_time() {
  return context_->work.is_spent() ? pause({}, Wait::kTurn) : ws::Flow::kContinue;
}

// --- rate limits ---------------------------------------------------------------------------------------------------

/// Bytes over the limit are handled, for they are here; the next ones wait in the kernel, and then at the client.
void Session::count_bytes(std::size_t bytes) {
  if (state_ != State::kOpen) return;
  const RateSettings& rate = context_->settings.rate;
  limiter_.count_bytes(context_->now, bytes, rate);
  const auto pause = limiter_.read_pause(context_->now, rate);
  if (!pause.is_refused()) return;
  is_throttled_ = true;
  context_->stats.rate_limited[static_cast<std::size_t>(pause.limit)].add();
}

/// Pings and pongs have no answer that could refuse them, so too many end the connection.
bool Session::count_control_frame() {
  const RateSettings& rate = context_->settings.rate;
  limiter_.count_frame(context_->now, rate);
  if (limiter_.take_control_frame(context_->now, rate)) return true;
  context_->stats.rate_limited[static_cast<std::size_t>(RateLimit::kControlFrames)].add();
  close(protocol::close::kRateLimited, "sent more pings and pongs than it may");
  return false;
}

void Session::refuse_for_rate(const RateLimiter::Verdict& verdict, std::string_view room_id,
                              std::string_view command_id) {
  context_->stats.rate_limited[static_cast<std::size_t>(verdict.limit)].add();
  const bool is_own = verdict.limit == RateLimit::kMessages;
  refuse({.code = protocol::ErrorCode::kRateLimited,
          .message = is_own ? "too many messages on this connection" : "too many messages from this address",
          .room_id = std::string(room_id),
          .id = std::string(command_id),
          .retry_after_ms = std::chrono::ceil<std::chrono::milliseconds>(verdict.wait).count()});
}

void Session::end_join() {
  if (paused_ != nullptr && paused_->why == Wait::kJoin) paused_->why = Wait::kTurn;
}

// --- events of the protocol machine --------------------------------------------------------------------------------

ws::Flow Session::on_message(ws::Opcode kind, std::string_view payload) {
  if (state_ != State::kOpen) return go_on_if_there_is_time();
  context_->stats.messages_received.add();
  if (context_->settings.service == Service::kEcho) return echo(kind, payload);
  if (kind == ws::Opcode::kBinary) {
    close(ws::close::kUnsupportedData, "binary messages are not supported; send JSON as text");
    return ws::Flow::kContinue;
  }
  return run_documents(payload);
}

/// Whatever becomes of it, it has cost what it has become.
ws::Flow Session::on_inflated(std::size_t bytes, bool is_whole) {
  context_->work.spend(bytes);
  count_bytes(bytes);
  return is_whole ? ws::Flow::kContinue : go_on_if_there_is_time();
}

void Session::on_fragment(std::uint32_t fragments) {
  if (state_ != State::kOpen) return;
  limiter_.count_frame(context_->now, context_->settings.rate);
  if (fragments >= context_->settings.frames_per_message_max) {
    close(ws::close::kMessageTooBig, "The message comes in more frames than this server takes.");
  }
}

ws::Flow Session::on_ping(std::string_view payload) {
  context_->work.spend(kControlFrameWork);
  if (state_ != State::kOpen || !count_control_frame()) return ws::Flow::kContinue;
  context_->frame.begin().append(payload);
  send_frame(ws::Opcode::kPong);
  return outbox_full() ? pause({}, Wait::kOutbox) : go_on_if_there_is_time();
}

ws::Flow Session::on_pong(std::string_view) {
  context_->work.spend(kControlFrameWork);
  if (state_ != State::kOpen || !count_control_frame()) return ws::Flow::kContinue;
  context_->stats.pongs_received.add();
  if (ping_outstanding_) plan_next_ping();
  return go_on_if_there_is_time();
}

void Session::on_close(std::uint16_t code, std::string_view) {
  if (state_ == State::kOpen) {
    // RFC 6455 section 5.5.1: answer with the peer's own code.
    close(code, {});
    ending_ = {.code = code, .by_peer = true, .reason = "closed by the client"};
  }
}

// --- commands ------------------------------------------------------------------------------------------------------

/// `documents_before`: of the same message, before `text`. `first_is_counted`: the rate limits have let the first one
/// pass before, when it had to wait for something else.
ws::Flow Session::run_documents(std::string_view text, std::uint32_t documents_before, bool first_is_counted) {
  std::uint32_t documents = documents_before;
  do {
    const std::string_view from_here = text;
    const auto command = context_->decoder.next(text);
    RateLimiter::Verdict rate;
    if (!std::exchange(first_is_counted, false)) rate = limiter_.take_message(context_->now, context_->settings.rate);
    context_->work.spend(kCommandWork + from_here.size() - text.size());
    if (rate.is_refused()) {
      refuse_for_rate(rate, command ? room_of(*command) : command.error().room_id,
                      command ? command->id : command.error().id);
    } else if (!command) {
      refuse(command.error());
    } else {
      switch (const Attempt attempt = run(*command)) {
        case Attempt::kDone:
          break;
        case Attempt::kPending:
          return pause(text, Wait::kJoin, documents + 1);
        case Attempt::kBusy:
        case Attempt::kBehindQuery:
        case Attempt::kBehindAnswers:
          pause(from_here,
                attempt == Attempt::kBusy          ? Wait::kHost
                : attempt == Attempt::kBehindQuery ? Wait::kQuery
                                                   : Wait::kAnswers,
                documents);
          paused_->first_is_counted = true;
          return ws::Flow::kPause;
      }
    }
    if (state_ != State::kOpen) return ws::Flow::kContinue;
    if (++documents >= context_->settings.documents_per_message_max && !text.empty()) {
      refuse({.code = protocol::ErrorCode::kTooLarge,
              .message = "too many JSON documents in one message",
              .room_id = {},
              .id = {}});
      return ws::Flow::kContinue;
    }
    if (outbox_full()) return pause(text, Wait::kOutbox, documents);
    if (context_->work.is_spent()) return pause(text, Wait::kTurn, documents);
  } while (!text.empty());
  return ws::Flow::kContinue;
}

Attempt Session::run(const protocol::Command& command) {
  return commands::enter(*this, command);
}

}  // namespace switchboard::session
