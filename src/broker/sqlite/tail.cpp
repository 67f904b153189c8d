#include "broker/sqlite/tail.h"

#include <algorithm>
#include <bit>

namespace switchboard::broker {

static_assert(std::endian::native == std::endian::little, "the file's numbers are little endian");

void Tail::append(std::string_view frame, UnixMillis ts) {
  frames_.append(frame);
  ends_.push_back(static_cast<std::uint32_t>(frames_.size()));
  times_.push_back(ts);
}

void Tail::drop_front(std::size_t count) {
  dropped_ += std::min(count, size());
  if (empty()) {
    clear();
  } else if (dropped_ >= size()) {
    compact();  // each message is moved once at most
  }
}

void Tail::clear() {
  // The memory, too: there may be many rooms whose messages are all in blocks.
  frames_ = {};
  ends_ = {};
  times_ = {};
  dropped_ = 0;
}

std::string_view Tail::frame(std::size_t index) const {
  const std::size_t begin = begin_of(dropped_ + index);
  return std::string_view(frames_).substr(begin, ends_[dropped_ + index] - begin);
}

std::string_view Tail::ends() {
  compact();
  return {reinterpret_cast<const char*>(ends_.data()), ends_.size() * sizeof(ends_[0])};
}

void Tail::compact() {
  if (dropped_ == 0) return;
  const auto bytes = static_cast<std::uint32_t>(begin_of(dropped_));
  const auto count = static_cast<std::ptrdiff_t>(dropped_);
  frames_.erase(0, bytes);
  ends_.erase(ends_.begin(), ends_.begin() + count);
  times_.erase(times_.begin(), times_.begin() + count);
  for (std::uint32_t& end : ends_)
    end -= bytes;
  dropped_ = 0;
}

}  // namespace switchboard::broker
