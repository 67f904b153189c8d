// The bytes of one message while it is incomplete. Grows with what came and keeps 64 readable bytes behind it, which
// simdjson may read past the end.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace switchboard::ws {

class MessageBuffer {
 public:
  static constexpr std::size_t kPaddingBytes = 64;

  /// `bytes_expected`: how many bytes the buffer will hold as far as is known, at least those it will hold after this
  /// call. It only keeps the growth (by doubling) from overshooting; nothing is reserved for what has not come.
  void append(std::string_view bytes, std::size_t bytes_expected);

  /// Never null, also when empty.
  std::string_view view() const { return {bytes_ ? bytes_.get() : kNothing, size_}; }
  std::size_t size() const { return size_; }

 private:
  static constexpr char kNothing[kPaddingBytes] = {};

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  // without the padding
};

}  // namespace switchboard::ws
