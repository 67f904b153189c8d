#include "shard/publish_desk.h"

#include "protocol/user_room.h"

namespace switchboard::shard {

using session::Attempt;
using session::Session;

Attempt PublishDesk::publish(Session& session, std::optional<std::uint32_t> slot, const protocol::Broadcast& broadcast,
                             std::string_view command_id) {
  const RoomView* view = slot ? views_.find(session.memberships()[*slot].room) : nullptr;
  const std::uint32_t home = view != nullptr ? view->home : homes_.of(broadcast.room_id);
  if (!homes_.may_publish(session, home)) return homes_.wait(session, home);
  const std::uint32_t cost = cost_of(broadcast.room_id, broadcast.content);
  if (cost > 0 && !windows_.take(clients_.at(session.id()), 1, cost)) return Attempt::kBusy;
  const SlotId home_room = view != nullptr ? view->home_room : SlotId{};
  homes_.publish(home, home_room,
                 {.room_id = broadcast.room_id,
                  .content = broadcast.content,
                  .sender = session.user_id(),
                  .to = {},
                  .dedup = broadcast.dedup,
                  .command_id = command_id,
                  .origin = origin_of(session, command_id, cost),
                  .echo = broadcast.echo.value_or(true)});
  return homes_.is_here(home) ? Attempt::kDone : Attempt::kPending;
}

Attempt PublishDesk::publish(Session& session, const protocol::Direct& direct, std::string_view command_id) {
  const std::string room_id = protocol::user_room_of(direct.user_id);
  const std::string own_room_id = protocol::user_room_of(session.user_id());
  const bool is_copied = direct.own_devices && own_room_id != room_id;
  const std::uint32_t home = homes_.of(room_id);
  const std::uint32_t own_home = homes_.of(own_room_id);
  // Both messages or none: a command that waits is begun anew.
  // (At this shard itself one message is one result for each other shard, and room for two is what is made sure of.)
  if (!homes_.may_publish(session, home, is_copied && own_home == home ? 2 : 1)) return homes_.wait(session, home);
  if (is_copied && own_home != home && !homes_.may_publish(session, own_home)) return homes_.wait(session, own_home);
  const std::uint32_t cost = cost_of(room_id, direct.content);
  if (cost > 0 && !windows_.take(clients_.at(session.id()), is_copied ? 2 : 1, cost)) return Attempt::kBusy;

  broker::Publish publish{
      .room_id = room_id,
      .content = direct.content,
      .sender = session.user_id(),
      .to = {},
      .dedup = direct.dedup,
      .command_id = command_id,
      .origin = origin_of(session, command_id, cost),
  };
  homes_.publish(home, {}, publish);
  if (is_copied) {
    publish.room_id = own_room_id;
    publish.to = direct.user_id;
    publish.command_id = {};
    publish.origin.wants_ack = false;
    publish.echo = false;
    homes_.publish(own_home, {}, publish);
  }
  return homes_.is_here(home) ? Attempt::kDone : Attempt::kPending;
}

/// What a message counts while its outcome is not known: nothing, where that is known at once.
std::uint32_t PublishDesk::cost_of(std::string_view room_id, std::string_view content) const {
  const bool is_told_later = homes_.answer_later(settings_.rooms.of(room_id));
  return is_told_later ? PublishWindows::cost_of(content.size() + room_id.size()) : 0;
}

broker::Origin PublishDesk::origin_of(const Session& session, std::string_view command_id, std::uint32_t cost) const {
  return {.shard = shard_, .connection = session.id(), .wants_ack = !command_id.empty(), .counted_bytes = cost};
}

void PublishDesk::on_published(const PublishOutcome& outcome) {
  // The publisher may go on, if it waits for that.
  if (outcome.counted_bytes > 0 && windows_.give_back(outcome.connection, outcome.counted_bytes)) {
    delivery_.resumable().push_back(outcome.connection);
  }
  Client* client = clients_.find(outcome.connection);
  if (client == nullptr || !outcome.is_told) return;
  if (outcome.refusal) {
    client->session().on_reply(
        session::Refused{session::Asked::kPublish, outcome.room_id, outcome.command_id, *outcome.refusal});
  } else {
    client->session().on_reply(protocol::Ack{.id = outcome.command_id,
                                             .room_id = outcome.room_id,
                                             .seq = outcome.seq,
                                             .epoch = outcome.epoch,
                                             .ts = outcome.ts,
                                             .is_duplicate = outcome.is_duplicate});
  }
  delivery_.on_answered(*client);
}

}  // namespace switchboard::shard
