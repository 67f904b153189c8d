// The desks of a shard, put together in the order in which they know one another: whatever is about rooms. What
// sessions ask and what rooms' homes tell is handed to the desk whose affair it is; nothing is decided here.
#pragma once

#include <optional>
#include <string_view>

#include "session/host.h"
#include "shard/api_desk.h"
#include "shard/history_desk.h"
#include "shard/home_desk.h"
#include "shard/homes.h"
#include "shard/intake.h"
#include "shard/mailbox_waits.h"
#include "shard/members.h"
#include "shard/membership_desk.h"
#include "shard/move_desk.h"
#include "shard/outbox_bound.h"
#include "shard/port.h"
#include "shard/presence_desk.h"
#include "shard/publish_desk.h"
#include "shard/replays.h"
#include "shard/room_views.h"
#include "shard/sweep.h"
#include "shard/tracked_views.h"
#include "shard/user_desk.h"
#include "shard/view_logs.h"

namespace switchboard::shard {

/// What the desks stand on. References must outlive them.
struct RoomParts {
  Exchange& exchange;
  ConnectionObserver& observer;
  HomeParts homes;
  SlotTable<Client>& clients;
  room::ChunkPool& chunks;
  RoomViews& views;
  Replays& replays;
  Delivery& delivery;
  Sweep& sweep;
  OutboxBound& outboxes;
  const Intake& intake;
  const ShardSettings& settings;
  session::ConnectionContext& context;
  ShardStats& stats;
  Revoker* revoker;    // null: nothing can be revoked
  EventSink* events;   // null: nobody wants to know
  Webhooks* webhooks;  // null: there are none
};

/// The shard's thread only.
class RoomDesks final : private HomeNews {
 public:
  /// `shard`: the index of this one.
  RoomDesks(std::uint32_t shard, const RoomParts& parts);

  // --- what sessions ask, as in session::SessionHost ----------------------------------------------------------------
  session::Attempt ask(session::Session& session, const session::Ask& ask, std::string_view command_id);
  std::string_view room_id_of(const session::Session& session, std::uint32_t slot) const {
    return views_.at(session.memberships()[slot].room).room.id();
  }
  std::optional<std::uint32_t> find(const session::Session& session, std::string_view room_id) const {
    return memberships_.find(session, room_id);
  }
  void leave(session::Session& session, std::uint32_t slot);
  void leave_all(session::Session& session);
  void on_user_named(session::Session& session) { users_.on_named(session); }

  // --- the steps of a turn that are about rooms ---------------------------------------------------------------------
  /// What other shards have sent, until `until`.
  void take_mail(const Clock& clock, Instant until);
  /// What this shard's brokers have answered.
  void tell_answers(const Clock& clock, Instant until) { home_.tell_answers(clock, until); }
  /// Calls go_on(Client&) for those who waited for room, on the way to a home or to a store, and may go on.
  template <class F>
  void let_go_on(F&& go_on) {
    publishes_.let_go_on(go_on);
    mailbox_waits_.run(go_on);
  }
  void run_presence();
  /// Users who are put into rooms and out of them; behind everything that they may wait for.
  void run_moves();
  void forget_unused() { users_.run(); }
  void request_pages() { history_.run(); }
  /// The last step: what was asked in this turn goes on its way.
  void end_turn();
  /// True when another turn would find work at once. What can only be done once another shard has taken what was sent
  /// to it does not count: that shard wakes this one.
  bool has_work();
  std::optional<Instant> next_deadline() const;

  /// The settings have changed.
  void use_settings();
  /// Closes the user's connections whose token was revoked; how many.
  std::uint64_t end_revoked(std::string_view user_id) { return users_.end_revoked(user_id); }
  /// The connections to the HTTP API.
  ApiDesk& api() { return api_; }
  const ApiDesk& api() const { return api_; }

 private:
  // HomeNews
  void on_joined(const JoinResult& result) override { memberships_.on_joined(result); }
  void on_committed(const ViewsByFormat& views, Seq seq, const wire::Formatted& message, SlotId excluded) override {
    logs_.append(views, seq, message, excluded);
  }
  bool on_user_committed(const UserCommit& commit) override { return users_.deliver(commit); }
  void on_published(const PublishOutcome& outcome) override {
    outcome.asker == broker::Origin::Kind::kApi ? api_.requests().on_published(outcome)
                                                : publishes_.on_published(outcome);
  }
  void on_epoch_changed(const EpochResult& result) override { logs_.begin_epoch(result); }
  void on_page(PageTicket ticket, const wire::PageOrError& page) override {
    ticket.what == PageTicket::For::kApi ? api_.requests().on_page(ticket.number, page)
                                         : history_.on_page(ticket, page);
  }
  void on_track(const TrackResult& track) override { presence_.on_track(track); }
  void on_presence_change(const ViewsByFormat& views, const PresenceFrame& change) override {
    presence_.on_change(views, change);
  }
  void on_presence_list(const PresenceListResult& list) override {
    list.asker == PresenceAsker::kApi ? api_.requests().on_presence_list(list) : presence_.on_list(list);
  }
  void on_api_question(std::uint32_t from, const ApiQuestion& question) override;
  void on_api_finding(ApiFinding&& finding) override { api_.requests().on_found(std::move(finding)); }

  void on_result(Result& result);
  void on_user_result(const UserResult& result);

  RoomViews& views_;
  const room::ChunkPool& chunks_;
  const ShardSettings& settings_;
  ShardStats& stats_;
  Port port_;
  MailboxWaits mailbox_waits_;
  HomeDesk home_;
  Homes homes_;
  TrackedViews tracked_;
  Members members_;
  ViewLogs logs_;
  HistoryDesk history_;
  PresenceDesk presence_;
  MembershipDesk memberships_;
  UserDesk users_;
  PublishDesk publishes_;
  MoveDesk moves_;
  ApiDesk api_;
};

}  // namespace switchboard::shard
