#include "server/back_ends.h"

#include <utility>

namespace switchboard::server {

std::expected<void, std::string> BackEnds::open(const config::Config& config, std::string folder) {
  folder_ = std::move(folder);
  // It is there whether it is used or not: a reload may want it.
  hooks_ = std::make_unique<hook::HookCaller>(
      [this](const shard::ApiAsker& asker, session::HookAnswer answer) {
        shards_->post(asker.shard, [asker, answer = std::move(answer)](shard::Shard& shard) {
          shard.on_hook_answer(asker.client, asker.request, answer);
        });
      },
      clock_, log_);
  return use(config);
}

void BackEnds::begin(listen::ShardGroup& shards) {
  shards_ = &shards;
  answers_.begin(shards);
}

std::expected<void, std::string> BackEnds::use(const config::Config& config) {
  use_hooks(config);
  return use_webhooks(config.webhooks);
}

void BackEnds::use_hooks(const config::Config& config) {
  if (!config.hooks.url.empty()) hooks_->use(config.hooks, config.shard.session.message_bytes_max);
}

/// Only if there are any: others need neither the thread nor the file.
std::expected<void, std::string> BackEnds::use_webhooks(const std::vector<webhook::EndpointSettings>& endpoints) {
  if (dispatcher_) {
    dispatcher_->use(endpoints);
  } else if (!endpoints.empty()) {
    if (folder_.empty()) log_.warn("events for webhooks wait in memory only: there is no data directory");
    const std::string file = folder_.empty() ? "" : folder_ + "/webhooks.sqlite";
    auto opened = webhook::Dispatcher::open(told_, file, endpoints, clock_, log_);
    if (!opened) return std::unexpected(opened.error());
    dispatcher_ = std::move(*opened);
    answers_.use(*dispatcher_);
  }
  return {};
}

void BackEnds::stop() {
  if (hooks_) hooks_->stop();
  if (dispatcher_) dispatcher_->stop();
}

std::vector<webhook::EndpointStatus> BackEnds::status() const {
  return dispatcher_ ? dispatcher_->status() : std::vector<webhook::EndpointStatus>();
}

}  // namespace switchboard::server
