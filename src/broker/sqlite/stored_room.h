// What the writer knows of one room: what its row says, where its numbers stand, and its newest messages.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/seq.h"
#include "broker/sqlite/owner_accounts.h"
#include "broker/sqlite/tail.h"
#include "room/settings.h"

namespace switchboard::broker {

/// As in the table `rooms`.
struct RoomRow {
  std::int64_t id = 0;  // 0: the room has no row yet
  std::string epoch;
  room::Durability durability{};
  room::Retention retention;
  OwnerId owner = 0;  // who made it
};

/// Where a room's committed messages stand. Those of [first, tail_first()) are in blocks. Readers look at all of it but
/// what a transaction under way has staged: the writer changes the rest under the cache's mutex only.
struct StoredRoom {
  explicit StoredRoom(std::string name_) : name(std::move(name_)) {}

  const std::string name;
  RoomRow row;                          // as it is in the file
  std::unique_ptr<RoomRow> staged_row;  // as the transaction under way leaves it; null: the same
  Seq first{1};                         // the oldest that is kept; last.next() when none is
  Seq last;                             // the newest that was committed
  std::uint64_t base = 0;               // bytes of the records before `first` ...
  std::uint64_t total = 0;              // ... and of all, kept or not; both count from any point
  Tail tail;                            // the newest of them
  OwnerId writer = 0;                   // who wrote most of what came lately, if anybody wrote more than half ...
  std::uint64_t writer_lead = 0;        // ... by so many bytes more than all others (a vote that needs no counts)
  std::uint64_t staged = 0;             // messages behind `last` that the transaction under way puts there
  std::uint32_t pins = 0;               // entries of the journal that refer to this
  bool is_committed = false;            // what it says is in the file; until then readers do not look at it
  bool is_touched = false;              // by the transaction under way
  bool wants_sealing = false;           // stands in the line for it
  bool must_tell_epoch = false;  // the next commit tells the epoch: who opened the room may have been told another

  const RoomRow& newest_row() const { return staged_row != nullptr ? *staged_row : row; }
  Seq tail_first() const { return Seq{last.value + 1 - tail.size()}; }
  std::uint64_t kept() const { return distance(first, last.next()); }
  std::uint64_t kept_bytes() const { return total - base; }
  /// `bytes` more by that owner.
  void note_writer(OwnerId owner, std::uint64_t bytes) {
    if (writer == owner) {
      writer_lead += bytes;
    } else if (writer_lead >= bytes) {
      writer_lead -= bytes;
    } else {
      writer = owner;
      writer_lead = bytes - writer_lead;
    }
  }
  bool has_blocks() const { return first < tail_first(); }
};

}  // namespace switchboard::broker
