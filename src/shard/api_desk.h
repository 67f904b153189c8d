// The HTTP API on this shard: its connections, and what they ask of rooms and users. A publish goes to the room's home
// as a client's does, and is answered when it is committed. Nothing here holds anybody else up: a turn has so much time
// for the API, a connection one request at a time, and what is not answered in time is told so.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>

#include "api/stats.h"
#include "base/flat_map.h"
#include "base/slot_table.h"
#include "session/context.h"
#include "shard/api_client.h"
#include "shard/homes.h"
#include "shard/line.h"
#include "shard/revoker.h"
#include "shard/settings.h"
#include "shard/user_desk.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class ApiDesk {
 public:
  /// `shard`: the index of this one, of so many.
  ApiDesk(std::uint32_t shard, std::uint32_t shards, Homes& homes, UserDesk& users, const ShardSettings& settings,
          const session::SessionContext& context, api::ApiStats& stats, Revoker* revoker)
      : shard_(shard),
        shards_(shards),
        homes_(homes),
        users_(users),
        settings_(settings),
        context_(context),
        stats_(stats),
        revoker_(revoker) {}

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

  // --- what comes back ----------------------------------------------------------------------------------------------
  void on_published(const PublishOutcome& outcome);
  void on_page(std::uint64_t ticket, const wire::PageOrError& page);
  void on_presence_list(const PresenceListResult& list);
  void on_disconnected(const DisconnectResult& result);
  void on_revoked(SlotId asker, std::uint64_t request, const std::expected<std::uint64_t, protocol::ErrorCode>& closed);

 private:
  bool serve(ApiClient& client, SlotId id);
  bool read(ApiClient& client);
  bool write(ApiClient& client);
  bool take_request(ApiClient& client, SlotId id);
  void begin(ApiClient& client, SlotId id, const api::Target& target);
  void begin(ApiClient& client, SlotId id, api::PublishOne&& one);
  void begin(ApiClient& client, SlotId id, api::PublishBatch&& batch);
  void begin(ApiClient& client, SlotId id, api::ReadHistory&& history);
  void begin(ApiClient& client, SlotId id, api::ReadPresence&& presence);
  void begin(ApiClient& client, SlotId id, api::Disconnect&& disconnect);
  void begin(ApiClient& client, SlotId id, api::Revoke&& revoke);
  void begin(ApiClient& client, SlotId id, api::ServerInfo&&);
  void begin(ApiClient& client, SlotId id, api::OpenApi&&);
  std::optional<api::Problem> refusal_of(const ApiClient& client, const api::Target& target) const;
  std::optional<api::Problem> refusal_of(const ApiClient& client, const api::Operation& operation) const;
  const api::Key* key_of(const ApiClient& client) const;

  bool go_on(ApiClient& client, SlotId id);
  bool hand_in(ApiClient& client, SlotId id);
  bool ask_for_page(ApiClient& client, SlotId id);
  bool ask_for_list(ApiClient& client, SlotId id);
  bool ask_shards(ApiClient& client, SlotId id);
  void finish_publishing(ApiClient& client);
  void finish_reading(ApiClient& client);

  void answer(ApiClient& client, std::string body);
  void refuse(ApiClient& client, const api::Problem& problem);
  void respond(ApiClient& client, const http::Response& response);
  void forget_request(ApiClient& client);
  void wake(SlotId id);
  void look_at_times();

  std::uint32_t shard_;
  std::uint32_t shards_;
  Homes& homes_;
  UserDesk& users_;
  const ShardSettings& settings_;
  const session::SessionContext& context_;
  api::ApiStats& stats_;
  Revoker* revoker_;  // null: nothing can be revoked
  SlotTable<ApiClient> clients_;
  FlatMap<std::uint64_t, SlotId> pages_;  // by ticket, who waits
  std::uint64_t last_ticket_ = 0;
  Line ready_;
  Line stalled_;
  Instant next_look_{};  // at everybody's deadlines
  bool is_draining_ = false;
};

}  // namespace switchboard::shard
