// What a store has to do beside committing: moves messages from the journal into blocks, trims what retention no longer
// keeps, holds the file to its size, forgets dedup records. Done in short transactions between batches, each bounded,
// on the writer's thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/time.h"
#include "broker/sqlite/age_clock.h"
#include "broker/sqlite/evictor.h"
#include "broker/sqlite/file_space.h"
#include "broker/sqlite/status.h"
#include "broker/sqlite/store_file.h"

namespace switchboard::broker {

/// Bounds of what is kept in memory and in the journal. Fixed in the server, small in tests.
struct UpkeepLimits {
  std::size_t block_messages = 128;           // a room's tail becomes a block with so many messages ...
  std::size_t block_bytes = 64u << 10;        // ... or bytes
  std::size_t journal_bytes_max = 16u << 20;  // beyond, the rooms of its oldest row get their blocks early
  std::size_t journal_messages_max = 65'536;
  std::size_t rooms_idle_max = 16'384;    // in memory beyond those with a tail
  std::int64_t vacuum_pages_min = 1'024;  // free pages that are not worth giving back
};

class Upkeep {
 public:
  Upkeep(StoreFile& file, const AgeClock& ages, const UpkeepLimits& limits, StoreStatus& status);

  /// After a commit, with the cache's mutex held: a room has more messages in its tail.
  void on_grown(StoredRoom& room);

  /// One slice: a transaction of a few milliseconds at most. False when there was nothing to do. A failure is left in
  /// the connection, and nothing has changed then.
  bool run(Instant now);

  /// As in FileSpace.
  bool has_room_for(std::uint64_t bytes) { return space_.has_room_for(bytes); }
  /// One slice of what makes room for it: who fills the file pays first. False when there is room, or nothing that
  /// could be removed.
  bool make_room(Instant now, std::uint64_t bytes);
  std::uint64_t used_bytes() { return space_.used_bytes(); }

  /// So much is waiting that the next batch should wait, too.
  bool is_pressed();

  /// When `run` may have something to do although nothing happened.
  Instant next_due() const { return line_.empty() ? next_walk_ : std::min(next_walk_, next_seal_); }

 private:
  /// What a transaction does to one room; carried out in memory when it is committed.
  struct Change {
    StoredRoom* room = nullptr;  // null: it is not in memory
    Seq first{};                 // as they are then
    std::uint64_t base = 0;
    std::uint64_t trimmed = 0;  // messages
    bool ends_tail = false;     // its messages are in a block, or trimmed
    bool is_removed = false;    // it is forgotten
  };
  /// What is kept of a room that is being trimmed.
  struct Extent {
    std::int64_t room = 0;
    room::Retention retention;
    Seq first;
    Seq last;
    std::uint64_t base = 0;
    std::uint64_t total = 0;
  };

  /// How much of a tail, from its beginning, is more than is to be kept of its room.
  struct Excess {
    std::size_t messages = 0;
    std::uint64_t bytes = 0;
  };

  static Extent extent_of(const StoredRoom& room);
  static Excess excess_of(const StoredRoom& room, std::size_t slack_messages = 0);
  bool seal_line(Instant now, StoreMillis at);
  bool seal_oldest(StoreMillis at);
  bool seal_oldest_rooms(StoreMillis at);
  bool remove_dead(std::size_t bytes_min);
  bool forget(Instant now);
  bool walk(Instant now, StoreMillis at);

  void seal(StoredRoom& room, StoreMillis at);
  void add_blocks(const StoredRoom& room, const Excess& skipped);
  /// Removes blocks from its beginning. False when there may be more to remove.
  bool trim_blocks(Extent& extent, StoreMillis at);
  void trim_tail(StoredRoom& room, std::size_t slack_messages);
  bool visit(const RoomTable::Visit& visit, StoreMillis at);
  bool visit_cached(StoredRoom& room, StoreMillis at);
  bool visit_stored(const RoomTable::Visit& visit, StoreMillis at);
  void remove_room(const RoomTable::Visit& visit);
  void remove_block(const BlockHead& victim, StoreMillis at);
  StoreMillis oldest_kept(const room::Retention& retention, StoreMillis at) const;
  /// Commits, and carries out what was noted.
  void finish();

  StoreFile& file_;
  const AgeClock& ages_;
  const UpkeepLimits& limits_;
  const std::size_t journal_bytes_max_;
  const std::size_t seal_bytes_max_;
  StoreStatus& status_;
  Evictor evictor_;
  FileSpace space_;

  std::vector<Change> changes_;   // of the transaction under way
  bool removed_row_ = false;      // in it
  std::deque<StoredRoom*> line_;  // rooms whose tails are long enough for a block
  std::int64_t walked_ = 0;       // id of the room that the walk over all rooms has come to
  bool is_in_doubt_ = false;      // the wall's clock is: see AgeClock
  Instant walk_began_{};
  Instant next_walk_{};
  Instant next_seal_{};
};

}  // namespace switchboard::broker
