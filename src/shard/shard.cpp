#include "shard/shard.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "protocol/close_code.h"

namespace switchboard::shard {
namespace {

constexpr std::size_t kTimersPerTurn = 32;  // each may send a ping

}  // namespace

Shard::Shard(std::uint32_t index, ShardSettings settings, const ShardParts& parts)
    : index_(index),
      settings_(std::move(settings)),
      clock_(parts.clock),
      observer_(parts.observer),
      hash_key_(parts.hash_key),
      context_(*this, clock_, settings_.session, parts.random_seed),
      timers_(parts.clock.now()),
      views_(parts.hash_key, chunks_),
      users_(parts.hash_key, clients_),
      port_(parts.exchange, index),
      home_(*this, stats_, settings_,
            {.clock = parts.clock,
             .hash_key = parts.hash_key,
             .make_brokers =
                 [&](broker::BrokerEvents& events) {
                   return make_brokers(events, settings_.history,
                                       {.clock = parts.clock, .random_seed = parts.random_seed, .store = parts.store});
                 }},
            [this]() -> ws::MessageDeflater& { return context_.deflater(); }),
      publish_windows_(clients_, settings_.history.publishing),
      replays_(clients_, stats_, settings_.replays_max),
      stuck_(clients_),
      delivery_(views_, clients_, replays_, stuck_, stats_),
      sweep_(views_, clients_, delivery_, stats_),
      mailbox_waits_(port_, clients_),
      intake_(*this, parts.observer, clients_, parts.clock, context_, delivery_),
      tracked_(parts.hash_key, views_, clients_),
      home_presence_(*this, settings_.rooms, index, parts.exchange.shards(), parts.clock.now()) {
  chunks_.bound_by(settings_.log_bytes_max);
  intake_.bound_by(std::chrono::microseconds(settings_.input_us));
  context_.now = clock_.now();
  context_.server_name = settings_.server_name;
  context_.shard = index;
  context_.assets = parts.assets;
}

Shard::~Shard() = default;

std::uint32_t Shard::home_of(std::string_view room_id) const {
  return port_.shards() == 1 ? 0 : static_cast<std::uint32_t>(siphash13(hash_key_, room_id) % port_.shards());
}

// --- clients -------------------------------------------------------------------------------------------------------

SlotId Shard::accept(std::unique_ptr<net::Transport> transport, net::PeerAddress peer, session::Ending refusal,
                     session::AddressRate* address_rate, std::uint16_t listener) {
  context_.now = clock_.now();
  if (drain_until_ && refusal.code == 0) {
    refusal = {.code = protocol::close::kDrain, .by_peer = false, .reason = "the server is shutting down"};
  }
  auto [id, client] = clients_.emplace(context_, std::move(transport), peer, refusal, address_rate, listener);
  client.session.set_id(id);
  intake_.on_accepted(client);
  timers_.arm(client, client.session.next_deadline());
  stats_.connections.add();
  stats_.connections_total.add();
  return id;
}

void Shard::on_readable(SlotId id, bool hung_up) {
  Client* client = clients_.find(id);
  if (client != nullptr) intake_.on_readable(*client, hung_up);
}

void Shard::on_writable(SlotId id) {
  Client* client = clients_.find(id);
  if (client == nullptr || !client->blocked || client->socket_failed || client->too_slow) return;
  client->blocked = false;
  client->session.on_progress(0);  // it takes bytes, even if there are none any more or their turn comes late
  sweep_.want(*client);
}

/// After anything was done with a session: writes, keeps its timer, ends it when it is over. The client may be gone
/// after it. The one place where clients leave their rooms because they are over.
void Shard::settle(Client& client) {
  if (client.session.is_leaving()) {
    context_.work.allow(Intake::kLightWork);  // the peer's Close is looked for in what was put aside
    client.session.leave_rooms();
    context_.work.allow_everything();
  }
  if (client.session.state() != session::State::kEnded && !client.socket_failed) {
    const bool has_nothing = client.session.outbox().empty() && !client.unfinished.room && !client.holding;
    const bool is_written = has_nothing || delivery_.flush(client);
    if (is_written) {
      client.session.on_outbox_written();
      if (client.session.wants_finish() && !client.finished) {
        client.finished = true;
        client.transport->finish_writing();
      }
    }
  }
  if (client.session.state() == session::State::kEnded) return end(client);
  const Instant deadline = client.session.next_deadline();
  if (!client.armed() || deadline < client.deadline) timers_.arm(client, deadline);
  intake_.look_at(client);
}

void Shard::end(Client& client) {
  client.session.leave_rooms();  // it may have ended with what was written last
  SB_ASSERT(client.session.memberships().empty());
  // A last try for what may explain the end to the peer: a Close frame behind an empty queue.
  if (!client.socket_failed && !client.blocked && !client.session.outbox().empty()) delivery_.flush(client);
  SB_ASSERT(!client.unfinished.room);
  observer_.on_ended(client.session, context_.now);
  stats_.endings.add(client.session.ending().code);
  stats_.connections.sub();
  timers_.cancel(client);
  intake_.on_ended(client);
  clients_.erase(client.session.id());
}

void Shard::settle_unsettled() {
  auto& unsettled = delivery_.unsettled();
  for (std::size_t i = 0; i < unsettled.size(); ++i) {
    Client* client = clients_.find(unsettled[i]);
    if (client == nullptr) continue;
    client->unsettled = false;
    if (client->socket_failed) {
      client->session.on_peer_gone(client->transport->failure());
    } else if (client->too_slow) {
      client->too_slow = false;
      stats_.too_slow.add();
      client->session.close(protocol::close::kTooSlow, "fell further behind a room than its backlog");
      client->blocked = false;
    }
    settle(*client);
  }
  unsettled.clear();
}

/// Ends clients that have taken nothing for a while until so many bytes more may wait for others. False when there are
/// none left to end.
bool Shard::make_room_in_outboxes(std::size_t bytes) {
  while (context_.outboxes.bytes() + bytes > settings_.outbox_bytes_max) {
    Client* client = stuck_.take(context_.now);
    if (client == nullptr) return false;
    client->session.shed();
    stats_.shed.add();
  }
  return true;
}

/// Those whose wait may be over. They go on in their turn, as everybody else with input does.
void Shard::resume_waiting() {
  publish_windows_.let_go_on([this](Client& client) { delivery_.resumable().push_back(client.session.id()); });
  resuming_.swap(delivery_.resumable());
  for (const SlotId id : resuming_) {
    if (Client* client = clients_.find(id)) intake_.look_at(*client);
  }
  resuming_.clear();
  mailbox_waits_.run([this](Client& client) { intake_.look_at(client); });
}

void Shard::run_timers() {
  timers_.advance(context_.now, kTimersPerTurn, [&](TimerNode& node) {
    auto& client = static_cast<Client&>(node);
    const Instant next = client.session.on_timer();
    if (client.session.state() != session::State::kEnded) timers_.arm(client, next);
    settle(client);
  });
}

// --- turns ---------------------------------------------------------------------------------------------------------

/// What can be caused from outside has one time together, `sweep_us`: a quarter of it for what other shards and brokers
/// say, at most `input_us` for what clients say, and the rest, but never less than half, for delivery.
void Shard::turn() {
  const Instant began = clock_.now();
  const Duration whole = std::chrono::microseconds(settings_.sweep_us);
  context_.now = began;
  take_mail(began + whole / 8);
  take_home_answers(began + whole / 4);
  run_timers();
  resume_waiting();
  intake_.run();
  run_presence();
  forget_idle_user_views();
  settle_unsettled();  // nothing of a room is delivered behind a Close frame
  sweep_.run(clock_, {.budget = std::max(whole / 2, whole - (clock_.now() - began)),
                      .slice_members = settings_.slice_members,
                      .send_bytes_max = settings_.send_bytes_max});
  make_room_in_outboxes(0);
  request_pages();
  intake_.open_streams(whole / 4);
  settle_unsettled();
  home_.tidy(context_.now);
  home_.flush();
  port_.wake_receivers();
  stats_.home_rooms.set(home_.size());
  stats_.views.set(views_.size() - views_.presence_views());
  stats_.log_bytes.set(chunks_.bytes_in_use());
  stats_.outbox_bytes.set(context_.outboxes.bytes());
  stats_.loop_lag.observe((clock_.now() - began).count());
}

/// What can only be done once another shard has taken what was sent to it does not count: that shard wakes this one.
bool Shard::has_work() {
  return !sweep_.idle() || !intake_.idle() || mailbox_waits_.has_work() || publish_windows_.has_work() ||
         !delivery_.resumable().empty() || !delivery_.unsettled().empty() || !port_.idle() ||
         (home_.has_answer() && port_.results_have_room()) || pages_can_be_asked_for() || presence_has_work();
}

std::optional<Instant> Shard::next_deadline() const {
  std::optional<Instant> next = timers_.next_deadline();
  for (const auto other : {replays_.next_deadline(), home_.next_deadline(), home_presence_.next_deadline()}) {
    if (other && (!next || *other < *next)) next = other;
  }
  return next;
}

void Shard::drain(Duration over) {
  context_.now = clock_.now();
  drain_until_ = context_.now + over;
  clients_.for_each([&](SlotId, Client& client) {
    const Duration delay(context_.random.below(static_cast<std::uint64_t>(over.count()) + 1));
    // Who is sent away late need not wait long: all come back spread over twice the time.
    const auto reconnect_after = delay + Duration(context_.random.below(static_cast<std::uint64_t>(over.count()) + 1));
    client.session.drain(context_.now + delay, *drain_until_,
                         std::chrono::duration_cast<std::chrono::milliseconds>(reconnect_after).count());
    settle(client);
  });
}

void Shard::reload(ShardSettings settings) {
  settings_ = std::move(settings);
  chunks_.bound_by(settings_.log_bytes_max);
  intake_.bound_by(std::chrono::microseconds(settings_.input_us));
  replays_.bound_by(settings_.replays_max);
  context_.settings = settings_.session;
  context_.server_name = settings_.server_name;
  context_.decoder = protocol::CommandDecoder(settings_.session.json_depth_max);
  home_.use_settings();
  views_.for_each([&](SlotId, RoomView& view) {
    if (!view.is_presence) view.room.use(settings_.rooms.of(view.room.id()));
  });
}

}  // namespace switchboard::shard
