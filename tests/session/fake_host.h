// A host that does as it is told, for tests of sessions and of what carries them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/user_room.h"
#include "session/session.h"

namespace switchboard::session {

/// Rooms without members or messages. By default every request is done at once.
class FakeHost final : public SessionHost {
 public:
  Attempt ask(Session& session, const Ask& ask, std::string_view command_id) override {
    return std::visit([&](const auto& asked) { return answer(session, asked, command_id); }, ask);
  }
  Attempt answer(Session& session, const AskJoin& asked, std::string_view command_id) {
    const protocol::Join& join = asked.join;
    const std::string_view room_id = join.room_id;
    if (const auto slot = find(session, room_id); slot && session.memberships()[*slot].joined) {
      Membership& membership = session.memberships()[*slot];
      membership.is_implicit = false;
      session.on_reply(Entered{membership, {.room_id = room_id, .id = command_id, .seq = Seq{41}, .epoch = "k3"}});
      return Attempt::kDone;
    }
    if (busy) return Attempt::kBusy;
    joins.push_back(description_of(join));
    session.memberships().push_back({.room = id_of(room_id), .member = 0, .joined = false});
    session.memberships().back().opted_in = !join.is_plain();
    recovery = join.since ? protocol::Recovery::kRecovered : protocol::Recovery::kNotAsked;
    if (pending) return Attempt::kPending;
    answer_join(session, room_id, command_id);
    return Attempt::kDone;
  }
  /// What happens when the room's home answers.
  void answer_join(Session& session, std::string_view room_id, std::string_view command_id) {
    if (refusal) {
      session.memberships().erase(session.memberships().size() - 1);
      session.on_reply(Refused{Asked::kJoin, room_id, command_id, *refusal});
    } else {
      session.on_reply(
          Entered{session.memberships().back(),
                  {.room_id = room_id, .id = command_id, .seq = Seq{41}, .epoch = "k3", .recovery = recovery}});
      session.memberships().back().joined = true;
    }
  }
  void on_user_named(Session& session) override { named.push_back(session.user_id()); }
  /// As when a direct message has come for the user.
  void enter_own_room(Session& session) {
    Membership membership{.room = id_of(protocol::user_room_of(session.user_id())), .member = 0, .joined = true};
    membership.is_implicit = true;
    session.memberships().push_back(membership);
  }

  std::optional<std::uint32_t> find(const Session& session, std::string_view room_id) const override {
    for (std::uint32_t slot = 0; slot < session.memberships().size(); ++slot) {
      if (rooms[session.memberships()[slot].room.index] == room_id) return slot;
    }
    return std::nullopt;
  }
  void leave(Session& session, std::uint32_t slot) override { session.memberships().erase(slot); }
  std::string_view room_id_of(const Session& session, std::uint32_t slot) const override {
    return rooms[session.memberships()[slot].room.index];
  }
  void on_token_refused(const Session&, const auth::TokenRefusal& refused) override {
    refused_tokens.push_back(refused.message);
  }
  void on_command_refused(const Session& session, const RefusedCommand& refused) override {
    refused_commands.push_back(session.user_id() + " " +
                               (refused.command ? std::string(protocol::type_of(*refused.command)) : "unknown") + " " +
                               refused.error.room_id + " " + std::string(protocol::name(refused.error.code)));
  }
  void on_over(Session&) override { ++over_calls; }
  void leave_all(Session& session) override {
    ++leave_all_calls;
    session.memberships().clear();
  }
  Attempt answer(Session& session, const AskBroadcast& asked, std::string_view command_id) {
    const auto& [slot, broadcast] = asked;
    if (busy) return Attempt::kBusy;
    const std::string room =
        slot ? rooms[session.memberships()[*slot].room.index] : "outside " + std::string(broadcast.room_id);
    published.push_back(room + " " + std::string(broadcast.content) + (broadcast.echo.value() ? "" : " no-echo") +
                        (broadcast.dedup.empty() ? "" : " dedup " + std::string(broadcast.dedup)));
    return answer_publish(session, broadcast.room_id, command_id);
  }
  Attempt answer(Session& session, const AskDirect& asked, std::string_view command_id) {
    const protocol::Direct& direct = asked.direct;
    if (busy) return Attempt::kBusy;
    const std::string room = protocol::user_room_of(direct.user_id);
    published.push_back(room + " " + std::string(direct.content) + (direct.own_devices ? " own-devices" : "") +
                        (direct.dedup.empty() ? "" : " dedup " + std::string(direct.dedup)));
    return answer_publish(session, room, command_id);
  }
  const room::RoomSettings& settings_of(std::string_view room_id) const override {
    return room_id.starts_with("special") ? special : usual;
  }
  bool has_room_rates() const override { return usual.has_rates() || special.has_rates(); }
  Attempt answer(Session& session, const AskHistory& asked, std::string_view command_id) {
    const auto& [slot, history] = asked;
    if (busy) return Attempt::kBusy;
    queries.push_back(rooms[session.memberships()[slot].room.index] + " " + std::to_string(history.limit));
    if (pending) return Attempt::kPending;
    const std::string_view messages[] = {"1", "2"};
    session.on_reply(protocol::HistoryPage{
        .room_id = history.room_id, .id = command_id, .epoch = "k3", .messages = messages, .more = true});
    return Attempt::kDone;
  }
  Attempt answer(Session& session, const AskPresence& asked, std::string_view command_id) {
    const auto& [slot, presence] = asked;
    if (busy) return Attempt::kBusy;
    queries.push_back(rooms[session.memberships()[slot].room.index] + " users " + std::to_string(presence.limit));
    if (pending) return Attempt::kPending;
    const protocol::PresentUser users[] = {{.user_id = "ann", .connections = 2, .info = "7"}};
    session.on_reply(
        protocol::PresenceList{.room_id = presence.room_id, .id = command_id, .count = 1, .users = users, .next = {}});
    return Attempt::kDone;
  }

  bool busy = false;             // every way to a room is full
  bool pending = false;          // joins and queries are answered by hand
  bool pending_publish = false;  // so are publishes
  std::optional<protocol::ErrorCode> refusal;
  protocol::Recovery recovery{};  // of the last join
  room::RoomSettings usual;
  room::RoomSettings special;  // of rooms whose name begins with "special"
  std::vector<std::string> joins;
  std::vector<std::string> named;
  std::vector<std::string> published;
  std::vector<std::string> queries;
  std::vector<std::string> refused_tokens;
  std::vector<std::string> refused_commands;  // user, type, room, code
  int over_calls = 0;
  int leave_all_calls = 0;

 private:
  static std::string description_of(const protocol::Join& join) {
    std::string out(join.room_id);
    if (join.since) out.append(" since ").append(std::to_string(join.since->seq.value)).append(join.since->epoch);
    if (join.last > 0) out.append(" last ").append(std::to_string(join.last));
    if (join.presence) out.append(" presence");
    if (!join.info.empty()) out.append(" info ").append(join.info);
    return out;
  }
  Attempt answer_publish(Session& session, std::string_view room_id, std::string_view command_id) {
    if (pending_publish) return Attempt::kPending;
    if (refusal) {
      session.on_reply(Refused{Asked::kPublish, room_id, command_id, *refusal});
    } else if (!command_id.empty()) {
      session.on_reply(protocol::Ack{.id = command_id, .room_id = room_id, .seq = Seq{42}, .epoch = "k3", .ts = 5});
    }
    return Attempt::kDone;
  }
  SlotId id_of(std::string_view room_id) {
    for (std::uint32_t index = 0; index < rooms.size(); ++index) {
      if (rooms[index] == room_id) return {.index = index, .generation = 1};
    }
    rooms.emplace_back(room_id);
    return {.index = static_cast<std::uint32_t>(rooms.size() - 1), .generation = 1};
  }
  std::vector<std::string> rooms;
};

}  // namespace switchboard::session
