#include "broker/sqlite/schema.h"

#include <algorithm>
#include <array>
#include <optional>

#include "broker/sqlite/meta.h"

namespace switchboard::broker {
namespace {

constexpr std::int64_t kApplicationId = 0x53574254;  // "SWBT", for file(1) and for not writing into another's file
constexpr std::int64_t kVersion = 3;

// A message goes into `journal` with the others of its transaction, whatever their rooms: one row, written in one
// stretch. Later a room's messages move from there to a block of their own (docs/decisions/0019).
// What `checksum` covers is said where it is computed: it goes by broker/sqlite/row_check.h.
constexpr const char* kTables = R"sql(
  CREATE TABLE meta(key TEXT PRIMARY KEY, value NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE rooms(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    epoch TEXT NOT NULL,
    generation INTEGER NOT NULL,     -- as in meta, when the epoch was made
    durability INTEGER NOT NULL,     -- 0 process, 1 power: of its messages until the last change
    last_seq INTEGER NOT NULL,       -- messages up to this number have left the journal: in blocks, or trimmed
    emptied_ts INTEGER NOT NULL,     -- since when nothing is kept, by the store's clock; 0: there are blocks, or were none
    owner INTEGER NOT NULL,          -- account of who made it, as in owners
    keep_messages INTEGER NOT NULL,  -- retention, as of the last message
    keep_bytes INTEGER NOT NULL,
    keep_seconds INTEGER NOT NULL,
    checksum INTEGER NOT NULL        -- of the columns id to last_seq
  );
  CREATE INDEX rooms_emptied ON rooms(emptied_ts) WHERE emptied_ts > 0;
  CREATE TABLE journal(
    id INTEGER PRIMARY KEY,      -- one more for each transaction with messages, for ever
    previous INTEGER NOT NULL,   -- the row before it
    checksum INTEGER NOT NULL,   -- of id and messages
    messages BLOB NOT NULL
  );
  CREATE TABLE blocks(
    id INTEGER PRIMARY KEY,  -- in the order of sealing: the lowest is the oldest of all rooms
    room INTEGER NOT NULL,
    first INTEGER NOT NULL,                -- numbers of its messages
    last INTEGER NOT NULL,
    newest_ts INTEGER NOT NULL,            -- when the last was committed, by the store's clock
    base INTEGER NOT NULL,                 -- bytes of the room's records before it, and up to its end
    total INTEGER NOT NULL,
    owner INTEGER NOT NULL,                -- account of who wrote most of it, as in owners
    checksum INTEGER NOT NULL,             -- of all columns but id and owner
    ends BLOB NOT NULL,                    -- where each ends in `records`: 32 bits each, little endian; then for
                                           -- each how many milliseconds it is older than the last, likewise
    records BLOB NOT NULL                  -- one behind the other, as in broker/publication.h
  );
  CREATE INDEX blocks_by_room ON blocks(room, first, last, newest_ts, base, total);
  CREATE TABLE dedup(
    first INTEGER PRIMARY KEY,  -- number of its first record
    ts INTEGER NOT NULL,        -- when they were committed, by the store's clock
    checksum INTEGER NOT NULL,  -- of first, ts and records
    records BLOB NOT NULL
  );
  CREATE TABLE owners(id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);  -- what each account takes in rooms and blocks
)sql";

constexpr std::array<std::string_view, 4> kDedupKeys = {"dedup_key_0", "dedup_key_1", "dedup_key_2", "dedup_key_3"};

constexpr std::string_view kWrites = "writes";  // counts those made only in order to write

constexpr std::string_view kAge = "age";  // the store's clock, and two others at the same moment
constexpr std::string_view kAgeMonotonic = "age_monotonic_ms";
constexpr std::string_view kAgeUnix = "age_unix_ms";

void set_version(Database& database) {
  database.run(("PRAGMA user_version = " + std::to_string(kVersion)).c_str());
}

void make_dedup_keys(Database& database, Random& random) {
  for (const std::string_view key : kDedupKeys)
    set_meta(database, key, static_cast<std::int64_t>(random.next()));
}

void make_tables(Database& database, Random& random) {
  database.run(kTables);
  set_meta(database, "generation", std::int64_t{1});
  set_meta(database, "unknown_epoch", random.token(kEpochCharacters));
  set_meta(database, "believed_from", std::int64_t{0});
  set_meta(database, "in_use", std::int64_t{0});
  set_meta(database, "run", std::string_view());
  set_meta(database, "boot_id", std::string_view());
  set_meta(database, kJournalRemoved, std::int64_t{0});
  make_dedup_keys(database, random);
  database.run(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
  set_version(database);
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
  if (version < 1)
    return SchemaFault{true, file + " says that its format is " + std::to_string(version) +
                                 ", which no version of this server has written: move it away, or set history.file to "
                                 "another path"};
  if (version < kVersion)
    return SchemaFault{true, file + " was written by an earlier version of this server (its format is " +
                                 std::to_string(version) + ", this version knows " + std::to_string(kVersion) +
                                 "): move it away to begin afresh, set history.file to another path, or start that "
                                 "version"};
  return std::nullopt;
}

/// False when a value is not there, or damaged.
bool read_identity(Database& database, Identity& identity) {
  bool is_whole = true;
  const auto integer = [&](std::string_view key) {
    const std::optional<std::int64_t> value = meta_integer(database, key);
    is_whole = is_whole && value.has_value();
    return value.value_or(0);
  };
  identity.generation = integer("generation");
  identity.believed_from = integer("believed_from");
  std::array<std::uint64_t, 4> keys{};
  for (std::size_t i = 0; i < keys.size(); ++i)
    keys[i] = static_cast<std::uint64_t>(integer(kDedupKeys[i]));
  identity.dedup_keys[0] = {keys[0], keys[1]};
  identity.dedup_keys[1] = {keys[2], keys[3]};
  integer(kJournalRemoved);
  const std::optional<std::string> unknown_epoch = meta_text(database, "unknown_epoch");
  identity.unknown_epoch = unknown_epoch.value_or("");
  return is_whole && unknown_epoch.has_value();
}

/// The machine stopped while the store was in use: what was not on the disk yet is lost. Where a boot has no name, that
/// cannot be ruled out.
bool has_lost_power(Database& database, std::string_view boot_id) {
  if (meta_integer(database, "in_use") == 0) return false;
  return boot_id.empty() || meta_text(database, "boot_id") != boot_id;
}

std::optional<SchemaFault> fault_of(Database& database, const std::string& file) {
  const DatabaseError error = database.take_error();
  database.rollback();
  const bool is_final = error.fault == DatabaseFault::kNotDatabase;
  return SchemaFault{is_final, error.sentence(file)};
}

}  // namespace

std::optional<SchemaFault> prepare(Database& database, const SqliteSettings& settings, Random& random,
                                   Identity& identity) {
  // These hold for a new file only, and must come before its first table.
  database.run("PRAGMA page_size = 8192");
  database.run("PRAGMA auto_vacuum = INCREMENTAL");
  const bool is_new = database.integer("SELECT count(*) FROM sqlite_schema") == 0;
  identity.is_new = is_new;
  if (!is_new) {
    if (auto fault = check_tables(database, settings.file)) return fault;
  }
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA journal_size_limit = 67108864");
  database.run("PRAGMA synchronous = FULL");
  database.limit_bytes(settings.store_bytes_max);
  if (is_new) {
    database.begin_writing();
    make_tables(database, random);
    database.commit();
  }
  if (database.has_failed()) return fault_of(database, settings.file);
  return std::nullopt;
}

std::string take_over(Database& database, std::string_view boot_id, Random& random, Identity& identity) {
  const bool is_whole = read_identity(database, identity);
  identity.is_same_boot = !boot_id.empty() && meta_text(database, "boot_id") == boot_id;
  identity.has_lost_power = has_lost_power(database, boot_id);
  if (identity.has_lost_power) {
    ++identity.generation;
    set_meta(database, "generation", identity.generation);
    renew_unknown_epoch(database, random, identity);
  }
  const std::optional<std::string> last_run = meta_text(database, "run");
  identity.last_run = last_run.value_or("");
  identity.run = random.token(kEpochCharacters);
  set_meta(database, "run", identity.run);
  set_meta(database, "boot_id", boot_id);
  set_meta(database, "in_use", std::int64_t{1});
  return is_whole && last_run.has_value() ? std::string() : "what it says of itself is damaged";
}

std::optional<AgeClock::Saved> saved_age(Database& database) {
  const std::optional<std::int64_t> at = meta_integer(database, kAge);
  const std::optional<std::int64_t> monotonic = meta_integer(database, kAgeMonotonic);
  const std::optional<std::int64_t> unix_ms = meta_integer(database, kAgeUnix);
  if (!at || !monotonic || !unix_ms) return std::nullopt;
  return AgeClock::Saved{.at = *at, .monotonic_ms = *monotonic, .unix_ms = *unix_ms};
}

void save_age(Database& database, const AgeClock::Saved& age) {
  set_meta(database, kAge, age.at);
  set_meta(database, kAgeMonotonic, age.monotonic_ms);
  set_meta(database, kAgeUnix, age.unix_ms);
}

void doubt(Database& database, Random& random, Identity& identity) {
  // A generation that was damaged says nothing about that of the rooms.
  const std::int64_t highest = database.integer("SELECT max(generation) FROM rooms");
  identity.generation = std::max(identity.generation, highest) + 1;
  identity.believed_from = identity.generation;
  set_meta(database, "generation", identity.generation);
  set_meta(database, "believed_from", identity.believed_from);
  make_dedup_keys(database, random);
  renew_unknown_epoch(database, random, identity);
  read_identity(database, identity);
  make_indexes(database);
}

void make_indexes(Database& database) {
  database.run("REINDEX");
}

void renew_unknown_epoch(Database& database, Random& random, Identity& identity) {
  identity.unknown_epoch = random.token(kEpochCharacters);
  set_meta(database, "unknown_epoch", identity.unknown_epoch);
}

void write_anything(Database& database) {
  set_meta(database, kWrites, meta_integer(database, kWrites).value_or(0) + 1);
}

bool mark_closed(Database& database) {
  database.run("PRAGMA synchronous = FULL");
  database.begin_writing();
  set_meta(database, "in_use", std::int64_t{0});
  const bool is_marked = database.commit();
  database.rollback();
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  database.rollback();
  return is_marked;
}

}  // namespace switchboard::broker
