// Shard, the part about the rooms whose home it is: what is asked of them, from here and from other shards, and how
// what becomes of it reaches who must know. What the broker answers later is taken up turn by turn.
#include <utility>

#include "base/assert.h"
#include "base/overloaded.h"
#include "protocol/user_room.h"
#include "shard/shard.h"

namespace switchboard::shard {

using session::Attempt;
using session::Session;

// --- what is asked ---------------------------------------------------------------------------------------------------

Attempt Shard::publish(Session& session, std::optional<std::uint32_t> slot, const protocol::Broadcast& broadcast,
                       std::string_view command_id) {
  const RoomView* view = slot ? views_.find(session.memberships()[*slot].room) : nullptr;
  const std::uint32_t home = view != nullptr ? view->home : home_of(broadcast.room_id);
  const SlotId home_room = view != nullptr ? view->home_room : SlotId{};
  if (!may_send(session, home)) return wait_for_mailbox(session, home);
  const std::uint32_t cost =
      is_stored(broadcast.room_id) ? PublishWindows::cost_of(broadcast.content.size() + broadcast.room_id.size()) : 0;
  if (cost > 0 && !publish_windows_.take(client_of(session), 1, cost)) return Attempt::kBusy;
  broker::Publish publish{
      .room_id = broadcast.room_id,
      .content = broadcast.content,
      .sender = session.user_id(),
      .to = {},
      .dedup = broadcast.dedup,
      .command_id = command_id,
      .origin = {.shard = index_, .connection = session.id(), .wants_ack = !command_id.empty(), .counted_bytes = cost},
      .echo = broadcast.echo.value_or(true)};
  if (home == index_) {
    home_room ? home_.publish(home_room, publish) : home_.publish_by_name(publish);
    return Attempt::kDone;
  }
  if (home_room) publish.room_id = {};  // its home knows it
  send_publish(home, home_room, publish);
  return Attempt::kPending;
}

/// There is room for it: `may_send`.
void Shard::send_publish(std::uint32_t home, SlotId home_room, const broker::Publish& publish) {
  const bool is_sent =
      port_.try_request(home, PublishRequest{.home_room = home_room, .publish = broker::HeldPublish(publish)});
  SB_ASSERT(is_sent);
}

/// Its home hands what is published there to a store (or a bus), and answers later.
bool Shard::is_stored(std::string_view room_id) const {
  return home_.answers_later(settings_.rooms.of(room_id));
}

/// A publish that was counted has had its outcome: the publisher may go on, if it waits for that.
void Shard::publish_answered(SlotId connection, std::uint32_t counted_bytes) {
  if (counted_bytes > 0 && publish_windows_.give_back(connection, counted_bytes))
    delivery_.resumable().push_back(connection);
}

void Shard::on_request(std::uint32_t from, Request& request) {
  const Overloaded take{
      [](std::monostate) {},
      [&](JoinRequest& join) { home_.join(from, std::move(join)); },
      [&](PublishRequest& held) {
        const broker::Publish publish = held.publish.view();
        held.home_room ? home_.publish(held.home_room, publish) : home_.publish_by_name(publish);
      },
      [&](LeaveRequest& leave) { home_.leave(leave.home_room, from, leave.format); },
      [&](ReadRequest& read) { home_.read(read.home_room, read.wish, {.shard = from, .ticket = read.ticket}); },
      [&](PresenceReport& report) { home_presence_.on_report(from, report, context_.now); },
      [&](PresenceRequest& presence) { on_presence_request(from, std::move(presence)); },
  };
  std::visit(take, request);
}

/// What has become possible since: each causes at most what results_have_room() makes sure of.
void Shard::take_home_answers(Instant until) {
  while (port_.results_have_room() && home_.take_answer(context_.now)) {
    if (clock_.now() >= until) break;
  }
}

/// A session here was told something by a room's home: it may have waited for that, and the answer is to be written.
/// Only later in the turn: whoever tells holds rooms of the home, which a session that ends would leave.
void Shard::after_answer(SlotId connection) {
  Client* client = clients_.find(connection);
  if (client == nullptr) return;
  if (client->session.paused() && !client->publishing.is_waiting) delivery_.resumable().push_back(connection);
  delivery_.leave_unsettled(*client);
}

// --- what becomes of it ----------------------------------------------------------------------------------------------

void Shard::on_home_joined(std::uint32_t to_shard, JoinResult&& result) {
  note_tracking(to_shard, result);
  if (to_shard != index_) return port_.result(to_shard, std::move(result));
  on_join_result(result);
  after_answer(result.connection);
}

void Shard::on_home_committed(std::uint32_t to_shard, const ViewsByFormat& views, SlotId excluded, Seq seq,
                              const wire::Formatted& message) {
  if (to_shard == index_) return append(views, seq, message, excluded);
  if (crossing_ == nullptr) {
    crossing_ = std::make_shared<CommittedMessage>(CommittedMessage::copy_of(seq, message));
  }
  port_.result(to_shard, CommittedResult{.views = views, .excluded = excluded, .message = crossing_});
}

void Shard::on_home_spread() {
  crossing_.reset();
}

void Shard::on_home_acknowledged(const broker::Publish& publish, const broker::Commit& commit) {
  const SlotId connection = publish.origin.connection;
  if (publish.origin.shard == index_) {
    publish_answered(connection, publish.origin.counted_bytes);
    if (!publish.origin.wants_ack) return;
    if (Client* client = clients_.find(connection)) {
      client->session.on_published({.id = publish.command_id,
                                    .room_id = publish.room_id,
                                    .seq = commit.publication.seq,
                                    .epoch = commit.epoch,
                                    .ts = commit.publication.ts,
                                    .is_duplicate = commit.is_duplicate});
    }
    return after_answer(connection);
  }
  if (!publish.origin.wants_ack) return count_answered(publish.origin);
  port_.result(publish.origin.shard, PublishResult{.connection = connection,
                                                   .counted_bytes = publish.origin.counted_bytes,
                                                   .room_id = std::string(publish.room_id),
                                                   .command_id = std::string(publish.command_id),
                                                   .committed = true,
                                                   .seq = commit.publication.seq,
                                                   .epoch = std::string(commit.epoch),
                                                   .ts = commit.publication.ts,
                                                   .is_duplicate = commit.is_duplicate});
}

void Shard::on_home_refused(const broker::Publish& publish, protocol::ErrorCode code) {
  // A sender's own copy of a direct message has no answer of its own: that of the message is the answer.
  if (protocol::is_user_room(publish.room_id) && !publish.echo) return count_answered(publish.origin);
  const SlotId connection = publish.origin.connection;
  if (publish.origin.shard == index_) {
    publish_answered(connection, publish.origin.counted_bytes);
    if (Client* client = clients_.find(connection)) {
      client->session.on_publish_refused(publish.room_id, publish.command_id, code);
    }
    return after_answer(connection);
  }
  port_.result(publish.origin.shard, PublishResult{.connection = connection,
                                                   .counted_bytes = publish.origin.counted_bytes,
                                                   .room_id = std::string(publish.room_id),
                                                   .command_id = std::string(publish.command_id),
                                                   .committed = false,
                                                   .refusal = code,
                                                   .seq = {},
                                                   .epoch = {}});
}

/// The publisher is told nothing: only its shard counts it.
void Shard::count_answered(const broker::Origin& origin) {
  if (origin.counted_bytes == 0) return;
  if (origin.shard == index_) return publish_answered(origin.connection, origin.counted_bytes);
  port_.result(origin.shard, PublishResult{.connection = origin.connection,
                                           .counted_bytes = origin.counted_bytes,
                                           .is_told = false,
                                           .room_id = {},
                                           .command_id = {},
                                           .seq = {},
                                           .epoch = {}});
}

void Shard::on_home_epoch_changed(std::uint32_t to_shard, const ViewsByFormat& views, const broker::Head& head) {
  EpochResult result{.views = views, .epoch = head.epoch, .last = head.last};
  if (to_shard == index_) return on_epoch_result(result);
  port_.result(to_shard, std::move(result));
}

void Shard::on_home_read(const PageReader& reader, const wire::PageOrError& page) {
  if (reader.shard == index_) return on_page(reader.ticket, page);
  port_.result(reader.shard, PageResult{.ticket = reader.ticket, .page = page});
}

}  // namespace switchboard::shard
