// A TCP connection in memory: both ends, a network that delays and cuts at any byte, and edge-triggered readiness that
// is announced exactly as `net::Transport` promises and no more often. It knows nothing of what the bytes mean.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"
#include "net/transport.h"
#include "support/manual_clock.h"

namespace switchboard::test {

struct SimSocketSettings {
  std::size_t send_buffer_bytes = 4096;   // what the server's kernel takes before the client reads
  Duration delay_max{};                   // in either direction
  std::uint32_t short_write_percent = 0;  // of writes that take less than fits, possibly nothing
  std::uint32_t spurious_percent = 0;     // of network steps that announce a readiness that is none
};

/// What one step of the network has to tell the server's loop.
struct SimReadiness {
  bool readable = false;
  bool writable = false;
  bool hung_up = false;
};

/// Shared by the server's transport and the client; whoever goes last frees it.
class SimSocket {
 public:
  SimSocket(const ManualClock& clock, std::uint64_t seed, SimSocketSettings settings)
      : clock_(clock), random_(seed), settings_(settings) {}

  // --- the client's end ---------------------------------------------------------------------------------------
  void client_send(std::string_view bytes);
  /// Up to `bytes_max` of what has arrived.
  std::string client_receive(std::size_t bytes_max);
  std::size_t client_readable() const;
  /// The server has finished and everything before that was received; or the connection was reset.
  bool client_at_end() const;
  void client_finish();  // FIN
  void client_reset();   // RST: both directions are gone

  /// A better line from now on: what was kept back comes in some steps.
  void widen() { settings_.send_buffer_bytes = std::max<std::size_t>(settings_.send_buffer_bytes, 16'000); }

  // --- the network --------------------------------------------------------------------------------------------
  /// Moves what is due. Call it often; the result is what epoll would report.
  SimReadiness step();
  /// True while a step at some later time would do something.
  bool in_flight() const;

  // --- the server's end, for SimTransport ---------------------------------------------------------------------
  net::IoResult server_read(std::span<char> into);
  net::IoResult server_write(std::string_view bytes);
  void server_finish();
  void server_gone();

  /// So little fits in that a long frame takes its time.
  bool is_thin() const { return settings_.send_buffer_bytes <= 300; }
  bool server_has_closed() const { return server_gone_; }
  /// Why, for the report of a failure.
  std::string ending;
  /// When the server last had reason not to read from it.
  Instant last_paused{};
  bool was_reset() const { return reset_; }
  /// When the server was last taken a byte off its hands, or first not, whichever is later; none while it is not held
  /// up by a full buffer.
  bool is_stalled() const { return write_armed_ && space() == 0 && !reset_ && !server_gone_; }
  Instant stalled_since() const { return stalled_since_; }
  /// When the last byte of the client reached the server's kernel.
  Instant last_arrival() const { return last_arrival_; }
  /// When the client last took something.
  Instant last_taken() const { return last_taken_; }

 private:
  struct Segment {
    std::string bytes;
    Instant due;
    bool fin = false;
  };

  std::size_t space() const;
  Duration delay() { return Duration(random_.below(static_cast<std::uint64_t>(settings_.delay_max.count()) + 1)); }

  const ManualClock& clock_;
  Random random_;
  SimSocketSettings settings_;

  // client to server
  std::deque<Segment> sent_;
  std::string arrived_;
  bool fin_arrived_ = false;
  bool client_finished_ = false;
  bool read_armed_ = true;
  Instant last_arrival_{};
  Instant last_taken_{};

  // server to client
  std::string queued_;           // in the server's kernel or on its way
  std::size_t deliverable_ = 0;  // of `queued_`: has reached the client
  Instant deliver_at_{};
  bool server_finished_ = false;
  bool server_gone_ = false;
  bool write_armed_ = false;
  bool short_of_space_ = false;  // the last write was not taken whole
  Instant writable_at_{};
  Instant stalled_since_{};

  bool reset_ = false;
  bool reset_announced_ = false;
};

class SimTransport final : public net::Transport {
 public:
  explicit SimTransport(std::shared_ptr<SimSocket> socket) : socket_(std::move(socket)) {}
  ~SimTransport() override { socket_->server_gone(); }
  net::IoResult read(std::span<char> into) override { return socket_->server_read(into); }
  net::IoResult write(std::string_view bytes) override { return socket_->server_write(bytes); }
  void finish_writing() override { socket_->server_finish(); }

 private:
  std::shared_ptr<SimSocket> socket_;
};

}  // namespace switchboard::test
