// A stretch of a room's history on its way to members: consecutive messages as whole WebSocket frames, ready to be
// sent. Immutable and shared: everybody who reads the same stretch has the same page, on every shard.
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

struct Page {
  std::string epoch;
  Seq oldest;                       // the room's oldest message when this was read; `newest.next()` when none is kept
  Seq newest;                       // its newest committed one
  Seq gap_end;                      // of an empty page: what was asked for cannot be read up to here; else 0
  Seq first;                        // number of the first message in it; meaningless when it is empty
  std::string frames;               // unmasked text frames, not compressed, one behind the other
  std::vector<std::uint32_t> ends;  // where each frame ends in `frames`
  /// From then on its first message is older than the room keeps it: the page must not be given out any more.
  Instant fresh_until = Instant::max();

  bool empty() const { return ends.empty(); }
  std::size_t size() const { return ends.size(); }
  Seq end() const { return first.plus(ends.size()); }
  bool holds(Seq seq) const { return !empty() && seq >= first && seq < end(); }
  std::size_t begin_of(std::size_t index) const { return index == 0 ? 0 : ends[index - 1]; }
  std::string_view frame(std::size_t index) const {
    return std::string_view(frames).substr(begin_of(index), ends[index] - begin_of(index));
  }
  /// Memory it takes.
  std::size_t bytes() const { return sizeof(Page) + frames.capacity() + ends.capacity() * sizeof(ends[0]); }
};

using SharedPage = std::shared_ptr<const Page>;
using PageOrError = std::expected<SharedPage, Failure>;

}  // namespace switchboard::broker
