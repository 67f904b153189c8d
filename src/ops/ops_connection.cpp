#include "ops/ops_connection.h"

#include <array>

namespace switchboard::ops {
namespace {

using Phase = http::ServerConnection::Phase;

// Many a probe reads until the connection ends and never says that it wants that (`nc`, scripts): so it ends soon when
// nothing more is asked. Whoever asks so often begins another one: the thread that answers has other things to do.
constexpr http::ConnectionLimits kLimits{.requests_max = 100, .idle_time_max = std::chrono::milliseconds(500)};

}  // namespace

OpsConnection::OpsConnection(std::unique_ptr<net::Transport> transport, const Clock& clock)
    : transport_(std::move(transport)), clock_(clock), http_(kLimits, clock.now()) {}

bool OpsConnection::has_answer() const {
  return http_.phase() == Phase::kLinger || http_.phase() == Phase::kIdle;
}

bool OpsConnection::gives_way_before(const OpsConnection& other) const {
  if (has_answer() != other.has_answer()) return has_answer();
  return http_.since() < other.http_.since();
}

void OpsConnection::on_ready(const Answer& answer) {
  // What one step makes possible is for another one; the last one that could do nothing ends it.
  while (!is_over() && (write() || answer_one(answer) || read())) {
  }
}

/// True when something came.
bool OpsConnection::read() {
  if (!http_.wants_input()) return false;
  std::array<char, 4'096> buffer;
  const net::IoResult result = transport_->read(buffer);
  switch (result.status) {
    case net::IoStatus::kOk:
    case net::IoStatus::kLast:
    case net::IoStatus::kMore:
      http_.receive({buffer.data(), result.bytes}, clock_.now(), clock_.unix_ms());
      return true;
    case net::IoStatus::kWouldBlock:
    case net::IoStatus::kHeld:
      return false;
    case net::IoStatus::kEnd:
      http_.on_input_end(clock_.now());
      return true;
    case net::IoStatus::kFailed:
      break;
  }
  has_failed_ = true;
  return false;
}

bool OpsConnection::answer_one(const Answer& answer) {
  if (http_.phase() != Phase::kRequest && http_.phase() != Phase::kDecide) return false;
  const OpsAnswer answered = answer(http_.request());
  http_.answer({.status = answered.status,
                .content_type = answered.content_type,
                .body = answered.body,
                .fields = answered.fields},
               clock_.now(), clock_.unix_ms());
  return true;
}

/// True when the socket took something.
bool OpsConnection::write() {
  const std::string_view bytes = http_.outbox();
  if (bytes.empty()) {
    if (http_.wants_finish() && !has_finished_) {
      has_finished_ = true;
      transport_->finish_writing();
    }
    return false;
  }
  const net::IoResult result = transport_->write(bytes);
  if (result.status == net::IoStatus::kWouldBlock) return false;
  if (result.status != net::IoStatus::kOk) {
    has_failed_ = true;
    return false;
  }
  http_.consume(result.bytes, clock_.now(), clock_.unix_ms());
  return result.bytes > 0;
}

}  // namespace switchboard::ops
