#include "broker/memory/dedup_window.h"

#include "broker/memory/heap_bytes.h"

namespace switchboard::broker {

/// User ids contain no control characters: no two pairs have one name.
std::string_view DedupWindow::name_of(std::string_view sender, std::string_view dedup) {
  name_.assign(sender).push_back('\0');
  return name_.append(dedup);
}

const DedupWindow::First* DedupWindow::find(std::string_view sender, std::string_view dedup, Instant now) {
  while (!empty() && by_age_.front().until <= now)
    drop_oldest();
  const auto found = first_.find(name_of(sender, dedup));
  return found == first_.end() ? nullptr : &found->second;
}

void DedupWindow::add(std::string_view sender, std::string_view dedup, First first, Instant until) {
  if (by_age_.size() >= kRecordsMax) drop_oldest();
  by_age_.push_back({.until = until, .name = std::make_unique<std::string>(name_of(sender, dedup))});
  first_.emplace(*by_age_.back().name, first);
  bytes_ += bytes_of(by_age_.back());
}

void DedupWindow::drop_half() {
  for (std::size_t count = (by_age_.size() + 1) / 2; count > 0; --count)
    drop_oldest();
}

void DedupWindow::drop_oldest() {
  bytes_ -= bytes_of(by_age_.front());
  first_.erase(std::string_view(*by_age_.front().name));
  by_age_.pop_front();
}

std::size_t DedupWindow::bytes_of(const Record& record) {
  constexpr std::size_t kTableBytes = 76;  // a place in the table, which may have grown just now
  return sizeof(Record) + heap_bytes(sizeof(std::string)) + heap_bytes(*record.name) + kTableBytes;
}

std::size_t DedupWindow::bytes() const {
  constexpr std::size_t kDequeBytes = 640;  // an empty one has a piece of 512 bytes already
  return empty() ? 0 : heap_bytes(sizeof(DedupWindow)) + kDequeBytes + bytes_;
}

}  // namespace switchboard::broker
