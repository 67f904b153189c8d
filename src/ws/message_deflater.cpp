#include "ws/message_deflater.h"

#include <zlib.h>

#include "base/assert.h"

namespace switchboard::ws {

namespace {

constexpr std::size_t kPayloadBytesMax = std::size_t{1} << 30;  // zlib counts in 32 bits
constexpr std::size_t kTailBytes = 4;                           // 00 00 ff ff, of the empty block a flush ends with

// The hash table that is cleared for every message has 2^(kMemoryLevel + 8) bytes; a larger one finds no more in
// messages of ordinary size.
constexpr int kMemoryLevel = 5;

}  // namespace

struct MessageDeflater::Stream {
  z_stream z{};

  Stream(int level, int window_bits) {
    const int result = deflateInit2(&z, level, Z_DEFLATED, -window_bits, kMemoryLevel, Z_DEFAULT_STRATEGY);
    SB_ASSERT(result == Z_OK);
  }
  ~Stream() { deflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

MessageDeflater::MessageDeflater(const DeflateSettings& settings)
    : stream_(std::make_unique<Stream>(settings.level, settings.window_bits)),
      bytes_min_(settings.bytes_min),
      level_(settings.level),
      window_bits_(settings.window_bits) {}
MessageDeflater::~MessageDeflater() = default;
MessageDeflater::MessageDeflater(MessageDeflater&&) noexcept = default;
MessageDeflater& MessageDeflater::operator=(MessageDeflater&&) noexcept = default;

void MessageDeflater::use(const DeflateSettings& settings) {
  bytes_min_ = settings.bytes_min;
  if (settings.level == level_) return;
  level_ = settings.level;
  stream_ = std::make_unique<Stream>(level_, window_bits_);
}

bool MessageDeflater::deflate(std::string_view payload, std::string& out) {
  if (payload.empty() || payload.size() < bytes_min_ || payload.size() > kPayloadBytesMax) return false;
  z_stream& z = stream_->z;
  deflateReset(&z);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(payload.data()));  // zlib only reads it
  z.avail_in = static_cast<uInt>(payload.size());
  // Output that fills this is not smaller once its tail is gone, so it need not even be finished.
  const std::size_t room = payload.size() + kTailBytes;
  bool smaller = false;
  out.resize_and_overwrite(room, [&](char* bytes, std::size_t) -> std::size_t {
    z.next_out = reinterpret_cast<Bytef*>(bytes);
    z.avail_out = static_cast<uInt>(room);
    const int result = ::deflate(&z, Z_SYNC_FLUSH);
    smaller = result == Z_OK && z.avail_out > 0;
    return smaller ? room - z.avail_out - kTailBytes : 0;
  });
  return smaller;
}

}  // namespace switchboard::ws
