// A stretch of a room's history as its broker reads it: consecutive messages, each as a record (broker/publication.h).
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/seq.h"
#include "base/time.h"
#include "broker/failure.h"

namespace switchboard::broker {

/// What to read: messages of [from, until), oldest first, at most so many and at most about so many bytes (one message
/// always fits). With `newest` those at the end of the range, otherwise those at its beginning.
struct ReadRange {
  Seq from;
  Seq until;
  std::uint32_t messages_max = 256;
  std::uint32_t bytes_max = 256 * 1024;
  bool newest = false;

  friend bool operator==(const ReadRange&, const ReadRange&) = default;
};

/// Consecutive messages in bytes of some kind, and what is known of the room they are from.
struct Stretch {
  std::string epoch;
  Seq oldest;                       // the room's oldest message when this was read; `newest.next()` when none is kept
  Seq newest;                       // its newest committed one
  Seq gap_end;                      // of an empty one: what was asked for cannot be read up to here; else 0
  Seq first;                        // number of the first message in it; meaningless when it is empty
  std::string bytes;                // the messages, one behind the other
  std::vector<std::uint32_t> ends;  // where each ends in `bytes`
  /// From then on its first message is older than the room keeps it: it must not be given out any more.
  Instant fresh_until = Instant::max();

  bool empty() const { return ends.empty(); }
  std::size_t size() const { return ends.size(); }
  Seq end() const { return first.plus(ends.size()); }
  bool holds(Seq seq) const { return !empty() && seq >= first && seq < end(); }
  std::size_t begin_of(std::size_t index) const { return index == 0 ? 0 : ends[index - 1]; }
  std::string_view message(std::size_t index) const {
    return std::string_view(bytes).substr(begin_of(index), ends[index] - begin_of(index));
  }
  /// Memory it takes.
  std::size_t memory() const { return sizeof(Stretch) + bytes.capacity() + ends.capacity() * sizeof(ends[0]); }
};

/// In records.
struct Page : Stretch {};

using SharedPage = std::shared_ptr<const Page>;
using PageOrError = std::expected<SharedPage, Failure>;

}  // namespace switchboard::broker
