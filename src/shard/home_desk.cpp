#include "shard/home_desk.h"

#include <utility>

#include "base/assert.h"
#include "base/overloaded.h"
#include "protocol/user_room.h"

namespace switchboard::shard {
namespace {

PresenceListResult nobody_in(const PresenceRequest& request) {
  PresenceListResult list;
  list.asker = request.asker;
  list.connection = request.connection;
  list.command_id = request.command_id;
  list.room_id = request.room_id;
  return list;
}

}  // namespace

HomeDesk::HomeDesk(HomeNews& own, Port& port, const ShardSettings& settings, const session::SessionContext& context,
                   ShardStats& stats, const HomeParts& parts, wire::Formatter::GetDeflater deflater)
    : own_(own),
      port_(port),
      context_(context),
      stats_(stats),
      rooms_(*this, stats, settings, parts, std::move(deflater)),
      presence_(*this, settings.rooms, port.self(), port.shards(), parts.clock.now()) {}

// --- what is asked ---------------------------------------------------------------------------------------------------

void HomeDesk::publish(SlotId home_room, const broker::Publish& publish) {
  home_room ? rooms_.publish(home_room, publish) : rooms_.publish_by_name(publish);
}

void HomeDesk::read(std::uint32_t from, const ReadRequest& request) {
  const PageReader reader{.shard = from, .ticket = request.ticket};
  request.home_room ? rooms_.read(request.home_room, request.wish, reader)
                    : rooms_.read_by_name(request.room_id, request.wish, reader);
}

void HomeDesk::list_users(std::uint32_t from, PresenceRequest&& request) {
  if (!request.home_room) request.home_room = rooms_.find(request.room_id);
  const HomeRoom* room = rooms_.find(request.home_room);
  if (room == nullptr || room->members == 0) {
    // A member that asked has left it; by name an empty room is an answer.
    if (request.asker == PresenceAsker::kApi) return on_presence_list(from, nobody_in(request));
    return;
  }
  presence_.query(request.home_room, room->id, from, std::move(request), context_.now);
}

void HomeDesk::ask(std::uint32_t from, const ApiQuestion& question) {
  const auto* const wanted = std::get_if<ListRooms>(&question.what);
  if (wanted == nullptr) return own_.on_api_question(from, question);
  tell_found(
      from,
      {.shard = port_.self(), .asker = question.asker, .request = question.request, .what = rooms_.list(*wanted)});
}

void HomeDesk::tell_found(std::uint32_t to_shard, ApiFinding&& finding) {
  if (is_own(to_shard)) return own_.on_api_finding(std::move(finding));
  port_.result(to_shard, std::make_unique<ApiFinding>(std::move(finding)));
}

void HomeDesk::take(std::uint32_t from, Request& request) {
  const Overloaded take{
      [](std::monostate) {},
      [&](JoinRequest& wanted) { join(from, std::move(wanted)); },
      [&](PublishRequest& held) { publish(held.home_room, held.publish.view()); },
      [&](LeaveRequest& wanted) { leave(from, wanted); },
      [&](ReadRequest& wanted) { read(from, wanted); },
      [&](PresenceReport& report) { take_report(from, report); },
      [&](PresenceRequest& wanted) { list_users(from, std::move(wanted)); },
      [&](std::unique_ptr<ApiQuestion>& question) { ask(from, *question); },
  };
  std::visit(take, request);
}

// --- turns -----------------------------------------------------------------------------------------------------------

void HomeDesk::tell_answers(const Clock& clock, Instant until) {
  while (port_.results_have_room() && rooms_.take_answer(context_.now)) {
    if (clock.now() >= until) break;
  }
}

void HomeDesk::run_presence() {
  presence_.run(context_.now);
  for (const PresenceListResult& list : own_lists_)
    own_.on_presence_list(list);
  own_lists_.clear();
}

void HomeDesk::end_turn() {
  rooms_.tidy(context_.now);
  rooms_.flush();
}

bool HomeDesk::has_work() {
  return (rooms_.has_answer() || !presence_.idle()) && port_.results_have_room();
}

std::optional<Instant> HomeDesk::next_deadline() const {
  const auto of_rooms = rooms_.next_deadline();
  const auto of_presence = presence_.next_deadline();
  if (!of_rooms || !of_presence) return of_rooms ? of_rooms : of_presence;
  return std::min(*of_rooms, *of_presence);
}

// --- what becomes of it ----------------------------------------------------------------------------------------------

void HomeDesk::on_home_joined(std::uint32_t to_shard, JoinResult&& result) {
  note_tracking(to_shard, result);
  if (is_own(to_shard)) return own_.on_joined(result);
  port_.result(to_shard, std::move(result));
}

/// A join has been answered: its shard learns whether the room is tracked.
void HomeDesk::note_tracking(std::uint32_t shard, JoinResult& joined) {
  if (!joined.home_room) return;
  if (joined.is_watcher) {
    const HomeRoom* room = rooms_.find(joined.home_room);
    SB_ASSERT(room != nullptr);  // it has this member
    presence_.add_watcher(joined.home_room, room->id, shard, context_.now);
  }
  joined.tracking = presence_.round_of(joined.home_room);
}

void HomeDesk::on_home_committed(std::uint32_t to_shard, const ViewsByFormat& views, SlotId excluded, Seq seq,
                                 const wire::Formatted& message) {
  if (is_own(to_shard)) return own_.on_committed(views, seq, message, excluded);
  if (crossing_ == nullptr) {
    crossing_ = std::make_shared<CommittedMessage>(CommittedMessage::copy_of(seq, message));
  }
  port_.result(to_shard, CommittedResult{.views = views, .excluded = excluded, .message = crossing_});
}

void HomeDesk::on_home_spread() {
  crossing_.reset();
}

void HomeDesk::on_home_user_committed(const broker::Publish& publish, const broker::Commit& commit,
                                      const wire::Formatted& message) {
  // Only a sender's own copy is kept from the connection it came from.
  const bool is_copy = !commit.publication.to.empty();
  const auto excluded_at = [&](std::uint32_t shard) {
    return is_copy && shard == publish.origin.shard ? publish.origin.connection : SlotId{};
  };
  if (!is_copy) stats_.directs.add();
  const UserCommit own{.room_id = publish.room_id,
                       .epoch = commit.epoch,
                       .seq = commit.publication.seq,
                       .message = message,
                       .excluded = excluded_at(port_.self())};
  if (port_.shards() == 1) {
    const bool has_arrived = own_.on_user_committed(own);
    if (!has_arrived && !is_copy) stats_.directs_to_nobody.add();
    return;
  }
  const auto told = std::make_shared<UserMessage>();
  told->room_id = publish.room_id;
  told->epoch = commit.epoch;
  told->is_copy = is_copy;
  told->message = CommittedMessage::copy_of(commit.publication.seq, message);
  told->shards_left.store(port_.shards(), std::memory_order_relaxed);
  for (std::uint32_t shard = 0; shard < port_.shards(); ++shard) {
    if (!is_own(shard)) port_.result(shard, UserResult{.excluded = excluded_at(shard), .message = told});
  }
  if (told->note_looked(own_.on_user_committed(own))) stats_.directs_to_nobody.add();
}

void HomeDesk::on_home_acknowledged(const broker::Publish& publish, const broker::Commit& commit) {
  tell_outcome(publish.origin.shard, {.connection = publish.origin.connection,
                                      .asker = publish.origin.kind,
                                      .counted_bytes = publish.origin.counted_bytes,
                                      .is_told = publish.origin.wants_ack,
                                      .room_id = publish.room_id,
                                      .command_id = publish.command_id,
                                      .refusal = std::nullopt,
                                      .seq = commit.publication.seq,
                                      .epoch = commit.epoch,
                                      .ts = commit.publication.ts,
                                      .is_duplicate = commit.is_duplicate});
}

void HomeDesk::on_home_refused(const broker::Publish& publish, protocol::ErrorCode code) {
  // A sender's own copy of a direct message has no answer of its own: that of the message is the answer.
  const bool is_own_copy = protocol::is_user_room(publish.room_id) && !publish.echo;
  tell_outcome(publish.origin.shard, {.connection = publish.origin.connection,
                                      .asker = publish.origin.kind,
                                      .counted_bytes = publish.origin.counted_bytes,
                                      .is_told = !is_own_copy,
                                      .room_id = publish.room_id,
                                      .command_id = publish.command_id,
                                      .refusal = code,
                                      .seq = {},
                                      .epoch = {}});
}

/// Nothing is sent where nobody is told and nothing was counted.
void HomeDesk::tell_outcome(std::uint32_t to_shard, const PublishOutcome& outcome) {
  if (!outcome.is_told && outcome.counted_bytes == 0) return;
  if (is_own(to_shard)) return own_.on_published(outcome);
  port_.result(to_shard, PublishResult::copy_of(outcome));
}

void HomeDesk::on_home_epoch_changed(std::uint32_t to_shard, const ViewsByFormat& views, const broker::Head& head) {
  EpochResult result{.views = views, .epoch = head.epoch, .last = head.last};
  if (is_own(to_shard)) return own_.on_epoch_changed(result);
  port_.result(to_shard, std::move(result));
}

void HomeDesk::on_home_read(const PageReader& reader, const wire::PageOrError& page) {
  if (is_own(reader.shard)) return own_.on_page(reader.ticket, page);
  port_.result(reader.shard, PageResult{.ticket = reader.ticket, .page = page});
}

void HomeDesk::on_home_ended(SlotId home_room) {
  presence_.on_room_ended(home_room);
}

// --- presence --------------------------------------------------------------------------------------------------------

std::span<const Subscriber> HomeDesk::subscribers_of(SlotId home_room) {
  const HomeRoom* room = rooms_.find(home_room);
  if (room == nullptr) return {};
  return room->subscribers;
}

void HomeDesk::on_presence_track(std::uint32_t to_shard, const TrackResult& track) {
  if (is_own(to_shard)) return own_.on_track(track);
  port_.result(to_shard, track);
}

void HomeDesk::on_presence_list(std::uint32_t to_shard, PresenceListResult&& list) {
  // Not while HomePresence is at work: who is told may end, and leave rooms of it.
  if (is_own(to_shard)) return own_lists_.push_back(std::move(list));
  port_.result(to_shard, std::move(list));
}

void HomeDesk::on_presence_change(std::uint32_t to_shard, const ViewsByFormat& views,
                                  const std::shared_ptr<const PresenceFrame>& frame) {
  if (is_own(to_shard)) return own_.on_presence_change(views, *frame);
  port_.result(to_shard, PresenceChangeResult{.views = views, .frame = frame});
}

}  // namespace switchboard::shard
