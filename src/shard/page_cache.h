// Pages of rooms' history that several readers want at about the same time: after a broken network all members of a
// room come back at once and ask for the same stretches. A read under way serves everybody who asks for the same; pages
// read lately are kept, within a bound and for a moment only: what a room has trimmed meanwhile, for whatever reason,
// is given out no longer than that. It reads nothing by itself. One per shard.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "base/flat_map.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "broker/broker.h"
#include "shard/page_ticket.h"
#include "wire/page.h"

namespace switchboard::shard {

/// Ranges must end at or before what is committed when they are asked for: then what they hold does not change but by
/// being trimmed.
class PageCache {
 public:
  /// The key must be secret: clients choose ranges.
  PageCache(HashKey hash_key, std::size_t bytes_max)
      : bytes_max_(bytes_max), kept_(KeyHash{hash_key}), under_way_(KeyHash{hash_key}) {}
  /// How long a page is kept. Long enough for a crowd that comes at once; reading it again so often costs nothing.
  static constexpr Duration kKeptFor = std::chrono::milliseconds(250);

  PageCache(const PageCache&) = delete;
  PageCache& operator=(const PageCache&) = delete;

  /// The page of exactly that wish, if it is kept and holds nothing before `oldest` and nothing too old; else null.
  /// O(1).
  wire::SharedPage find(broker::TopicId topic, const PageWish& wish, Seq oldest, Instant now);

  /// That reader wants that. Returns the ticket to read it with, or none when a read of the same is under way: its
  /// page is for this reader, too.
  std::optional<std::uint64_t> begin(broker::TopicId topic, const PageWish& wish, PageReader reader);
  /// How the messages of what is read with that ticket are to be written.
  wire::Format format_of(std::uint64_t ticket) const;
  /// The read of that ticket is over. Returns who waits for its page, and keeps that where others may want it. `epoch`:
  /// the topic's; a page of another one is not kept.
  std::vector<PageReader> end(std::uint64_t ticket, const wire::PageOrError& page, std::string_view epoch, Instant now);
  /// Drops what has been kept for long enough. O(1) for each page that goes.
  void drop_stale(Instant now);
  /// When `drop_stale` has something to do.
  Instant next_deadline() const { return recent_.empty() ? Instant::max() : recent_.back().kept_until; }

  /// The topic's epoch has changed: its pages are of no use any more. O(pages kept).
  void forget(broker::TopicId topic);
  void bound_by(std::size_t bytes_max);

  /// Memory of the pages kept.
  std::size_t bytes() const { return bytes_; }
  std::size_t pages() const { return recent_.size(); }
  std::size_t reads_under_way() const { return reads_.size(); }

 private:
  struct Key {
    broker::TopicId topic;
    PageWish wish;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
    HashKey secret;
  };
  struct Kept {
    Key key;
    wire::SharedPage page;
    Instant kept_until;
  };
  struct Read {
    Key key;
    std::vector<PageReader> readers;
  };

  void keep(const Key& key, const wire::SharedPage& page, Instant now);
  void drop(std::list<Kept>::iterator kept);

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::list<Kept> recent_;  // the one read last in front
  FlatMap<Key, std::list<Kept>::iterator, KeyHash> kept_;
  SlotTable<Read> reads_;  // a ticket is a packed id of it
  FlatMap<Key, SlotId, KeyHash> under_way_;
};

}  // namespace switchboard::shard
