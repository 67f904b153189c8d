#include "base/random.h"

#include <sys/random.h>

#include "base/assert.h"

namespace switchboard {

std::string Random::token(std::size_t length) {
  static constexpr char kAlphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string out(length, '0');
  for (char& c : out)
    c = kAlphabet[below(36)];
  return out;
}

std::uint64_t kernel_random() {
  std::uint64_t value = 0;
  const auto got = getrandom(&value, sizeof value, 0);
  SB_ASSERT(got == static_cast<ssize_t>(sizeof value));
  return value;
}

}  // namespace switchboard
