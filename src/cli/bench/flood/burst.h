// What one flooder sends in one go: some 64 KB of commands as bytes that are made once and sent again and again. Behind
// them comes a ping, whose answer says that all of it was read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/bench/flood/plan.h"

namespace switchboard::cli::bench {

struct Burst {
  std::string bytes;
  std::uint32_t messages = 0;  // the ping not counted
};

/// Bytes of a burst, at most, without the ping.
inline constexpr std::size_t kBurstBytes = 64 * 1024;

/// Broadcasts to `room_id` without an echo, as `kind` has them: kBroadcasts, kDeflated or kHistory.
Burst make_burst(FloodKind kind, std::string_view room_id, std::uint32_t mask);

/// Whether a server's message is the answer to a burst's ping.
bool answers_burst(std::string_view push);

}  // namespace switchboard::cli::bench
