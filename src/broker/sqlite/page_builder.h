// Puts a page together from runs of consecutive records, in either direction, within a range's limits. Knows nothing of
// where they come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/seq.h"
#include "broker/page.h"
#include "broker/sqlite/age_clock.h"

namespace switchboard::broker {

class PageBuilder {
 public:
  explicit PageBuilder(const ReadRange& range) : range_(range) {}

  /// One more record: behind those that are here or, of a range that is read from its newest end, before them. False
  /// when it has no room any more, or does not follow on: nothing else is taken then.
  bool add(Seq seq, std::string_view record, StoreMillis at);

  /// The same for a run of consecutive records, of a range that is read forwards: as many as there is room for, with
  /// one copy. `records`: all of them, one behind the other; `end_of(i)`: where the i-th of the `count` ends in there;
  /// `at`: of the first, the oldest. False when not all were taken.
  template <class EndOf>
  bool add_run(Seq first, std::string_view records, std::size_t count, EndOf&& end_of, StoreMillis at) {
    if (count == 0) return true;
    if (!add(first, records.substr(0, end_of(0)), at)) return false;
    const std::size_t before = bytes_.size() - end_of(0);
    const std::size_t bytes_max = range_.bytes_max > before ? range_.bytes_max - before : 0;
    std::size_t taken = 1;
    for (; taken < count && !is_full_ && end_of(taken) <= bytes_max; ++taken) {
      records_.push_back({before + end_of(taken - 1), before + end_of(taken)});
      is_full_ = records_.size() >= range_.messages_max;
    }
    bytes_.append(records, end_of(0), end_of(taken - 1) - end_of(0));
    is_full_ = is_full_ || taken < count;
    return taken == count;
  }

  /// Nothing else would be taken.
  bool is_full() const { return is_full_; }
  bool is_empty() const { return records_.empty(); }
  /// When the oldest one was committed. Not when it is empty.
  StoreMillis oldest_at() const { return oldest_at_; }

  /// The page as it is now.
  Page take(std::string epoch, Seq oldest, Seq newest);

 private:
  void reserve(std::size_t record_bytes);
  Seq next() const;  // the number to be added next; of no meaning before the first

  struct Record {
    std::size_t begin;
    std::size_t end;
  };

  ReadRange range_;
  bool is_full_ = false;
  StoreMillis oldest_at_ = 0;
  Seq first_;          // of those added, by the order of adding
  std::string bytes_;  // in the order of adding
  std::vector<Record> records_;
};

}  // namespace switchboard::broker
