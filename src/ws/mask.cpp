#include "ws/mask.h"

#include <cstdint>
#include <cstring>

namespace switchboard::ws {

void apply_mask(std::span<char> bytes, MaskKey key, std::size_t offset) {
  unsigned char pattern[8];
  for (std::size_t i = 0; i < 8; ++i)
    pattern[i] = key[(offset + i) % 4];
  std::uint64_t word;
  std::memcpy(&word, pattern, 8);

  char* p = bytes.data();
  std::size_t left = bytes.size();
  // Four words a turn: compilers make two or one vector operations of them.
  for (; left >= 32; left -= 32, p += 32) {
    std::uint64_t words[4];
    std::memcpy(words, p, 32);
    for (std::uint64_t& w : words)
      w ^= word;
    std::memcpy(p, words, 32);
  }
  for (; left >= 8; left -= 8, p += 8) {
    std::uint64_t w;
    std::memcpy(&w, p, 8);
    w ^= word;
    std::memcpy(p, &w, 8);
  }
  for (std::size_t i = 0; i < left; ++i)
    p[i] = static_cast<char>(p[i] ^ pattern[i]);
}

}  // namespace switchboard::ws
