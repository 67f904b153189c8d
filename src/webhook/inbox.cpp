#include "webhook/inbox.h"

#include <algorithm>
#include <utility>

#include "base/version.h"
#include "protocol/json_object.h"

namespace switchboard::webhook {

void Inbox::use(std::vector<Interest> interests, std::function<void()> wake) {
  EventTypes types;
  for (const Interest& interest : interests)
    types |= interest.types();
  const std::scoped_lock lock(mutex_);
  interests_ = std::move(interests);
  wake_ = std::move(wake);
  types_.store(types.bits(), std::memory_order_relaxed);
}

Inbox::Taken Inbox::take() {
  const std::scoped_lock lock(mutex_);
  bytes_ = 0;
  return {.arrivals = std::exchange(arrivals_, {}), .lost = std::exchange(lost_, 0)};
}

bool Inbox::interests(EventType type, std::string_view room_id) {
  if (!may_interest(type)) return false;
  const std::scoped_lock lock(mutex_);
  return std::ranges::any_of(interests_, [&](const Interest& interest) { return interest.wants(type, room_id); });
}

void Inbox::put(Arrival arrival, std::size_t bytes, std::size_t bytes_max) {
  std::function<void()> wake;
  {
    const std::scoped_lock lock(mutex_);
    if (bytes_ + bytes > bytes_max) {
      ++lost_;
      return;
    }
    bytes_ += bytes;
    if (arrivals_.empty()) wake = wake_;
    arrivals_.push_back(std::move(arrival));
  }
  if (wake) wake();
}

/// Messages give way first: who comes and goes is needed to know who is there.
void Inbox::put(Event event) {
  const std::size_t bytes = sizeof(Arrival) + event.room_id.size() + event.data.size();
  const std::size_t bytes_max = event.type == EventType::kMessagePublished ? kBytesMax : 2 * kBytesMax;
  put(Arrival(std::move(event)), bytes, bytes_max);
}

/// Who is there is counted also for who wants to be told only of one of the two.
void Inbox::attend(EventType type, std::string_view room_id, std::string_view user_id, bool has_come) {
  const bool is_joined = type == EventType::kUserJoined || type == EventType::kUserLeft;
  const EventType other = is_joined ? (has_come ? EventType::kUserLeft : EventType::kUserJoined)
                                    : (has_come ? EventType::kUserOffline : EventType::kUserOnline);
  if (!interests(type, room_id) && !interests(other, room_id)) return;
  put(Attended{.room_id = std::string(room_id),
               .user_id = std::string(user_id),
               .has_come = has_come,
               .at = clock_.unix_ms()},
      sizeof(Arrival) + room_id.size() + user_id.size(), 2 * kBytesMax);
}

// --- what happens --------------------------------------------------------------------------------------------------

void Inbox::on_started() {
  if (!interests(EventType::kServerStarted, "")) return;
  put({.type = EventType::kServerStarted,
       .at = clock_.unix_ms(),
       .data = protocol::JsonObject().text("version", version()).take()});
}

void Inbox::on_revoked(const auth::Revocation& revocation, std::uint64_t connections) {
  if (!interests(EventType::kTokenRevoked, "")) return;
  protocol::JsonObject data;
  if (!revocation.user_id.empty()) data.text("user_id", revocation.user_id);
  if (!revocation.room_id.empty()) data.text("room_id", revocation.room_id);
  if (!revocation.token_id.empty()) data.text("token_id", revocation.token_id);
  if (revocation.token_id.empty()) data.number("issued_before_ms", revocation.issued_before);
  put({.type = EventType::kTokenRevoked,
       .at = clock_.unix_ms(),
       .data = data.number("connections", connections).take()});
}

void Inbox::on_room_occupied(std::string_view room_id) {
  if (!interests(EventType::kRoomOccupied, room_id)) return;
  put({.type = EventType::kRoomOccupied,
       .at = clock_.unix_ms(),
       .room_id = std::string(room_id),
       .data = protocol::JsonObject().text("room_id", room_id).take()});
}

/// Also for who only wants to be told of users: whoever is still within its grace has left.
void Inbox::on_room_vacated(std::string_view room_id) {
  if (!interests(EventType::kRoomVacated, room_id) && !interests(EventType::kUserLeft, room_id)) return;
  put({.type = EventType::kRoomVacated,
       .at = clock_.unix_ms(),
       .room_id = std::string(room_id),
       .data = protocol::JsonObject().text("room_id", room_id).take()});
}

void Inbox::on_published(std::string_view room_id, const broker::Commit& commit) {
  if (!interests(EventType::kMessagePublished, room_id)) return;
  const broker::Publication& message = commit.publication;
  put({.type = EventType::kMessagePublished,
       .at = message.ts,
       .room_id = std::string(room_id),
       .data = protocol::JsonObject()
                   .text("room_id", room_id)
                   .number("seq", message.seq.value)
                   .text("epoch", commit.epoch)
                   .number("ts", message.ts)
                   .text("sender", message.sender)
                   .json("content", message.content)
                   .take()});
}

void Inbox::on_entered(std::string_view room_id, std::string_view user_id) {
  attend(EventType::kUserJoined, room_id, user_id, true);
}

void Inbox::on_left(std::string_view room_id, std::string_view user_id) {
  attend(EventType::kUserLeft, room_id, user_id, false);
}

void Inbox::on_named(std::string_view user_id) {
  attend(EventType::kUserOnline, "", user_id, true);
}

void Inbox::on_gone(std::string_view user_id) {
  attend(EventType::kUserOffline, "", user_id, false);
}

void Inbox::on_opened(const session::Connection& connection) {
  if (!interests(EventType::kConnectionOpened, "")) return;
  put({.type = EventType::kConnectionOpened,
       .at = clock_.unix_ms(),
       .data = protocol::JsonObject()
                   .text("connection_id", connection.session().connection_id())
                   .text("user_id", connection.session().user_id())
                   .text("address", connection.peer().ip_text())
                   .take()});
}

void Inbox::on_closed(const session::Connection& connection, Instant now) {
  if (!interests(EventType::kConnectionClosed, "")) return;
  const session::Ending& ending = connection.ending();
  const auto lived = std::chrono::duration_cast<std::chrono::milliseconds>(now - connection.opened_at()).count();
  put({.type = EventType::kConnectionClosed,
       .at = clock_.unix_ms(),
       .data = protocol::JsonObject()
                   .text("connection_id", connection.session().connection_id())
                   .text("user_id", connection.session().user_id())
                   .text("address", connection.peer().ip_text())
                   .number("code", ending.code)
                   .text("by", ending.by_peer ? "client" : "server")
                   .text("reason", ending.reason)
                   .number("lived_ms", lived)
                   .take()});
}

}  // namespace switchboard::webhook
