// What waits to be written to one client alone, and since when its socket takes nothing. Small on purpose: there is one
// in every connection.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/byte_queue.h"
#include "base/time.h"
#include "session/never.h"
#include "session/outbox_meter.h"

namespace switchboard::session {

/// Whole frames, but for the rest of one already begun. The shard's meter is told whenever its memory changes.
class Outbox {
 public:
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  /// Memory held; 0 when empty.
  std::size_t capacity() const { return bytes_.capacity(); }
  /// Everything in it. Valid until the next change.
  std::string_view front() const { return bytes_.front(); }

  /// Behind everything, one after the other.
  void append(std::string_view first, std::string_view second, OutboxMeter& meter) {
    change(meter, [&] { bytes_.append(first, second); });
  }
  /// Before everything.
  void prepend(std::string_view bytes, OutboxMeter& meter) {
    change(meter, [&] { bytes_.prepend(bytes); });
  }
  void consume(std::size_t count, OutboxMeter& meter) {
    change(meter, [&] { bytes_.consume(count); });
  }

  /// The socket takes no more. Since then, if it was told so before.
  void on_blocked(Instant now) {
    if (!is_blocked()) blocked_since_ = now;
  }
  /// It has taken something, or would.
  void on_progress() { blocked_since_ = kNever; }
  bool is_blocked() const { return blocked_since_ != kNever; }
  std::optional<Instant> blocked_since() const { return is_blocked() ? std::optional(blocked_since_) : std::nullopt; }
  /// When a socket that takes nothing is given up, if it may do so for so long; kNever while it takes something.
  Instant deadline(Duration write_timeout) const { return is_blocked() ? blocked_since_ + write_timeout : kNever; }

 private:
  template <class F>
  void change(OutboxMeter& meter, F&& f) {
    const std::size_t before = bytes_.capacity();
    f();
    meter.change(before, bytes_.capacity());
  }

  ByteQueue bytes_;
  Instant blocked_since_ = kNever;
};

}  // namespace switchboard::session
