// One client's byte stream: the seam between the core and whatever carries the bytes (TCP, later TLS, a simulation).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace switchboard::net {

enum class IoStatus : std::uint8_t {
  kOk,          // `bytes` were moved; fewer than asked for means that the kernel has no more (room) right now
  kWouldBlock,  // nothing could be moved now; readiness will be reported
  kEnd,         // the peer has finished sending (read only)
  kFailed,      // reset, timed out or otherwise gone; only destruction is left
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
  /// Log memory may be passed: it is not kept after the call returns.
  virtual IoResult write(std::string_view bytes) = 0;
  /// Tells the peer that nothing follows (TCP FIN).
  virtual void finish_writing() = 0;
};

}  // namespace switchboard::net
