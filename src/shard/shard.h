// One core's share of the server: its clients, its views of rooms, the rooms whose home it is, and the mailboxes to the
// other shards. Driven from outside by readiness and turns, it runs as well on a thread of its own as in a simulation.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/slot_table.h"
#include "base/timer_wheel.h"
#include "room/chunk_pool.h"
#include "session/host.h"
#include "shard/client.h"
#include "shard/delivery.h"
#include "shard/home_rooms.h"
#include "shard/line.h"
#include "shard/observer.h"
#include "shard/port.h"
#include "shard/room_views.h"
#include "shard/settings.h"
#include "shard/stats.h"
#include "shard/sweep.h"

namespace switchboard::shard {

/// What a shard is made of. References must outlive it.
struct ShardParts {
  Exchange& exchange;
  const Clock& clock;
  ConnectionObserver& observer;
  HashKey hash_key;  // the same for all shards: it says which room has its home where
  std::uint64_t random_seed;
  http::AssetTable assets;
};

/// One thread's, but for `stats()`.
class Shard final : private session::SessionHost, private HomeEvents {
 public:
  Shard(std::uint32_t index, ShardSettings settings, const ShardParts& parts);
  ~Shard() override;

  // --- from the loop -------------------------------------------------------------------------------------------
  /// Takes a connected stream. Readiness for it is reported under the id returned.
  /// `address_rate` and `listener` as in Session; the former valid until the observer is told of the connection's end.
  SlotId accept(std::unique_ptr<net::Transport> transport, net::PeerAddress peer, session::Ending refusal = {},
                session::AddressRate* address_rate = nullptr, std::uint16_t listener = 0);
  /// Edge-triggered: once is enough for all that has come. `hung_up`: the peer has finished sending.
  void on_readable(SlotId id, bool hung_up);
  void on_writable(SlotId id);

  /// Does what can be done without waiting, within its budgets: mailboxes, timers, input put aside, the sweep.
  void turn();
  /// True when another turn would find work at once.
  bool has_work();
  /// When a turn is needed even if nothing happens.
  std::optional<Instant> next_deadline() const { return timers_.next_deadline(); }

  // --- from the server, on the shard's thread ------------------------------------------------------------------
  /// Sends everybody away with 4200, spread over `over`; new connections are turned away in the same manner.
  void drain(Duration over);
  void reload(ShardSettings settings);
  std::size_t connections() const { return clients_.size(); }
  /// Connections whose stream is not open yet, because its (TLS) handshake is not finished.
  std::size_t opening() const { return opening_; }
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
  session::Attempt join(session::Session& session, std::string_view room_id, std::string_view command_id) override;
  std::optional<std::uint32_t> find(const session::Session& session, std::string_view room_id) const override;
  void leave(session::Session& session, std::uint32_t slot) override;
  session::Readmission readmit(const session::Session& session, const net::PeerAddress& client) override {
    return observer_.on_readdressed(session, client);
  }
  void leave_all(session::Session& session) override;
  session::Attempt publish(session::Session& session, std::uint32_t slot, const protocol::Broadcast& broadcast,
                           std::string_view command_id) override;
  // HomeEvents
  void on_home_committed(std::uint32_t to_shard, const ViewsByEncoding& views, SlotId excluded, Seq seq,
                         const Frames& frames) override;
  void on_home_compressed(std::size_t bytes_before, std::size_t bytes_after) override;
  void on_home_acknowledged(const broker::Publish& publish, const broker::Commit& commit) override;
  void on_home_refused(const broker::Publish& publish, protocol::ErrorCode code) override;
  void on_home_spread() override;

  // mailboxes
  void take_mail();
  void on_request(std::uint32_t from, Request& request);
  JoinResult join_home(std::uint32_t from, JoinRequest&& request);
  void leave_home(const RoomView& view, SlotId home_room);
  void on_join_result(const JoinResult& result);
  void on_publish_result(const PublishResult& result);

  // clients
  session::Attempt wait_for_mailbox(session::Session& session);
  void read(Client& client);
  void receive(Client& client);
  void settle(Client& client);
  void end(Client& client);
  void settle_unsettled();
  void resume_waiting();
  void read_unread();
  void open_streams();
  void run_timers();

  // rooms
  void append(const ViewsByEncoding& views, Seq seq, const Frames& frames, SlotId excluded);
  void append(SlotId view_id, Seq seq, const Frames& frames, SlotId excluded);
  void bound_logs(const RoomView& appended);
  void drop_view_if_unused(SlotId view_id, RoomView& view);
  Client& client_of(session::Session& session) { return *clients_.find(session.id()); }
  std::uint32_t home_of(std::string_view room_id) const;

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
  Port port_;
  HomeRooms home_;
  Delivery delivery_;
  Sweep sweep_;
  std::vector<SlotId> busy_;                        // clients whose command waits for room in a mailbox
  std::vector<SlotId> resuming_;                    // scratch of resume_waiting
  Line unread_;                                     // clients with more to read than one turn takes
  Line opening_unread_;                             // clients with a step of their stream's handshake to do
  std::size_t opening_ = 0;                         // streams whose handshake is not finished
  std::vector<SlotId> with_log_;                    // views whose logs may hold something
  std::shared_ptr<const CommittedFrame> crossing_;  // the frame being spread, once it has to leave the shard
  std::unique_ptr<char[]> receive_buffer_;
  std::optional<Instant> drain_until_;
};

}  // namespace switchboard::shard
