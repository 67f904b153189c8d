#include "broker/sqlite/log_check.h"

#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace switchboard::broker {
namespace {

constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;
constexpr std::uint32_t kMagic = 0x377f0682;  // its lowest bit says that checksums read numbers as big endian
constexpr std::uint32_t kPageBytesMin = 512;
constexpr std::uint32_t kPageBytesMax = 65'536;

std::uint32_t big_endian(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap32(value);
}

/// SQLite's running sum over pairs of 32-bit numbers.
class LogSum {
 public:
  explicit LogSum(bool is_big_endian) : is_big_endian_(is_big_endian) {}

  void add(const char* at, std::size_t bytes) {
    for (const char* const end = at + bytes; at < end; at += 8) {
      first_ += number(at) + second_;
      second_ += number(at + 4) + first_;
    }
  }
  bool equals(const char* at) const { return first_ == big_endian(at) && second_ == big_endian(at + 4); }

 private:
  std::uint32_t number(const char* at) const {
    std::uint32_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return is_big_endian_ ? __builtin_bswap32(value) : value;
  }

  bool is_big_endian_;
  std::uint32_t first_ = 0;
  std::uint32_t second_ = 0;
};

std::optional<LogHeader> header_of(const char* bytes) {
  if ((big_endian(bytes) & ~1u) != kMagic) return std::nullopt;
  const LogHeader header{.salt = big_endian(bytes + 16), .page_bytes = big_endian(bytes + 8)};
  const bool is_power_of_two = (header.page_bytes & (header.page_bytes - 1)) == 0;
  if (!is_power_of_two || header.page_bytes < kPageBytesMin || header.page_bytes > kPageBytesMax) return std::nullopt;
  return header;
}

LogContent content_of(int descriptor) {
  LogContent content;
  char start[kHeaderBytes];
  if (::pread(descriptor, start, sizeof start, 0) != static_cast<ssize_t>(sizeof start)) return content;
  const std::optional<LogHeader> header = header_of(start);
  if (!header) return content;
  LogSum sum((big_endian(start) & 1) != 0);
  sum.add(start, 24);
  if (!sum.equals(start + 24)) return content;
  content.salt = header->salt;
  std::vector<char> frame(kFrameHeaderBytes + header->page_bytes);
  auto at = static_cast<off_t>(kHeaderBytes);
  for (std::uint32_t count = 1;; ++count, at += static_cast<off_t>(frame.size())) {
    if (::pread(descriptor, frame.data(), frame.size(), at) != static_cast<ssize_t>(frame.size())) break;
    const std::string_view salts(start + 16, 8);
    if (big_endian(frame.data()) == 0 || std::string_view(frame.data() + 8, 8) != salts) break;
    sum.add(frame.data(), 8);
    sum.add(frame.data() + kFrameHeaderBytes, header->page_bytes);
    if (!sum.equals(frame.data() + 16)) break;
    if (big_endian(frame.data() + 4) != 0) content.frames = count;
  }
  return content;
}

}  // namespace

std::optional<LogHeader> log_header(int descriptor) {
  char bytes[kHeaderBytes];
  if (::pread(descriptor, bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes)) return std::nullopt;
  return header_of(bytes);
}

std::uint64_t log_bytes(std::uint32_t frames, std::uint32_t page_bytes) {
  return frames == 0 ? 0 : kHeaderBytes + std::uint64_t{frames} * (kFrameHeaderBytes + page_bytes);
}

std::optional<LogContent> read_log(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return std::nullopt;
  const LogContent content = content_of(descriptor);
  ::close(descriptor);
  return content;
}

}  // namespace switchboard::broker
