// What connections here wait to hear from the back end before they are obeyed, and what it has allowed them besides. A
// connection has one question under way, and holds nobody else up.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auth/grants.h"
#include "base/flat_map.h"
#include "base/siphash.h"
#include "base/slot_table.h"
#include "session/connection_context.h"
#include "session/hook.h"
#include "shard/client.h"
#include "shard/delivery.h"
#include "shard/hook_asker.h"
#include "shard/stats.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class HookDesk {
 public:
  /// What one connection may be allowed by so many answers; the oldest goes when there are more.
  static constexpr std::size_t kGrantsMax = 16;

  /// `shard`: the index of this one. `asker`: null when there is nobody to be asked.
  HookDesk(std::uint32_t shard, HookAsker* asker, HashKey key, SlotTable<Client>& clients, Delivery& delivery,
           session::ConnectionContext& context, ShardStats& stats)
      : shard_(shard),
        asker_(asker),
        key_(key),
        clients_(clients),
        delivery_(delivery),
        context_(context),
        stats_(stats) {}

  /// Its handshake is done, and nothing was heard of it yet: whether it may stay is asked, if it is to be.
  void on_opened(const session::Connection& connection);
  void on_over(const session::Session& session) { asked_.erase(session.id().pack()); }
  /// As in session::SessionHost.
  session::HookStep ask(const session::Session& session, const session::HookQuestion& question);
  bool awaits(const session::Session& session) const;
  std::span<const std::shared_ptr<const auth::Grants>> grants_of(const session::Session& session) const;

  /// `number`: of the question. The connection may have gone.
  void on_answer(SlotId connection, std::uint64_t number, session::HookAnswer answer);

 private:
  struct Asked {
    std::uint64_t number = 0;  // of the question under way; 0: there is none
    session::HookKind kind{};
    std::uint64_t question = 0;                 // a hash of it
    std::optional<session::HookAnswer> answer;  // to that question, for the command that comes again
    std::vector<std::shared_ptr<const auth::Grants>> grants;
  };

  void send(Asked& asked, session::HookKind kind, std::string body, SlotId connection);
  static std::string body_of(const session::Connection& connection, const session::HookQuestion& question);
  void take_permissions(Asked& asked, session::HookAnswer& answer);
  void let_in(Client& client, const session::HookAnswer& answer);

  const std::uint32_t shard_;
  HookAsker* const asker_;
  const HashKey key_;
  SlotTable<Client>& clients_;
  Delivery& delivery_;
  session::ConnectionContext& context_;
  ShardStats& stats_;
  FlatMap<std::uint64_t, std::unique_ptr<Asked>> asked_;  // by packed connection
  std::uint64_t last_number_ = 0;
};

}  // namespace switchboard::shard
