// The tables, and what the file says about itself: whose it is, which version, which boot of which machine wrote it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/siphash.h"
#include "base/time.h"
#include "broker/sqlite/age_clock.h"
#include "broker/sqlite/database.h"
#include "broker/sqlite/settings.h"

namespace switchboard::broker {

/// What a store remembers beside rooms and messages.
struct Identity {
  bool is_new = false;  // the file had no tables
  /// How many times something may have been lost: the machine has stopped without the store having been closed, or the
  /// file was not as it was left. Rooms compare theirs with it.
  std::int64_t generation = 0;
  /// The generation from which on the file was never doubted: rooms of an earlier one begin new epochs, whatever their
  /// durability.
  std::int64_t believed_from = 0;
  bool is_same_boot = false;    // the machine has run on since the file was opened before
  bool has_lost_power = false;  // once more, since the file was opened before
  std::string unknown_epoch;    // of rooms that are not in the file
  std::string run;              // names this opening of the file ...
  std::string last_run;         // ... and the one before; "" of a new file
  HashKey dedup_keys[2]{};      // both halves of a digest; secret, or a client could make two keys collide
};

/// Why a file is not opened.
struct SchemaFault {
  bool is_final = false;  // trying again is of no use
  std::string sentence;
};

/// Makes the tables of an empty file or checks those that are there, and sets the connection up. `database` is open; on
/// a fault it is to be closed.
std::optional<SchemaFault> prepare(Database& database, const SqliteSettings& settings, Random& random,
                                   Identity& identity);

/// In a transaction: reads who the file is, and marks it as in use on this boot of the machine. Returns what of it is
/// damaged, in words, and new there; "" for nothing.
std::string take_over(Database& database, std::string_view boot_id, Random& random, Identity& identity);

/// Where the store's clock stood; none when the file does not say so.
std::optional<AgeClock::Saved> saved_age(Database& database);
/// In a transaction.
void save_age(Database& database, const AgeClock::Saved& age);

/// In a transaction: the file may have lost, or may repeat, what was acknowledged. No room goes on in its epoch, and no
/// key against doubles is known any more. What can be derived from the rest is made again.
void doubt(Database& database, Random& random, Identity& identity);

/// In a transaction: makes the indexes again from the rows. One that lies hides rooms and blocks. No records are read.
void make_indexes(Database& database);

/// In a transaction: another epoch for rooms that are not in the file, as soon as one was taken out of it.
void renew_unknown_epoch(Database& database, Random& random, Identity& identity);

/// In a transaction: writes something. A change that changes nothing does not: SQLite compares the row with what is
/// there, and then neither writes nor syncs at the commit.
void write_anything(Database& database);

/// The store is closed in good order, and on the disk: whatever the machine does now, nothing is missing.
/// False when it is not.
bool mark_closed(Database& database);

/// 36^12 values; short enough to be kept in a string without an allocation.
inline constexpr std::size_t kEpochCharacters = 12;

}  // namespace switchboard::broker
