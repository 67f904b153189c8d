// Where the shards leave what happens, for the thread that tells endpoints of it. One line for all shards: what one
// event causes, on whichever shard, stands behind it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auth/revocations.h"
#include "base/time.h"
#include "shard/event_sink.h"
#include "webhook/event.h"
#include "webhook/interest.h"

namespace switchboard::webhook {

/// A connection of that user has come to that room, or has gone; room "": to the server.
struct Attended {
  std::string room_id;
  std::string user_id;
  bool has_come = false;
  UnixMillis at = 0;
};

using Arrival = std::variant<Event, Attended>;

/// All functions: any thread.
class Inbox final : public shard::EventSink {
 public:
  /// What may wait: contents of messages are left out beyond it, and beyond twice as much everything is. Both are
  /// counted.
  static constexpr std::size_t kBytesMax = 64 * 1024 * 1024;

  /// Nobody is interested in anything yet. `clock` must outlive it.
  explicit Inbox(const Clock& clock) : clock_(clock) {}

  /// What is kept from now on: what anybody is interested in. `wake`: called, on any thread, by whoever puts the first
  /// thing in.
  void use(std::vector<Interest> interests, std::function<void()> wake);

  struct Taken {
    std::vector<Arrival> arrivals;
    std::uint64_t lost = 0;  // that found no room
  };
  Taken take();

  void on_started();
  void on_revoked(const auth::Revocation& revocation, std::uint64_t connections);

  // EventSink
  void on_room_occupied(std::string_view room_id) override;
  void on_room_vacated(std::string_view room_id) override;
  void on_published(std::string_view room_id, const broker::Commit& commit) override;
  void on_entered(std::string_view room_id, std::string_view user_id) override;
  void on_left(std::string_view room_id, std::string_view user_id) override;
  void on_named(std::string_view user_id) override;
  void on_gone(std::string_view user_id) override;
  void on_opened(const session::Connection& connection) override;
  void on_closed(const session::Connection& connection, Instant now) override;

 private:
  /// Most happenings interest nobody: asked first, without the lock.
  bool may_interest(EventType type) const {
    return EventTypes::of_bits(types_.load(std::memory_order_relaxed)).has(type);
  }
  bool interests(EventType type, std::string_view room_id);
  void attend(EventType type, std::string_view room_id, std::string_view user_id, bool has_come);
  void put(Event event);
  void put(Arrival arrival, std::size_t bytes, std::size_t bytes_max);

  const Clock& clock_;
  std::atomic<std::uint32_t> types_ = 0;

  std::mutex mutex_;
  std::function<void()> wake_;
  std::vector<Interest> interests_;
  std::vector<Arrival> arrivals_;
  std::size_t bytes_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace switchboard::webhook
