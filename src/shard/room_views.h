// The rooms that have members on this shard, by name and by the format that the members read: a room whose members
// read both has two views here, each with a log and cursors of its own. A view lives while it has members or joins
// under way.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/flat_map.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "room/room.h"
#include "shard/log_sizes.h"
#include "ws/frame_writer.h"

namespace switchboard::shard {

struct RoomView {
  RoomView(std::string id, wire::Format messages, const room::RoomSettings& settings, room::ChunkPool& pool,
           std::uint32_t home_shard)
      : room(std::move(id), settings, pool), format(messages), home(home_shard) {}

  room::Room room;
  wire::Format format;  // of the messages in its log; small ones may stand in it as in `plain_of`
  std::uint32_t home;   // its home shard
  SlotId home_room;     // its name there, once the first join was answered
  std::string epoch;
  std::uint32_t joins_under_way = 0;
  std::uint32_t implicit_members = 0;  // of the members: see session::Membership
  bool is_whole_user = false;  // of a user's room: every connection of the user here that reads this is a member
  bool in_user_views = false;  // waiting to be looked at as a user's room
  bool in_sweep = false;       // waiting in the sweep's line
  bool is_tracked = false;     // who comes and goes is noted for its home: see TrackedViews
  /// Of the members of the room's view of the same format those who watch who comes and goes: its log holds
  /// presence_changes, not compressed. Not found by name.
  bool is_presence = false;
  std::uint32_t present = 0;  // of a presence view: users in the room, as the last change said
  LogSizePlace log_size;      // among the views by the sizes of their logs
  Instant appended_at{};      // oldest append that the current lap has not served to all
  Instant addressed_at{};     // a user's room: the last direct message

  /// What its log has lost can be asked for at its home.
  bool keeps_history() const { return home_room && room.settings().history; }
  /// Somebody here has joined it: it is known to its home, which tells this shard under `home_room`.
  bool is_joined() const { return room.members().size() > implicit_members; }
};

class RoomViews {
  struct PlaceOf {
    SlotTable<RoomView>& views;
    LogSizePlace& operator()(SlotId id) const { return views.at(id).log_size; }
  };

 public:
  RoomViews(HashKey key, room::ChunkPool& pool)
      : pool_(pool), by_name_{NameMap<SlotId>(NameHash{key}), NameMap<SlotId>(NameHash{key})} {}

  SlotId find(std::string_view room_id, wire::Format format) const {
    const NameMap<SlotId>& names = by_name_[wire::index_of(format)];
    const auto found = names.find(room_id);
    return found == names.end() ? SlotId{} : found->second;
  }
  RoomView* find(SlotId id) { return views_.find(id); }
  /// Of a view that is known to be there: whoever is its member keeps it.
  RoomView& at(SlotId id) { return views_.at(id); }

  SlotId create(std::string_view room_id, wire::Format format, const room::RoomSettings& settings,
                std::uint32_t home_shard) {
    const SlotId id = views_.emplace(std::string(room_id), format, settings, pool_, home_shard).first;
    by_name_[wire::index_of(format)].emplace(std::string(room_id), id);
    return id;
  }
  SlotId create_presence(const RoomView& of, const room::RoomSettings& settings) {
    const auto [id, view] = views_.emplace(of.room.id(), of.format, settings, pool_, of.home);
    view.is_presence = true;
    ++presence_views_;
    return id;
  }
  void erase(SlotId id) {
    RoomView& view = views_.at(id);
    sizes_.remove(view.log_size, PlaceOf{views_});
    if (view.is_presence) {
      --presence_views_;
      views_.erase(id);
      return;
    }
    NameMap<SlotId>& names = by_name_[wire::index_of(view.format)];
    names.erase(names.find(std::string_view(view.room.id())));
    views_.erase(id);
    names.shrink_if_sparse();
  }
  /// The view's log has grown: it is found by `largest_log`. O(1).
  void note_log_size(SlotId id, const RoomView& view) { sizes_.put(id, view.room.log.bytes(), PlaceOf{views_}); }
  /// The view with about the largest log, presence views among them, but not `except` (which may be none); SlotId{}
  /// when all are empty. Amortised O(1).
  SlotId largest_log(SlotId except = {}) {
    while (true) {
      const SlotId id = sizes_.largest(except);
      if (!id) return {};
      const RoomView& view = views_.at(id);
      const std::uint8_t noted = view.log_size.size_class;
      note_log_size(id, view);  // it may have been trimmed since
      if (view.log_size.size_class == noted) return id;
    }
  }
  /// Presence views, too.
  std::size_t size() const { return views_.size(); }
  std::size_t presence_views() const { return presence_views_; }

  template <class F>
  void for_each(F&& f) {
    views_.for_each(f);
  }

 private:
  room::ChunkPool& pool_;
  SlotTable<RoomView> views_;
  LogSizes sizes_;
  wire::PerFormat<NameMap<SlotId>> by_name_;
  std::size_t presence_views_ = 0;
};

}  // namespace switchboard::shard
