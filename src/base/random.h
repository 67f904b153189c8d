// The only source of chance. Seeded by whoever composes the process, so that a simulation can be replayed.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace switchboard {

/// Not for secrets. One per thread.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t next() { return engine_(); }

  /// Uniform enough in [0, bound); 0 for bound 0. The bias is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : engine_() % bound; }

  /// `length` characters of [0-9a-z], for epochs and connection ids.
  std::string token(std::size_t length);

 private:
  std::mt19937_64 engine_;
};

/// 64 bits from the kernel (getrandom), for seeds and hash keys. Start-up only.
std::uint64_t kernel_random();

}  // namespace switchboard
