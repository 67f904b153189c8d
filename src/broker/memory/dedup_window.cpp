#include "broker/memory/dedup_window.h"

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
  constexpr std::size_t kTableBytes = 64;  // a place in the table, and room to grow
  return sizeof(Record) + sizeof(std::string) + record.name->capacity() + kTableBytes;
}

}  // namespace switchboard::broker
