// One core's share of the server: its clients, its views of rooms, the rooms whose home it is, and the mailboxes to the
// other shards. Driven from outside by readiness and turns, it runs as well on a thread of its own as in a simulation.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/flat_map.h"
#include "base/random.h"
#include "base/slot_table.h"
#include "base/timer_wheel.h"
#include "room/chunk_pool.h"
#include "session/host.h"
#include "shard/client.h"
#include "shard/delivery.h"
#include "shard/history_reads.h"
#include "shard/home_presence.h"
#include "shard/home_rooms.h"
#include "shard/intake.h"
#include "shard/join_wish.h"
#include "shard/line.h"
#include "shard/mailbox_waits.h"
#include "shard/observer.h"
#include "shard/port.h"
#include "shard/publish_windows.h"
#include "shard/replay_start.h"
#include "shard/replays.h"
#include "shard/room_views.h"
#include "shard/settings.h"
#include "shard/stats.h"
#include "shard/stuck_clients.h"
#include "shard/sweep.h"
#include "shard/tracked_views.h"
#include "shard/users.h"

namespace switchboard::shard {

/// What a shard is made of. References must outlive it.
struct ShardParts {
  Exchange& exchange;
  const Clock& clock;
  ConnectionObserver& observer;
  HashKey hash_key;  // the same for all shards: it says which room has its home where
  std::uint64_t random_seed;
  http::AssetTable assets;
  broker::StoreChannel* store = nullptr;  // this shard's end of it; null: history is kept in memory only
};

/// One thread's, but for `stats()`.
class Shard final : private session::SessionHost, private IntakeEvents, private HomeEvents, private HomePresenceEvents {
 public:
  Shard(std::uint32_t index, ShardSettings settings, const ShardParts& parts);
  ~Shard() override;

  // --- from the loop -------------------------------------------------------------------------------------------
  /// Takes a connected stream. Readiness for it is reported under the id returned.
  /// `address_rate` and `listener` as in Session; the former valid until the observer is told of the connection's end.
  SlotId accept(std::unique_ptr<net::Transport> transport, net::PeerAddress peer, session::Ending refusal = {},
                session::AddressRate* address_rate = nullptr, std::uint16_t listener = 0);
  /// Edge-triggered: once is enough for all that has come. `hung_up`: the peer has finished sending.
  /// While this turn has time left for it, what has come is handled at once.
  void on_readable(SlotId id, bool hung_up);
  void on_writable(SlotId id);

  /// Does what can be done without waiting, within its budgets: mailboxes, timers, input put aside, the sweep.
  void turn();
  /// True when another turn would find work at once.
  bool has_work();
  /// When a turn is needed even if nothing happens.
  std::optional<Instant> next_deadline() const;

  // --- from the server, on the shard's thread ------------------------------------------------------------------
  /// Sends everybody away with 4200, spread over `over`; new connections are turned away in the same manner.
  void drain(Duration over);
  void reload(ShardSettings settings);
  std::size_t connections() const { return clients_.size(); }
  /// Connections whose stream is not open yet, because its (TLS) handshake is not finished.
  std::size_t opening() const { return intake_.opening(); }
  /// Calls f(Session&) for every connection, to look at. O(connections).
  template <class F>
  void for_each_session(F&& f) {
    clients_.for_each([&](SlotId, Client& client) { f(client.session); });
  }

  ShardStats& stats() { return stats_; }
  const ShardStats& stats() const { return stats_; }
  /// On the shard's thread.
  const session::SessionSettings& session_settings() const { return context_.settings; }
  const session::SessionStats& session_stats() const { return context_.stats; }
  std::uint32_t index() const { return index_; }

 private:
  // SessionHost
  session::Attempt join(session::Session& session, const protocol::Join& join, std::string_view command_id) override;
  std::optional<std::uint32_t> find(const session::Session& session, std::string_view room_id) const override;
  void leave(session::Session& session, std::uint32_t slot) override;
  void on_request_refused(const session::Session& session, std::string_view field, std::string_view value) override {
    observer_.on_request_refused(session, field, value);
  }
  session::Readmission readmit(const session::Session& session, const net::PeerAddress& client) override {
    return observer_.on_readdressed(session, client);
  }
  void on_over(session::Session& session) override;
  void leave_all(session::Session& session) override;
  session::Attempt publish(session::Session& session, std::optional<std::uint32_t> slot,
                           const protocol::Broadcast& broadcast, std::string_view command_id) override;
  void on_user_named(session::Session& session) override;
  session::Attempt publish(session::Session& session, const protocol::Direct& direct,
                           std::string_view command_id) override;
  const room::RoomSettings& settings_of(std::string_view room_id) const override { return settings_.rooms.of(room_id); }
  session::Attempt read_history(session::Session& session, std::uint32_t slot, const protocol::History& history,
                                std::string_view command_id) override;
  session::Attempt read_presence(session::Session& session, std::uint32_t slot, const protocol::Presence& presence,
                                 std::string_view command_id) override;
  // IntakeEvents
  void on_step_done(Client& client) override { settle(client); }
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
  bool presence_can_send() override;
  std::span<const Subscriber> subscribers_of(SlotId home_room) override;
  void on_presence_track(std::uint32_t to_shard, const TrackResult& track) override;
  void on_presence_list(std::uint32_t to_shard, PresenceListResult&& list) override;
  void on_presence_change(std::uint32_t to_shard, const ViewsByFormat& views,
                          const std::shared_ptr<const PresenceFrame>& frame) override;

  // mailboxes
  void take_mail(Instant until);
  void on_result(Result& result);
  void on_request(std::uint32_t from, Request& request);
  void send_publish(std::uint32_t home, SlotId home_room, const broker::Publish& publish);
  void take_home_answers(Instant until);
  void after_answer(SlotId connection);
  bool is_stored(std::string_view room_id) const;
  void count_answered(const broker::Origin& origin);
  void publish_answered(SlotId connection, std::uint32_t counted_bytes);
  void leave_home(const RoomView& view, SlotId home_room);
  void on_join_result(const JoinResult& result);
  void on_publish_result(const PublishResult& result);
  void on_epoch_result(const EpochResult& result);
  void on_user_result(const UserResult& result);

  // clients
  session::Attempt wait_for_mailbox(session::Session& session, std::uint32_t home);
  bool may_send(session::Session& session, std::uint32_t home, std::size_t requests = 1);
  void settle(Client& client);
  void end(Client& client);
  void settle_unsettled();
  bool make_room_in_outboxes(std::size_t bytes);
  void resume_waiting();
  void run_timers();

  // rooms
  void append(const ViewsByFormat& views, Seq seq, const wire::Formatted& message, SlotId excluded);
  void append(SlotId view_id, Seq seq, const wire::Formatted& message, SlotId excluded);
  void append(SlotId view_id, RoomView& view, Seq seq, const wire::Formatted& message, SlotId excluded);
  void bound_logs(SlotId appended);
  void drop_view_if_unused(SlotId view_id, RoomView& view);
  void remove(session::Session& session, std::uint32_t slot);
  void add_membership(session::Session& session, const session::Membership& membership);
  void erase_membership(session::Session& session, std::uint32_t slot);
  void remove_member(RoomView& view, std::uint32_t index);
  void open_cursor(Client& client, SlotId view_id, std::uint32_t slot, const ReplayStart& start);
  void move_cursor(SlotId view_id, session::Session& session, std::uint32_t slot, Seq cursor);
  Client& client_of(session::Session& session) { return clients_.at(session.id()); }
  std::uint32_t home_of(std::string_view room_id) const;

  JoinWish take_wish(SlotId connection);
  void admit(Client& client, std::uint32_t slot, const JoinResult& result, const JoinWish& wish);

  // history
  void begin_replay(Client& client, SlotId view_id, std::uint32_t slot, Seq last);
  bool request_page(SlotId view_id, const broker::ReadRange& range, PageTicket ticket);
  void request_pages();
  bool pages_can_be_asked_for() const;
  bool history_read_may_begin() const;
  void on_page(PageTicket ticket, const wire::PageOrError& page);
  void on_history_page(std::uint64_t ticket, const wire::PageOrError& page);
  bool read_on(std::uint64_t ticket, HistoryRead& read);
  void answer_history(Client& client, const RoomView& view, HistoryRead& read);

  // users
  void publish_at(std::uint32_t home, const broker::Publish& publish);
  bool deliver_to_user(std::string_view room_id, std::string_view epoch, Seq seq, const wire::Formatted& message,
                       SlotId excluded);
  ViewsByFormat views_of(std::string_view room_id) const;
  SlotId create_user_view(std::string_view room_id, wire::Format format, std::string_view epoch, Seq next);
  void enter_own_room(Client& client, SlotId view_id);
  void leave_own_room(session::Session& session, std::uint32_t slot);
  void expect_next(RoomView& view, std::string_view epoch, Seq seq);
  void keep_user_view(SlotId view_id, RoomView& view);
  void forget_idle_user_views();
  void forget_user_view(RoomView& view);

  // presence
  void run_presence();
  bool presence_has_work() const;
  void on_presence_request(std::uint32_t from, PresenceRequest&& request);
  void note_tracking(std::uint32_t shard, JoinResult& joined);
  void on_presence_change_result(const ViewsByFormat& views, const PresenceFrame& change);
  void on_presence_list_result(const PresenceListResult& list);
  void keep_info(SlotId view_id, const RoomView& view, const session::Session& session, std::string_view info);
  void on_presence_joined(SlotId view_id, const RoomView& view, session::Session& session, const JoinWish& wish);
  void on_presence_leaving(const session::Membership& membership, const RoomView& view, session::Session& session);
  void watch(SlotId view_id, const RoomView& view, session::Session& session);
  void on_watcher_removed(const RoomView& watchers);
  void on_presence_dropped(SlotId view_id, const RoomView& view);

  std::uint32_t index_;
  ShardSettings settings_;
  const Clock& clock_;
  ConnectionObserver& observer_;
  HashKey hash_key_;
  ShardStats stats_;
  session::SessionContext context_;
  TimerWheel timers_;
  room::ChunkPool chunks_;
  RoomViews views_;
  SlotTable<Client> clients_;
  Users users_;
  Port port_;
  HomeRooms home_;
  PublishWindows publish_windows_;
  Replays replays_;
  StuckClients stuck_;
  Delivery delivery_;
  Sweep sweep_;
  HistoryReads history_reads_;
  FlatMap<std::uint64_t, JoinWish> join_wishes_;  // by connection: of joins under way
  MailboxWaits mailbox_waits_;
  Intake intake_;
  std::vector<SlotId> resuming_;                  // scratch of resume_waiting
  std::optional<std::uint32_t> page_blocked_by_;  // the home that the next page could not be asked of
  Line user_views_;                               // views of users' own rooms, to be looked at in turn
  Instant user_views_looked_at_{};
  TrackedViews tracked_;
  HomePresence home_presence_;
  std::vector<PresenceListResult> own_lists_;         // answers for clients here, to be given when the home is done
  std::shared_ptr<const CommittedMessage> crossing_;  // the frame being spread, once it has to leave the shard
  std::optional<Instant> drain_until_;
};

}  // namespace switchboard::shard
