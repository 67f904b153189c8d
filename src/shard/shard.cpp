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
      events_(parts.events),
      user_rates_(parts.user_rates),
      context_(*this, *this, clock_, settings_.session, parts.random_seed),
      timers_(parts.clock.now()),
      views_(parts.hash_key, chunks_),
      replays_(clients_, stats_, settings_.replays_max),
      stuck_(clients_),
      outboxes_(stuck_, settings_, context_, stats_),
      delivery_(views_, clients_, replays_, stuck_, stats_),
      hooks_(index, parts.hooks, parts.hash_key, clients_, delivery_, context_, stats_),
      sweep_(views_, clients_, delivery_, stats_),
      intake_(*this, clients_, parts.clock, context_, delivery_),
      rooms_(index,
             {.exchange = parts.exchange,
              .observer = parts.observer,
              .homes = {.clock = parts.clock,
                        .hash_key = parts.hash_key,
                        .make_brokers =
                            [&](broker::BrokerEvents& events) {
                              return make_brokers(
                                  events, settings_.history,
                                  {.clock = parts.clock, .random_seed = parts.random_seed, .store = parts.store});
                            },
                        .events = parts.events},
              .clients = clients_,
              .chunks = chunks_,
              .views = views_,
              .replays = replays_,
              .delivery = delivery_,
              .sweep = sweep_,
              .outboxes = outboxes_,
              .intake = intake_,
              .settings = settings_,
              .context = context_,
              .stats = stats_,
              .revoker = parts.revoker,
              .events = parts.events,
              .webhooks = parts.webhooks}) {
  context_.now = clock_.now();
  context_.shard = index;
  context_.assets = parts.assets;
  use_settings();
}

Shard::~Shard() = default;

/// What has a copy of a setting is given it anew; all others look at `settings_`.
void Shard::use_settings() {
  chunks_.bound_by(settings_.log_bytes_max);
  intake_.bound_by(std::chrono::microseconds(settings_.input_us));
  replays_.bound_by(settings_.replays_max);
  context_.server_name = settings_.server_name;
}

// --- clients -------------------------------------------------------------------------------------------------------

SlotId Shard::accept(std::unique_ptr<net::Transport> transport, net::PeerAddress peer, session::Ending refusal,
                     session::AddressRate* address_rate, std::uint16_t listener) {
  context_.now = clock_.now();
  if (drain_until_ && refusal.code == 0) {
    refusal = {.reason = "the server is shutting down", .code = protocol::close::kDrain, .by_peer = false};
  }
  auto [id, client] = clients_.emplace(context_, std::move(transport), peer, refusal, address_rate, listener);
  client.session().set_id(id);
  intake_.on_accepted(client);
  timers_.arm(client, client.connection.next_deadline());
  stats_.connections.add();
  stats_.connections_total.add();
  return id;
}

std::optional<std::uint32_t> Shard::accept_api(std::unique_ptr<net::Transport> transport,
                                               const net::PeerAddress& peer) {
  context_.now = clock_.now();
  return rooms_.api().accept(std::move(transport), peer);
}

void Shard::on_readable(SlotId id, bool hung_up) {
  Client* client = clients_.find(id);
  if (client != nullptr) intake_.on_readable(*client, hung_up);
}

void Shard::on_writable(SlotId id) {
  Client* client = clients_.find(id);
  if (client == nullptr || !client->blocked || client->socket_failed || client->too_slow) return;
  client->blocked = false;
  client->connection.on_progress(0);  // it takes bytes, even if there are none any more or their turn comes late
  sweep_.want(*client);
}

void Shard::on_user_named(session::Session& session) {
  if (user_rates_ != nullptr && settings_.session.rate.user_operations.any()) {
    session.limiter().set_user(user_rates_->open(session.user_id()));
  }
  rooms_.on_user_named(session);
}

void Shard::on_token_refused(const session::Session& session, const auth::TokenRefusal& refusal) {
  observer_.on_token_refused(clients_.at(session.id()).connection, refusal, context_.now);
}

void Shard::on_opened(const session::Connection& connection) {
  observer_.on_opened(connection);
  if (events_ != nullptr) events_->on_opened(connection);
  hooks_.on_opened(connection);
}

void Shard::on_command_refused(const session::Session& session, const session::RefusedCommand& refused) {
  observer_.on_command_refused(clients_.at(session.id()).connection, refused, context_.now);
}

/// After anything was done with a session: writes, keeps its timer, ends it when it is over. The client may be gone
/// after it. The one place where clients leave their rooms because they are over.
void Shard::settle(Client& client) {
  if (client.session().is_leaving()) {
    context_.work.allow(Intake::kLightWork);  // the peer's Close is looked for in what was put aside
    client.connection.leave_rooms();
    context_.work.allow_everything();
  }
  if (client.connection.state() != session::State::kEnded && !client.socket_failed) {
    const bool has_nothing = client.connection.outbox().empty() && !client.unfinished.room && !client.holding;
    const bool is_written = has_nothing || delivery_.flush(client);
    if (is_written) {
      client.connection.on_outbox_written();
      if (client.connection.wants_finish() && !client.finished) {
        client.finished = true;
        client.transport->finish_writing();
      }
    }
  }
  if (client.connection.state() == session::State::kEnded) return end(client);
  const Instant deadline = client.connection.next_deadline();
  if (!client.armed() || deadline < client.deadline) timers_.arm(client, deadline);
  intake_.look_at(client);
}

void Shard::end(Client& client) {
  client.connection.leave_rooms();  // it may have ended with what was written last
  SB_ASSERT(client.session().memberships().empty());
  // A last try for what may explain the end to the peer: a Close frame behind an empty queue.
  if (!client.socket_failed && !client.blocked && !client.connection.outbox().empty()) delivery_.flush(client);
  SB_ASSERT(!client.unfinished.room);
  if (events_ != nullptr && client.connection.is_websocket()) events_->on_closed(client.connection, context_.now);
  if (session::UserRate* const rate = client.session().limiter().user()) user_rates_->close(*rate);
  observer_.on_ended(client.connection, context_.now);
  stats_.endings.add(client.connection.ending().code);
  stats_.connections.sub();
  timers_.cancel(client);
  intake_.on_ended(client);
  clients_.erase(client.session().id());
}

void Shard::settle_unsettled() {
  auto& unsettled = delivery_.unsettled();
  for (std::size_t i = 0; i < unsettled.size(); ++i) {
    Client* client = clients_.find(unsettled[i]);
    if (client == nullptr) continue;
    client->unsettled = false;
    if (client->socket_failed) {
      client->connection.on_peer_gone(client->transport->failure());
    } else if (client->too_slow) {
      client->too_slow = false;
      stats_.too_slow.add();
      client->connection.close(protocol::close::kTooSlow, "fell further behind a room than its backlog");
      client->blocked = false;
    }
    settle(*client);
  }
  unsettled.clear();
}

/// Those whose wait may be over. They go on in their turn, as everybody else with input does.
void Shard::resume_waiting() {
  resuming_.swap(delivery_.resumable());
  for (const SlotId id : resuming_) {
    if (Client* client = clients_.find(id)) intake_.look_at(*client);
  }
  resuming_.clear();
  rooms_.let_go_on([this](Client& client) { intake_.look_at(client); });
}

void Shard::run_timers() {
  timers_.advance(context_.now, kTimersPerTurn, [&](TimerNode& node) {
    auto& client = static_cast<Client&>(node);
    const Instant next = client.connection.on_timer();
    if (client.connection.state() != session::State::kEnded) timers_.arm(client, next);
    settle(client);
  });
}

// --- turns ---------------------------------------------------------------------------------------------------------

/// What can be caused from outside has one time together, `sweep_us`: a quarter of it for what other shards and brokers
/// say, at most `input_us` for what clients say, another quarter for the HTTP API, and the rest, but never less than
/// half, for delivery.
void Shard::turn() {
  const Instant began = clock_.now();
  const Duration whole = std::chrono::microseconds(settings_.sweep_us);
  context_.now = began;
  rooms_.take_mail(clock_, began + whole / 8);
  rooms_.tell_answers(clock_, began + whole / 4);
  run_timers();
  resume_waiting();
  intake_.run();
  rooms_.api().run(clock_, clock_.now() + whole / 4);
  leave_lost_rooms();
  rooms_.run_presence();
  rooms_.run_moves();
  rooms_.forget_unused();
  settle_unsettled();  // nothing of a room is delivered behind a Close frame
  sweep_.run(clock_, {.budget = std::max(whole / 2, whole - (clock_.now() - began)),
                      .slice_members = settings_.slice_members,
                      .send_bytes_max = settings_.send_bytes_max});
  outboxes_.make_room(0);
  rooms_.request_pages();
  intake_.open_streams(whole / 4);
  settle_unsettled();
  rooms_.end_turn();
  stats_.outbox_bytes.set(context_.outboxes.bytes());
  stats_.loop_lag.observe((clock_.now() - began).count());
}

bool Shard::has_work() {
  return !sweep_.idle() || !intake_.idle() || !delivery_.resumable().empty() || !delivery_.unsettled().empty() ||
         rooms_.has_work();
}

std::optional<Instant> Shard::next_deadline() const {
  std::optional<Instant> next = timers_.next_deadline();
  for (const auto other : {replays_.next_deadline(), rooms_.next_deadline()}) {
    if (other && (!next || *other < *next)) next = other;
  }
  return next;
}

void Shard::drain(Duration over) {
  context_.now = clock_.now();
  rooms_.api().drain();
  drain_until_ = context_.now + over;
  clients_.for_each([&](SlotId, Client& client) {
    const Duration delay(context_.random.below(static_cast<std::uint64_t>(over.count()) + 1));
    // Who is sent away late need not wait long: all come back spread over twice the time.
    const auto reconnect_after = delay + Duration(context_.random.below(static_cast<std::uint64_t>(over.count()) + 1));
    client.connection.drain(context_.now + delay, *drain_until_,
                            std::chrono::duration_cast<std::chrono::milliseconds>(reconnect_after).count());
    settle(client);
  });
}

std::uint64_t Shard::revoke(const auth::Revocation& revocation) {
  context_.now = clock_.now();
  context_.revocations.add(revocation, clock_.unix_ms());
  const std::uint64_t concerned =
      revocation.room_id.empty() ? rooms_.end_revoked(revocation.user_id) : revoke_in_room(revocation);
  settle_unsettled();
  return concerned;
}

/// O(connections), and rare: a back end asks for it.
std::uint64_t Shard::revoke_in_room(const auth::Revocation& revocation) {
  std::uint64_t concerned = 0;
  clients_.for_each([&](SlotId id, Client& client) {
    const session::Session& session = client.session();
    if (!session.is_open() || !session.find_joined(revocation.room_id)) return;
    // Who has no token leaves, too; whether it may come back is a matter of the configuration.
    const bool is_meant = revocation.user_id.empty() || revocation.user_id == session.user_id();
    if (session.credentials() == nullptr ? !is_meant : !session.has_lost(revocation.room_id)) return;
    lost_rooms_.add(id, revocation.room_id);
    ++concerned;
  });
  leave_lost_rooms();
  return concerned;
}

void Shard::leave_lost_rooms() {
  lost_rooms_.run(clients_, [this](Client& client) { delivery_.leave_unsettled(client); });
}

void Shard::reload(ShardSettings settings) {
  const bool wants_tokens = settings.session.auth != nullptr && settings_.session.auth == nullptr;
  settings_ = std::move(settings);
  context_.settings = settings_.session;
  context_.decoder = protocol::CommandDecoder(settings_.session.json_depth_max);
  use_settings();
  rooms_.use_settings();
  if (wants_tokens) end_unproven();
}

/// Names were believed until now. Who has one comes back with a token.
void Shard::end_unproven() {
  context_.now = clock_.now();
  clients_.for_each([this](SlotId, Client& client) {
    if (!client.session().is_open() || client.session().user_id().empty()) return;
    client.connection.close(protocol::close::kTokenExpired, "this server takes tokens from now on: come back with one");
  });
  settle_unsettled();
}

}  // namespace switchboard::shard
