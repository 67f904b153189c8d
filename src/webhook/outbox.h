// The events that endpoints are to get: a log in a file, in which each endpoint has its place. What was delivered stays
// for a while, so that it can be sent again. Written without waiting for the disk: it survives the process, kill -9
// included; of what came in the last moments before the machine loses power some may be gone.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "broker/sqlite/database.h"

namespace switchboard::webhook {

using EntryId = std::int64_t;  // from 1 on, over all endpoints; never given out twice

/// Entries that stand one behind the other, to be sent together.
struct QueuedEvents {
  EntryId first = 0;
  EntryId last = 0;
  UnixMillis at = 0;  // when the first was written down
  std::uint32_t entries = 0;
  std::uint32_t events = 0;
  std::uint64_t bytes = 0;  // of the entries
  std::string json;         // the events, commas between
};

enum class EndpointState : std::uint8_t {
  kActive,
  kPaused,  // by an operator
  kGone,    // it has answered 410
};

/// Of one endpoint.
struct Backlog {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_kept = 0;  // of those that are delivered, and may be replayed
};

/// One thread's. What fails (a full disk, say) changes nothing, and the error says so in a sentence.
class Outbox {
 public:
  /// `file` "": in memory, for as long as the process lives. `random`: names the file, once in its life.
  static std::expected<std::unique_ptr<Outbox>, std::string> open(const std::string& file, std::string_view random);

  /// Names this file: part of each event's id, so that those of another file are others.
  const std::string& token() const { return token_; }

  /// Endpoints that are not there yet begin with what comes; those that are not named are forgotten with all they had.
  std::expected<void, std::string> use(const std::vector<std::string>& endpoints);

  /// The id of the next one that is appended.
  EntryId next_id() const { return next_id_; }
  struct Entry {
    std::string_view endpoint;
    UnixMillis at;
    std::uint32_t events;
    std::string json;  // one event or several, commas between
  };
  /// All of them or none. They get the ids from next_id() on, in this order.
  std::expected<void, std::string> append(const std::vector<Entry>& entries);

  /// The first that the endpoint has not been given, and those behind it as long as there are no more events and bytes
  /// than that; one at the least. None when it has had all.
  std::expected<std::optional<QueuedEvents>, std::string> next(const std::string& endpoint, std::uint32_t events_max,
                                                               std::uint64_t bytes_max);
  /// It has had these, and all before them.
  std::expected<void, std::string> pass(const std::string& endpoint, const QueuedEvents& events);
  /// It is to get again what was written down at that time or later. How many events that are.
  std::expected<std::uint64_t, std::string> replay(const std::string& endpoint, UnixMillis since);
  std::expected<void, std::string> set_state(const std::string& endpoint, EndpointState state);
  EndpointState state(const std::string& endpoint) const { return places_.at(endpoint).state; }
  const Backlog& backlog(const std::string& endpoint) const { return places_.at(endpoint).backlog; }
  /// Deletes the oldest that are delivered, until no more than so many bytes are kept of them, or for no longer than
  /// since then; a bounded number at once.
  std::expected<void, std::string> trim(const std::string& endpoint, std::uint64_t bytes_kept_max, UnixMillis since);
  /// Brings what was committed into the file when there is much of it. What fails is tried again next time.
  void checkpoint();
  /// Nothing is done with it any more.
  void close() { database_.close_in_good_order(); }

 private:
  struct Place {
    EntryId next = 0;  // those below are delivered
    EndpointState state = EndpointState::kActive;
    Backlog backlog;
  };

  explicit Outbox(std::string file) : file_(std::move(file)) {}
  std::expected<void, std::string> begin(std::string_view random);
  std::expected<void, std::string> read_places();
  void count_backlog(const std::string& endpoint, Place& place);
  std::expected<void, std::string> committed();
  std::unexpected<std::string> failure();

  const std::string file_;
  broker::Database database_;
  std::string token_;
  EntryId next_id_ = 1;
  std::map<std::string, Place> places_;
};

}  // namespace switchboard::webhook
