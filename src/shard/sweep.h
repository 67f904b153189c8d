// Whose turn it is: rooms with something to deliver, and single clients whose sockets take bytes again. Small rooms
// (one slice serves them) go before large ones; large ones take turns, a slice each. Holds ids only; nobody starves.
#pragma once

#include <cstdint>

#include "shard/delivery.h"
#include "shard/line.h"

namespace switchboard::shard {

struct SweepLimits {
  Duration budget{};  // of one turn
  std::uint32_t slice_members = 64;
  std::uint32_t send_bytes_max = 65'536;
};

class Sweep {
 public:
  Sweep(RoomViews& views, SlotTable<Client>& clients, Delivery& delivery, ShardStats& stats)
      : views_(views), clients_(clients), delivery_(delivery), stats_(stats) {}

  /// The room has something for its members, or something to forget.
  void want(SlotId view_id, RoomView& view);
  /// The client can be written to again, or still has more to get than one turn gave it.
  void want(Client& client);

  /// Serves until nothing is wanted or the budget is used up; at least one slice of each kind that waits.
  void run(const Clock& clock, const SweepLimits& limits);
  bool idle() const { return small_.empty() && large_.empty() && ready_.empty(); }

 private:
  void serve_client(Client& client, const SweepLimits& limits);
  void serve_room(SlotId view_id, RoomView& view, const SweepLimits& limits, Instant now);
  void prefetch_after(room::Room& room);
  void line_up(SlotId view_id, const RoomView& view);
  void line_up(Client& client);

  static constexpr std::uint32_t kClientsPerRound = 16;
  static constexpr std::uint32_t kSmallRoomsPerRound = 8;
  static constexpr std::uint32_t kRoomsPerLook = 64;  // of one client
  static constexpr std::uint32_t kSmallRoomMembers = 64;

  RoomViews& views_;
  SlotTable<Client>& clients_;
  Delivery& delivery_;
  ShardStats& stats_;
  Line small_;
  Line large_;
  Line ready_;
};

}  // namespace switchboard::shard
