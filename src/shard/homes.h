// What this shard asks of the homes of rooms, wherever these are: of one here by a call, of one elsewhere through a
// mailbox. Whoever finds a mailbox full waits in line for it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/siphash.h"
#include "shard/home_desk.h"
#include "shard/intake.h"
#include "shard/mailbox_waits.h"
#include "shard/port.h"
#include "shard/room_views.h"

namespace switchboard::shard {

/// The shard's thread only. The references must outlive it.
class Homes {
 public:
  /// `key`: the same for all shards, for it says which room has its home where.
  Homes(HashKey key, Port& port, HomeDesk& own, MailboxWaits& waits, const Intake& intake, SlotTable<Client>& clients,
        ShardStats& stats)
      : key_(key), port_(port), own_(own), waits_(waits), intake_(intake), clients_(clients), stats_(stats) {}

  /// Whether the outcome of what is published to such a room may come later, wherever it has its home.
  bool answer_later(const room::RoomSettings& settings) const { return own_.answers_later(settings); }
  /// The shard on which that room has its home.
  std::uint32_t of(std::string_view room_id) const;
  bool is_here(std::uint32_t home) const { return home == port_.self(); }

  /// Whether so many messages of that session have room on their way to that home now. One here needs room for what a
  /// commit tells the other shards.
  bool may_publish(const session::Session& session, std::uint32_t home, std::size_t messages = 1) const;
  /// The same for the API, whose messages stand in no line.
  bool may_publish_now(std::uint32_t home) const {
    return is_here(home) ? port_.results_have_room() : port_.can_request_much(home, 1);
  }
  /// The same for what nobody but the asker is told of: a home here can always be asked.
  bool may_ask(const session::Session& session, std::uint32_t home) const {
    return is_here(home) || may_publish(session, home);
  }
  /// The session goes on, by `resume`, when there is room. Returns kBusy.
  session::Attempt wait(const session::Session& session, std::uint32_t home);

  // --- asking: what is answered comes by HomeNews, at once perhaps where the home is here.
  // ------------------------------ Only after `may_publish` or `may_ask`:
  void join(std::uint32_t home, JoinRequest&& request);
  /// `home_room`: none when the publisher is not in the room; then by `publish.room_id`.
  void publish(std::uint32_t home, SlotId home_room, broker::Publish publish);
  void list_users(std::uint32_t home, PresenceRequest&& request);
  // At any time:
  /// One member fewer there. Never fails.
  void leave(const RoomView& view, SlotId home_room);
  /// Never answered before the call returns. False when the mailbox is full: nothing was sent.
  bool read(std::uint32_t home, const ReadRequest& request);
  /// Asks that shard, whichever it is. False when the mailbox is full: nothing was sent.
  bool ask(std::uint32_t shard, ApiQuestion&& question);
  /// Only while `has_room`.
  void report(std::uint32_t home, PresenceReport&& report);
  /// Whether that home, or (the other one) any on another shard, would take a `read` or a `report` now.
  bool has_room(std::uint32_t home) const { return is_here(home) || port_.can_request(home, 1); }
  bool has_room_anywhere() const { return port_.can_request_anywhere(); }

 private:
  void send(std::uint32_t home, Request&& request);

  HashKey key_;
  Port& port_;
  HomeDesk& own_;
  MailboxWaits& waits_;
  const Intake& intake_;
  SlotTable<Client>& clients_;
  ShardStats& stats_;
};

}  // namespace switchboard::shard
