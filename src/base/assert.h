// SB_ASSERT: a broken invariant ends the process, in release builds too. Never for what a peer may send.
#pragma once

namespace switchboard {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace switchboard

#define SB_ASSERT(expression) \
  (__builtin_expect(!!(expression), 1) ? void(0) : ::switchboard::assertion_failed(#expression, __FILE__, __LINE__))
