// What one step of a client's input may cost before the others have their turn. It is counted, not timed: in bytes that
// were handled, what was inflated and a charge for each command among them, so that a simulation repeats it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

namespace switchboard::session {

/// What looking at these costs besides their bytes: about a microsecond of a core is worth 512 bytes of plain text.
inline constexpr std::size_t kRequestWork = 2'048;
inline constexpr std::size_t kCommandWork = 512;
inline constexpr std::size_t kTokenWork = 51'200;  // most of it is the signature: 2 us (HMAC) to 150 us
inline constexpr std::size_t kControlFrameWork = 64;

class WorkBudget {
 public:
  /// For the step that begins.
  void allow(std::size_t bytes) { left_ = bytes; }
  void allow_everything() { left_ = std::numeric_limits<std::size_t>::max(); }
  /// What is under way may take it past its end: a command is never cut.
  void spend(std::size_t bytes) { left_ -= std::min(left_, bytes); }
  bool is_spent() const { return left_ == 0; }

 private:
  std::size_t left_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace switchboard::session
