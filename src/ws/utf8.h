// Incremental UTF-8 validation (RFC 3629) across any split, failing at the first byte that cannot be right.
#pragma once

#include <cstdint>
#include <string_view>

namespace switchboard::ws {

class Utf8Validator {
 public:
  /// False as soon as the bytes so far cannot be a prefix of valid UTF-8.
  bool feed(std::string_view bytes);
  /// True when no sequence is unfinished.
  bool complete() const;
  void reset();

 private:
  std::uint32_t state_ = 0;
};

}  // namespace switchboard::ws
