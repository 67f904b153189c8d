// The hasher of tables keyed by what the house itself numbers: slots, tickets, shards. Without a secret, so never for
// what a peer can choose: those take a keyed hash (base/name_hash.h).
#pragma once

#include <cstddef>
#include <cstdint>

namespace switchboard {

/// Two numbers as one: both halves of their 128-bit product, which is wyhash's step. After two of them every bit
/// depends on every bit.
constexpr std::uint64_t mixed(std::uint64_t one, std::uint64_t other) {
  __extension__ using Product = unsigned __int128;
  const Product product = Product{one ^ 0xa0761d6478bd642f} * (other ^ 0xe7037ed1a0b428db);
  return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
}

/// For a key of two numbers, such as packed ids.
constexpr std::size_t hash_of(std::uint64_t one, std::uint64_t other) {
  return static_cast<std::size_t>(mixed(mixed(one, 0), other));
}

struct NumberHash {
  std::size_t operator()(std::uint64_t number) const { return hash_of(number, 0); }
};

}  // namespace switchboard
