// One core's share of the server: its clients and their sockets, and how it divides its time among them, the rooms
// (RoomDesks) and the other shards. Driven from outside by readiness and turns, it runs as well on a thread of its own
// as in a simulation.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/slot_table.h"
#include "base/timer_wheel.h"
#include "room/chunk_pool.h"
#include "session/host.h"
#include "shard/client.h"
#include "shard/delivery.h"
#include "shard/event_sink.h"
#include "shard/hook_desk.h"
#include "shard/intake.h"
#include "shard/lost_rooms.h"
#include "shard/observer.h"
#include "shard/outbox_bound.h"
#include "shard/replays.h"
#include "shard/revoker.h"
#include "shard/room_desks.h"
#include "shard/room_views.h"
#include "shard/settings.h"
#include "shard/stats.h"
#include "shard/stuck_clients.h"
#include "shard/sweep.h"
#include "shard/user_rates.h"

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
  Revoker* revoker = nullptr;             // null: nothing can be revoked
  EventSink* events = nullptr;            // null: nobody wants to know what happens
  Webhooks* webhooks = nullptr;           // null: there are none
  HookAsker* hooks = nullptr;             // null: nobody is asked before clients are obeyed
  UserRates* user_rates = nullptr;        // null: nothing is limited by user
};

/// One thread's, but for `stats()`.
class Shard final : private session::SessionHost, private session::ConnectionHost, private IntakeEvents {
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
  /// The same for a connection to the HTTP API; its numbers are others. None when there are as many as may be.
  std::optional<std::uint32_t> accept_api(std::unique_ptr<net::Transport> transport, const net::PeerAddress& peer);
  void on_api_ready(std::uint32_t number, bool hung_up) { rooms_.api().on_ready(number, hung_up); }

  /// Does what can be done without waiting, within its budgets: mailboxes, timers, input put aside, the sweep.
  void turn();
  /// True when another turn would find work at once.
  bool has_work();
  /// When a turn is needed even if nothing happens.
  std::optional<Instant> next_deadline() const;

  /// As in ApiRequests.
  void on_api_done(SlotId asker, std::uint64_t request, const std::expected<std::string, api::Problem>& outcome) {
    rooms_.api().requests().on_done(asker, request, outcome);
  }

  /// As in HookDesk.
  void on_hook_answer(SlotId connection, std::uint64_t number, session::HookAnswer answer) {
    context_.now = clock_.now();
    hooks_.on_answer(connection, number, std::move(answer));
  }

  // --- from the server, on the shard's thread ------------------------------------------------------------------
  /// Sends everybody away with 4200, spread over `over`; new connections are turned away in the same manner.
  void drain(Duration over);
  void reload(ShardSettings settings);
  /// From now on such tokens are no good. Closes the connections that have shown one, or takes them out of the room
  /// that it is about; returns how many.
  std::uint64_t revoke(const auth::Revocation& revocation);
  std::size_t connections() const { return clients_.size(); }
  /// Connections whose stream is not open yet, because its (TLS) handshake is not finished.
  std::size_t opening() const { return intake_.opening(); }
  /// Calls f(Connection&) for every connection, to look at. O(connections).
  template <class F>
  void for_each_connection(F&& f) {
    clients_.for_each([&](SlotId, Client& client) { f(client.connection); });
  }

  ShardStats& stats() { return stats_; }
  const ShardStats& stats() const { return stats_; }
  /// On the shard's thread.
  const session::SessionSettings& session_settings() const { return context_.settings; }
  const session::SessionStats& session_stats() const { return context_.stats; }
  std::uint32_t index() const { return index_; }

 private:
  // SessionHost
  session::Attempt ask(session::Session& session, const session::Ask& ask, std::string_view command_id) override {
    return rooms_.ask(session, ask, command_id);
  }
  std::optional<std::uint32_t> find(const session::Session& session, std::string_view room_id) const override {
    return rooms_.find(session, room_id);
  }
  void leave(session::Session& session, std::uint32_t slot) override { rooms_.leave(session, slot); }
  void on_over(session::Session& session) override {
    hooks_.on_over(session);
    delivery_.leave_unsettled(clients_.at(session.id()));
  }
  session::HookStep ask_hook(session::Session& session, const session::HookQuestion& question) override {
    return hooks_.ask(session, question);
  }
  bool awaits_hook(const session::Session& session) const override { return hooks_.awaits(session); }
  std::span<const std::shared_ptr<const auth::Grants>> hook_grants(const session::Session& session) const override {
    return hooks_.grants_of(session);
  }
  void leave_all(session::Session& session) override { rooms_.leave_all(session); }
  void on_user_named(session::Session& session) override;
  std::string_view room_id_of(const session::Session& session, std::uint32_t slot) const override {
    return rooms_.room_id_of(session, slot);
  }
  void on_token_refused(const session::Session& session, const auth::TokenRefusal& refusal) override;
  void on_command_refused(const session::Session& session, const session::RefusedCommand& refused) override;
  const room::RoomSettings& settings_of(std::string_view room_id) const override { return settings_.rooms.of(room_id); }
  bool has_room_rates() const override { return settings_.rooms.has_rates(); }
  // ConnectionHost
  void on_opened(const session::Connection& connection) override;
  void on_request_refused(const net::PeerAddress& peer, std::string_view field, std::string_view value) override {
    observer_.on_request_refused(peer, field, value, context_.now);
  }
  session::Readmission readmit(session::AddressRate* counted_at, const net::PeerAddress& client) override {
    return observer_.on_readdressed(counted_at, client);
  }
  // IntakeEvents
  void on_step_done(Client& client) override { settle(client); }

  void use_settings();
  void end_unproven();
  std::uint64_t revoke_in_room(const auth::Revocation& revocation);
  void leave_lost_rooms();
  void run_timers();
  void resume_waiting();
  void settle(Client& client);
  void settle_unsettled();
  void end(Client& client);

  const std::uint32_t index_;
  ShardSettings settings_;
  const Clock& clock_;
  ConnectionObserver& observer_;
  EventSink* const events_;
  UserRates* const user_rates_;
  ShardStats stats_;
  session::ConnectionContext context_;
  TimerWheel timers_;
  room::ChunkPool chunks_;
  RoomViews views_;
  SlotTable<Client> clients_;
  Replays replays_;
  StuckClients stuck_;
  OutboxBound outboxes_;
  Delivery delivery_;
  HookDesk hooks_;
  Sweep sweep_;
  Intake intake_;
  RoomDesks rooms_;
  LostRooms lost_rooms_;
  std::vector<SlotId> resuming_;  // scratch of resume_waiting
  std::optional<Instant> drain_until_;
};

}  // namespace switchboard::shard
