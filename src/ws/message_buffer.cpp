#include "ws/message_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace switchboard::ws {

void MessageBuffer::append(std::string_view bytes, std::size_t bytes_expected) {
  if (bytes.empty()) return;
  const std::size_t needed = size_ + bytes.size();
  if (needed > capacity_) {
    // Of a fragment's successors nothing is known, so what is expected may be no more than this; to grow by no more
    // than that would copy everything for every fragment.
    capacity_ = std::max(needed, std::min(2 * needed, std::max(bytes_expected, 2 * capacity_)));
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_ + kPaddingBytes);
    if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
    std::memset(larger.get() + capacity_, 0, kPaddingBytes);
    bytes_ = std::move(larger);
  }
  std::memcpy(bytes_.get() + size_, bytes.data(), bytes.size());
  size_ = needed;
}

}  // namespace switchboard::ws
