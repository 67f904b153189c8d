#include "server/ops_connection.h"

#include <array>

namespace switchboard::server {

OpsConnection::OpsConnection(std::unique_ptr<net::Transport> transport, Instant now)
    : transport_(std::move(transport)), deadline_(now + kTimeMax) {}

void OpsConnection::on_readable(const Answer& answer, const Refuse& refuse) {
  std::array<char, 4'096> buffer;
  while (!is_over_ && !peer_finished_) {
    const net::IoResult result = transport_->read(buffer);
    switch (result.status) {
      case net::IoStatus::kOk:
      case net::IoStatus::kLast:
        take({buffer.data(), result.bytes}, answer, refuse);
        break;
      case net::IoStatus::kWouldBlock:
      case net::IoStatus::kHeld:
        return;
      case net::IoStatus::kEnd:
        peer_finished_ = true;
        is_over_ = response_.empty() || finished_;
        break;
      case net::IoStatus::kFailed:
        is_over_ = true;
        break;
    }
  }
}

void OpsConnection::take(std::string_view bytes, const Answer& answer, const Refuse& refuse) {
  if (!response_.empty()) {
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
  write();
}

void OpsConnection::write() {
  if (is_over_ || finished_) return;
  while (written_ < response_.size()) {
    const net::IoResult result = transport_->write(std::string_view(response_).substr(written_));
    if (result.status == net::IoStatus::kWouldBlock) return;
    if (result.status != net::IoStatus::kOk) {
      is_over_ = true;
      return;
    }
    written_ += result.bytes;
  }
  if (response_.empty()) return;
  // Closing while the peer still sends would reset the connection, and it might lose the answer: the peer closes first.
  finished_ = true;
  transport_->finish_writing();
  is_over_ = peer_finished_;
}

}  // namespace switchboard::server
