#include "conformance/deflate_client.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace switchboard::conformance {
namespace {

constexpr std::string_view kTail("\x00\x00\xff\xff", 4);

Bytef* input_of(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

}  // namespace

struct ClientDeflater::Stream {
  z_stream z{};
  ~Stream() { deflateEnd(&z); }
};

ClientDeflater::ClientDeflater(int window_bits, bool takeover, int level)
    : stream_(std::make_unique<Stream>()), takeover_(takeover) {
  EXPECT_EQ(deflateInit2(&stream_->z, level, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
}
ClientDeflater::~ClientDeflater() = default;
ClientDeflater::ClientDeflater(ClientDeflater&&) noexcept = default;

std::string ClientDeflater::compress(std::string_view message) {
  z_stream& z = stream_->z;
  if (!takeover_) deflateReset(&z);
  std::string out;
  char piece[16'384];
  z.next_in = input_of(message);
  z.avail_in = static_cast<uInt>(message.size());
  do {
    z.next_out = reinterpret_cast<Bytef*>(piece);
    z.avail_out = sizeof piece;
    deflate(&z, Z_SYNC_FLUSH);
    out.append(piece, sizeof piece - z.avail_out);
  } while (z.avail_out == 0);
  if (!out.ends_with(kTail)) return std::string(1, '\0');  // nothing new to flush: an empty message, section 7.2.3.6
  out.resize(out.size() - kTail.size());
  return out;
}

std::string inflated(std::string_view payload, int window_bits) {
  const std::string bytes = std::string(payload).append(kTail);
  z_stream z{};
  EXPECT_EQ(inflateInit2(&z, -window_bits), Z_OK);
  z.next_in = input_of(bytes);
  z.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  char piece[16'384];
  do {
    z.next_out = reinterpret_cast<Bytef*>(piece);
    z.avail_out = sizeof piece;
    const int status = inflate(&z, Z_SYNC_FLUSH);
    EXPECT_TRUE(status == Z_OK || status == Z_BUF_ERROR) << (z.msg == nullptr ? "" : z.msg);
    if (status != Z_OK) break;
    out.append(piece, sizeof piece - z.avail_out);
  } while (z.avail_out == 0);
  EXPECT_EQ(z.avail_in, 0u) << "data behind the message";
  inflateEnd(&z);
  return out;
}

}  // namespace switchboard::conformance
