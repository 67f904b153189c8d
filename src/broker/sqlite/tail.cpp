#include "broker/sqlite/tail.h"

#include <algorithm>
namespace switchboard::broker {

void Tail::append(std::string_view record, StoreMillis at) {
  records_.append(record);
  ends_.push_back(static_cast<std::uint32_t>(records_.size()));
  times_.push_back(at);
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
  records_ = {};
  ends_ = {};
  times_ = {};
  dropped_ = 0;
}

std::string_view Tail::record(std::size_t index) const {
  const std::size_t begin = begin_of(dropped_ + index);
  return std::string_view(records_).substr(begin, ends_[dropped_ + index] - begin);
}

std::string_view Tail::records(std::size_t from, std::size_t until) const {
  const std::size_t begin = begin_of(dropped_ + from);
  return std::string_view(records_).substr(begin, begin_of(dropped_ + until) - begin);
}

std::vector<std::uint32_t> Tail::ends(std::size_t from, std::size_t until) const {
  const auto begin = static_cast<std::uint32_t>(begin_of(dropped_ + from));
  std::vector<std::uint32_t> ends;
  ends.reserve(until - from);
  for (std::size_t i = from; i < until; ++i)
    ends.push_back(ends_[dropped_ + i] - begin);
  return ends;
}

std::size_t Tail::before(StoreMillis at) const {
  const auto begin = times_.begin() + static_cast<std::ptrdiff_t>(dropped_);
  return static_cast<std::size_t>(std::ranges::find_if(begin, times_.end(), [at](StoreMillis t) { return t >= at; }) -
                                  begin);
}

void Tail::compact() {
  if (dropped_ == 0) return;
  const auto bytes = static_cast<std::uint32_t>(begin_of(dropped_));
  const auto count = static_cast<std::ptrdiff_t>(dropped_);
  records_.erase(0, bytes);
  ends_.erase(ends_.begin(), ends_.begin() + count);
  times_.erase(times_.begin(), times_.begin() + count);
  for (std::uint32_t& end : ends_)
    end -= bytes;
  dropped_ = 0;
}

}  // namespace switchboard::broker
