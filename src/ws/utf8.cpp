#include "ws/utf8.h"

#include <cstddef>
#include <cstring>

namespace switchboard::ws {

namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;

std::size_t ascii_prefix_bytes(const char* p, std::size_t size) {
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, p + i, 8);
    if ((word & kHighBits) != 0) break;
  }
  while (i < size && static_cast<unsigned char>(p[i]) < 0x80)
    ++i;
  return i;
}

}  // namespace

bool Utf8Validator::feed(std::string_view bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    if (missing_ == 0) {
      i += ascii_prefix_bytes(bytes.data() + i, bytes.size() - i);
      if (i == bytes.size()) return true;
    }
    const auto byte = static_cast<std::uint8_t>(bytes[i++]);
    if (missing_ > 0) {
      if (byte < low_ || byte > high_) {
        low_ = 0xFF;  // an empty range: nothing is right any more
        high_ = 0;
        return false;
      }
      --missing_;
      low_ = 0x80;
      high_ = 0xBF;
    } else if (byte >= 0xC2 && byte <= 0xDF) {
      missing_ = 1;
    } else if (byte >= 0xE0 && byte <= 0xEF) {
      missing_ = 2;
      if (byte == 0xE0) low_ = 0xA0;
      if (byte == 0xED) high_ = 0x9F;
    } else if (byte >= 0xF0 && byte <= 0xF4) {
      missing_ = 3;
      if (byte == 0xF0) low_ = 0x90;
      if (byte == 0xF4) high_ = 0x8F;
    } else {
      missing_ = 1;
      low_ = 0xFF;
      high_ = 0;
      return false;
    }
  }
  return missing_ == 0 || low_ <= high_;
}

std::size_t utf8_prefix_bytes(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text.size();
  std::size_t size = bytes_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
    --size;
  return size;
}

}  // namespace switchboard::ws
