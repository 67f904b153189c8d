// Writes to one client, in the house's one order: the rest of an unfinished frame, the private queue, then rooms. It
// never ends a client by itself: who fails or falls behind is put in line for that.
#pragma once

#include <vector>

#include "base/slot_table.h"
#include "shard/client.h"
#include "shard/replays.h"
#include "shard/room_views.h"
#include "shard/stats.h"
#include "shard/stuck_clients.h"

namespace switchboard::shard {

class Delivery {
 public:
  Delivery(RoomViews& views, SlotTable<Client>& clients, Replays& replays, StuckClients& stuck, ShardStats& stats)
      : views_(views), clients_(clients), replays_(replays), stuck_(stuck), stats_(stats) {}

  /// Writes what is held, unfinished and private. True when none of it is left.
  bool flush(Client& client);

  /// Gives the member what it has not had, at most about `bytes_max`: from the log, or, where its cursor is before that
  /// and the room has history, from pages of it. True when it needs no further turn: it has everything, its socket
  /// takes no more, or it has to wait for a page.
  bool serve(Client& client, SlotId view_id, RoomView& view, room::Member& member, std::size_t bytes_max);

  /// Gives up the room's entries before `keep`, saving what sockets still need of them.
  void trim(RoomView& view, Seq keep);
  /// The transport holds bytes: until the socket is writable nothing is written.
  void hold(Client& client);
  /// Copies the rest of the unfinished frame in front of the private queue, so that its room can go on without it.
  void save_unfinished(Client& client);

  /// What that member still misses of the room will not come any more: whoever awaits `caught_up` is told so. Harmless
  /// when it has no replay.
  void give_up_replay(Client& client, SlotId view_id, const RoomView& view);

  /// Clients to look after before the next sweep and when the turn is over: they were told something, their socket
  /// failed, they were too slow, their last bytes are written, or their timer must be set anew.
  std::vector<SlotId>& unsettled() { return unsettled_; }
  /// Puts the client among them.
  void leave_unsettled(Client& client);
  /// The client was told something by a room's home: it may have waited for that, and the answer is to be written. Only
  /// later in the turn, for whoever tells holds rooms of the home, which a session that ends would leave.
  void on_answered(Client& client);
  /// Clients whose private queue is empty again and who have input waiting for that.
  std::vector<SlotId>& resumable() { return resumable_; }

 private:
  /// Returns how many of the bytes were taken; marks the client when that is fewer.
  std::size_t write(Client& client, std::string_view bytes);
  /// Hands on what the transport holds. True when it holds nothing any more.
  bool flush_held(Client& client);
  void on_failed(Client& client);
  void on_blocked(Client& client);
  void serve_log(Client& client, SlotId view_id, RoomView& view, room::Member& member, Seq until, std::size_t& budget);
  void unpin(Client& client, RoomView& view);
  void on_partial_write(Client& client, SlotId view_id, RoomView& view, room::Member& member, std::size_t taken);
  bool skip_missed(Client& client, RoomView& view, room::Member& member);
  void move_on(Client& client, RoomView& view, room::Member& member, Seq to);

  // Members that are fed from their room's history.
  bool serve_replay(Client& client, SlotId view_id, RoomView& view, room::Member& member, Replay& replay,
                    std::size_t budget);
  bool serve_page(Client& client, RoomView& view, room::Member& member, Replay& replay, std::size_t& budget);
  void write_page(Client& client, room::Member& member, Replay& replay, Seq until, std::size_t& budget);
  void tell_caught_up(Client& client, const RoomView& view, Replay& replay);
  void skip_lost(Client& client, RoomView& view, room::Member& member, Replay& replay);

  RoomViews& views_;
  SlotTable<Client>& clients_;
  Replays& replays_;
  StuckClients& stuck_;
  ShardStats& stats_;
  std::vector<SlotId> unsettled_;
  std::vector<SlotId> resumable_;
};

}  // namespace switchboard::shard
