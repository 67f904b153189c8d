#include "shard/intake.h"

#include <algorithm>

#include "base/assert.h"

namespace switchboard::shard {
namespace {

// Readable bytes behind what was received, for the JSON and UTF-8 readers, which look at whole words.
constexpr std::size_t kReceivePadding = 64;

}  // namespace

Intake::Intake(IntakeEvents& events, SlotTable<Client>& clients, const Clock& clock,
               session::ConnectionContext& context, Delivery& delivery)
    : events_(events),
      clients_(clients),
      clock_(clock),
      context_(context),
      delivery_(delivery),
      buffer_(std::make_unique<char[]>(kHeavyBytes + kReceivePadding)) {}

/// Never 0, which means that a client was never heavy. Wraps after 49 days: then somebody may be taken for heavy once.
std::uint32_t Intake::now_ms() const {
  return static_cast<std::uint32_t>(context_.now.time_since_epoch() / std::chrono::milliseconds(1)) | 1;
}

Load Intake::load_of(const Client& client) const {
  const bool is_heavy = client.heavy_at_ms != 0 && now_ms() - client.heavy_at_ms < kHeavyForMs;
  return is_heavy ? Load::kHeavy : Load::kLight;
}

// --- who has something ----------------------------------------------------------------------------------------------

void Intake::on_accepted(Client& client) {
  client.opening = client.transport->is_opening();
  if (client.opening) ++opening_;
}

void Intake::on_ended(const Client& client) {
  if (client.opening) --opening_;
}

void Intake::on_readable(Client& client, bool hung_up) {
  client.unread = true;
  client.hung_up |= hung_up;
  if (client.in_intake) return;
  const Instant now = clock_.now();
  context_.now = now;
  if (!until_) until_ = now + turn_;
  // Whoever is in line already came before; a crowd would otherwise have all its steps before the turn itself.
  if (client.opening || now >= *until_ || !light_.empty() || load_of(client) == Load::kHeavy) return look_at(client);
  if (!client.connection.paused() && !client.socket_failed) step(client, now);
}

void Intake::look_at(Client& client) {
  if (client.in_intake || client.socket_failed) return;
  // Whoever waits for a mailbox, or for room on the way to the store, is asked when that line moves, and not at
  // everything else that becomes of it.
  const bool goes_on = client.connection.can_resume() && !client.in_mailbox_line && !client.publishing.is_waiting;
  if (!goes_on && (!client.unread || client.connection.paused())) return;
  client.in_intake = true;
  Line& line = client.opening ? opening_line_ : load_of(client) == Load::kHeavy ? heavy_ : light_;
  line.push_back(client.session().id());
}

// --- turns ----------------------------------------------------------------------------------------------------------

void Intake::run() {
  Instant now = clock_.now();
  const Instant until = until_.value_or(now + turn_);
  until_.reset();
  // Who comes back stands behind the others, and has its next step in a later turn or behind all of them.
  for (Line* line : {&light_, &heavy_}) {
    for (std::size_t n = line->size(); n > 0; --n) {
      Client* client = clients_.find(line->front());
      line->pop_front();
      if (client == nullptr) continue;
      client->in_intake = false;
      step(*client, now);
      now = clock_.now();
      if (now >= until) break;
    }
  }
}

/// Whoever is already connected has had its turn: handshakes take what they compute from the time after that.
void Intake::open_streams(Duration budget) {
  if (opening_line_.empty()) return;
  Instant now = clock_.now();
  const Instant until = now + budget;
  for (std::size_t n = opening_line_.size(); n > 0; --n) {
    Client* client = clients_.find(opening_line_.front());
    opening_line_.pop_front();
    if (client == nullptr) continue;
    client->in_intake = false;
    if (client->unread) step(*client, now);
    now = clock_.now();
    if (now >= until) break;
  }
}

void Intake::step(Client& client, Instant now) {
  SB_ASSERT(!client.in_intake);
  context_.now = now;
  const bool is_heavy = load_of(client) == Load::kHeavy;
  context_.work.allow(is_heavy ? kHeavyWork : kLightWork);
  if (client.connection.paused()) {
    client.connection.resume();
  } else if (client.unread && !client.socket_failed) {
    receive(client, is_heavy ? kHeavyBytes : kLightBytes);
  }
  if (context_.work.is_spent()) client.heavy_at_ms = now_ms();
  context_.work.allow_everything();
  events_.on_step_done(client);
}

void Intake::receive(Client& client, std::size_t bytes_max) {
  const net::IoResult result = client.transport->read({buffer_.get(), bytes_max});
  if (client.opening && !client.transport->is_opening()) {
    client.opening = false;
    --opening_;
  }
  if (result.status == net::IoStatus::kHeld) delivery_.hold(client);
  // A short read has emptied the socket; only the end of the stream may still be behind it.
  client.hung_up |= result.status == net::IoStatus::kLast;
  client.unread = result.bytes == bytes_max || client.hung_up || result.status == net::IoStatus::kMore;
  if (result.bytes == bytes_max || result.status == net::IoStatus::kMore) client.heavy_at_ms = now_ms();
  if (result.bytes > 0) {
    client.connection.receive({buffer_.get(), result.bytes});
  } else if (result.status != net::IoStatus::kMore) {
    client.unread = false;
    if (result.status == net::IoStatus::kEnd)
      client.connection.on_peer_gone("the client closed the connection without a Close frame");
    if (result.status == net::IoStatus::kFailed) client.connection.on_peer_gone(client.transport->failure());
  }
}

}  // namespace switchboard::shard
