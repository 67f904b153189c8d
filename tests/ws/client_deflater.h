// Compressed messages as a client makes them, for tests.
#pragma once

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <zlib.h>

namespace switchboard::ws {

class ClientDeflater {
 public:
  struct Options {
    int window_bits = 15;
    bool takeover = false;
    int level = 6;
    int strategy = Z_DEFAULT_STRATEGY;
  };

  explicit ClientDeflater(Options options) : takeover_(options.takeover) {
    EXPECT_EQ(deflateInit2(&z_, options.level, Z_DEFLATED, -options.window_bits, 8, options.strategy), Z_OK);
  }
  ~ClientDeflater() { deflateEnd(&z_); }
  ClientDeflater(const ClientDeflater&) = delete;
  ClientDeflater& operator=(const ClientDeflater&) = delete;

  /// The payload of one message's frames (RFC 7692 section 7.2.1).
  std::string message(std::string_view payload) {
    std::string out = run(payload, Z_SYNC_FLUSH);
    EXPECT_TRUE(out.ends_with(std::string_view("\x00\x00\xff\xff", 4)));
    out.resize(out.size() - 4);
    if (!takeover_) deflateReset(&z_);
    return out;
  }
  /// The end marked by BFINAL and padded (section 7.2.3.4).
  std::string final_message(std::string_view payload) {
    std::string out = run(payload, Z_FINISH) + '\0';
    deflateReset(&z_);
    return out;
  }
  std::string run(std::string_view payload, int flush) {
    std::string out(deflateBound(&z_, static_cast<uLong>(payload.size())) + 64, '\0');
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(payload.data()));
    z_.avail_in = static_cast<uInt>(payload.size());
    z_.next_out = reinterpret_cast<Bytef*>(out.data());
    z_.avail_out = static_cast<uInt>(out.size());
    ::deflate(&z_, flush);
    EXPECT_EQ(z_.avail_in, 0u);
    out.resize(out.size() - z_.avail_out);
    return out;
  }

 private:
  z_stream z_{};
  bool takeover_;
};

inline std::string deflated(std::string_view payload) {
  return ClientDeflater({}).message(payload);
}

/// Text that compresses, but not to nothing.
inline std::string prose(std::size_t bytes, unsigned seed = 1) {
  static constexpr std::string_view kWords[] = {"cursor", "room",   "log",     "shard", "entry", "member",
                                                "Zürich", "frame ", "\"seq\"", "sweep", "the",   "of"};
  std::string out;
  unsigned state = seed;
  while (out.size() < bytes) {
    state = state * 1664525 + 1013904223;
    out += kWords[(state >> 16) % 12];
    out += static_cast<char>(' ' + (state >> 24) % 90);
  }
  while (out.size() > bytes || (static_cast<unsigned char>(out.back()) & 0x80) != 0)
    out.pop_back();
  out.resize(bytes, '.');
  return out;
}

/// Bytes that do not compress.
inline std::string noise(std::size_t bytes, unsigned seed = 1) {
  std::string out(bytes, '\0');
  std::uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
  for (char& c : out) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    c = static_cast<char>(state >> 32);
  }
  return out;
}

}  // namespace switchboard::ws
