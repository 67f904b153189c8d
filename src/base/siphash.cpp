#include "base/siphash.h"

#include <bit>
#include <cstddef>

namespace switchboard {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
};

/// The first `count` (at most 8) bytes as a little-endian word. Compilers make one load of the full case.
std::uint64_t load_little_endian(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return word;
}

template <int kWordRounds, int kFinalRounds>
std::uint64_t siphash(HashKey key, std::string_view bytes) {
  State state{key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d, key.k0 ^ 0x6c7967656e657261,
              key.k1 ^ 0x7465646279746573};
  const auto absorb = [&state](std::uint64_t word) {
    state.v3 ^= word;
    for (int i = 0; i < kWordRounds; ++i)
      state.round();
    state.v0 ^= word;
  };

  const char* position = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; position += 8, left -= 8)
    absorb(load_little_endian(position, 8));
  // The last word ends in the low byte of the length, so that trailing zero bytes count.
  absorb(load_little_endian(position, left) | std::uint64_t{bytes.size()} << 56);

  state.v2 ^= 0xff;
  for (int i = 0; i < kFinalRounds; ++i)
    state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace

std::uint64_t siphash13(HashKey key, std::string_view bytes) {
  return siphash<1, 3>(key, bytes);
}

std::uint64_t siphash24(HashKey key, std::string_view bytes) {
  return siphash<2, 4>(key, bytes);
}

}  // namespace switchboard
