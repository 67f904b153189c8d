// The forms in which a room's messages reach those who read them. A format is a vocabulary (what a client is told), in
// a framing (how that travels), compressed or not. This is the list of all of them: who orders, keeps and delivers
// messages handles their bytes and looks into none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace switchboard::wire {

enum class Format : std::uint8_t {
  kJson,          // docs/PROTOCOL.md, in text frames of a WebSocket
  kJsonDeflated,  // the same with permessage-deflate (RFC 7692)
};
inline constexpr std::size_t kFormats = 2;
inline constexpr std::array<Format, kFormats> kAllFormats = {Format::kJson, Format::kJsonDeflated};

/// One of each, for each format.
template <class T>
using PerFormat = std::array<T, kFormats>;

constexpr std::size_t index_of(Format format) {
  return static_cast<std::size_t>(format);
}

/// What stands among its messages where compressing one does not pay, and in which its readers are given pages of
/// history: the same vocabulary and framing, not compressed.
constexpr Format plain_of(Format format) {
  switch (format) {
    case Format::kJson:
    case Format::kJsonDeflated:
      return Format::kJson;
  }
  return Format::kJson;
}

}  // namespace switchboard::wire
