// Publishing: what sessions send to rooms and to users goes to the homes of these, and what became of it comes back.
// Whoever publishes faster than the store keeps waits (PublishWindows).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "session/host.h"
#include "shard/homes.h"
#include "shard/publish_windows.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class PublishDesk {
 public:
  /// `shard`: the index of this one.
  PublishDesk(std::uint32_t shard, RoomViews& views, SlotTable<Client>& clients, Homes& homes, Delivery& delivery,
              const ShardSettings& settings)
      : shard_(shard),
        views_(views),
        clients_(clients),
        homes_(homes),
        delivery_(delivery),
        settings_(settings),
        windows_(clients, settings.history.publishing) {}

  // As in session::SessionHost.
  session::Attempt publish(session::Session& session, std::optional<std::uint32_t> slot,
                           const protocol::Broadcast& broadcast, std::string_view command_id);
  session::Attempt publish(session::Session& session, const protocol::Direct& direct, std::string_view command_id);

  /// The outcome of a publish that was made here.
  void on_published(const PublishOutcome& outcome);

  /// Calls go_on(Client&) for those that may publish again.
  template <class F>
  void let_go_on(F&& go_on) {
    windows_.let_go_on(go_on);
  }
  bool has_work() const { return windows_.has_work(); }

 private:
  std::uint32_t cost_of(std::string_view room_id, std::string_view content) const;
  broker::Origin origin_of(const session::Session& session, std::string_view command_id, std::uint32_t cost) const;

  std::uint32_t shard_;
  RoomViews& views_;
  SlotTable<Client>& clients_;
  Homes& homes_;
  Delivery& delivery_;
  const ShardSettings& settings_;
  PublishWindows windows_;
};

}  // namespace switchboard::shard
