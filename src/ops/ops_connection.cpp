#include "ops/ops_connection.h"

#include <array>

namespace switchboard::ops {
namespace {

constexpr Duration time_max(OpsConnection::Phase phase) {
  switch (phase) {
    case OpsConnection::Phase::kHead:
      return OpsConnection::kHeadTimeMax;
    case OpsConnection::Phase::kAnswer:
      return OpsConnection::kAnswerTimeMax;
    case OpsConnection::Phase::kLinger:
      return OpsConnection::kLingerTimeMax;
  }
  return Duration::zero();
}

}  // namespace

OpsConnection::OpsConnection(std::unique_ptr<net::Transport> transport, Instant now)
    : transport_(std::move(transport)), since_(now) {}

void OpsConnection::enter(Phase phase, Instant now) {
  phase_ = phase;
  since_ = now;
}

bool OpsConnection::is_late(Instant now) const {
  return now >= since_ + time_max(phase_);
}

bool OpsConnection::gives_way_before(const OpsConnection& other) const {
  const bool has_answer = phase_ == Phase::kLinger;
  if (has_answer != (other.phase_ == Phase::kLinger)) return has_answer;
  return since_ < other.since_;
}

void OpsConnection::on_readable(Instant now, const Answer& answer, const Refuse& refuse) {
  std::array<char, 4'096> buffer;
  while (!is_over_ && !peer_finished_) {
    const net::IoResult result = transport_->read(buffer);
    switch (result.status) {
      case net::IoStatus::kOk:
      case net::IoStatus::kLast:
      case net::IoStatus::kMore:
        take(now, {buffer.data(), result.bytes}, answer, refuse);
        break;
      case net::IoStatus::kWouldBlock:
      case net::IoStatus::kHeld:
        return;
      case net::IoStatus::kEnd:
        peer_finished_ = true;
        is_over_ = phase_ != Phase::kAnswer;
        break;
      case net::IoStatus::kFailed:
        is_over_ = true;
        break;
    }
  }
}

void OpsConnection::take(Instant now, std::string_view bytes, const Answer& answer, const Refuse& refuse) {
  if (phase_ != Phase::kHead) {
    ignored_ += bytes.size();
    is_over_ = ignored_ > kIgnoredBytesMax;
    return;
  }
  const auto taken = request_.feed(bytes);
  if (!taken) {
    response_ = refuse(taken.error());
  } else if (request_.done()) {
    response_ = answer(request_.request());
  } else {
    return;
  }
  enter(Phase::kAnswer, now);
  write(now);
}

void OpsConnection::write(Instant now) {
  if (is_over_ || phase_ != Phase::kAnswer) return;
  while (written_ < response_.size()) {
    const net::IoResult result = transport_->write(std::string_view(response_).substr(written_));
    if (result.status == net::IoStatus::kWouldBlock) return;
    if (result.status != net::IoStatus::kOk) {
      is_over_ = true;
      return;
    }
    written_ += result.bytes;
  }
  // Closing while the peer still sends would reset the connection, and it might lose the answer: the peer closes first.
  enter(Phase::kLinger, now);
  transport_->finish_writing();
  is_over_ = peer_finished_;
}

}  // namespace switchboard::ops
