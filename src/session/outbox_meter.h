// How much memory the private queues of all sessions of one shard hold together. It only counts; what is done at the
// bound is the shard's business.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/assert.h"

namespace switchboard::session {

class OutboxMeter {
 public:
  /// A queue held `before` bytes and holds `after`.
  void change(std::size_t before, std::size_t after) {
    SB_ASSERT(bytes_ >= before);
    bytes_ += after;
    bytes_ -= before;
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t bytes_ = 0;
};

}  // namespace switchboard::session
