#include "simulation/shard_driver.h"

#include <algorithm>

#include "simulation/failure.h"

namespace switchboard::simulation {
namespace {

constexpr HashKey kHashKey{.k0 = 17, .k1 = 4711};
// One answer, and what a skipped room adds; see PROTOCOL.md for what they look like.
constexpr std::size_t kReplyBytesMax = 512;
// The server's time stands still during a turn.
constexpr Duration kTurnMax = std::chrono::milliseconds(10);

}  // namespace

ShardDriver::ShardDriver(std::uint32_t index, std::uint32_t life, const Config& config, shard::Exchange& exchange,
                         test::ManualClock& clock, broker::StoreChannel* store)
    : config_(config), clock_(clock), sleep_flag_(exchange.sleep(index)) {
  exchange.set_waker(index, [this] { woken_ = true; });
  const shard::ShardParts parts{.exchange = exchange,
                                .clock = clock,
                                .observer = *this,
                                .hash_key = kHashKey,
                                .random_seed = config.seed + index + 1'000'003 * life,
                                .assets = {},
                                .store = store};
  shard_ = std::make_unique<shard::Shard>(index, config.shard, parts);
}

void ShardDriver::step_network() {
  std::erase_if(streams_,
                [](const auto& stream) { return stream.second->server_has_closed() && !stream.second->in_flight(); });
  for (const auto& [id, socket] : streams_) {
    const test::SimReadiness what = socket->step();
    if (what.readable || what.writable) ready_.push_back({SlotId::unpack(id), what});
  }
}

void ShardDriver::step(Random& random) {
  if (asleep_) {
    const auto deadline = shard_->next_deadline();
    const bool is_due = deadline && *deadline <= clock_.peek();
    if (!woken_ && ready_.empty() && to_accept_.empty() && !is_due) return;
  }
  asleep_ = woken_ = false;
  sleep_flag_.awake();
  const bool has_news = !ready_.empty() || !to_accept_.empty();
  while (!to_accept_.empty()) {
    const auto socket = to_accept_.front();
    to_accept_.pop_front();
    const SlotId id = shard_->accept(std::make_unique<test::SimTransport>(socket), {});
    streams_[id.pack()] = socket;
  }
  // epoll hands out a batch; the rest comes with the next one.
  for (std::size_t n = 1 + random.below(ready_.size() + 1); n > 0 && !ready_.empty(); --n) {
    const Ready ready = ready_.front();
    ready_.pop_front();
    if (ready.what.writable) shard_->on_writable(ready.id);
    if (ready.what.readable) shard_->on_readable(ready.id, ready.what.hung_up);
  }
  shard_->turn();
  verify_bounds();
  turns_without_news_ = has_news ? 0 : turns_without_news_ + 1;
  if (shard_->has_work() || !ready_.empty()) return;
  sleep_flag_.announce_sleep();
  asleep_ = !shard_->has_work();
  if (asleep_) turns_without_news_ = 0;
}

bool ShardDriver::is_at_rest() const {
  return asleep_ && !woken_ && ready_.empty() && to_accept_.empty() &&
         std::ranges::none_of(streams_, [](const auto& stream) { return stream.second->in_flight(); });
}

void ShardDriver::verify_bounds() {
  const std::size_t frame_max = config_.content_bytes + 300;
  // One answer to `history`, and the rest of a frame that stood in a page.
  const std::size_t history_max = config_.persons > 0 ? config_.shard.session.reply_bytes_max + 2 * frame_max : 0;
  const std::size_t outbox_max = config_.shard.session.queue_bytes_max + frame_max + kReplyBytesMax + history_max;
  shard_->for_each_connection([&](session::Connection& connection) {
    if (connection.paused()) streams_[connection.session().id().pack()]->last_paused = clock_.peek();
    check(connection.outbox().size() <= outbox_max, "a private queue of " + std::to_string(connection.outbox().size()) +
                                                        " bytes where " + std::to_string(outbox_max) + " are the most");
  });
  const std::uint64_t log_bytes = shard_->stats().log_bytes.value();
  const std::uint64_t chunk_max = std::max<std::uint64_t>(2 * config_.shard.log_bytes_max, 2 * frame_max + 128);
  check(log_bytes <= config_.shard.log_bytes_max + std::min<std::uint64_t>(chunk_max, 65'536),
        "logs of " + std::to_string(log_bytes) + " bytes");
  const std::uint64_t backlog = config_.shard.rooms.defaults().backlog_bytes;
  check(log_bytes <= shard_->stats().views.value() * 3 * std::max<std::uint64_t>(backlog, frame_max),
        "logs of " + std::to_string(log_bytes) + " bytes, above what the backlogs allow");
}

void ShardDriver::on_ended(const session::Connection& connection, Instant) {
  const auto found = streams_.find(connection.session().id().pack());
  check(found != streams_.end(), "a connection ended that was never accepted");
  const auto& ending = connection.ending();
  found->second->ending = std::to_string(ending.code) + " " + std::string(ending.reason);
  const Duration write_timeout = std::chrono::milliseconds(config_.shard.session.write_timeout_ms);
  if (ending.reason.view().find("write timeout") != std::string_view::npos) {
    check(clock_.peek() - found->second->stalled_since() + kTurnMax >= write_timeout,
          "ended as blocked before the write timeout");
  }
}

}  // namespace switchboard::simulation
