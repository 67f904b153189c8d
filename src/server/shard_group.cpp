#include "server/shard_group.h"

#include "base/random.h"
#include "server/demo_assets.h"
#include "server/version.h"

namespace switchboard::server {
namespace {

/// The configuration speaks of the whole process; a shard has its share.
shard::ShardSettings share_of(const Config& config, std::size_t shards) {
  shard::ShardSettings settings = config.shard;
  settings.log_bytes_max /= shards;
  settings.server_name += std::string("/") + version();
  return settings;
}

}  // namespace

std::expected<std::unique_ptr<ShardGroup>, std::string> ShardGroup::open(
    const Config& config, const std::vector<net::ListenAddress>& addresses, const Clock& clock, ConnectionLog& observer,
    Admission& admission) {
  const net::SocketOptions options{.notsent_lowat_bytes = config.notsent_lowat_bytes,
                                   .send_buffer_bytes = config.send_buffer_bytes,
                                   .accept_backlog = static_cast<int>(config.accept_backlog)};
  std::unique_ptr<ShardGroup> group(new ShardGroup(config.shards));
  const HashKey key{kernel_random(), kernel_random()};
  for (std::uint32_t index = 0; index < config.shards; ++index) {
    std::vector<net::Listener> listeners;
    for (const net::ListenAddress& address : addresses) {
      auto listener = net::Listener::open(address, options);
      if (!listener) return std::unexpected(listener.error());
      listeners.push_back(std::move(*listener));
    }
    const shard::ShardParts parts{.exchange = group->exchange_,
                                  .clock = clock,
                                  .observer = observer,
                                  .hash_key = key,
                                  .random_seed = kernel_random(),
                                  .assets = demo_assets()};
    group->threads_.push_back(
        std::make_unique<ShardThread>(index, share_of(config, config.shards), parts, std::move(listeners), admission));
  }
  return group;
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

void ShardGroup::reload(const Config& config) {
  for (auto& thread : threads_) {
    thread->post([settings = share_of(config, threads_.size())](ShardThread& self) { self.shard().reload(settings); });
  }
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

}  // namespace switchboard::server
