// Webhooks, from the shard that the API was asked on to the thread that sends them, and back.
#pragma once

#include <atomic>

#include "listen/shard_group.h"
#include "shard/webhooks.h"
#include "webhook/dispatcher.h"

namespace switchboard::server {

class WebhookAnswers final : public shard::Webhooks {
 public:
  /// Before the shards start.
  void begin(listen::ShardGroup& shards) { shards_ = &shards; }
  /// Once there is one; it stays.
  void use(webhook::Dispatcher& dispatcher) { dispatcher_ = &dispatcher; }

  std::string list() const override;
  void control(const api::ControlWebhook& wanted, const shard::ApiAsker& asker) override;

 private:
  listen::ShardGroup* shards_ = nullptr;
  std::atomic<webhook::Dispatcher*> dispatcher_ = nullptr;  // null: there has been no endpoint yet
};

}  // namespace switchboard::server
