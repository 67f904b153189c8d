// What things on the heap really take: an allocation has a header, and comes in steps of 16 bytes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace switchboard::broker {

constexpr std::size_t heap_bytes(std::size_t bytes) {
  constexpr std::size_t kHeader = 8;
  constexpr std::size_t kStep = 16;
  constexpr std::size_t kLeast = 32;
  if (bytes == 0) return 0;
  const std::size_t rounded = (bytes + kHeader + kStep - 1) / kStep * kStep;
  return rounded < kLeast ? kLeast : rounded;
}

/// Nothing for what stands in the string itself.
inline std::size_t heap_bytes(const std::string& text) {
  static const std::size_t in_place = std::string().capacity();
  return text.capacity() <= in_place ? 0 : heap_bytes(text.capacity() + 1);
}

template <class T>
std::size_t heap_bytes(const std::vector<T>& values) {
  return heap_bytes(values.capacity() * sizeof(T));
}

}  // namespace switchboard::broker
