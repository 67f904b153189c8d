#include "ws/inflater.h"

#include <algorithm>
#include <zlib.h>

#include "base/assert.h"

namespace switchboard::ws {

namespace {

constexpr std::size_t kCallBytesMax = std::size_t{1} << 30;  // zlib counts in 32 bits

/// zlib's account of where it stands after a call: 128 for the end of a block, plus the unused bits of the last byte.
bool is_block_boundary(const z_stream& z) {
  constexpr int kAfterBlock = 128;
  constexpr int kUnusedBits = 63;
  return (z.data_type & kAfterBlock) != 0 && (z.data_type & kUnusedBits) == 0;
}

}  // namespace

struct Inflater::Stream {
  z_stream z{};

  explicit Stream(int window_bits) {
    const int result = inflateInit2(&z, -window_bits);
    SB_ASSERT(result == Z_OK);
  }
  ~Stream() { inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

Inflater::Inflater(int window_bits) : stream_(std::make_unique<Stream>(window_bits)) {}
Inflater::~Inflater() = default;

void Inflater::reset() {
  inflateReset(&stream_->z);
  at_block_boundary_ = false;
  after_final_block_ = false;
}

bool Inflater::refers_too_far_back() const {
  // zlib says so in words only.
  return stream_->z.msg != nullptr && std::string_view(stream_->z.msg) == "invalid distance too far back";
}

Inflater::Result Inflater::inflate(std::string_view& input, std::span<char> out) {
  z_stream& z = stream_->z;
  const std::size_t room = std::min(out.size(), kCallBytesMax);
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(room);
  while (true) {
    const std::size_t given = std::min(input.size(), kCallBytesMax);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));  // zlib only reads it
    z.avail_in = static_cast<uInt>(given);
    const std::size_t room_before = z.avail_out;
    const int result = ::inflate(&z, Z_SYNC_FLUSH);
    // A call that had nothing to do makes zlib forget that it stands behind a block.
    if (given > z.avail_in || room_before > z.avail_out) {
      after_final_block_ = false;
      at_block_boundary_ = is_block_boundary(z);
    }
    input.remove_prefix(given - z.avail_in);
    if (result == Z_STREAM_END) {
      inflateResetKeep(&z);  // ready for another block, with the window as it is
      after_final_block_ = true;
      at_block_boundary_ = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return {room - z.avail_out, false};
    }
    // Z_BUF_ERROR says no more than that there was nothing to do.
    if (input.empty() || z.avail_out == 0) return {room - z.avail_out, true};
  }
}

}  // namespace switchboard::ws
