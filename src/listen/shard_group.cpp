#include "listen/shard_group.h"

#include <atomic>
#include <utility>

#include "base/assert.h"
#include "base/random.h"
#include "base/version.h"
#include "listen/demo_assets.h"
#include "listen/listener_policies.h"

namespace switchboard::listen {
namespace {

/// `earlier`: those before a reload, or null.
std::shared_ptr<const api::Keys> keys_of(const std::vector<std::string>& entries, const api::Keys* earlier) {
  auto keys = api::Keys::parse(entries);
  SB_ASSERT(keys);  // the table of settings has looked
  if (earlier != nullptr) keys->take_over(*earlier);
  return std::make_shared<const api::Keys>(std::move(*keys));
}

/// The configuration speaks of the whole process; a shard has its share.
shard::ShardSettings share_of(const config::Config& config, std::size_t shards, std::shared_ptr<const api::Keys> keys) {
  shard::ShardSettings settings = config.shard;
  settings.log_bytes_max /= shards;
  settings.outbox_bytes_max /= shards;
  settings.history.page_cache_bytes /= shards;
  settings.history.memory.bytes_max /= shards;
  settings.history.publishing.bytes_max = config.history.sqlite.pending_bytes_max;
  settings.history.memory.dedup_window_ms = config.history.sqlite.dedup_window_ms;
  settings.session.listeners = policies_of(config.listeners);
  settings.api = {.keys = std::move(keys),
                  .connections_max = config.api.connections_max,
                  .body_bytes_max = config.api.body_bytes_max,
                  .revocation_ms = static_cast<std::int64_t>(config.auth.token_lifetime_max_ms),
                  .answer_timeout_ms = config.api.answer_timeout_ms,
                  .requests = config.api.requests};
  settings.api_origins = config.api.origins_allowed;
  settings.session.hooks.is_on = !config.hooks.url.empty();
  settings.server_name += std::string("/") + version();
  return settings;
}

}  // namespace

std::expected<std::unique_ptr<ShardGroup>, std::string> ShardGroup::open(const config::Config& config,
                                                                         const ListeningSockets& sockets,
                                                                         const Clock& clock, ConnectionLog& observer,
                                                                         Admission& admission,
                                                                         const ShardServices& services) {
  std::unique_ptr<ShardGroup> group(new ShardGroup(config.shards, clock));
  group->api_keys_ = keys_of(config.api.keys, nullptr);
  const shard::ShardSettings settings = share_of(config, config.shards, group->api_keys_);
  const HashKey key{kernel_random(), kernel_random()};
  for (std::uint32_t index = 0; index < config.shards; ++index) {
    auto listeners = sockets.for_shard();
    if (!listeners) return std::unexpected(listeners.error());
    const shard::ShardParts parts{.exchange = group->exchange_,
                                  .clock = clock,
                                  .observer = observer,
                                  .hash_key = key,
                                  .random_seed = kernel_random(),
                                  .assets = demo_assets(),
                                  .store = services.store == nullptr ? nullptr : &services.store->channel(index),
                                  .revoker = services.revoker,
                                  .events = services.events,
                                  .webhooks = services.webhooks,
                                  .hooks = services.hooks,
                                  .user_rates = &group->user_accounts_};
    group->threads_.push_back(std::make_unique<ShardThread>(index, settings, parts, std::move(*listeners), admission));
  }
  return group;
}

void ShardGroup::use_tls(const TlsContexts& contexts, std::uint32_t handshakes_max) {
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    threads_[i]->post(
        [context = contexts[i], handshakes_max](ShardThread& self) { self.use_tls(context, handshakes_max); });
  }
}

void ShardGroup::start() {
  for (auto& thread : threads_)
    thread->start();
}

void ShardGroup::drain(Duration over) {
  for (auto& thread : threads_) {
    thread->post([over](ShardThread& self) {
      self.stop_accepting();
      self.shard().drain(over);
    });
  }
}

void ShardGroup::reload(const config::Config& config, const TlsContexts& contexts, std::function<void()> done) {
  if (!config.shard.session.rate.user_operations.any()) user_accounts_.forget();
  api_keys_ = keys_of(config.api.keys, api_keys_.get());
  auto apply = [settings = share_of(config, threads_.size(), api_keys_), contexts,
                handshakes_max = config.tls.handshakes_max](ShardThread& self) {
    self.shard().reload(settings);
    if (!contexts.empty()) self.use_tls(contexts[self.shard().index()], handshakes_max);
  };
  post_to_all(std::move(apply), std::move(done));
}

void ShardGroup::revoke(const auth::Revocation& revocation, std::function<void(std::uint64_t connections)> done) {
  auto closed = std::make_shared<std::atomic<std::uint64_t>>(0);
  post_to_all([revocation, closed](ShardThread& self) { *closed += self.shard().revoke(revocation); },
              [closed, done = std::move(done)] { done(*closed); });
}

void ShardGroup::post_to_all(const std::function<void(ShardThread&)>& work, std::function<void()> done) {
  struct Countdown {
    std::atomic<std::size_t> shards_left;
    std::function<void()> done;
  };
  auto countdown = std::make_shared<Countdown>(threads_.size(), std::move(done));
  for (auto& thread : threads_) {
    thread->post([work, countdown](ShardThread& self) {
      work(self);
      if (countdown->shards_left.fetch_sub(1) == 1) countdown->done();
    });
  }
}

void ShardGroup::post(std::uint32_t shard, std::function<void(shard::Shard&)> work) {
  threads_[shard]->post([work = std::move(work)](ShardThread& self) { work(self.shard()); });
}

void ShardGroup::stop() {
  for (auto& thread : threads_)
    thread->stop();
  for (auto& thread : threads_)
    thread->join();
}

std::uint64_t ShardGroup::connections() const {
  std::uint64_t sum = 0;
  for (const auto& thread : threads_)
    sum += thread->shard().stats().connections.value();
  return sum;
}

std::uint64_t ShardGroup::api_connections() const {
  std::uint64_t sum = 0;
  for (const auto& thread : threads_)
    sum += thread->shard().stats().api.connections.value();
  return sum;
}

}  // namespace switchboard::listen
