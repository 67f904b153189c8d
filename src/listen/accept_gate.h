// Which of a shard's listeners are to be looked at: all but those that failed a moment ago, and those of TLS while as
// many handshakes are under way as may be. One place decides, so that one reason's end cannot undo another. Pure: time
// is an argument.
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"

namespace switchboard::listen {

class AcceptGate {
 public:
  /// For each listener whether it speaks TLS.
  explicit AcceptGate(std::vector<bool> is_tls) : is_tls_(std::move(is_tls)), paused_until_(is_tls_.size()) {}

  bool is_open(std::size_t listener) const {
    return !all_paused_until_ && !paused_until_[listener] && !(is_tls_full_ && is_tls_[listener]);
  }

  void pause_all(Instant until) { all_paused_until_ = until; }
  void pause(std::size_t listener, Instant until) { paused_until_[listener] = until; }
  void set_tls_full(bool is_full) { is_tls_full_ = is_full; }
  bool is_tls_full() const { return is_tls_full_; }

  /// When the first pause ends, if there is any.
  std::optional<Instant> next_deadline() const;
  /// Ends the pauses whose time has come. True if there was one.
  bool end_pauses(Instant now);

 private:
  std::vector<bool> is_tls_;
  std::vector<std::optional<Instant>> paused_until_;  // by listener
  std::optional<Instant> all_paused_until_;
  bool is_tls_full_ = false;
};

}  // namespace switchboard::listen
