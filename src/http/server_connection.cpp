#include "http/server_connection.h"

#include <utility>

#include "base/assert.h"

namespace switchboard::http {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

ServerConnection::ServerConnection(const ConnectionLimits& limits, Instant now) : limits_(limits), since_(now) {
  parser_.emplace(limits_.head_bytes_max);
}

void ServerConnection::enter(Phase phase, Instant now) {
  phase_ = phase;
  since_ = now;
}

Instant ServerConnection::deadline() const {
  switch (phase_) {
    case Phase::kIdle:
      return since_ + limits_.idle_time_max;
    case Phase::kHead:
      return since_ + limits_.head_time_max;
    case Phase::kBody:
      return since_ + limits_.body_time_max;
    case Phase::kWrite:
      return since_ + limits_.write_time_max;
    case Phase::kLinger:
      return since_ + limits_.linger_time_max;
    case Phase::kDecide:
    case Phase::kRequest:
    case Phase::kOver:
      break;
  }
  return Instant::max();
}

// --- bytes in --------------------------------------------------------------------------------------------------------

bool ServerConnection::wants_input() const {
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kHead:
    case Phase::kBody:
    case Phase::kLinger:
      return !peer_finished_;
    case Phase::kWrite:
      // Behind the last answer nothing is kept; but a peer that has closed is to be noticed.
      return !peer_finished_ && !goes_on_;
    case Phase::kDecide:
    case Phase::kRequest:
    case Phase::kOver:
      break;
  }
  return false;
}

void ServerConnection::receive(std::string_view bytes, Instant now, UnixMillis unix_ms) {
  SB_ASSERT(wants_input());
  if (phase_ == Phase::kLinger || phase_ == Phase::kWrite) {
    ignored_ += bytes.size();
    if (ignored_ > limits_.ignored_bytes_max) enter(Phase::kOver, now);
    return;
  }
  input_.append(bytes);
  go_on(now, unix_ms);
}

/// With what has come, until something is to be done by somebody else.
void ServerConnection::go_on(Instant now, UnixMillis unix_ms) {
  std::size_t taken = 0;
  while (taken < input_.size()) {
    const std::string_view rest = std::string_view(input_).substr(taken);
    if (phase_ == Phase::kIdle) enter(Phase::kHead, now);
    if (phase_ == Phase::kHead) {
      taken += read_head(rest, now, unix_ms);
    } else if (phase_ == Phase::kBody) {
      taken += read_body(rest, now, unix_ms);
    } else {
      break;
    }
  }
  input_.erase(0, taken);
  if (input_.empty()) input_ = {};
  const bool awaits_more = phase_ == Phase::kIdle || phase_ == Phase::kHead || phase_ == Phase::kBody;
  if (peer_finished_ && awaits_more) enter(Phase::kOver, now);
}

std::size_t ServerConnection::read_head(std::string_view bytes, Instant now, UnixMillis unix_ms) {
  const auto taken = parser_->feed(bytes);
  if (!taken) {
    refuse(taken.error(), now, unix_ms);
    return bytes.size();
  }
  if (parser_->done()) {
    request_ = parser_->take_request();
    parser_.reset();
    begin_request(now, unix_ms);
  }
  return *taken;
}

void ServerConnection::begin_request(Instant now, UnixMillis unix_ms) {
  const std::string_view expected = request_->value("Expect");
  if (request_->version >= 11 && !expected.empty() && !equals_ignoring_case(expected, "100-continue"))
    return refuse({417, "Nothing else than 100-continue can be expected here."}, now, unix_ms);
  enter(request_->has_body() ? Phase::kDecide : Phase::kRequest, now);
}

void ServerConnection::take_body(std::size_t bytes_max, Instant now, UnixMillis unix_ms) {
  SB_ASSERT(phase_ == Phase::kDecide);
  if (!request_->is_chunked && request_->content_length > bytes_max) {
    return refuse({413, "The request's body is too large: at most " + std::to_string(bytes_max) + " bytes are taken."},
                  now, unix_ms);
  }
  decoder_.emplace(*request_, bytes_max);
  // Who has sent some of it already does not wait (RFC 9110 section 10.1.1).
  if (request_->version >= 11 && input_.empty() && !request_->value("Expect").empty()) outbox_.append(kContinue);
  enter(Phase::kBody, now);
  go_on(now, unix_ms);
}

std::size_t ServerConnection::read_body(std::string_view bytes, Instant now, UnixMillis unix_ms) {
  const auto taken = decoder_->feed(bytes);
  if (!taken) {
    refuse(taken.error(), now, unix_ms);
    return bytes.size();
  }
  if (decoder_->done()) {
    body_ = decoder_->take_body();
    decoder_.reset();
    enter(Phase::kRequest, now);
  }
  return *taken;
}

void ServerConnection::on_input_end(Instant now) {
  peer_finished_ = true;
  if (phase_ == Phase::kIdle || phase_ == Phase::kHead || phase_ == Phase::kBody || phase_ == Phase::kLinger)
    enter(Phase::kOver, now);
}

// --- answers ---------------------------------------------------------------------------------------------------------

void ServerConnection::answer(Response response, Instant now, UnixMillis unix_ms) {
  SB_ASSERT(phase_ == Phase::kDecide || phase_ == Phase::kRequest);
  // What is still to come of a body would be taken for a request.
  goes_on_ =
      phase_ == Phase::kRequest && request_->is_persistent() && !peer_finished_ && ++requests_ < limits_.requests_max;
  response.keeps_alive = goes_on_;
  response.head_only = request_->method == "HEAD";
  outbox_.append(serialize(response, unix_ms));
  request_.reset();
  body_ = {};
  enter(Phase::kWrite, now);
}

/// Whoever made the mistake may not know where the next request begins either (RFC 9112 section 6.3).
void ServerConnection::refuse(const RequestError& error, Instant now, UnixMillis unix_ms) {
  const std::string body = error.message + "\n";
  Response response{.status = error.status, .body = body, .fields = {{"X-Content-Type-Options", "nosniff"}}};
  if (error.status == 405) response.fields.push_back({"Allow", std::string(kReadMethods)});
  goes_on_ = false;
  outbox_.append(serialize(response, unix_ms));
  parser_.reset();
  decoder_.reset();
  request_.reset();
  enter(Phase::kWrite, now);
}

void ServerConnection::consume(std::size_t bytes, Instant now, UnixMillis unix_ms) {
  written_ += bytes;
  SB_ASSERT(written_ <= outbox_.size());
  if (written_ < outbox_.size()) return;
  outbox_ = {};
  written_ = 0;
  if (phase_ == Phase::kWrite) end_answer(now, unix_ms);
}

void ServerConnection::end_answer(Instant now, UnixMillis unix_ms) {
  if (!goes_on_) {
    input_ = {};
    return enter(peer_finished_ ? Phase::kOver : Phase::kLinger, now);
  }
  parser_.emplace(limits_.head_bytes_max);
  enter(Phase::kIdle, now);
  go_on(now, unix_ms);
}

}  // namespace switchboard::http
