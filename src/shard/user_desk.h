// Users: who has connections here, and the views of users' own rooms that carry direct messages. A direct message is a
// message of the room "@bob". Its home tells all shards; each looks whether bob has connections there. If he has, all
// of them become implicit members of a view of that room, which stays for a while after the last message.
#pragma once

#include <cstdint>
#include <string_view>

#include "shard/event_sink.h"
#include "shard/homes.h"
#include "shard/line.h"
#include "shard/members.h"
#include "shard/users.h"
#include "shard/view_logs.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class UserDesk {
 public:
  /// `key`: so that no client can aim at another user's place.
  UserDesk(HashKey key, RoomViews& views, SlotTable<Client>& clients, Members& members, ViewLogs& logs, Homes& homes,
           Replays& replays, const ShardSettings& settings, const session::SessionContext& context, ShardStats& stats,
           EventSink* events)
      : views_(views),
        clients_(clients),
        members_(members),
        logs_(logs),
        homes_(homes),
        replays_(replays),
        settings_(settings),
        context_(context),
        stats_(stats),
        events_(events),
        users_(key, clients) {}

  /// The session has its user from now on.
  void on_named(session::Session& session);
  /// It is over: it is nobody's connection any more. Harmless when it was nobody's.
  void on_over(const session::Session& session);
  /// A message to a user, for all connections it has here. True when there was one.
  bool deliver(const UserCommit& commit);
  /// Closes all connections that the user has here, with 4104. How many there were.
  std::uint64_t disconnect(std::string_view user_id);
  /// Calls f(Client&) for each connection that the user has here.
  template <class F>
  void for_each_of(std::string_view user_id, F&& f) {
    users_.for_each_of(user_id, f);
  }
  /// So many of the connections that the user has here.
  ConnectionsFound list(std::string_view user_id, std::uint32_t connections_max);
  /// Closes those of them whose token was revoked, with 4003. How many there were.
  std::uint64_t end_revoked(std::string_view user_id);
  /// Leaves the user's own room, which was joined: its messages still arrive as long as they are live.
  void leave_own_room(session::Session& session, std::uint32_t slot);

  /// Forgets views that nobody has written to for a while, a few at a time.
  void run();

 private:
  ViewsByFormat views_of(std::string_view room_id) const;
  SlotId create_view(std::string_view room_id, wire::Format format, std::string_view epoch, Seq next);
  void enter_own_room(Client& client, SlotId view_id);
  void keep(SlotId view_id, RoomView& view);
  bool is_used(const RoomView& view) const;
  void forget(SlotId view_id);

  RoomViews& views_;
  SlotTable<Client>& clients_;
  Members& members_;
  ViewLogs& logs_;
  Homes& homes_;
  Replays& replays_;
  const ShardSettings& settings_;
  const session::SessionContext& context_;
  ShardStats& stats_;
  EventSink* const events_;  // null: nobody wants to know
  Users users_;
  Line kept_;  // views of users' own rooms, to be looked at in turn
  Instant looked_at_{};
};

}  // namespace switchboard::shard
