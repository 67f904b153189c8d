// Who is in the rooms whose home this shard is, for those rooms of which somebody asks: it has their members tracked by
// the shards that have them, keeps a roster of each, answers queries and tells the watchers what changes. When nobody
// has asked for a minute it stops, and nothing is left. It holds no members and no logs, and sends through its events.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/flat_map.h"
#include "base/slot_table.h"
#include "base/timer_wheel.h"
#include "room/presence_roster.h"
#include "room/settings.h"
#include "shard/home_room.h"
#include "shard/line.h"
#include "shard/presence_messages.h"
#include "ws/frame_writer.h"

namespace switchboard::shard {

/// What the home of a tracked room wants to know and to have told. Called during `HomePresence::run` only; no room may
/// end meanwhile.
class HomePresenceEvents {
 public:
  /// Whether one result can be sent to each shard.
  virtual bool presence_can_send() = 0;
  /// The shards with members. Valid until a member joins or leaves.
  virtual std::span<const Subscriber> subscribers_of(SlotId home_room) = 0;
  virtual void on_presence_track(std::uint32_t to_shard, const TrackResult& track) = 0;
  virtual void on_presence_list(std::uint32_t to_shard, PresenceListResult&& list) = 0;
  /// Once for each shard that has watchers.
  virtual void on_presence_change(std::uint32_t to_shard, const ViewsByFormat& views,
                                  const std::shared_ptr<const PresenceFrame>& frame) = 0;

 protected:
  ~HomePresenceEvents() = default;
};

class HomePresence {
 public:
  /// How long tracking goes on when nobody asks any more.
  static constexpr Duration kKeptFor = std::chrono::seconds(60);
  /// How long a query waits for the shards' reports until it is told `unavailable`.
  static constexpr Duration kReportWait = std::chrono::seconds(5);

  /// `self`: the shard it is on, one of so many.
  HomePresence(HomePresenceEvents& events, const room::RoomSettingsTable& settings, std::uint32_t self,
               std::uint32_t shards, Instant now);

  /// A member of that shard has joined and wants to be told who comes and goes.
  void add_watcher(SlotId home_room, std::string_view room_id, std::uint32_t shard, Instant now);
  /// The round in which that room is tracked, 0 if it is not: whoever joins is told, so that its shard reports it.
  TrackingRound round_of(SlotId home_room) const;
  /// Ends in `on_presence_list`.
  void query(SlotId home_room, std::string_view room_id, std::uint32_t from, PresenceRequest&& request, Instant now);
  void on_report(std::uint32_t from, const PresenceReport& report, Instant now);
  /// The room has no members any more.
  void on_room_ended(SlotId home_room);

  /// Does what is due, for a bounded number of rooms. What cannot be sent stays due.
  void run(Instant now);
  /// True when nothing is due but for the time.
  bool idle() const { return due_.empty(); }
  std::optional<Instant> next_deadline() const { return timers_.next_deadline(); }

  std::size_t rosters() const { return rooms_.size(); }
  std::uint64_t users() const;
  std::uint64_t pushes() const { return pushes_; }

 private:
  struct Query {
    std::uint32_t from;
    PresenceRequest request;
    Instant since;
  };
  struct TrackedRoom : TimerNode {
    SlotId home_room;
    std::string room_id;
    TrackingRound round = 0;
    room::PresenceRoster roster;
    std::vector<std::uint32_t> watchers;  // by shard
    std::uint64_t watchers_total = 0;
    std::vector<Query> queries;       // that wait for the reports
    std::uint32_t views_awaited = 0;  // that have not reported who was there
    bool has_asked = false;           // the shards
    bool in_due = false;
    Instant wanted_at{};  // when somebody last asked

    bool is_complete() const { return has_asked && views_awaited == 0; }
  };
  using Rooms = FlatMap<std::uint64_t, std::unique_ptr<TrackedRoom>>;  // by packed home_room

  TrackedRoom& track(SlotId home_room, std::string_view room_id, Instant now);
  TrackedRoom* find(SlotId home_room) const;
  void make_due(TrackedRoom& room);

  /// Does what is due for it. False when the rest must wait, for room in a mailbox or for others.
  bool serve(TrackedRoom& room, Instant now);
  bool ask_shards(TrackedRoom& room);
  bool answer_queries(TrackedRoom& room, Instant now);
  void answer(TrackedRoom& room, const Query& query);
  void refuse(const TrackedRoom& room, const Query& query, protocol::ErrorCode code);
  bool push_change(TrackedRoom& room, Instant now);
  bool stop(TrackedRoom& room);
  void tell_shards(const TrackedRoom& room, TrackingRound round);
  /// How long changes are merged: the more watchers a room has, the fewer pushes it makes.
  Duration window_of(const TrackedRoom& room) const;
  std::optional<Instant> next_deadline_of(const TrackedRoom& room) const;

  HomePresenceEvents& events_;
  const room::RoomSettingsTable& settings_;
  std::uint32_t self_;
  std::uint32_t shards_;
  TrackingRound last_round_ = 0;
  TimerWheel timers_;  // outlives the rooms
  Rooms rooms_;
  Line due_;
  ws::FrameBuilder frame_;
  std::uint64_t pushes_ = 0;
};

}  // namespace switchboard::shard
