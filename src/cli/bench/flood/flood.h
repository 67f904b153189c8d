// A flood as a run sees it: it begins, has turns, and ends. One thread's.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>

#include "cli/bench/progress.h"

namespace switchboard::cli::bench {

struct FloodCounts {
  std::uint64_t rounds = 0;                       // bursts of everybody at once; 0 where there are none
  std::uint64_t messages = 0;                     // sent: commands, key updates, or messages to the large room
  std::uint64_t bytes = 0;                        // of them, as handed to TLS or to the kernel
  std::uint64_t refused = 0;                      // error answers
  std::map<std::uint16_t, std::uint32_t> closed;  // connections by close code; 0: without a Close frame
  std::uint32_t returns = 0;                      // connections opened again after they were closed
};

class Flood {
 public:
  virtual ~Flood() = default;

  /// Connects and joins everybody; nothing is sent yet. The error is a sentence.
  virtual std::expected<void, std::string> begin(Progress& progress) = 0;
  /// Sends and reads what can be sent and read, and waits until `until_ns` (the system clock's) at most.
  virtual void turn(std::int64_t until_ns) = 0;
  /// Closes everybody: properly where the server still answers, and within a few seconds in any case.
  virtual void end() = 0;

  virtual FloodCounts counts() const = 0;
};

}  // namespace switchboard::cli::bench
