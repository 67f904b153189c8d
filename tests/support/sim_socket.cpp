#include "support/sim_socket.h"

#include <algorithm>

namespace switchboard::test {

// --- the client's end ------------------------------------------------------------------------------------------------

void SimSocket::client_send(std::string_view bytes) {
  if (client_finished_ || reset_ || bytes.empty()) return;
  Instant due = clock_.peek() + delay();
  if (!sent_.empty()) due = std::max(due, sent_.back().due);  // a stream stays in order
  sent_.push_back({.bytes = std::string(bytes), .due = due});
}

std::string SimSocket::client_receive(std::size_t bytes_max) {
  const std::size_t count = std::min(bytes_max, client_readable());
  std::string bytes = queued_.substr(0, count);
  queued_.erase(0, count);
  deliverable_ -= count;
  if (count > 0) last_taken_ = clock_.peek();
  return bytes;
}

std::size_t SimSocket::client_readable() const {
  return reset_ ? 0 : deliverable_;
}

bool SimSocket::client_at_end() const {
  return reset_ || ((server_finished_ || server_gone_) && queued_.empty());
}

void SimSocket::client_finish() {
  if (client_finished_ || reset_) return;
  client_finished_ = true;
  Instant due = clock_.peek() + delay();
  if (!sent_.empty()) due = std::max(due, sent_.back().due);
  sent_.push_back({.bytes = {}, .due = due, .fin = true});
}

void SimSocket::client_reset() {
  reset_ = true;
  sent_.clear();
}

// --- the network -----------------------------------------------------------------------------------------------------

std::size_t SimSocket::space() const {
  return queued_.size() < settings_.send_buffer_bytes ? settings_.send_buffer_bytes - queued_.size() : 0;
}

bool SimSocket::in_flight() const {
  if (reset_) return !reset_announced_ && !server_gone_;
  if (!server_gone_ && (!sent_.empty() || (write_armed_ && space() > 0))) return true;
  return deliverable_ < queued_.size();
}

SimReadiness SimSocket::step() {
  SimReadiness ready;
  if (server_gone_ && !reset_) sent_.clear();
  if (reset_) {
    if (!reset_announced_ && !server_gone_) ready = {.readable = true, .writable = true, .hung_up = true};
    reset_announced_ = true;
    return ready;
  }
  const Instant now = clock_.peek();
  while (!sent_.empty() && sent_.front().due <= now) {
    Segment& segment = sent_.front();
    if (segment.fin) {
      fin_arrived_ = true;
      ready.readable = ready.hung_up = true;  // an event by itself, whatever was announced before
    } else {
      arrived_ += segment.bytes;
      last_arrival_ = now;
    }
    sent_.pop_front();
  }
  if (read_armed_ && !arrived_.empty()) {
    ready.readable = true;
    read_armed_ = false;
  }
  if (deliverable_ < queued_.size() && deliver_at_ <= now) {
    // Any part of it may come through.
    deliverable_ += 1 + random_.below(queued_.size() - deliverable_);
    deliver_at_ = now + delay();
  }
  if (write_armed_ && writable_at_ <= now && space() > 0) {
    ready.writable = true;
    write_armed_ = false;
  }
  if (!server_gone_ && random_.below(100) < settings_.spurious_percent) {
    ready.readable = true;
    if (space() > 0) ready.writable = true;
  }
  return ready;
}

// --- the server's end ------------------------------------------------------------------------------------------------

net::IoResult SimSocket::server_read(std::span<char> into) {
  if (reset_) return {net::IoStatus::kFailed, 0};
  if (arrived_.empty()) {
    if (fin_arrived_) return {net::IoStatus::kEnd, 0};
    read_armed_ = true;
    return {net::IoStatus::kWouldBlock, 0};
  }
  const std::size_t count = std::min(into.size(), arrived_.size());
  std::copy_n(arrived_.begin(), count, into.begin());
  arrived_.erase(0, count);
  if (count < into.size()) read_armed_ = true;
  return {net::IoStatus::kOk, count};
}

net::IoResult SimSocket::server_write(std::string_view bytes) {
  if (reset_) return {net::IoStatus::kFailed, 0};
  std::size_t count = std::min(space(), bytes.size());
  if (random_.below(100) < settings_.short_write_percent) count = random_.below(count + 1);
  queued_.append(bytes.substr(0, count));
  const Instant now = clock_.peek();
  if (count < bytes.size()) {
    if (count > 0 || !short_of_space_) stalled_since_ = now;
    write_armed_ = true;
    writable_at_ = now + delay();
  }
  short_of_space_ = count < bytes.size();
  if (count > 0 && deliver_at_ <= now) deliver_at_ = now + delay();
  if (count == 0 && !bytes.empty()) return {net::IoStatus::kWouldBlock, 0};
  return {net::IoStatus::kOk, count};
}

void SimSocket::server_finish() {
  server_finished_ = true;
}

void SimSocket::server_gone() {
  server_gone_ = true;
}

}  // namespace switchboard::test
