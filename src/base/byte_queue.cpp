#include "base/byte_queue.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <new>

#include "base/assert.h"

namespace switchboard {
namespace {

// Header included; from here on blocks are powers of two, which allocators hand out without waste.
constexpr std::size_t kSmallestBlock = 64;
constexpr std::size_t kLargestBlock = std::size_t{1} << 31;

}  // namespace

/// In front of the bytes it describes, in one allocation: 0 <= head < tail <= capacity.
struct ByteQueue::Block {
  std::uint32_t head;
  std::uint32_t tail;
  std::uint32_t capacity;

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  std::size_t size() const { return tail - head; }
};

void ByteQueue::FreeBlock::operator()(Block* block) const {
  ::operator delete(block);
}

void ByteQueue::append(std::string_view first, std::string_view second) {
  if (first.empty() && second.empty()) return;
  make_room(first.size() + second.size());
  for (const std::string_view bytes : {first, second}) {
    if (bytes.empty()) continue;  // a null pointer, perhaps, which memcpy may not be given
    std::memcpy(block_->bytes() + block_->tail, bytes.data(), bytes.size());
    block_->tail += static_cast<std::uint32_t>(bytes.size());
  }
}

/// For so many more bytes, at least one, behind the content.
void ByteQueue::make_room(std::size_t count) {
  const std::size_t content = size() + count;
  if (block_ == nullptr || content > block_->capacity) {
    reallocate(0, content);
  } else if (block_->tail + count > block_->capacity) {
    if (block_->size() <= block_->capacity / 2) {
      std::memmove(block_->bytes(), block_->bytes() + block_->head, block_->size());
      block_->tail -= block_->head;
      block_->head = 0;
    } else {
      // Moving more than half of the block for every few bytes appended would be quadratic.
      reallocate(0, std::size_t{block_->capacity} + 1);
    }
  }
}

void ByteQueue::prepend(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t content = size() + bytes.size();
  if (block_ == nullptr || content > block_->capacity) {
    reallocate(bytes.size(), content);
  } else if (block_->head < bytes.size()) {
    std::memmove(block_->bytes() + bytes.size(), block_->bytes() + block_->head, block_->size());
    block_->tail = static_cast<std::uint32_t>(content);
    block_->head = static_cast<std::uint32_t>(bytes.size());
  }
  block_->head -= static_cast<std::uint32_t>(bytes.size());
  std::memcpy(block_->bytes() + block_->head, bytes.data(), bytes.size());
}

std::string_view ByteQueue::front() const {
  if (block_ == nullptr) return {};
  return {block_->bytes() + block_->head, block_->size()};
}

void ByteQueue::consume(std::size_t count) {
  SB_ASSERT(count <= size());
  if (count == 0) return;
  block_->head += static_cast<std::uint32_t>(count);
  if (block_->head == block_->tail) block_.reset();
}

std::size_t ByteQueue::size() const {
  return block_ == nullptr ? 0 : block_->size();
}

std::size_t ByteQueue::capacity() const {
  return block_ == nullptr ? 0 : block_->capacity;
}

/// A block for `content_size` bytes in all, with the present content after `room_in_front` bytes of it.
void ByteQueue::reallocate(std::size_t room_in_front, std::size_t content_size) {
  const std::size_t block_size = std::bit_ceil(std::max(sizeof(Block) + content_size, kSmallestBlock));
  SB_ASSERT(block_size <= kLargestBlock);
  const std::string_view content = front();
  const auto head = static_cast<std::uint32_t>(room_in_front);
  std::unique_ptr<Block, FreeBlock> larger(::new (::operator new(block_size)) Block{
      .head = head,
      .tail = head + static_cast<std::uint32_t>(content.size()),
      .capacity = static_cast<std::uint32_t>(block_size - sizeof(Block)),
  });
  if (!content.empty()) std::memcpy(larger->bytes() + head, content.data(), content.size());
  block_ = std::move(larger);
}

}  // namespace switchboard
