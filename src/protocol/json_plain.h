// Which bytes stand for themselves inside a JSON string, and how to pass many of them quickly.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <bit>
#include <cstdint>
#include <cstring>

namespace switchboard::protocol {

/// RFC 8259 section 7: anything but the quote, the backslash and control characters below U+0020.
constexpr bool is_plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

namespace plain {

inline constexpr std::uint64_t kOnes = 0x0101010101010101;

/// Sets the high bit of the bytes of `word` below `limit` (at most 0x80). Exact up to and including the lowest set one,
/// which is all that is asked for; a borrow may set more above it.
constexpr std::uint64_t below(std::uint64_t word, std::uint8_t limit) {
  return (word - kOnes * limit) & ~word & (kOnes << 7);
}

}  // namespace plain

/// The first byte in [at, end) that is not plain; `end` when all are. Reads nothing outside.
inline const char* skip_plain(const char* at, const char* end) {
#if defined(__SSE2__)
  while (end - at >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const int special = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(control, quote), backslash));
    if (special != 0) return at + std::countr_zero(static_cast<unsigned>(special));
    at += 16;
  }
#endif
  static_assert(std::endian::native == std::endian::little, "the first byte of a word must be its lowest");
  while (end - at >= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof(word));
    const std::uint64_t special = plain::below(word, 0x20) | plain::below(word ^ (plain::kOnes * '"'), 1) |
                                  plain::below(word ^ (plain::kOnes * '\\'), 1);
    if (special != 0) return at + std::countr_zero(special) / 8;
    at += 8;
  }
  while (at < end && is_plain(*at))
    ++at;
  return at;
}

}  // namespace switchboard::protocol
