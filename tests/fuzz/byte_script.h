// A fuzzer's input read as a script: choices and runs of bytes, from the front. At its end every choice is 0 and every
// run is empty, so any input is a whole script.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace switchboard::fuzz {

class ByteScript {
 public:
  ByteScript(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool at_end() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  /// In [0, bound), bound at most 256.
  std::size_t below(std::size_t bound) { return byte() % bound; }
  bool flag() { return (byte() & 1) != 0; }
  template <class T, std::size_t N>
  const T& one_of(const T (&choices)[N]) {
    return choices[below(N)];
  }
  /// Two bytes, most significant first.
  std::uint16_t number() {
    const unsigned high = byte();
    return static_cast<std::uint16_t>(high << 8 | byte());
  }
  std::string_view bytes(std::size_t count_max) {
    const std::string_view taken = rest_.substr(0, count_max);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() { return bytes(rest_.size()); }

 private:
  std::string_view rest_;
};

/// How to cut what follows: one byte says how many sizes there are (its value modulo 8), each size is one byte, and
/// they are used over and over; 0 stands for all that is left. Without sizes ("0" in a seed) everything is one piece.
class Split {
 public:
  /// Everything in one piece.
  Split() = default;
  explicit Split(ByteScript& script) {
    for (std::size_t count = script.below(8); count > 0; --count)
      sizes_.push_back(script.byte());
  }

  /// The pieces of `bytes`, in order, none of them empty.
  std::vector<std::string_view> of(std::string_view bytes) const {
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; !bytes.empty(); ++i) {
      const std::size_t size = sizes_.empty() ? 0 : sizes_[i % sizes_.size()];
      pieces.push_back(bytes.substr(0, size == 0 ? bytes.size() : size));
      bytes.remove_prefix(pieces.back().size());
    }
    return pieces;
  }

 private:
  std::vector<std::uint8_t> sizes_;
};

/// A copy in memory of its own, so that AddressSanitizer sees a read past its end. `padding` zero bytes follow it.
class OwnMemory {
 public:
  explicit OwnMemory(std::string_view bytes, std::size_t padding = 0)
      : size_(bytes.size()), memory_(bytes.size() + padding) {
    std::ranges::copy(bytes, memory_.begin());
    memory_.shrink_to_fit();
  }
  std::span<char> span() { return {memory_.data(), size_}; }
  std::string_view view() const { return {memory_.data(), size_}; }

 private:
  std::size_t size_;
  std::vector<char> memory_;
};

}  // namespace switchboard::fuzz
