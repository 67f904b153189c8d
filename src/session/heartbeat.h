// When a peer is pinged, and when its silence means that it is gone. Times only: it sends nothing and reads no clock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "session/never.h"

namespace switchboard::session {

struct SessionSettings;

/// The settings are given anew each time: they may change. `now` never goes back.
class Heartbeat {
 public:
  /// Of a peer that has just come. It is not pinged before `begin`.
  explicit Heartbeat(Instant now) : alive_at_(now) {}
  void begin(Instant first_ping) { ping_at_ = first_ping; }

  /// The peer has sent something.
  void on_heard(Instant now) {
    alive_at_ = now;
    unheard_bytes_ = 0;
  }
  /// It has taken what it would not take before; or it is read from again, and its silence begins here.
  void on_alive(Instant now) { alive_at_ = now; }
  /// So many bytes were written to it. They may be on a slow line for long.
  void on_written(std::size_t bytes);
  void on_pong(Instant now, const SessionSettings& settings) {
    if (is_outstanding_) plan_next(now, settings);
  }

  enum class Due : std::uint8_t {
    kNothing,
    kPing,  // send one, and call `on_pinged`
    kGone,  // neither a pong nor anything else within its time. Call `plan_next` if there is an excuse for it
  };
  Due look(Instant now, const SessionSettings& settings);
  /// A ping was put behind what waits to be written ...
  void on_pinged(Instant now);
  /// ... and all of that has been written.
  void on_all_written(Instant now);
  void plan_next(Instant now, const SessionSettings& settings);

  /// When to `look` again; kNever: not before something else happens.
  Instant deadline(const SessionSettings& settings) const;

 private:
  Instant pong_deadline(const SessionSettings& settings) const;

  Instant alive_at_;                 // when the peer sent something, or took something that it had not taken before
  Instant ping_at_ = kNever;         // next ping; while one is outstanding, when it left the queue
  std::uint32_t unheard_bytes_ = 0;  // written since the peer last sent something
  bool is_outstanding_ : 1 = false;
  bool is_queued_ : 1 = false;  // it is outstanding and has not left the queue
};

}  // namespace switchboard::session
