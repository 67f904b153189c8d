#include "cli/bench/masked_frame.h"

#include <cstring>

namespace switchboard::cli::bench {

void append_masked_frame(std::string& out, std::uint8_t first, std::string_view payload, std::uint32_t mask) {
  out.push_back(static_cast<char>(first));
  const std::uint64_t length = payload.size();
  const auto push_length = [&](int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
      out.push_back(static_cast<char>(length >> shift));
  };
  if (length < 126) {
    out.push_back(static_cast<char>(0x80 | length));
  } else if (length <= 0xFFFF) {
    out.push_back(static_cast<char>(0x80 | 126));
    push_length(2);
  } else {
    out.push_back(static_cast<char>(0x80 | 127));
    push_length(8);
  }
  char key[4];
  std::memcpy(key, &mask, sizeof key);
  out.append(key, sizeof key);
  const std::size_t begin = out.size();
  out.append(payload);
  for (std::size_t i = 0; i < payload.size(); ++i)
    out[begin + i] = static_cast<char>(out[begin + i] ^ key[i % 4]);
}

}  // namespace switchboard::cli::bench
