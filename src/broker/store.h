// The seam between a shard's broker and whatever keeps messages elsewhere: requests go out, answers come back, nothing
// blocks. SQLite's threads are behind it in the server, a simulated disk in the simulation. Plain data: it crosses
// threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/seq.h"
#include "base/time.h"
#include "broker/failure.h"
#include "broker/held_publish.h"
#include "broker/page.h"
#include "room/settings.h"

namespace switchboard::broker {

// --- requests --------------------------------------------------------------------------------------------------------

/// Where does the room stand?
struct StoreOpen {
  std::string room_id;
  room::Durability durability{};
};
/// Put the message in order and keep it. Of one room they are committed in the order they were handed in.
struct StorePublish : HeldMessage {
  StorePublish() = default;
  StorePublish(HeldMessage message, const room::Retention& how_much, room::Durability how_durable)
      : HeldMessage(std::move(message)), retention(how_much), durability(how_durable) {}

  room::Retention retention;  // of the room, as it is to hold from this message on
  room::Durability durability{};
};
struct StoreRead {
  std::string room_id;
  ReadRange range;
};
struct StoreRequest {
  std::uint64_t ticket = 0;  // comes back with the answer
  std::variant<StoreOpen, StorePublish, StoreRead> what;
};

// --- answers ---------------------------------------------------------------------------------------------------------

struct StoreOpened {
  Seq first;  // as in Head
  Seq last;
  std::string epoch;
};
struct StoreCommitted {
  Seq seq;
  Seq first;          // the room's oldest message after this one
  std::string epoch;  // "" while it is the one that was told when the room was opened
  UnixMillis ts = 0;
  std::string record;  // as in broker/publication.h; "" of a duplicate
  bool is_duplicate = false;
  Seq last{};  // of a duplicate: the room's newest number when it was found
};
struct StoreFailed {
  Failure failure{};
};
struct StoreAnswer {
  std::uint64_t ticket = 0;
  std::variant<StoreFailed, StoreOpened, StoreCommitted, SharedPage> what;
};
/// It could not be done; it may be tried again.
inline StoreAnswer refusal_of(std::uint64_t ticket) {
  return {.ticket = ticket, .what = StoreFailed{Failure::kUnavailable}};
}

/// One shard's end of the store. All functions on that shard's thread.
class StoreChannel {
 public:
  virtual ~StoreChannel() = default;
  /// False when so much is under way already that nothing more is taken: the request was not touched.
  virtual bool submit(StoreRequest&& request) = 0;
  /// The oldest answer. Publishes and opens of one room are answered in the order they were submitted; reads at any
  /// time.
  virtual std::optional<StoreAnswer> take() = 0;
  virtual bool has_answer() = 0;
  /// Which opening of what is behind it answers now; 0 while none does. Another one may have lost what was told, or
  /// know more: it is to be asked again where every open room stands. (A store that never changes says 1 for ever.)
  virtual std::uint32_t opening() { return 1; }
  /// Requests submitted since the last call are to be looked at: once a turn, after the last `submit` of the turn.
  virtual void flush() = 0;
};

/// What keeps messages elsewhere for all shards of a process.
class Store {
 public:
  virtual ~Store() = default;
  /// That shard's end; lives as long as the store.
  virtual StoreChannel& channel(std::uint32_t shard) = 0;
};

}  // namespace switchboard::broker
