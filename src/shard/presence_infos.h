// What members want to be shown of themselves in the rooms that they are in, by connection; and which counts of several
// connections of one user: the one that was given last. Kept from the join on, whether anybody asks or not. It knows
// nothing of rooms and their homes.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/flat_map.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "shard/presence_messages.h"

namespace switchboard::shard {

/// Every operation takes O(log infos).
class PresenceInfos {
 public:
  /// The connection, which is that user's, wants to be shown so in the view. Replaces what it gave there before.
  /// `info`: JSON text, not "".
  void give(SlotId view, SlotId connection, std::string_view user_id, std::string_view info, Instant now);
  /// It leaves the view. Harmless when it gave none.
  void drop(SlotId view, SlotId connection, std::string_view user_id);

  /// Of what that user's connections gave in the view the latest; stamp 0 when none did.
  UserInfo latest(SlotId view, std::string_view user_id) const;
  /// Its stamp.
  std::uint64_t latest_stamp(SlotId view, std::string_view user_id) const;

  std::size_t size() const { return by_user_.size(); }

 private:
  struct Connection {
    SlotId view;
    SlotId connection;

    friend bool operator==(const Connection&, const Connection&) = default;
  };
  struct ConnectionHash {
    std::size_t operator()(const Connection& key) const { return hash_of(key.connection.pack(), key.view.pack()); }
  };
  struct PlaceView {
    std::uint64_t view;
    std::string_view user_id;
    std::uint64_t stamp;

    friend std::strong_ordering operator<=>(const PlaceView&, const PlaceView&) = default;
  };
  struct Place {
    std::uint64_t view;
    std::string user_id;
    std::uint64_t stamp;

    operator PlaceView() const { return {view, user_id, stamp}; }
  };
  struct Earlier {
    using is_transparent = void;
    bool operator()(const PlaceView& a, const PlaceView& b) const { return a < b; }
  };
  using ByUser = std::map<Place, std::string, Earlier>;

  ByUser::const_iterator find_latest(SlotId view, std::string_view user_id) const;

  ByUser by_user_;  // one user's in one view stand together, the latest last
  FlatMap<Connection, std::uint64_t, ConnectionHash> stamps_;
  std::uint64_t last_stamp_ = 0;
};

}  // namespace switchboard::shard
