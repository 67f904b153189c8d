#include "shard/room_desks.h"

#include "base/overloaded.h"
#include "protocol/user_room.h"

namespace switchboard::shard {

RoomDesks::RoomDesks(std::uint32_t shard, const RoomParts& parts)
    : views_(parts.views),
      chunks_(parts.chunks),
      settings_(parts.settings),
      stats_(parts.stats),
      port_(parts.exchange, shard),
      mailbox_waits_(port_, parts.clients),
      home_(*this, port_, parts.settings, parts.context, parts.stats, parts.homes,
            [&context = parts.context]() -> ws::MessageDeflater& { return context.deflater(); }),
      homes_(parts.homes.hash_key, port_, home_, mailbox_waits_, parts.intake, parts.clients, parts.stats),
      tracked_(parts.homes.hash_key, parts.views, parts.clients),
      members_(parts.views, tracked_, parts.clients, parts.delivery, parts.replays, parts.sweep),
      logs_(parts.views, parts.clients, parts.chunks, parts.delivery, parts.sweep, parts.settings, parts.context,
            parts.stats),
      history_(parts.views, parts.clients, homes_, parts.replays, parts.outboxes, parts.delivery, parts.sweep,
               parts.settings, parts.context),
      presence_(parts.views, tracked_, parts.clients, members_, logs_, homes_, parts.delivery, parts.context,
                parts.stats),
      memberships_(parts.views, parts.clients, members_, logs_, homes_, history_, presence_, parts.delivery,
                   parts.settings, parts.stats, parts.events),
      users_(parts.homes.hash_key, parts.views, parts.clients, members_, logs_, homes_, parts.replays, parts.settings,
             parts.context, parts.stats, parts.events),
      publishes_(shard, parts.views, parts.clients, homes_, parts.delivery, parts.settings),
      moves_(parts.clients, users_, homes_, parts.delivery, parts.settings, parts.context),
      api_(shard, port_.shards(), homes_, users_, parts.settings, parts.context, parts.stats.api, parts.observer,
           parts.revoker, parts.webhooks) {}

// --- what sessions ask -----------------------------------------------------------------------------------------------

session::Attempt RoomDesks::ask(session::Session& session, const session::Ask& ask, std::string_view command_id) {
  const Overloaded take{
      [&](const session::AskJoin& asked) { return memberships_.join(session, asked.join, command_id); },
      [&](const session::AskBroadcast& asked) {
        return publishes_.publish(session, asked.slot, asked.broadcast, command_id);
      },
      [&](const session::AskDirect& asked) { return publishes_.publish(session, asked.direct, command_id); },
      [&](const session::AskHistory& asked) { return history_.query(session, asked.slot, asked.history, command_id); },
      [&](const session::AskPresence& asked) {
        return presence_.query(session, asked.slot, asked.presence, command_id);
      },
  };
  return std::visit(take, ask);
}

void RoomDesks::leave(session::Session& session, std::uint32_t slot) {
  const RoomView& view = views_.at(session.memberships()[slot].room);
  if (protocol::is_user_room(view.room.id())) return users_.leave_own_room(session, slot);
  memberships_.leave(session, slot);
}

void RoomDesks::leave_all(session::Session& session) {
  users_.on_over(session);
  memberships_.leave_all(session);
}

// --- turns -----------------------------------------------------------------------------------------------------------

void RoomDesks::take_mail(const Clock& clock, Instant until) {
  if (port_.shards() == 1) return;
  port_.take(
      clock, until,
      [&](Result& result) {
        on_result(result);
        result = std::monostate{};  // its memory is freed here, not when the slot comes round again
      },
      [&](std::uint32_t from, Request& request) {
        home_.take(from, request);
        request = std::monostate{};
      });
}

void RoomDesks::on_result(Result& result) {
  const Overloaded take{
      [](std::monostate) {},
      [&](CommittedResult& committed) {
        on_committed(committed.views, committed.message->seq, committed.message->formatted(), committed.excluded);
      },
      [&](JoinResult& joined) { on_joined(joined); },
      [&](PublishResult& published) { on_published(published.outcome()); },
      [&](EpochResult& changed) { on_epoch_changed(changed); },
      [&](PageResult& page) { on_page(page.ticket, page.page); },
      [&](UserResult& addressed) { on_user_result(addressed); },
      [&](TrackResult& track) { on_track(track); },
      [&](PresenceChangeResult& change) { on_presence_change(change.views, *change.frame); },
      [&](PresenceListResult& list) { on_presence_list(list); },
      [&](std::unique_ptr<ApiFinding>& finding) { on_api_finding(std::move(*finding)); },
  };
  std::visit(take, result);
}

void RoomDesks::on_user_result(const UserResult& result) {
  const UserMessage& told = *result.message;
  const wire::Formatted message = told.message.formatted();
  const bool has_arrived = on_user_committed({.room_id = told.room_id,
                                              .epoch = told.epoch,
                                              .seq = told.message.seq,
                                              .message = message,
                                              .excluded = result.excluded});
  if (told.note_looked(has_arrived)) stats_.directs_to_nobody.add();
}

void RoomDesks::on_api_question(std::uint32_t from, const ApiQuestion& question) {
  if (const auto* move = std::get_if<MoveUser>(&question.what)) return moves_.begin(from, question, *move);
  ApiFinding finding{.shard = port_.self(), .asker = question.asker, .request = question.request, .what = {}};
  const Overloaded find{
      [&](const CloseUser& wanted) { finding.what = ConnectionCount{users_.disconnect(wanted.user_id)}; },
      [&](const ListConnections& wanted) { finding.what = users_.list(wanted.user_id, wanted.connections_max); },
      [](const MoveUser&) {},   // it takes its time
      [](const ListRooms&) {},  // its homes have answered it
  };
  std::visit(find, question.what);
  home_.tell_found(from, std::move(finding));
}

void RoomDesks::run_presence() {
  presence_.run();
  home_.run_presence();
}

void RoomDesks::run_moves() {
  moves_.run();
  while (moves_.has_answer() && port_.results_have_room()) {
    const MoveDesk::Answer answer = *moves_.take_answer();
    home_.tell_found(answer.to_shard,
                     {.shard = port_.self(), .asker = answer.asker, .request = answer.request, .what = answer.count});
  }
}

void RoomDesks::end_turn() {
  home_.end_turn();
  port_.wake_receivers();
  stats_.home_rooms.set(home_.rooms());
  stats_.views.set(views_.size() - views_.presence_views());
  stats_.log_bytes.set(chunks_.bytes_in_use());
  stats_.presence_views.set(tracked_.size());
  stats_.presence_rooms.set(home_.presence().rosters());
  stats_.presence_pushes.set(home_.presence().pushes());
}

bool RoomDesks::has_work() {
  return mailbox_waits_.has_work() || publishes_.has_work() || !port_.idle() || home_.has_work() ||
         history_.has_work() || presence_.has_work() || api_.has_work() || moves_.has_work() ||
         (moves_.has_answer() && port_.results_have_room());
}

std::optional<Instant> RoomDesks::next_deadline() const {
  std::optional<Instant> next = home_.next_deadline();
  for (const auto other : {api_.next_deadline(), moves_.next_deadline()}) {
    if (other && (!next || *other < *next)) next = other;
  }
  return next;
}

void RoomDesks::use_settings() {
  home_.use_settings();
  views_.for_each([&](SlotId, RoomView& view) {
    if (!view.is_presence) view.room.use(settings_.rooms.of(view.room.id()));
  });
}

}  // namespace switchboard::shard
