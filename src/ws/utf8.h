// Incremental UTF-8 validation (RFC 3629) across any split, failing at the first byte that cannot be right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace switchboard::ws {

class Utf8Validator {
 public:
  /// False as soon as the bytes so far cannot be a prefix of valid UTF-8; then false until `reset`.
  bool feed(std::string_view bytes);
  /// True when no sequence is unfinished.
  bool complete() const { return missing_ == 0; }
  void reset() { *this = Utf8Validator(); }

 private:
  // What may come next: `missing_` continuation bytes, the first of them within [low_, high_] (the bounds are what
  // rules out overlong forms, surrogates and code points above U+10FFFF).
  std::uint8_t missing_ = 0;
  std::uint8_t low_ = 0x80;
  std::uint8_t high_ = 0xBF;
};

/// The length of the longest prefix of valid UTF-8 `text` that has at most `bytes_max` bytes and cuts no sequence.
std::size_t utf8_prefix_bytes(std::string_view text, std::size_t bytes_max);

}  // namespace switchboard::ws
