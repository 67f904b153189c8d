// The bytes one connection has yet to send, first in first out, contiguous. One pointer wide, and no memory while
// empty: most connections have nothing waiting. It sets no limit; its owner checks size() before it appends.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace switchboard {

/// Moves, does not copy. At most 2 GB.
class ByteQueue {
 public:
  ByteQueue() = default;

  /// Behind everything. `bytes` must not be a view of this queue. Amortised O(bytes).
  void append(std::string_view bytes) { append(bytes, {}); }
  /// Both, one behind the other; it grows once for them.
  void append(std::string_view first, std::string_view second);

  /// Before everything. Free when consume() has left room in front; otherwise the content is moved. Not a view of this
  /// queue.
  void prepend(std::string_view bytes);

  /// Everything in it. Valid until the next change.
  std::string_view front() const;

  /// Drops the first `count` bytes, at most size(). Draining it gives its memory back.
  void consume(std::size_t count);

  std::size_t size() const;
  bool empty() const { return block_ == nullptr; }

  /// Bytes of memory held for content; 0 when empty.
  std::size_t capacity() const;

 private:
  struct Block;
  struct FreeBlock {
    void operator()(Block* block) const;
  };

  void make_room(std::size_t count);
  void reallocate(std::size_t room_in_front, std::size_t content_size);

  std::unique_ptr<Block, FreeBlock> block_;  // null exactly when empty
};
static_assert(sizeof(ByteQueue) == sizeof(void*), "part of every idle connection");

}  // namespace switchboard
