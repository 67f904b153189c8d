// SipHash (Aumasson and Bernstein): a hash whose collisions cannot be found without its key.
// For tables keyed by bytes that a peer chooses. It is no message authentication code here: only tables rely on it.
#pragma once

#include <cstdint>
#include <string_view>

namespace switchboard {

/// 128 secret bits. Drawn from kernel_random() at start-up; shards that must agree on a hash share one.
struct HashKey {
  std::uint64_t k0;
  std::uint64_t k1;
};

/// SipHash-1-3: one round a word, three at the end; what hash tables use. Any length, endian-independent.
std::uint64_t siphash13(HashKey key, std::string_view bytes);

/// SipHash-2-4: the conservative variant, about half as fast; the one with published test vectors.
std::uint64_t siphash24(HashKey key, std::string_view bytes);

}  // namespace switchboard
