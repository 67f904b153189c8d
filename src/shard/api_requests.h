// What requests to the HTTP API ask of rooms and users, and what becomes of it: a publish goes to the room's home as a
// client's does, and is answered when it is committed. How requests come and answers go, ApiDesk knows.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "api/operation.h"
#include "api/problem.h"
#include "api/stats.h"
#include "base/flat_map.h"
#include "base/slot_table.h"
#include "session/context.h"
#include "shard/api_client.h"
#include "shard/homes.h"
#include "shard/revoker.h"
#include "shard/settings.h"
#include "shard/user_desk.h"
#include "shard/webhooks.h"

namespace switchboard::shard {

/// Who has the connections. An answer ends what the client's request waits for.
class ApiAnswers {
 public:
  /// Null when it is gone.
  virtual ApiClient* find_client(SlotId id) = 0;
  /// 200, with that JSON.
  virtual void answer(ApiClient& client, std::string body) = 0;
  virtual void respond(ApiClient& client, const http::Response& response) = 0;
  virtual void refuse(ApiClient& client, const api::Problem& problem) = 0;
  /// It can go on.
  virtual void wake(SlotId id) = 0;
  /// What it asks for found no room on its way: it goes on when there may be some.
  virtual void stall(SlotId id) = 0;

 protected:
  ~ApiAnswers() = default;
};

/// The shard's thread only. The references must outlive it.
class ApiRequests {
 public:
  /// `shard`: the index of this one, of so many. `revoker`: null when nothing can be revoked; `webhooks`: when there
  /// are none.
  ApiRequests(std::uint32_t shard, std::uint32_t shards, Homes& homes, UserDesk& users, const ShardSettings& settings,
              const session::SessionContext& context, api::ApiStats& stats, Revoker* revoker, Webhooks* webhooks,
              ApiAnswers& answers)
      : shard_(shard),
        shards_(shards),
        homes_(homes),
        users_(users),
        settings_(settings),
        context_(context),
        stats_(stats),
        revoker_(revoker),
        webhooks_(webhooks),
        answers_(answers) {}

  /// It may be answered before the call returns.
  void begin(ApiClient& client, SlotId id, api::Operation&& operation);
  /// Does what can be done for it. True when something was.
  bool go_on(ApiClient& client, SlotId id);
  /// What is still to come of its request is of an earlier one from now on.
  void forget(ApiClient& client);

  // --- what comes back ----------------------------------------------------------------------------------------------
  void on_published(const PublishOutcome& outcome);
  void on_page(std::uint64_t ticket, const wire::PageOrError& page);
  void on_presence_list(const PresenceListResult& list);
  void on_found(ApiFinding&& finding);
  /// What was asked of somebody outside of the shards: the answer's body, or why it was not done.
  void on_done(SlotId asker, std::uint64_t request, const std::expected<std::string, api::Problem>& outcome);

 private:
  void begin(ApiClient& client, SlotId id, api::PublishOne&& one);
  void begin(ApiClient& client, SlotId id, api::PublishBatch&& batch);
  void begin(ApiClient& client, SlotId id, api::ReadHistory&& history);
  void begin(ApiClient& client, SlotId id, api::ReadPresence&& presence);
  void begin(ApiClient& client, SlotId id, api::ReadRooms&& rooms);
  void begin(ApiClient& client, SlotId id, api::Disconnect&& disconnect);
  void begin(ApiClient& client, SlotId id, api::JoinUser&& join);
  void begin(ApiClient& client, SlotId id, api::LeaveUser&& leave);
  void begin(ApiClient& client, SlotId id, api::ReadConnections&& connections);
  void begin(ApiClient& client, SlotId id, api::Revoke&& revoke);
  void begin(ApiClient& client, SlotId id, api::ListWebhooks&&);
  void begin(ApiClient& client, SlotId id, api::ControlWebhook&& wanted);
  void begin(ApiClient& client, SlotId id, api::RevokeRoom&& revoke);
  void begin_revoking(ApiClient& client, SlotId id, auth::Revocation revocation);
  void begin(ApiClient& client, SlotId id, api::ServerInfo&&);
  void begin(ApiClient& client, SlotId id, api::OpenApi&&);

  bool hand_in(ApiClient& client, SlotId id);
  bool may_hand_in(const ApiClient& client) const;
  bool ask_for_page(ApiClient& client, SlotId id);
  bool ask_for_list(ApiClient& client, SlotId id);
  void take(ApiClient& client, ConnectionsFound&& found);
  void ask_all(ApiClient& client, SlotId id, AskedOfAll&& what);
  bool ask_shards(ApiClient& client, SlotId id);
  void finish_asking(ApiClient& client);
  void finish_connections(ApiClient& client);
  bool ask_for_rooms(ApiClient& client, SlotId id);
  void finish_publishing(ApiClient& client);
  void finish_reading(ApiClient& client);
  void finish_rooms(ApiClient& client);

  std::uint32_t shard_;
  std::uint32_t shards_;
  Homes& homes_;
  UserDesk& users_;
  const ShardSettings& settings_;
  const session::SessionContext& context_;
  api::ApiStats& stats_;
  Revoker* revoker_;
  Webhooks* webhooks_;
  ApiAnswers& answers_;
  FlatMap<std::uint64_t, SlotId> pages_;  // by ticket, who waits
  std::uint64_t last_ticket_ = 0;
};

}  // namespace switchboard::shard
