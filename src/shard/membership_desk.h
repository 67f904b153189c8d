// Joining and leaving rooms: what sessions ask, what homes answer, and what becomes of a membership in between. Rooms
// of users, which nobody has to join, are UserDesk's affair; a join of one passes here like any other.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/flat_map.h"
#include "session/host.h"
#include "shard/event_sink.h"
#include "shard/history_desk.h"
#include "shard/homes.h"
#include "shard/join_wish.h"
#include "shard/members.h"
#include "shard/presence_desk.h"
#include "shard/view_logs.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class MembershipDesk {
 public:
  MembershipDesk(RoomViews& views, SlotTable<Client>& clients, Members& members, ViewLogs& logs, Homes& homes,
                 HistoryDesk& history, PresenceDesk& presence, Delivery& delivery, const ShardSettings& settings,
                 ShardStats& stats, EventSink* events)
      : views_(views),
        clients_(clients),
        members_(members),
        logs_(logs),
        homes_(homes),
        history_(history),
        presence_(presence),
        delivery_(delivery),
        settings_(settings),
        stats_(stats),
        events_(events) {}

  // As in session::SessionHost.
  std::optional<std::uint32_t> find(const session::Session& session, std::string_view room_id) const;
  session::Attempt join(session::Session& session, const protocol::Join& join, std::string_view command_id);
  /// Not of a user's room that was joined.
  void leave(session::Session& session, std::uint32_t slot);
  void leave_all(session::Session& session);

  /// The room's home has answered a join of a client here, which may have gone or left meanwhile.
  void on_joined(const JoinResult& result);

 private:
  void tell_joined(session::Session& session, std::uint32_t slot, const RoomView& view, std::string_view command_id);
  void request_join(session::Session& session, SlotId view_id, const protocol::Join& join, std::string_view command_id);
  JoinWish take_wish(SlotId connection);
  void refuse(session::Session& session, std::uint32_t slot, const RoomView& view, const JoinResult& result);
  void enter(Client& client, std::uint32_t slot, const JoinResult& result, const JoinWish& wish);
  void open_cursor(Client& client, SlotId view_id, std::uint32_t slot, const ReplayStart& start);

  RoomViews& views_;
  SlotTable<Client>& clients_;
  Members& members_;
  ViewLogs& logs_;
  Homes& homes_;
  HistoryDesk& history_;
  PresenceDesk& presence_;
  Delivery& delivery_;
  const ShardSettings& settings_;
  ShardStats& stats_;
  EventSink* const events_;                  // null: nobody wants to know
  FlatMap<std::uint64_t, JoinWish> wishes_;  // by connection: of joins under way
};

}  // namespace switchboard::shard
