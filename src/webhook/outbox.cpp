#include "webhook/outbox.h"

#include <algorithm>

namespace switchboard::webhook {

using broker::Database;
using broker::Statement;

namespace {

constexpr int kBusyMs = 2'000;
constexpr int kTrimmedAtOnce = 500;
// "SBWH": another kind of file is not written into.
constexpr std::int64_t kApplicationId = 0x53425748;
constexpr std::int64_t kVersion = 1;

constexpr const char* kSchema[] = {
    "CREATE TABLE IF NOT EXISTS outbox (token TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS endpoint (name TEXT PRIMARY KEY, next INTEGER NOT NULL, state INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY AUTOINCREMENT, endpoint TEXT NOT NULL, at INTEGER NOT "
    "NULL, events INTEGER NOT NULL, json TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS entry_by_endpoint ON entry (endpoint, id)",
};

}  // namespace

std::unexpected<std::string> Outbox::failure() {
  const broker::DatabaseError error = database_.take_error();
  std::string what = (file_.empty() ? "the queue of webhooks in memory" : file_) + ": " + error.detail;
  const bool is_useless =
      error.fault == broker::DatabaseFault::kNotDatabase || error.fault == broker::DatabaseFault::kCorrupt;
  if (is_useless) what += "; move it away, and a new one is begun: what waits in it is not sent";
  return std::unexpected(std::move(what));
}

std::expected<std::unique_ptr<Outbox>, std::string> Outbox::open(const std::string& file, std::string_view random) {
  std::unique_ptr<Outbox> outbox(new Outbox(file));
  if (const auto begun = outbox->begin(random); !begun) return std::unexpected(begun.error());
  return outbox;
}

std::expected<void, std::string> Outbox::begin(std::string_view random) {
  const bool is_open = database_.open(file_.empty() ? ":memory:" : file_, Database::Access::kMake, kBusyMs);
  if (!is_open) return failure();
  const std::int64_t kind = database_.integer("PRAGMA application_id");
  const std::int64_t tables = database_.integer("SELECT count(*) FROM sqlite_schema");
  const std::int64_t version = database_.integer("PRAGMA user_version");
  if (database_.has_failed()) return failure();
  if (tables > 0 && kind != kApplicationId) return std::unexpected(file_ + " is no queue of webhooks");
  if (version > kVersion) {
    return std::unexpected(file_ + " was written by a newer release; this one reads version " +
                           std::to_string(kVersion));
  }
  // A commit is in the file's log when it returns, and reaches the disk when the kernel likes: see above.
  database_.run("PRAGMA journal_mode = WAL");
  database_.run("PRAGMA synchronous = NORMAL");
  database_.begin_writing();
  for (const char* const sql : kSchema)
    database_.run(sql);
  database_.run(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
  database_.run(("PRAGMA user_version = " + std::to_string(kVersion)).c_str());
  Statement read_token(database_, "SELECT token FROM outbox");
  if (read_token.with().next()) {
    token_ = read_token.bytes(0);
  } else if (!database_.has_failed()) {
    token_ = random;
    Statement(database_, "INSERT INTO outbox (token) VALUES (?)").with(token_).run();
  }
  read_token.reset();
  if (const auto done = committed(); !done) return done;
  return read_places();
}

std::expected<void, std::string> Outbox::read_places() {
  next_id_ = 1 + database_.integer("SELECT seq FROM sqlite_sequence WHERE name = 'entry'");
  Statement all(database_, "SELECT name, next, state FROM endpoint");
  all.with();
  while (all.next()) {
    places_[std::string(all.bytes(0))] = {
        .next = all.integer(1), .state = static_cast<EndpointState>(all.integer(2)), .backlog = {}};
  }
  for (auto& [name, place] : places_)
    count_backlog(name, place);
  if (database_.has_failed()) return failure();
  return {};
}

void Outbox::count_backlog(const std::string& endpoint, Place& place) {
  Statement sums(
      database_,
      "SELECT coalesce(sum(events) FILTER (WHERE id >= ?2), 0), coalesce(sum(length(CAST(json AS BLOB))) "
      "FILTER (WHERE id >= ?2), 0), coalesce(sum(length(CAST(json AS BLOB))) FILTER (WHERE id < ?2), 0) FROM "
      "entry WHERE endpoint = ?1");
  if (!sums.with(endpoint, place.next).next()) return;
  place.backlog = {.events = sums.natural(0), .bytes = sums.natural(1), .bytes_kept = sums.natural(2)};
}

std::expected<void, std::string> Outbox::committed() {
  if (database_.commit()) return {};
  auto failed = failure();
  database_.rollback();
  return failed;
}

std::expected<void, std::string> Outbox::use(const std::vector<std::string>& endpoints) {
  std::map<std::string, Place> places;
  database_.begin_writing();
  for (const std::string& name : endpoints) {
    const auto known = places_.find(name);
    if (known != places_.end()) {
      places.insert(*known);
      continue;
    }
    places[name] = {.next = next_id_, .backlog = {}};
    Statement(database_, "INSERT INTO endpoint (name, next, state) VALUES (?, ?, 0)").with(name, next_id_).run();
  }
  for (const auto& [name, place] : places_) {
    if (places.contains(name)) continue;
    Statement(database_, "DELETE FROM entry WHERE endpoint = ?").with(name).run();
    Statement(database_, "DELETE FROM endpoint WHERE name = ?").with(name).run();
  }
  if (const auto done = committed(); !done) return done;
  places_ = std::move(places);
  return {};
}

std::expected<void, std::string> Outbox::append(const std::vector<Entry>& entries) {
  database_.begin_writing();
  EntryId id = next_id_;
  {
    Statement insert(database_, "INSERT INTO entry (id, endpoint, at, events, json) VALUES (?, ?, ?, ?, ?)");
    for (const Entry& entry : entries)
      insert.with(id++, entry.endpoint, entry.at, entry.events, entry.json).run();
  }
  if (const auto done = committed(); !done) return done;
  next_id_ = id;
  for (const Entry& entry : entries) {
    Backlog& backlog = places_.at(std::string(entry.endpoint)).backlog;
    backlog.events += entry.events;
    backlog.bytes += entry.json.size();
  }
  return {};
}

std::expected<std::optional<QueuedEvents>, std::string> Outbox::next(const std::string& endpoint,
                                                                     std::uint32_t events_max,
                                                                     std::uint64_t bytes_max) {
  const Place& place = places_.at(endpoint);
  if (place.backlog.events == 0) return std::nullopt;
  std::optional<QueuedEvents> found;
  {
    Statement entries(database_, "SELECT id, at, events, json FROM entry WHERE endpoint = ? AND id >= ? ORDER BY id");
    entries.with(endpoint, place.next);
    while (entries.next()) {
      const auto events = static_cast<std::uint32_t>(entries.integer(2));
      const std::string_view json = entries.bytes(3);
      if (!found) {
        found = {.first = entries.integer(0), .at = entries.integer(1), .json = {}};
      } else if (found->events + events > events_max || found->bytes + json.size() > bytes_max) {
        break;
      } else {
        found->json += ',';
      }
      found->last = entries.integer(0);
      ++found->entries;
      found->events += events;
      found->bytes += json.size();
      found->json += json;
    }
  }
  if (database_.has_failed()) return failure();
  return found;
}

std::expected<void, std::string> Outbox::pass(const std::string& endpoint, const QueuedEvents& events) {
  Place& place = places_.at(endpoint);
  if (events.last < place.next) return {};  // it was given them before
  database_.begin_writing();
  Statement(database_, "UPDATE endpoint SET next = ? WHERE name = ?").with(events.last + 1, endpoint).run();
  if (const auto done = committed(); !done) return done;
  place.next = events.last + 1;
  place.backlog.events -= events.events;
  place.backlog.bytes -= events.bytes;
  place.backlog.bytes_kept += events.bytes;
  return {};
}

std::expected<std::uint64_t, std::string> Outbox::replay(const std::string& endpoint, UnixMillis since) {
  Place& place = places_.at(endpoint);
  EntryId next = place.next;
  {
    Statement first(database_, "SELECT min(id) FROM entry WHERE endpoint = ? AND at >= ?");
    if (first.with(endpoint, since).next() && !first.is_null(0)) next = std::min(next, first.integer(0));
  }
  if (database_.has_failed()) return failure();
  database_.begin_writing();
  Statement(database_, "UPDATE endpoint SET next = ? WHERE name = ?").with(next, endpoint).run();
  if (const auto done = committed(); !done) return std::unexpected(done.error());
  const std::uint64_t before = place.backlog.events;
  place.next = next;
  count_backlog(endpoint, place);
  if (database_.has_failed()) return failure();
  return place.backlog.events - before;
}

std::expected<void, std::string> Outbox::set_state(const std::string& endpoint, EndpointState state) {
  database_.begin_writing();
  Statement(database_, "UPDATE endpoint SET state = ? WHERE name = ?").with(static_cast<int>(state), endpoint).run();
  if (const auto done = committed(); !done) return done;
  places_.at(endpoint).state = state;
  return {};
}

std::expected<void, std::string> Outbox::trim(const std::string& endpoint, std::uint64_t bytes_kept_max,
                                              UnixMillis since) {
  Place& place = places_.at(endpoint);
  if (place.backlog.bytes_kept == 0) return {};
  EntryId up_to = 0;
  std::uint64_t kept = place.backlog.bytes_kept;
  {
    Statement oldest(database_,
                     "SELECT id, at, length(CAST(json AS BLOB)) FROM entry WHERE endpoint = ? AND id < ? ORDER BY id "
                     "LIMIT ?");
    oldest.with(endpoint, place.next, kTrimmedAtOnce);
    while (oldest.next() && (kept > bytes_kept_max || oldest.integer(1) < since)) {
      up_to = oldest.integer(0);
      kept -= oldest.natural(2);
    }
  }
  if (database_.has_failed()) return failure();
  if (up_to == 0) return {};
  database_.begin_writing();
  Statement(database_, "DELETE FROM entry WHERE endpoint = ? AND id <= ?").with(endpoint, up_to).run();
  if (const auto done = committed(); !done) return done;
  place.backlog.bytes_kept = kept;
  return {};
}

void Outbox::checkpoint() {
  constexpr int kFramesWorth = 1'000;
  if (database_.log_frames() >= kFramesWorth) database_.checkpoint();
}

}  // namespace switchboard::webhook
