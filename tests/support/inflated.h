// Compressed messages as a client reads them, by zlib alone: what the server's own inflating gets wrong must not hide
// what it compresses wrongly.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <zlib.h>

namespace switchboard::test {

/// Inflates one whole message that stands on its own (RFC 7692 section 7.2.2); nullopt when it is none, or refers
/// further back than 2^window_bits bytes.
inline std::optional<std::string> inflated(std::string_view payload, int window_bits = 15) {
  std::string input(payload);
  input.append("\x00\x00\xff\xff", 4);
  z_stream z{};
  if (inflateInit2(&z, -window_bits) != Z_OK) return std::nullopt;
  z.next_in = reinterpret_cast<Bytef*>(input.data());
  z.avail_in = static_cast<uInt>(input.size());
  std::string out;
  int result = Z_OK;
  char buffer[4'096];
  // zlib holds only references to before the present piece against the window: byte by byte it checks them all.
  const uInt piece = window_bits < 15 ? 1 : sizeof buffer;
  do {
    z.next_out = reinterpret_cast<Bytef*>(buffer);
    z.avail_out = piece;
    result = ::inflate(&z, Z_SYNC_FLUSH);
    out.append(buffer, piece - z.avail_out);
  } while (result == Z_OK && z.avail_out == 0);
  const bool is_whole = (result == Z_OK || result == Z_BUF_ERROR) && z.avail_in == 0;
  inflateEnd(&z);
  if (!is_whole) return std::nullopt;
  return out;
}

}  // namespace switchboard::test
