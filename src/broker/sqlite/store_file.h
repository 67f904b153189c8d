// What exists only while the file is open: its identity and everything with prepared statements. Made at opening,
// thrown away with the connection when that is not to be trusted any more; the rooms in memory are then, too.
#pragma once

#include "broker/sqlite/dedup_table.h"
#include "broker/sqlite/journal.h"
#include "broker/sqlite/owner_accounts.h"
#include "broker/sqlite/room_cache.h"
#include "broker/sqlite/room_table.h"
#include "broker/sqlite/schema.h"
#include "broker/sqlite/settings.h"
#include "broker/sqlite/status.h"
#include "broker/sqlite/stored_room.h"

namespace switchboard::broker {

struct StoreFile {
  StoreFile(Database& database_, const SqliteSettings& settings_, const Identity& identity_, std::int64_t last_row,
            RoomCache& cache_, Random& random_)
      : database(database_),
        settings(settings_),
        identity(identity_),
        cache(cache_),
        random(random_),
        owners(database_, identity_.dedup_keys[0]),
        rooms(database_, owners),
        journal(database_, last_row),
        dedup(database_, settings_, identity_.dedup_keys),
        run_(database_, "SELECT value FROM meta WHERE key = 'run'") {}

  /// In a transaction: nobody else has taken the file over since it was opened.
  bool is_ours();
  /// A transaction in which it was ours has been committed.
  void committed() { own_version_ = database.data_version(); }

  /// Brings the rooms of the journal and the dedup window into memory. `at`: now, by the store's clock.
  void load(Instant now, StoreMillis at);

  /// Fills in what the file says of a room that has just been added to the cache. A room that may have lost messages
  /// gets another epoch: true, and its row is to be updated.
  bool load_room(StoredRoom& room);

  Database& database;
  const SqliteSettings& settings;
  Identity identity;
  RoomCache& cache;
  Random& random;
  OwnerAccounts owners;
  RoomTable rooms;
  Journal journal;
  DedupTable dedup;
  std::uint64_t damaged_rooms = 0;  // whose rows were found not to be what was written

 private:
  void pass_hole(StoredRoom& room, Seq seq);

  Statement run_;
  std::optional<std::uint32_t> own_version_;  // none: unknown
};

}  // namespace switchboard::broker
