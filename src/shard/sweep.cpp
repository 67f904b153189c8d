#include "shard/sweep.h"

namespace switchboard::shard {

void Sweep::line_up(SlotId view_id, const RoomView& view) {
  (view.room.lap_left() <= kSmallRoomMembers ? small_ : large_).push_back(view_id);
}

void Sweep::want(SlotId view_id, RoomView& view) {
  if (view.in_sweep || !view.room.lap_wanted()) return;
  view.in_sweep = true;
  line_up(view_id, view);
}

void Sweep::want(Client& client) {
  client.rooms_to_look_at = client.session().memberships().size();
  line_up(client);
}

void Sweep::line_up(Client& client) {
  if (client.ready) return;
  client.ready = true;
  ready_.push_back(client.session().id());
}

void Sweep::run(const Clock& clock, const SweepLimits& limits) {
  if (idle()) return;
  Instant now = clock.now();
  const Instant until = now + limits.budget;
  // What waits at the beginning of a round has its turn in it; what comes back stands behind.
  do {
    for (std::uint32_t n = 0; n < kClientsPerRound && !ready_.empty(); ++n) {
      Client* client = clients_.find(ready_.front());
      ready_.pop_front();
      if (client == nullptr) continue;
      client->ready = false;
      serve_client(*client, limits);
    }
    for (std::uint32_t n = 0; n < kSmallRoomsPerRound && !small_.empty(); ++n) {
      const SlotId id = small_.front();
      small_.pop_front();
      if (RoomView* view = views_.find(id)) serve_room(id, *view, limits, now);
    }
    if (!large_.empty()) {
      const SlotId id = large_.front();
      large_.pop_front();
      if (RoomView* view = views_.find(id)) serve_room(id, *view, limits, now);
    }
    now = clock.now();
  } while (!idle() && now < until);
}

/// In a large room every member's lines have left the cache since its last turn. They are fetched while the kernel
/// carries the sends before it: a client two ahead, and what its transport points to one ahead.
void Sweep::prefetch_after(room::Room& room) {
  const std::uint32_t at = room.next_in_lap();
  const auto& members = room.members();
  if (at + 2 >= members.size()) return;
  const auto* client = reinterpret_cast<const char*>(&clients_.at_index(members[at + 2].session));
  for (std::size_t offset = 0; offset < sizeof(Client); offset += 64)
    __builtin_prefetch(client + offset);
  __builtin_prefetch(clients_.at_index(members[at + 1].session).transport.get());
}

void Sweep::serve_room(SlotId view_id, RoomView& view, const SweepLimits& limits, Instant now) {
  room::Room& room = view.room;
  // Members that need nothing cost next to nothing: they count only a sixteenth of one that is served.
  const std::uint32_t effort_max = limits.slice_members * 16;
  for (std::uint32_t effort = 0; room.lap_wanted() && effort < effort_max;) {
    room::Member& member = room.member(room.next_in_lap());
    if (member.cursor < room.log.end()) {
      Client& client = clients_.at_index(member.session);
      if (client.blocked) {
        effort += 1;
      } else {
        prefetch_after(room);
        if (!delivery_.serve(client, view_id, view, member, limits.send_bytes_max)) want(client);
        effort += 16;
      }
    } else {
      effort += 1;
    }
    const Seq served = room.step_lap();
    if (served.value > 0) delivery_.trim(view, served);
  }
  if (room.lap_wanted()) return line_up(view_id, view);
  view.in_sweep = false;
  if (view.appended_at != Instant{}) {
    stats_.fan_out.observe((now - view.appended_at).count());
    view.appended_at = Instant{};
  }
}

/// A client may be in a hundred thousand rooms: it is looked for the ones that have something in portions, too.
void Sweep::serve_client(Client& client, const SweepLimits& limits) {
  if (!delivery_.flush(client)) return;
  auto& memberships = client.session().memberships();
  const std::size_t budget = limits.send_bytes_max;
  for (std::uint32_t looks = 0; client.rooms_to_look_at > 0 && !client.blocked; ++looks) {
    if (memberships.empty()) return;
    if (looks == kRoomsPerLook) return line_up(client);
    --client.rooms_to_look_at;
    client.next_membership = (client.next_membership + 1) % memberships.size();
    const session::Membership& membership = memberships[client.next_membership];
    if (!membership.has_cursor()) continue;
    RoomView& view = views_.at(membership.room);
    room::Member& member = view.room.member(membership.member);
    if (member.cursor >= view.room.log.end()) continue;
    const Seq before = member.cursor;
    const bool is_served = delivery_.serve(client, membership.room, view, member, budget);
    if (member.cursor > before && member.cursor >= view.room.log.first()) {  // before that it changes nothing there
      view.room.caught_up(before);
      want(membership.room, view);
    }
    if (!is_served) return want(client);
  }
}

}  // namespace switchboard::shard
