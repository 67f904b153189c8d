#include "shard/home_presence.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "protocol/push.h"

namespace switchboard::shard {

using protocol::ErrorCode;

namespace {

constexpr std::size_t kRoomsPerTurn = 64;
constexpr std::size_t kAnswersPerTurn = 64;  // for one room

}  // namespace

HomePresence::HomePresence(HomePresenceEvents& events, const room::RoomSettingsTable& settings, std::uint32_t self,
                           std::uint32_t shards, Instant now)
    : events_(events), settings_(settings), self_(self), shards_(shards), timers_(now) {}

// --- what is asked -------------------------------------------------------------------------------------------------

HomePresence::TrackedRoom* HomePresence::find(SlotId home_room) const {
  if (rooms_.empty()) return nullptr;
  const auto found = rooms_.find(home_room.pack());
  return found == rooms_.end() ? nullptr : found->second.get();
}

HomePresence::TrackedRoom& HomePresence::track(SlotId home_room, std::string_view room_id, Instant now) {
  TrackedRoom* room = find(home_room);
  if (room == nullptr) {
    room = rooms_.emplace(home_room.pack(), std::make_unique<TrackedRoom>()).first->second.get();
    room->home_room = home_room;
    room->room_id = room_id;
    room->round = ++last_round_;
    room->watchers.resize(shards_);
  }
  room->wanted_at = now;
  make_due(*room);
  return *room;
}

void HomePresence::make_due(TrackedRoom& room) {
  if (!std::exchange(room.in_due, true)) due_.push_back(room.home_room);
}

void HomePresence::add_watcher(SlotId home_room, std::string_view room_id, std::uint32_t shard, Instant now) {
  TrackedRoom& room = track(home_room, room_id, now);
  ++room.watchers[shard];
  ++room.watchers_total;
}

TrackingRound HomePresence::round_of(SlotId home_room) const {
  const TrackedRoom* room = find(home_room);
  return room == nullptr ? 0 : room->round;
}

void HomePresence::query(SlotId home_room, std::string_view room_id, std::uint32_t from, PresenceRequest&& request,
                         Instant now) {
  track(home_room, room_id, now).queries.push_back({.from = from, .request = std::move(request), .since = now});
}

void HomePresence::on_report(std::uint32_t from, const PresenceReport& report, Instant now) {
  TrackedRoom* room = find(report.home_room);
  if (room == nullptr || room->round != report.round) return;
  const Duration grace = std::chrono::milliseconds(settings_.of(room->room_id).presence_grace_ms);
  for (const ReportedUser& user : report.users) {
    std::optional<room::GivenInfo> given;
    if (user.info) given = room::GivenInfo{.source = from, .stamp = user.info->stamp, .info = user.info->info};
    if (user.found > 0) room->roster.add_found(user.user_id, user.found, given);
    if (user.change != 0 || user.found == 0) room->roster.change(user.user_id, user.change, given, now, grace);
  }
  SB_ASSERT(report.watchers_gone <= room->watchers[from] && report.views_reported <= room->views_awaited);
  room->watchers[from] -= report.watchers_gone;
  room->watchers_total -= report.watchers_gone;
  if (report.watchers_gone > 0 && room->watchers_total == 0) room->wanted_at = now;
  room->views_awaited -= report.views_reported;
  make_due(*room);
}

void HomePresence::on_room_ended(SlotId home_room) {
  TrackedRoom* room = find(home_room);
  if (room == nullptr) return;
  // Whoever asked has left, or it would not have ended. (The API, which need not be a member, is told that it took too
  // long.)
  rooms_.erase(home_room.pack());
}

std::uint64_t HomePresence::users() const {
  std::uint64_t sum = 0;
  rooms_.for_each_unordered([&](std::uint64_t, const auto& room) { sum += room->roster.count(); });
  return sum;
}

// --- what is due ---------------------------------------------------------------------------------------------------

void HomePresence::run(Instant now) {
  timers_.advance(now, [this](TimerNode& timer) { make_due(static_cast<TrackedRoom&>(timer)); });
  for (std::size_t n = std::min(due_.size(), kRoomsPerTurn); n > 0; --n) {
    TrackedRoom* room = find(due_.front());
    due_.pop_front();
    if (room == nullptr) continue;
    room->in_due = false;
    if (!serve(*room, now)) make_due(*room);
  }
}

bool HomePresence::serve(TrackedRoom& room, Instant now) {
  if (!room.has_asked && !ask_shards(room)) return false;
  room.roster.expire(now);
  if (!answer_queries(room, now) || !push_change(room, now)) return false;
  const bool is_wanted = room.watchers_total > 0 || !room.queries.empty() || now < room.wanted_at + kKeptFor;
  if (!is_wanted) return stop(room);  // it is gone, if it could be
  if (const auto deadline = next_deadline_of(room)) timers_.arm(room, *deadline);
  return true;
}

bool HomePresence::ask_shards(TrackedRoom& room) {
  if (!events_.presence_can_send()) return false;
  for (const Subscriber& subscriber : events_.subscribers_of(room.home_room)) {
    room.views_awaited += static_cast<std::uint32_t>(std::ranges::count_if(subscriber.views, &SlotId::operator bool));
  }
  room.has_asked = true;
  tell_shards(room, room.round);
  return true;
}

void HomePresence::tell_shards(const TrackedRoom& room, TrackingRound round) {
  for (const Subscriber& subscriber : events_.subscribers_of(room.home_room)) {
    events_.on_presence_track(subscriber.shard,
                              {.home = self_, .home_room = room.home_room, .round = round, .views = subscriber.views});
  }
}

bool HomePresence::answer_queries(TrackedRoom& room, Instant now) {
  std::size_t answered = 0;
  while (answered < std::min(room.queries.size(), kAnswersPerTurn)) {
    const Query& query = room.queries[answered];
    const bool is_late = now >= query.since + kReportWait;
    if (!room.is_complete() && !is_late) break;
    if (!events_.presence_can_send()) break;
    if (room.is_complete()) {
      answer(room, query);
    } else {
      refuse(room, query, ErrorCode::kUnavailable);
    }
    ++answered;
  }
  room.queries.erase(room.queries.begin(), room.queries.begin() + static_cast<std::ptrdiff_t>(answered));
  // Those that wait for the reports are not due; they keep the order they came in.
  return room.queries.empty() || (!room.is_complete() && now < room.queries.front().since + kReportWait);
}

void HomePresence::answer(TrackedRoom& room, const Query& query) {
  const PresenceRequest& request = query.request;
  PresenceListResult list{.asker = request.asker,
                          .connection = request.connection,
                          .room_id = room.room_id,
                          .command_id = request.command_id,
                          .count = room.roster.count(),
                          .users = {},
                          .next = {}};
  std::string around;  // what stands in the answer besides its users
  protocol::append(
      around, protocol::PresenceList{
                  .room_id = room.room_id, .id = request.command_id, .count = list.count, .users = {}, .next = {}});
  const std::size_t bytes_max = request.bytes_max - std::min<std::size_t>(request.bytes_max, around.size());
  const room::RosterPage page = room.roster.page(request.after, request.users_max, bytes_max);
  list.users.reserve(page.users.size());
  for (const protocol::PresentUser& user : page.users) {
    list.users.push_back(
        {.user_id = std::string(user.user_id), .info = std::string(user.info), .connections = user.connections});
  }
  list.next = page.next;
  events_.on_presence_list(query.from, std::move(list));
}

void HomePresence::refuse(const TrackedRoom& room, const Query& query, ErrorCode code) {
  events_.on_presence_list(query.from, {.asker = query.request.asker,
                                        .connection = query.request.connection,
                                        .room_id = room.room_id,
                                        .command_id = query.request.command_id,
                                        .refusal = code,
                                        .is_refused = true,
                                        .users = {},
                                        .next = {}});
}

bool HomePresence::push_change(TrackedRoom& room, Instant now) {
  const auto since = room.roster.changed_since();
  if (!since || !room.is_complete() || now < *since + window_of(room)) return true;
  if (room.watchers_total > 0 && !events_.presence_can_send()) return false;
  const room::RosterChange change = room.roster.take_change();
  if (room.watchers_total == 0 || change.is_empty()) return true;

  protocol::append(frame_.begin(), protocol::PresenceChange{.room_id = room.room_id,
                                                            .joined = change.joined,
                                                            .changed = change.changed,
                                                            .left = change.left,
                                                            .count = change.count,
                                                            .is_partial = change.is_partial});
  const auto frame = std::make_shared<const PresenceFrame>(
      PresenceFrame{.frame = std::string(frame_.finish(ws::Opcode::kText)), .count = change.count});
  for (const Subscriber& subscriber : events_.subscribers_of(room.home_room)) {
    if (room.watchers[subscriber.shard] > 0) events_.on_presence_change(subscriber.shard, subscriber.views, frame);
  }
  ++pushes_;
  return true;
}

bool HomePresence::stop(TrackedRoom& room) {
  if (!events_.presence_can_send()) return false;
  tell_shards(room, 0);
  rooms_.erase(room.home_room.pack());
  return true;
}

// --- when ----------------------------------------------------------------------------------------------------------

Duration HomePresence::window_of(const TrackedRoom& room) const {
  const room::RoomSettings& settings = settings_.of(room.room_id);
  const auto window_ms = std::max<std::uint64_t>(settings.presence_window_ms,
                                                 room.watchers_total * 1'000 / settings.presence_pushes_per_second);
  return std::chrono::milliseconds(window_ms);
}

std::optional<Instant> HomePresence::next_deadline_of(const TrackedRoom& room) const {
  std::optional<Instant> next;
  const auto at = [&](Instant when) { next = next ? std::min(*next, when) : when; };
  if (room.watchers_total == 0) at(room.wanted_at + kKeptFor);
  if (!room.queries.empty()) at(room.queries.front().since + kReportWait);
  if (const auto expiry = room.roster.next_expiry()) at(*expiry);
  const auto since = room.roster.changed_since();
  if (since && room.is_complete()) at(*since + window_of(room));
  return next;
}

}  // namespace switchboard::shard
