// What the process has to do with its operator's back ends: those that are told what happens (webhooks) and the one
// that is asked before clients are obeyed (hooks). Theirs are two threads; this is the main thread's.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "config/config.h"
#include "hook/caller.h"
#include "listen/shard_group.h"
#include "log/log.h"
#include "server/webhook_answers.h"
#include "webhook/dispatcher.h"
#include "webhook/inbox.h"

namespace switchboard::server {

class BackEnds {
 public:
  /// The references must outlive it.
  BackEnds(const Clock& clock, log::Log& log) : clock_(clock), log_(log), told_(clock) {}

  /// Before the shards are made. `folder`: the data directory; "": there is none. The error is a sentence for the
  /// operator.
  std::expected<void, std::string> open(const config::Config& config, std::string folder);
  /// Before the shards start. They must outlive it, or its `stop`.
  void begin(listen::ShardGroup& shards);
  void on_started() { told_.on_started(); }
  /// The configuration has changed.
  std::expected<void, std::string> use(const config::Config& config);
  /// Writes down what the shards have said last. They have ended.
  void stop();

  /// Where whatever happens is put.
  webhook::Inbox& told() { return told_; }
  shard::HookAsker& asked() { return *hooks_; }
  shard::Webhooks& webhooks() { return answers_; }
  std::vector<webhook::EndpointStatus> status() const;

 private:
  std::expected<void, std::string> use_webhooks(const std::vector<webhook::EndpointSettings>& endpoints);
  void use_hooks(const config::Config& config);

  const Clock& clock_;
  log::Log& log_;
  std::string folder_;
  listen::ShardGroup* shards_ = nullptr;
  webhook::Inbox told_;
  std::unique_ptr<webhook::Dispatcher> dispatcher_;  // null: nobody has ever wanted to be told
  WebhookAnswers answers_;
  std::unique_ptr<hook::HookCaller> hooks_;
};

}  // namespace switchboard::server
