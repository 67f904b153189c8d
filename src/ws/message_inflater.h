// Inflates a connection's compressed messages (RFC 7692 section 7.2.2), one at a time and in any pieces, within the
// limit on a message's size. Owns the compressed bytes not yet inflated, and the window when there is context takeover.
#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "ws/failure.h"
#include "ws/inflater_pool.h"
#include "ws/message_buffer.h"
#include "ws/utf8.h"

namespace switchboard::ws {

/// How many bytes a compressed message may have, before it is inflated: what cannot be compressed becomes larger by a
/// few bytes a block, and some compressors make small blocks.
constexpr std::uint64_t compressed_bytes_max(std::uint32_t message_bytes_max) {
  return std::uint64_t{message_bytes_max} + message_bytes_max / 4 + 1024;
}

/// An inflater is worth 40 KB, and what it makes may be a thousand times what it is given. So bytes are put aside until
/// there are `kBatchBytes` of them or the message is complete: a client that begins messages and leaves them cannot
/// make the server hold much more than it sends. From then on they are inflated in slices, between which the caller may
/// do something else.
class MessageInflater {
 public:
  static constexpr std::size_t kBatchBytes = 16'384;
  /// What is given to zlib in one go: a megabyte at the most comes out of it.
  static constexpr std::size_t kSliceBytes = 1'024;

  /// Where a message goes.
  struct Target {
    MessageBuffer& buffer;    // what was inflated of it, when that did not all fit the pool's scratch memory
    Utf8Validator* utf8;      // over the message so far; null: not text. A whole message leaves it at its beginning
    std::uint32_t bytes_max;  // of the inflated message
    /// Once so much has come out, `take` returns after the slice, and `has_more` if there is another.
    std::size_t step_bytes_max = std::numeric_limits<std::size_t>::max();
  };

  /// `takeover_window_bits` 0: every message stands on its own, an inflater is lent for it. Else (9 to 15) messages
  /// refer back to earlier ones, and this keeps its own inflater from the first message on. The pool must outlive it.
  MessageInflater(InflaterPool& pool, std::uint8_t takeover_window_bits);

  /// Takes the message's next bytes; `last`: no others follow. Returns the whole message when `last`, valid until the
  /// buffer changes and the pool is used again, 64 readable bytes behind it; "" before. The same target for all of one
  /// message. Failures, in the order of the message's bytes whatever the pieces: 1009 as soon as it is larger than it
  /// may be, having inflated at most the pool's scratch memory more; 1007 for text that is not UTF-8, and for data that
  /// is not deflate's.
  std::expected<std::string_view, Failure> take(std::string_view bytes, bool last, const Target& target);
  /// The last `take` has stopped at its `step_bytes_max`: to be called again with no bytes and the same `last` before
  /// anything else.
  bool has_more() const { return has_more_; }
  /// What came out of the last `take`.
  std::size_t inflated_bytes() const { return inflated_bytes_; }

  /// How many bytes of the message were taken, as they came.
  std::uint64_t compressed_bytes() const { return compressed_bytes_; }
  /// Compressed bytes put aside.
  std::size_t pending_bytes() const { return pending_.size(); }
  /// True once there is a window to keep for the messages to come.
  bool keeps_context() const { return own_ != nullptr; }

 private:
  class Output;

  void keep(std::string_view rest);
  std::expected<void, Failure> inflate(std::string_view input, Output& output);
  std::expected<void, Failure> end(Output& output);
  Failure invalid_data();
  Inflater& inflater();

  InflaterPool* pool_;
  InflaterPool::Lease lent_;
  std::unique_ptr<Inflater> own_;
  std::string pending_;
  std::uint64_t compressed_bytes_ = 0;
  std::size_t inflated_bytes_ = 0;
  bool is_under_way_ = false;  // something of the message has been inflated
  bool has_more_ = false;
  std::uint8_t takeover_window_bits_;
};

}  // namespace switchboard::ws
