// The HTTP API on this shard: its connections, whose request is next, and who may ask for what. Nothing here holds
// anybody else up: a turn has so much time for the API, a connection one request at a time, and what is not answered in
// time is told so.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/stats.h"
#include "base/slot_table.h"
#include "session/context.h"
#include "shard/api_client.h"
#include "shard/api_requests.h"
#include "shard/homes.h"
#include "shard/line.h"
#include "shard/observer.h"
#include "shard/revoker.h"
#include "shard/settings.h"
#include "shard/user_desk.h"
#include "shard/webhooks.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class ApiDesk final : private ApiAnswers {
 public:
  /// As ApiRequests.
  ApiDesk(std::uint32_t shard, std::uint32_t shards, Homes& homes, UserDesk& users, const ShardSettings& settings,
          const session::SessionContext& context, api::ApiStats& stats, ConnectionObserver& observer, Revoker* revoker,
          Webhooks* webhooks)
      : homes_(homes),
        settings_(settings),
        context_(context),
        stats_(stats),
        observer_(observer),
        requests_(shard, shards, homes, users, settings, context, stats, revoker, webhooks, *this) {}

  // --- from the loop ------------------------------------------------------------------------------------------------
  /// Takes a connected stream; readiness for it is reported under the number returned. None when there are as many as
  /// may be: then it is closed.
  std::optional<std::uint32_t> accept(std::unique_ptr<net::Transport> transport, const net::PeerAddress& peer);
  void on_ready(std::uint32_t number, bool hung_up);

  // --- turns --------------------------------------------------------------------------------------------------------
  /// Goes on with those that can, until `until`, at least one.
  void run(const Clock& clock, Instant until);
  bool has_work() const { return !ready_.empty() || (!stalled_.empty() && homes_.has_room_anywhere()); }
  std::optional<Instant> next_deadline() const;
  /// No further request is taken.
  void drain();
  std::size_t connections() const { return clients_.size(); }

  /// What its requests wait for comes back there.
  ApiRequests& requests() { return requests_; }

 private:
  // ApiAnswers
  ApiClient* find_client(SlotId id) override { return clients_.find(id); }
  void answer(ApiClient& client, std::string body) override;
  void respond(ApiClient& client, const http::Response& given) override;
  void refuse(ApiClient& client, const api::Problem& problem) override;
  void wake(SlotId id) override;
  void stall(SlotId id) override;

  bool serve(ApiClient& client, SlotId id);
  bool read(ApiClient& client);
  bool write(ApiClient& client);
  void tell_methods(ApiClient& client, std::string_view methods);
  std::optional<std::string> allowed_origin(const ApiClient& client) const;
  bool take_request(ApiClient& client, SlotId id);
  void begin(ApiClient& client, SlotId id, const api::Target& target);
  std::optional<api::Refusal> refusal_of(ApiClient& client, const api::Target& target) const;
  std::optional<api::Refusal> refusal_of(const ApiClient& client, const api::Operation& operation) const;
  void refuse(ApiClient& client, api::Refusal refusal);
  std::optional<api::Problem> refusal_for_rate(const ApiClient& client);
  void charge_messages(const ApiClient& client, const api::Operation& operation);
  std::shared_ptr<const api::Key> key_of(const ApiClient& client) const;
  void look_at_times();

  Homes& homes_;
  const ShardSettings& settings_;
  const session::SessionContext& context_;
  api::ApiStats& stats_;
  ConnectionObserver& observer_;
  ApiRequests requests_;
  SlotTable<ApiClient> clients_;
  Line ready_;
  Line stalled_;
  Instant next_look_{};  // at everybody's deadlines
  bool is_draining_ = false;
};

}  // namespace switchboard::shard
