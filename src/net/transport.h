// One client's byte stream: the seam between the core and whatever carries the bytes (TCP, TLS, a simulation).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/static_text.h"

namespace switchboard::net {

enum class IoStatus : std::uint8_t {
  kOk,          // `bytes` were moved; fewer than asked for means that the kernel has no more (room) right now
  kWouldBlock,  // nothing could be moved now; readiness will be reported
  kHeld,    // `bytes` were moved, but the transport holds something that the kernel does not take now: write nothing
            // more, and call `flush` once the socket is writable
  kLast,    // `bytes` were moved and nothing comes behind them: the next read says how it ended (read only)
  kMore,    // `bytes` were moved, perhaps none, and there may be more: no readiness is announced for it (read only)
  kEnd,     // the peer has finished sending (read only)
  kFailed,  // reset, timed out or otherwise gone; only destruction is left
};

struct IoResult {
  IoStatus status = IoStatus::kOk;
  std::size_t bytes = 0;
};

/// Never blocks. Owned by one shard; destruction closes it. Readiness comes from the loop, edge-triggered: after a
/// result that is short or kWouldBlock the next readiness is announced, not before.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual IoResult read(std::span<char> into) = 0;
  /// Log memory may be passed: it is not kept after the call returns, and need not be passed again.
  virtual IoResult write(std::string_view bytes) = 0;
  /// Hands on what is held after a kHeld: `bytes` of it were moved. kOk: the kernel has all of it; kHeld: not yet;
  /// kFailed.
  virtual IoResult flush() { return {IoStatus::kOk, 0}; }
  /// Tells the peer that nothing follows (TCP FIN).
  virtual void finish_writing() = 0;

  /// True while the stream is being opened (a TLS handshake): each read may take a millisecond of computing and moves
  /// nothing, and nothing can be written.
  virtual bool is_opening() const { return false; }
  /// What was wrong, after a kFailed.
  virtual StaticText failure() const { return "the connection was reset"; }
};

}  // namespace switchboard::net
