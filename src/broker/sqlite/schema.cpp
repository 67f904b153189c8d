#include "broker/sqlite/schema.h"

#include <optional>

namespace switchboard::broker {
namespace {

constexpr std::int64_t kApplicationId = 0x53574254;  // "SWBT", for file(1) and for not writing into another's file
constexpr std::int64_t kVersion = 1;

// A message goes into `journal` with the others of its transaction, whatever their rooms: one row, written in one
// stretch. Later a room's messages move from there to a block of their own (docs/decisions/0019).
constexpr const char* kTables = R"sql(
  CREATE TABLE meta(key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
  CREATE TABLE rooms(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    epoch TEXT NOT NULL,
    generation INTEGER NOT NULL,     -- as in meta, when the epoch was made
    durability INTEGER NOT NULL,     -- 0 process, 1 power: of its messages until the last change
    last_seq INTEGER NOT NULL,       -- the newest number when its message was trimmed; else of no meaning
    emptied_ts INTEGER NOT NULL,     -- when that was, Unix milliseconds; 0 before the first time
    keep_messages INTEGER NOT NULL,  -- retention, as of the last message
    keep_bytes INTEGER NOT NULL,
    keep_seconds INTEGER NOT NULL
  );
  CREATE TABLE journal(
    id INTEGER PRIMARY KEY,
    messages BLOB NOT NULL
  );
  CREATE TABLE blocks(
    id INTEGER PRIMARY KEY,  -- in the order of sealing: the lowest is the oldest of all rooms
    room INTEGER NOT NULL,
    first INTEGER NOT NULL,                -- numbers of its messages
    last INTEGER NOT NULL,
    newest_ts INTEGER NOT NULL,            -- Unix milliseconds of the last
    base INTEGER NOT NULL,                 -- bytes of the room's frames before it, and up to its end
    total INTEGER NOT NULL,
    ends BLOB NOT NULL,                    -- where each frame ends in `frames`: 32 bits each, little endian
    frames BLOB NOT NULL                   -- as they are sent
  );
  CREATE INDEX blocks_by_room ON blocks(room, first, last, newest_ts, base, total);
  CREATE TABLE dedup(
    first INTEGER PRIMARY KEY,  -- number of its first record
    ts INTEGER NOT NULL,        -- Unix milliseconds
    records BLOB NOT NULL
  );
)sql";

std::string meta_text(Database& database, std::string_view key) {
  Statement statement(database, "SELECT value FROM meta WHERE key = ?");
  return statement.with(key).next() ? std::string(statement.bytes(0)) : std::string();
}

std::int64_t meta_integer(Database& database, std::string_view key) {
  Statement statement(database, "SELECT value FROM meta WHERE key = ?");
  return statement.with(key).next() ? statement.integer(0) : 0;
}

template <class Value>
void set_meta(Database& database, std::string_view key, const Value& value) {
  Statement(database, "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)").with(key, value).run();
}

void make_tables(Database& database, Random& random) {
  database.run(kTables);
  set_meta(database, "generation", std::int64_t{1});
  set_meta(database, "unknown_epoch", random.token(kEpochCharacters));
  for (const std::string_view key : {"dedup_key_0", "dedup_key_1", "dedup_key_2", "dedup_key_3"})
    set_meta(database, key, static_cast<std::int64_t>(random.next()));
  database.run(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
  database.run(("PRAGMA user_version = " + std::to_string(kVersion)).c_str());
}

std::optional<SchemaFault> check_tables(Database& database, const std::string& file) {
  const std::int64_t application = database.integer("PRAGMA application_id");
  const std::int64_t version = database.integer("PRAGMA user_version");
  if (database.has_failed()) return std::nullopt;
  if (application != kApplicationId)
    return SchemaFault{true, file + " is a database of another program: set history.file to another path"};
  if (version > kVersion)
    return SchemaFault{true, file + " was written by a newer version of this server (its format is " +
                                 std::to_string(version) + ", this version knows " + std::to_string(kVersion) +
                                 "): start that version, or set history.file to another path"};
  return std::nullopt;
}

void read_identity(Database& database, Identity& identity) {
  identity.generation = meta_integer(database, "generation");
  identity.unknown_epoch = meta_text(database, "unknown_epoch");
  identity.dedup_keys[0] = {static_cast<std::uint64_t>(meta_integer(database, "dedup_key_0")),
                            static_cast<std::uint64_t>(meta_integer(database, "dedup_key_1"))};
  identity.dedup_keys[1] = {static_cast<std::uint64_t>(meta_integer(database, "dedup_key_2")),
                            static_cast<std::uint64_t>(meta_integer(database, "dedup_key_3"))};
}

/// The machine stopped while the store was in use: what was not on the disk yet is lost.
bool has_lost_power(Database& database, std::string_view boot_id) {
  return meta_integer(database, "in_use") != 0 && meta_text(database, "boot_id") != boot_id;
}

std::optional<SchemaFault> fault_of(Database& database, const std::string& file) {
  const DatabaseError error = database.take_error();
  database.rollback();
  const bool is_final = error.fault == DatabaseFault::kNotDatabase;
  return SchemaFault{is_final, error.sentence(file)};
}

}  // namespace

std::optional<SchemaFault> prepare(Database& database, const SqliteSettings& settings, std::string_view boot_id,
                                   Random& random, Identity& identity) {
  // These hold for a new file only, and must come before its first table.
  database.run("PRAGMA page_size = 8192");
  database.run("PRAGMA auto_vacuum = INCREMENTAL");
  const bool is_new = database.integer("SELECT count(*) FROM sqlite_schema") == 0;
  if (!is_new) {
    if (auto fault = check_tables(database, settings.file)) return fault;
  }
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA journal_size_limit = 67108864");
  database.run("PRAGMA synchronous = FULL");

  database.begin_writing();
  if (is_new) make_tables(database, random);
  read_identity(database, identity);
  identity.has_lost_power = has_lost_power(database, boot_id);
  if (identity.has_lost_power) {
    ++identity.generation;
    set_meta(database, "generation", identity.generation);
    renew_unknown_epoch(database, random, identity);
  }
  set_meta(database, "boot_id", boot_id);
  set_meta(database, "in_use", 1);
  if (!database.commit()) return fault_of(database, settings.file);

  database.limit_bytes(settings.store_bytes_max);
  if (database.has_failed()) return fault_of(database, settings.file);
  return std::nullopt;
}

void renew_unknown_epoch(Database& database, Random& random, Identity& identity) {
  identity.unknown_epoch = random.token(kEpochCharacters);
  set_meta(database, "unknown_epoch", identity.unknown_epoch);
}

void mark_closed(Database& database) {
  database.run("PRAGMA synchronous = FULL");
  database.begin_writing();
  set_meta(database, "in_use", 0);
  database.commit();
  database.rollback();
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  database.rollback();
}

}  // namespace switchboard::broker
