// Which publishes of one room were committed lately under a name of their sender's: a second one of the same name is
// answered with the first one's number. Bounded in number and time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/flat_map.h"
#include "base/seq.h"
#include "base/time.h"

namespace switchboard::broker {

class DedupWindow {
 public:
  static constexpr std::size_t kRecordsMax = 10'000;

  struct First {
    Seq seq;
    UnixMillis ts = 0;
  };

  explicit DedupWindow(HashKey key) : first_(NameHash{key}) {}

  /// The first publish of that name, if it is still remembered at `now`; else null. Valid until the next call.
  const First* find(std::string_view sender, std::string_view dedup, Instant now);
  /// Remembers a publish until then. There must be none of that name; the oldest goes when there are too many.
  void add(std::string_view sender, std::string_view dedup, First first, Instant until);
  /// Forgets half of them, the oldest.
  void drop_half();

  bool empty() const { return by_age_.empty(); }
  std::size_t size() const { return by_age_.size(); }
  /// Until when the newest one is remembered; only when not empty.
  Instant newest_until() const { return by_age_.back().until; }
  /// About what it takes, itself and the allocator's share included; 0 when it is empty.
  std::size_t bytes() const;

 private:
  struct Record {
    Instant until;
    std::unique_ptr<std::string> name;  // stays where it is: the table's key looks at it
  };

  std::string_view name_of(std::string_view sender, std::string_view dedup);
  void drop_oldest();
  static std::size_t bytes_of(const Record& record);

  std::deque<Record> by_age_;
  FlatMap<std::string_view, First, NameHash> first_;
  std::size_t bytes_ = 0;
  std::string name_;  // scratch
};

}  // namespace switchboard::broker
