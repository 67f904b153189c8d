// Shard, the part about rooms: joining, leaving, publishing, and what comes back from their home shards.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "shard/shard.h"

namespace switchboard::shard {

using session::Attempt;
using session::Membership;
using session::Session;

namespace {

constexpr std::size_t kMailPerTurn = 256;  // from each shard, of each kind

std::optional<std::uint32_t> slot_of(const Session& session, SlotId view) {
  const auto& memberships = session.memberships();
  const auto found = std::ranges::find(memberships, view, &Membership::room);
  if (found == memberships.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - memberships.begin());
}

/// How that client reads its rooms: the same for all of them, from its handshake on.
ws::Encoding encoding_of(const Session& session) {
  return session.wants_deflate() ? ws::Encoding::kDeflated : ws::Encoding::kPlain;
}

}  // namespace

// --- what sessions ask ---------------------------------------------------------------------------------------------

std::optional<std::uint32_t> Shard::find(const Session& session, std::string_view room_id) const {
  if (session.memberships().empty()) return std::nullopt;
  const SlotId view = views_.find(room_id, encoding_of(session));
  if (!view) return std::nullopt;
  return slot_of(session, view);
}

Attempt Shard::join(Session& session, std::string_view room_id, std::string_view command_id) {
  const ws::Encoding encoding = encoding_of(session);
  SlotId view_id = views_.find(room_id, encoding);
  RoomView* view = view_id ? views_.find(view_id) : nullptr;
  if (view != nullptr && slot_of(session, view_id)) {
    session.on_joined(room_id, command_id, Seq{view->room.log.end().value - 1}, view->epoch);
    return Attempt::kDone;
  }
  if (view == nullptr) {
    view_id = views_.create(room_id, encoding, settings_.rooms.of(room_id), home_of(room_id));
    view = views_.find(view_id);
  }
  const bool is_home = view->home == index_;
  if (!is_home) {
    JoinRequest request{.room_id = std::string(room_id),
                        .command_id = std::string(command_id),
                        .view = view_id,
                        .encoding = encoding,
                        .connection = session.id()};
    if (!port_.try_request(view->home, std::move(request))) {
      drop_view_if_unused(view_id, *view);
      return wait_for_mailbox(session);
    }
  }
  session.memberships().push_back({.room = view_id, .member = 0, .joined = false});
  ++view->joins_under_way;
  if (!is_home) return Attempt::kPending;

  on_join_result(join_home(index_, {.room_id = std::string(room_id),
                                    .command_id = std::string(command_id),
                                    .view = view_id,
                                    .encoding = encoding,
                                    .connection = session.id()}));
  return Attempt::kDone;
}

Attempt Shard::wait_for_mailbox(Session& session) {
  if (!std::exchange(client_of(session).in_busy, true)) busy_.push_back(session.id());
  stats_.waits.add();
  return Attempt::kBusy;
}

void Shard::on_join_result(const JoinResult& result) {
  RoomView* view = views_.find(result.view);
  SB_ASSERT(view != nullptr);  // it lives while joins are under way
  --view->joins_under_way;
  Client* client = clients_.find(result.connection);
  const auto slot = client == nullptr ? std::nullopt : slot_of(client->session, result.view);
  const bool is_waiting = slot && !client->session.memberships()[*slot].joined;

  if (!result.home_room) {
    if (is_waiting) {
      auto& memberships = client->session.memberships();
      memberships.pop_back();  // the last one: its session has waited for it
      client->session.on_join_refused(view->room.id(), result.command_id, result.refusal);
    }
  } else {
    if (view->room.members().empty()) {
      // The first join here, or the first since the last member left while joins were under way: the home may have
      // stopped telling this shard in between, or have ended the room and begun it anew.
      view->room.log.trim_before(view->room.log.end());
      view->home_room = result.home_room;
      view->epoch = result.epoch;
      view->room.log.start_at(result.last.next());
    }
    if (is_waiting) {
      // `joined` is queued before the cursor opens: nothing of the room can come before it.
      client->session.on_joined(view->room.id(), result.command_id, result.last, result.epoch);
      Membership& membership = client->session.memberships()[*slot];
      membership.member = view->room.add(result.connection.index, *slot, result.last.next());
      membership.joined = true;
      stats_.members.add();
    } else {
      leave_home(*view, result.home_room);  // gone in the meantime, but counted there
    }
  }
  drop_view_if_unused(result.view, *view);
}

void Shard::leave_home(const RoomView& view, SlotId home_room) {
  if (view.home == index_) {
    home_.leave(home_room, index_, view.encoding);
  } else {
    port_.leave(view.home, {.home_room = home_room, .encoding = view.encoding});
  }
}

void Shard::leave(Session& session, std::uint32_t slot) {
  auto& memberships = session.memberships();
  const Membership membership = memberships[slot];
  Client& client = client_of(session);
  RoomView& view = *views_.find(membership.room);
  if (client.unfinished.room == membership.room) delivery_.save_unfinished(client);

  if (slot + 1 != memberships.size()) {
    memberships[slot] = memberships.back();
    if (memberships[slot].joined)
      views_.find(memberships[slot].room)->room.member(memberships[slot].member).slot = slot;
  }
  memberships.pop_back();
  if (memberships.empty()) memberships.shrink_to_fit();
  if (!membership.joined) return;  // the home is told when its answer comes

  view.room.remove(membership.member);
  if (membership.member < view.room.members().size()) {
    const room::Member& moved = view.room.members()[membership.member];
    clients_.at_index(moved.session).session.memberships()[moved.slot].member = membership.member;
  }
  stats_.members.sub();
  sweep_.want(membership.room, view);
  leave_home(view, view.home_room);
  drop_view_if_unused(membership.room, view);
}

void Shard::leave_all(Session& session) {
  while (!session.memberships().empty())
    leave(session, static_cast<std::uint32_t>(session.memberships().size() - 1));
}

void Shard::drop_view_if_unused(SlotId view_id, RoomView& view) {
  if (!view.room.members().empty()) return;
  if (view.joins_under_way == 0) return views_.erase(view_id);
  delivery_.trim(view, view.room.log.end());  // whoever is on the way begins behind it
}

Attempt Shard::publish(Session& session, std::uint32_t slot, const protocol::Broadcast& broadcast,
                       std::string_view command_id) {
  RoomView& view = *views_.find(session.memberships()[slot].room);
  if (view.home == index_) {
    if (!port_.results_have_room()) return wait_for_mailbox(session);
    home_.publish(view.home_room,
                  {.room_id = {},
                   .content = broadcast.content,
                   .sender = session.user_id(),
                   .command_id = command_id,
                   .origin = {.shard = index_, .connection = session.id(), .wants_ack = !command_id.empty()},
                   .echo = broadcast.echo});
    return Attempt::kDone;
  }
  PublishRequest request{.home_room = view.home_room,
                         .content = std::string(broadcast.content),
                         .sender = session.user_id(),
                         .command_id = std::string(command_id),
                         .connection = session.id(),
                         .echo = broadcast.echo};
  return port_.try_request(view.home, std::move(request)) ? Attempt::kPending : wait_for_mailbox(session);
}

// --- what the home shard does ----------------------------------------------------------------------------------------

JoinResult Shard::join_home(std::uint32_t from, JoinRequest&& request) {
  const auto joined = home_.join(request.room_id, from, request.view, request.encoding);
  JoinResult result{.view = request.view,
                    .connection = request.connection,
                    .command_id = std::move(request.command_id),
                    .home_room = {},
                    .last = {},
                    .epoch = {}};
  if (joined) {
    result.home_room = joined->home_room;
    result.last = joined->head.last;
    result.epoch = joined->head.epoch;
  } else {
    result.refusal = joined.error();
  }
  return result;
}

void Shard::on_request(std::uint32_t from, Request& request) {
  if (auto* join = std::get_if<JoinRequest>(&request)) {
    port_.result(from, join_home(from, std::move(*join)));
  } else if (auto* publish = std::get_if<PublishRequest>(&request)) {
    home_.publish(
        publish->home_room,
        {.room_id = {},
         .content = publish->content,
         .sender = publish->sender,
         .command_id = publish->command_id,
         .origin = {.shard = from, .connection = publish->connection, .wants_ack = !publish->command_id.empty()},
         .echo = publish->echo});
  } else if (auto* leave = std::get_if<LeaveRequest>(&request)) {
    home_.leave(leave->home_room, from, leave->encoding);
  }
}

void Shard::on_home_committed(std::uint32_t to_shard, const ViewsByEncoding& views, SlotId excluded, Seq seq,
                              const Frames& frames) {
  if (to_shard == index_) return append(views, seq, frames, excluded);
  if (crossing_ == nullptr) {
    crossing_ = std::make_shared<CommittedFrame>(
        CommittedFrame{.seq = seq, .plain = std::string(frames.plain), .deflated = std::string(frames.deflated)});
  }
  port_.result(to_shard, CommittedResult{.views = views, .excluded = excluded, .frame = crossing_});
}

void Shard::on_home_compressed(std::size_t bytes_before, std::size_t bytes_after) {
  stats_.compressed.add();
  stats_.compressed_bytes_before.add(bytes_before);
  stats_.compressed_bytes_after.add(bytes_after);
}

void Shard::on_home_spread() {
  crossing_.reset();
  stats_.commits.add();
}

void Shard::on_home_acknowledged(const broker::Publish& publish, const broker::Commit& commit) {
  if (publish.origin.shard == index_) {
    if (Client* client = clients_.find(publish.origin.connection)) {
      client->session.on_published({.id = publish.command_id,
                                    .room_id = publish.room_id,
                                    .seq = commit.seq,
                                    .epoch = commit.epoch,
                                    .ts = commit.ts});
    }
    return;
  }
  port_.result(publish.origin.shard, PublishResult{.connection = publish.origin.connection,
                                                   .room_id = std::string(publish.room_id),
                                                   .command_id = std::string(publish.command_id),
                                                   .committed = true,
                                                   .seq = commit.seq,
                                                   .epoch = std::string(commit.epoch),
                                                   .ts = commit.ts});
}

void Shard::on_home_refused(const broker::Publish& publish, protocol::ErrorCode code) {
  if (publish.origin.shard == index_) {
    if (Client* client = clients_.find(publish.origin.connection)) {
      client->session.on_publish_refused(publish.room_id, publish.command_id, code);
    }
    return;
  }
  port_.result(publish.origin.shard, PublishResult{.connection = publish.origin.connection,
                                                   .room_id = std::string(publish.room_id),
                                                   .command_id = std::string(publish.command_id),
                                                   .committed = false,
                                                   .refusal = code,
                                                   .seq = {},
                                                   .epoch = {}});
}

// --- what comes back -----------------------------------------------------------------------------------------------

void Shard::take_mail() {
  if (port_.shards() == 1) return;
  port_.take(
      kMailPerTurn,
      [&](Result& result) {
        if (auto* committed = std::get_if<CommittedResult>(&result)) {
          append(committed->views, committed->frame->seq, committed->frame->frames(), committed->excluded);
        } else if (auto* joined = std::get_if<JoinResult>(&result)) {
          on_join_result(*joined);
          if (Client* client = clients_.find(joined->connection)) {
            if (client->session.paused()) delivery_.resumable().push_back(joined->connection);
            settle(*client);
          }
        } else if (auto* published = std::get_if<PublishResult>(&result)) {
          on_publish_result(*published);
        }
        result = std::monostate{};  // its memory is freed here, not when the slot comes round again
      },
      [&](std::uint32_t from, Request& request) {
        on_request(from, request);
        request = std::monostate{};
      });
}

void Shard::on_publish_result(const PublishResult& result) {
  Client* client = clients_.find(result.connection);
  if (client == nullptr) return;
  if (result.committed) {
    client->session.on_published({.id = result.command_id,
                                  .room_id = result.room_id,
                                  .seq = result.seq,
                                  .epoch = result.epoch,
                                  .ts = result.ts});
  } else {
    client->session.on_publish_refused(result.room_id, result.command_id, result.refusal);
  }
  if (client->session.paused()) delivery_.resumable().push_back(result.connection);
  settle(*client);
}

void Shard::append(const ViewsByEncoding& views, Seq seq, const Frames& frames, SlotId excluded) {
  for (const SlotId view : views) {
    if (view) append(view, seq, frames, excluded);
  }
}

void Shard::append(SlotId view_id, Seq seq, const Frames& frames, SlotId excluded) {
  RoomView* view = views_.find(view_id);
  if (view == nullptr) return;   // its last member left while this was on its way
  if (!view->home_room) return;  // committed before the first join here: not for anybody
  SB_ASSERT(seq == view->room.log.end());
  if (!std::exchange(view->listed, true)) with_log_.push_back(view_id);
  if (view->appended_at == Instant{}) view->appended_at = context_.now;
  const Seq keep = view->room.append(frames.in(view->encoding), excluded);
  delivery_.trim(*view, view->room.members().empty() ? view->room.log.end() : keep);
  sweep_.want(view_id, *view);
  bound_logs(*view);
}

/// `appended`: what was just appended to it is not given up.
void Shard::bound_logs(const RoomView& appended) {
  if (with_log_.size() > 2 * views_.size() + 64) {
    std::erase_if(with_log_, [&](SlotId id) { return views_.find(id) == nullptr; });
  }
  // The newest chunk is given up as well where there is only that one: many rooms may hold one each.
  const auto keep_of = [&](const RoomView& view) {
    const room::RoomLog& log = view.room.log;
    const Seq keep = log.trim_point(log.bytes() / 2);
    return keep == log.first() && &view != &appended ? log.end() : keep;
  };
  while (chunks_.bytes_in_use() > settings_.log_bytes_max) {
    RoomView* largest = nullptr;
    std::erase_if(with_log_, [&](SlotId id) {
      RoomView* view = views_.find(id);
      if (view == nullptr) return true;
      if (view->room.log.empty()) {
        view->listed = false;
        return true;
      }
      const bool is_larger = largest == nullptr || view->room.log.bytes() > largest->room.log.bytes();
      if (is_larger && keep_of(*view) != view->room.log.first()) largest = view;
      return false;
    });
    if (largest == nullptr) return;
    delivery_.trim(*largest, keep_of(*largest));
    stats_.log_trims.add();
  }
}

}  // namespace switchboard::shard
