// The homes on this shard, as all shards see them: takes what is asked of them and tells what becomes of it, this shard
// by a call and the others through their mailboxes. What is true of rooms, HomeRooms and HomePresence know.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "session/context.h"
#include "shard/home_news.h"
#include "shard/home_presence.h"
#include "shard/home_rooms.h"
#include "shard/port.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class HomeDesk final : private HomeEvents, private HomePresenceEvents {
 public:
  /// `own`: is told what the other shards are sent.
  HomeDesk(HomeNews& own, Port& port, const ShardSettings& settings, const session::SessionContext& context,
           ShardStats& stats, const HomeParts& parts, wire::Formatter::GetDeflater deflater);

  // --- what is asked, each by the shard `from`. May be answered before the call returns. ----------------------------
  void join(std::uint32_t from, JoinRequest&& request) { rooms_.join(from, std::move(request)); }
  void leave(std::uint32_t from, const LeaveRequest& request) { rooms_.leave(request.home_room, from, request.format); }
  /// `home_room`: none when the publisher is not in the room; then by `publish.room_id`.
  void publish(SlotId home_room, const broker::Publish& publish);
  /// Never answered before the call returns.
  void read(std::uint32_t from, const ReadRequest& request);
  void list_users(std::uint32_t from, PresenceRequest&& request);
  void take_report(std::uint32_t from, const PresenceReport& report) {
    presence_.on_report(from, report, context_.now);
  }
  /// Of the rooms whose homes are here, or of the users who are.
  void ask(std::uint32_t from, const ApiQuestion& question);
  /// The answer to that: while `port.results_have_room()`, which is so while it is asked.
  void tell_found(std::uint32_t to_shard, ApiFinding&& finding);
  /// Any of these, from another shard's mailbox.
  void take(std::uint32_t from, Request& request);

  // --- turns --------------------------------------------------------------------------------------------------------
  /// Tells what brokers have answered since, until `until`, at least one; only while every shard can be told.
  void tell_answers(const Clock& clock, Instant until);
  void run_presence();
  /// Frees what is too old, and hands the store what was asked in this turn.
  void end_turn();
  /// True when one of these would find something to do at once.
  bool has_work();
  std::optional<Instant> next_deadline() const;

  /// As in HomeRooms.
  bool answers_later(const room::RoomSettings& settings) const { return rooms_.answers_later(settings); }
  /// The settings have changed.
  void use_settings() { rooms_.use_settings(); }
  std::size_t rooms() const { return rooms_.size(); }
  const HomePresence& presence() const { return presence_; }

 private:
  // HomeEvents
  void on_home_joined(std::uint32_t to_shard, JoinResult&& result) override;
  void on_home_committed(std::uint32_t to_shard, const ViewsByFormat& views, SlotId excluded, Seq seq,
                         const wire::Formatted& message) override;
  void on_home_spread() override;
  void on_home_user_committed(const broker::Publish& publish, const broker::Commit& commit,
                              const wire::Formatted& message) override;
  void on_home_acknowledged(const broker::Publish& publish, const broker::Commit& commit) override;
  void on_home_refused(const broker::Publish& publish, protocol::ErrorCode code) override;
  void on_home_epoch_changed(std::uint32_t to_shard, const ViewsByFormat& views, const broker::Head& head) override;
  void on_home_read(const PageReader& reader, const wire::PageOrError& page) override;
  void on_home_ended(SlotId home_room) override;
  // HomePresenceEvents
  bool presence_can_send() override { return port_.results_have_room(); }
  std::span<const Subscriber> subscribers_of(SlotId home_room) override;
  void on_presence_track(std::uint32_t to_shard, const TrackResult& track) override;
  void on_presence_list(std::uint32_t to_shard, PresenceListResult&& list) override;
  void on_presence_change(std::uint32_t to_shard, const ViewsByFormat& views,
                          const std::shared_ptr<const PresenceFrame>& frame) override;

  bool is_own(std::uint32_t shard) const { return shard == port_.self(); }
  void tell_outcome(std::uint32_t to_shard, const PublishOutcome& outcome);
  void note_tracking(std::uint32_t shard, JoinResult& joined);

  HomeNews& own_;
  Port& port_;
  const session::SessionContext& context_;
  ShardStats& stats_;
  HomeRooms rooms_;
  HomePresence presence_;
  std::vector<PresenceListResult> own_lists_;         // answers for clients here, to be given when HomePresence is done
  std::shared_ptr<const CommittedMessage> crossing_;  // the message being spread, once it has to leave the shard
};

}  // namespace switchboard::shard
