#include "shard/shard.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "protocol/close_code.h"

namespace switchboard::shard {
namespace {

constexpr std::size_t kReceiveBytes = 65'536;
// Readable bytes behind what was received, for the JSON and UTF-8 readers, which look at whole words.
constexpr std::size_t kReceivePadding = 64;
constexpr std::size_t kTimersPerTurn = 512;
constexpr std::size_t kReadsPerTurn = 64;  // of clients that had more than one buffer to read

}  // namespace

Shard::Shard(std::uint32_t index, ShardSettings settings, const ShardParts& parts)
    : index_(index),
      settings_(std::move(settings)),
      clock_(parts.clock),
      observer_(parts.observer),
      hash_key_(parts.hash_key),
      context_(*this, settings_.session, parts.random_seed),
      timers_(parts.clock.now()),
      views_(parts.hash_key, chunks_),
      users_(parts.hash_key, clients_),
      port_(parts.exchange, index),
      home_(*this, stats_, settings_,
            {.clock = parts.clock, .hash_key = parts.hash_key, .random_seed = parts.random_seed, .store = parts.store},
            [this]() -> ws::MessageDeflater& { return context_.deflater(); }),
      replays_(clients_, stats_, settings_.replays_max),
      delivery_(views_, clients_, replays_, stats_),
      sweep_(views_, clients_, delivery_, stats_),
      tracked_(parts.hash_key, views_, clients_),
      home_presence_(*this, settings_.rooms, index, parts.exchange.shards(), parts.clock.now()),
      receive_buffer_(std::make_unique<char[]>(kReceiveBytes + kReceivePadding)) {
  chunks_.bound_by(settings_.log_bytes_max);
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
  client.opening = client.transport->is_opening();
  if (client.opening) ++opening_;
  timers_.arm(client, client.session.next_deadline());
  stats_.connections.add();
  stats_.connections_total.add();
  return id;
}

void Shard::on_readable(SlotId id, bool hung_up) {
  Client* client = clients_.find(id);
  if (client == nullptr) return;
  context_.now = clock_.now();
  client->unread = true;
  client->hung_up |= hung_up;
  read(*client);
}

void Shard::on_writable(SlotId id) {
  Client* client = clients_.find(id);
  if (client == nullptr || !client->blocked || client->socket_failed || client->too_slow) return;
  client->blocked = false;
  client->session.on_progress();  // it takes bytes, even if there are none any more or their turn comes late
  sweep_.want(*client);
}

void Shard::read(Client& client) {
  if (!client.unread || client.session.paused() || client.socket_failed) return;
  if (!client.opening) return receive(client);
  if (client.in_unread) return;
  client.in_unread = true;
  opening_unread_.push_back(client.session.id());
}

void Shard::receive(Client& client) {
  const net::IoResult result = client.transport->read({receive_buffer_.get(), kReceiveBytes});
  if (client.opening && !client.transport->is_opening()) {
    client.opening = false;
    --opening_;
  }
  if (result.status == net::IoStatus::kHeld) delivery_.hold(client);
  if (result.bytes > 0) {
    // A short read has emptied the socket; only the end of the stream may still be behind it.
    client.hung_up |= result.status == net::IoStatus::kLast;
    client.unread = result.bytes == kReceiveBytes || client.hung_up;
    const bool was_request = client.session.state() == session::State::kHandshake;
    client.session.receive({receive_buffer_.get(), result.bytes});
    if (was_request && client.session.is_websocket()) observer_.on_opened(client.session);
  } else {
    client.unread = false;
    if (result.status == net::IoStatus::kEnd)
      client.session.on_peer_gone("the client closed the connection without a Close frame");
    if (result.status == net::IoStatus::kFailed) client.session.on_peer_gone(client.transport->failure());
  }
  settle(client);
}

/// After anything was done with a session: writes, keeps its timer, ends it when it is over. The client may be gone
/// after it. The one place where clients leave their rooms because they are over.
void Shard::settle(Client& client) {
  client.session.leave_rooms();
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
  if (client.unread && !client.in_unread && !client.session.paused()) {
    client.in_unread = true;
    unread_.push_back(client.session.id());
  }
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
  if (client.opening) --opening_;
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
    } else if (std::exchange(client->too_slow, false)) {
      stats_.too_slow.add();
      client->session.close(protocol::close::kTooSlow, "fell further behind a room than its backlog");
      client->blocked = false;
    }
    settle(*client);
  }
  unsettled.clear();
}

void Shard::resume_waiting() {
  // Whoever cannot go on stands in one of the lines again.
  const auto resume_all = [this](std::vector<SlotId>& line) {
    resuming_.swap(line);
    for (const SlotId id : resuming_) {
      Client* client = clients_.find(id);
      if (client == nullptr) continue;
      if (&line == &busy_) client->in_busy = false;
      if (!client->session.paused()) continue;
      client->session.resume();
      settle(*client);
    }
    resuming_.clear();
  };
  resume_all(delivery_.resumable());
  resume_all(busy_);
}

void Shard::read_unread() {
  for (std::size_t n = std::min(unread_.size(), kReadsPerTurn); n > 0; --n) {
    const SlotId id = unread_.front();
    unread_.pop_front();
    Client* client = clients_.find(id);
    if (client == nullptr) continue;
    client->in_unread = false;
    read(*client);
  }
}

/// Whoever is already connected has had its turn: handshakes take what they compute from the time after that.
void Shard::open_streams() {
  if (opening_unread_.empty()) return;
  const Instant until = clock_.now() + std::chrono::microseconds(settings_.sweep_us);
  for (std::size_t n = opening_unread_.size(); n > 0; --n) {
    const SlotId id = opening_unread_.front();
    opening_unread_.pop_front();
    Client* client = clients_.find(id);
    if (client == nullptr) continue;
    client->in_unread = false;
    context_.now = clock_.now();
    if (client->unread && !client->socket_failed) receive(*client);
    if (context_.now >= until) break;
  }
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

void Shard::turn() {
  const Instant began = clock_.now();
  context_.now = began;
  take_mail();
  take_home_answers();
  run_timers();
  resume_waiting();
  read_unread();
  run_presence();
  forget_idle_user_views();
  settle_unsettled();  // nothing of a room is delivered behind a Close frame
  sweep_.run(clock_, {.budget = std::chrono::microseconds(settings_.sweep_us),
                      .slice_members = settings_.slice_members,
                      .send_bytes_max = settings_.send_bytes_max});
  request_pages();
  open_streams();
  settle_unsettled();
  home_.flush();
  port_.wake_receivers();
  stats_.home_rooms.set(home_.size());
  stats_.views.set(views_.size() - views_.presence_views());
  stats_.log_bytes.set(chunks_.bytes_in_use());
  stats_.loop_lag.observe((clock_.now() - began).count());
}

bool Shard::has_work() {
  return !sweep_.idle() || !unread_.empty() || !opening_unread_.empty() || !busy_.empty() || home_.has_answer() ||
         replays_.has_work() || !history_reads_.waiting().empty() || !delivery_.resumable().empty() ||
         !delivery_.unsettled().empty() || presence_has_work() || !port_.idle();
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
    client.session.drain(context_.now + delay,
                         std::chrono::duration_cast<std::chrono::milliseconds>(reconnect_after).count());
    settle(client);
  });
}

void Shard::reload(ShardSettings settings) {
  settings_ = std::move(settings);
  chunks_.bound_by(settings_.log_bytes_max);
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
