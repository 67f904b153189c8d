#include "shard/home_rooms.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "protocol/user_room.h"
#include "shard/failure_code.h"

namespace switchboard::shard {

using protocol::ErrorCode;

namespace {

constexpr std::size_t kBrokersMax = 256;  // HomeRoom has a byte for it

}  // namespace

HomeRooms::HomeRooms(HomeEvents& events, ShardStats& stats, const ShardSettings& settings, const HomeParts& parts,
                     wire::Formatter::GetDeflater deflater)
    : events_(events),
      stats_(stats),
      settings_(settings),
      clock_(parts.clock),
      sink_(parts.events),
      by_name_(NameHash{parts.hash_key}),
      brokers_(parts.make_brokers(*this)),
      pages_(parts.hash_key, settings.history.page_cache_bytes),
      formatter_(std::move(deflater), {.messages = stats.compressed,
                                       .bytes_before = stats.compressed_bytes_before,
                                       .bytes_after = stats.compressed_bytes_after}) {
  SB_ASSERT(!brokers_.empty() && brokers_.size() <= kBrokersMax);
}

void HomeRooms::use_settings() {
  pages_.bound_by(settings_.history.page_cache_bytes);
  for (const HomeBroker& each : brokers_) {
    each.use(settings_.history);
    each.broker->use(settings_.rooms);
  }
}

bool HomeRooms::answers_later(const room::RoomSettings& settings) const {
  return brokers_[index_of_broker(brokers_, settings)].broker->answers_later();
}

// --- rooms that come and go ------------------------------------------------------------------------------------------

/// None when there may not be more rooms.
SlotId HomeRooms::find_or_open(std::string_view room_id) {
  if (const auto found = by_name_.find(room_id); found != by_name_.end()) return found->second;
  if (rooms_.size() >= settings_.rooms_max) return {};
  const room::RoomSettings& settings = settings_.rooms.of(room_id);
  const SlotId id = rooms_.emplace().first;
  HomeRoom& room = rooms_.at(id);
  room.id = room_id;
  room.has_history = settings.history;
  room.broker = static_cast<std::uint8_t>(index_of_broker(brokers_, settings));
  by_name_.emplace(room.id, id);
  names_.add(room.id);
  broker_of(room).open(id, room_id, settings);
  return id;
}

void HomeRooms::on_opened(broker::TopicId topic, const broker::Head& head) {
  HomeRoom& room = rooms_.at(topic);
  SB_ASSERT(room.state == HomeRoom::State::kOpening);
  room.state = HomeRoom::State::kOpen;
  room.last = head.last;
}

void HomeRooms::on_open_failed(broker::TopicId topic, broker::Failure failure) {
  HomeRoom& room = rooms_.at(topic);
  SB_ASSERT(room.state == HomeRoom::State::kOpening);
  room.state = HomeRoom::State::kFailed;
  room.failure = failure;
}

/// Where an open room stands. Its broker counts as committed what it has told, and nothing else.
const broker::Head& HomeRooms::head_of(SlotId id, const HomeRoom& room) {
  const broker::Head& head = broker_of(room).head(id);
  SB_ASSERT(head.last == room.last);
  return head;
}

/// After anything was done with a room: what waits for its being open has its turn, and it ends when nobody needs it.
void HomeRooms::settle(SlotId id) {
  HomeRoom* room = rooms_.find(id);
  if (room == nullptr) return;
  if (room->has_waiting() && room->state != HomeRoom::State::kOpening) {
    if (!std::exchange(room->is_served, true)) served_.push_back(id);
  } else if (room->is_unused()) {
    if (room->state == HomeRoom::State::kOpen) broker_of(*room).close(id);
    names_.remove(room->id);
    by_name_.erase(room->id);
    by_name_.shrink_if_sparse();
    rooms_.erase(id);
  }
}

RoomsFound HomeRooms::list(const ListRooms& wanted) const {
  RoomsFound found;
  names_.each(wanted.prefix, wanted.after, [&](std::string_view room_id) {
    found.more = found.rooms.size() == wanted.rooms_max;
    if (!found.more) found.rooms.push_back({std::string(room_id), rooms_.at(find(room_id)).members});
    return !found.more;
  });
  return found;
}

// --- members ---------------------------------------------------------------------------------------------------------

void HomeRooms::join(std::uint32_t from, JoinRequest&& request) {
  const SlotId id = find_or_open(request.room_id);
  if (!id) return refuse(from, std::move(request), ErrorCode::kLimitReached);
  HomeRoom& room = rooms_.at(id);
  if (room.must_wait()) {
    wait(room, WaitingJoin{.from = from, .request = std::move(request)});
  } else {
    add_member(id, room, from, std::move(request));
  }
  settle(id);
}

void HomeRooms::add_member(SlotId id, HomeRoom& room, std::uint32_t from, JoinRequest&& request) {
  if (room.members >= settings_.rooms.of(room.id).members_max) {
    return refuse(from, std::move(request), ErrorCode::kRoomFull);
  }
  const std::size_t format = wire::index_of(request.format);
  const bool is_first = room.members++ == 0;
  if (is_first && sink_ != nullptr && !protocol::is_user_room(room.id)) sink_->on_room_occupied(room.id);
  ++room.readers[format];
  auto subscriber = std::ranges::find(room.subscribers, from, &Subscriber::shard);
  if (subscriber == room.subscribers.end()) {
    subscriber = room.subscribers.insert(subscriber, {.shard = from, .members = {}, .views = {}});
  }
  ++subscriber->members[format];
  subscriber->views[format] = request.view;
  const broker::Head& head = head_of(id, room);
  events_.on_home_joined(from, {.view = request.view,
                                .connection = request.connection,
                                .command_id = std::move(request.command_id),
                                .home_room = id,
                                .first = head.first,
                                .last = head.last,
                                .epoch = head.epoch,
                                .is_watcher = request.is_watcher});
}

void HomeRooms::refuse(std::uint32_t from, JoinRequest&& request, ErrorCode code) {
  events_.on_home_joined(from, {.view = request.view,
                                .connection = request.connection,
                                .command_id = std::move(request.command_id),
                                .home_room = {},
                                .first = {},
                                .last = {},
                                .epoch = {},
                                .refusal = code});
}

void HomeRooms::leave(SlotId home_room, std::uint32_t shard, wire::Format format) {
  HomeRoom* room = rooms_.find(home_room);
  SB_ASSERT(room != nullptr);
  const auto subscriber = std::ranges::find(room->subscribers, shard, &Subscriber::shard);
  SB_ASSERT(subscriber != room->subscribers.end());
  --room->members;
  --room->readers[wire::index_of(format)];
  if (--subscriber->members[wire::index_of(format)] == 0) {
    subscriber->views[wire::index_of(format)] = {};
    if (subscriber->views == ViewsByFormat{}) room->subscribers.erase(subscriber);
  }
  if (room->members == 0) {
    events_.on_home_ended(home_room);
    if (sink_ != nullptr && !protocol::is_user_room(room->id)) sink_->on_room_vacated(room->id);
  }
  settle(home_room);
}

// --- messages --------------------------------------------------------------------------------------------------------

void HomeRooms::publish(SlotId home_room, broker::Publish publish) {
  HomeRoom* room = rooms_.find(home_room);
  if (room == nullptr) return events_.on_home_refused(publish, ErrorCode::kNotJoined);
  hand_in(home_room, *room, publish);
  settle(home_room);
}

void HomeRooms::publish_by_name(const broker::Publish& publish) {
  const SlotId id = find_or_open(publish.room_id);
  if (!id) return events_.on_home_refused(publish, ErrorCode::kLimitReached);
  HomeRoom& room = rooms_.at(id);
  if (room.must_wait()) {
    wait(room, broker::HeldPublish(publish));
  } else {
    hand_in(id, room, publish);
  }
  settle(id);
}

void HomeRooms::hand_in(SlotId id, HomeRoom& room, broker::Publish publish) {
  SB_ASSERT(room.state == HomeRoom::State::kOpen && publish.origin.kind != broker::Origin::Kind::kBus);
  publish.room_id = room.id;
  ++room.under_way;
  broker_of(room).publish(id, publish);
}

void HomeRooms::on_committed(broker::TopicId topic, const broker::Publish& publish, const broker::Commit& commit) {
  HomeRoom& room = rooms_.at(topic);
  SB_ASSERT(room.under_way > 0);
  --room.under_way;
  if (commit.is_duplicate) {
    stats_.duplicates.add();
  } else {
    stats_.commits.add();
    spread(room, publish, commit);
  }
  if (publish.origin.wants_ack || publish.origin.counted_bytes > 0) events_.on_home_acknowledged(publish, commit);
}

/// Another process has had it put in order, and has told its publisher: it is for all who are here.
void HomeRooms::on_arrived(broker::TopicId topic, const broker::Commit& commit) {
  SB_ASSERT(!commit.is_duplicate);
  HomeRoom& room = rooms_.at(topic);
  spread(room,
         {.room_id = room.id,
          .content = {},
          .sender = {},
          .to = {},
          .dedup = {},
          .command_id = {},
          .origin = {.connection = {}, .kind = broker::Origin::Kind::kBus}},
         commit);
}

void HomeRooms::spread(HomeRoom& room, const broker::Publish& publish, const broker::Commit& commit) {
  // What BrokerEvents promises. Members' logs rest on it: they have no place for a number out of turn.
  SB_ASSERT(room.state == HomeRoom::State::kOpen && commit.publication.seq == room.last.next());
  room.last = commit.publication.seq;
  const wire::Formatted message = formatter_.write(room.id, commit.publication, room.readers);
  if (protocol::is_user_room(room.id)) return events_.on_home_user_committed(publish, commit, message);
  if (sink_ != nullptr) sink_->on_published(room.id, commit);
  for (const Subscriber& subscriber : room.subscribers) {
    const bool is_origin = subscriber.shard == publish.origin.shard;
    const SlotId excluded = !publish.echo && is_origin ? publish.origin.connection : SlotId{};
    events_.on_home_committed(subscriber.shard, subscriber.views, excluded, commit.publication.seq, message);
  }
  events_.on_home_spread();
}

void HomeRooms::on_refused(broker::TopicId topic, const broker::Publish& publish, broker::Failure failure) {
  HomeRoom& room = rooms_.at(topic);
  SB_ASSERT(room.under_way > 0);
  --room.under_way;
  stats_.publishes_failed.add();
  if (!publish.origin.is_answered) events_.on_home_refused(publish, code_of(failure));
}

void HomeRooms::on_delayed(broker::TopicId, const broker::Publish& publish) {
  stats_.publishes_delayed.add();
  events_.on_home_refused(publish, ErrorCode::kUnavailable);
}

void HomeRooms::on_epoch_changed(broker::TopicId topic, const broker::Head& head) {
  pages_.forget(topic);
  HomeRoom& room = rooms_.at(topic);
  SB_ASSERT(room.state == HomeRoom::State::kOpen);
  room.last = head.last;
  for (const Subscriber& subscriber : room.subscribers)
    events_.on_home_epoch_changed(subscriber.shard, subscriber.views, head);
}

// --- history ---------------------------------------------------------------------------------------------------------

void HomeRooms::read(SlotId home_room, PageWish wish, const PageReader& reader) {
  HomeRoom* room = rooms_.find(home_room);
  if (room == nullptr) return answer(reader, std::unexpected(broker::Failure::kUnavailable));
  if (!room->has_history) return answer(reader, std::unexpected(broker::Failure::kUnreadable));
  const broker::Head& head = head_of(home_room, *room);
  broker::ReadRange& range = wish.range;
  range.until = std::min(range.until, head.last.next());
  if (range.from >= range.until) {
    const auto empty = std::make_shared<wire::Page>();
    empty->epoch = head.epoch;
    empty->oldest = head.first;
    empty->newest = head.last;
    return answer(reader, wire::SharedPage(empty));
  }
  if (wire::SharedPage page = pages_.find(home_room, wish, head.first, clock_.now())) {
    stats_.pages_shared.add();
    return answer(reader, std::move(page));
  }
  const auto ticket = pages_.begin(home_room, wish, reader);
  if (!ticket) return stats_.pages_shared.add();
  stats_.pages_read.add();
  ++room->under_way;
  broker_of(*room).read(home_room, range, *ticket);
}

void HomeRooms::read_by_name(std::string_view room_id, const PageWish& wish, const PageReader& reader) {
  const SlotId id = find_or_open(room_id);
  if (!id) return answer(reader, std::unexpected(broker::Failure::kUnavailable));
  HomeRoom& room = rooms_.at(id);
  if (room.must_wait()) {
    wait(room, WaitingRead{.wish = wish, .reader = reader});
  } else {
    read(id, wish, reader);
  }
  settle(id);
}

void HomeRooms::on_read(broker::TopicId topic, std::uint64_t ticket, const broker::PageOrError& records) {
  HomeRoom& room = rooms_.at(topic);
  --room.under_way;
  const wire::PageOrError page = records
                                     ? wire::PageOrError(wire::make_page(**records, room.id, pages_.format_of(ticket)))
                                     : std::unexpected(records.error());
  for (const PageReader& reader : pages_.end(ticket, page, head_of(topic, room).epoch, clock_.now()))
    answer(reader, page);
}

void HomeRooms::answer(const PageReader& reader, wire::PageOrError page) {
  answers_.push_back({.reader = reader, .page = std::move(page)});
}

// --- what waits ------------------------------------------------------------------------------------------------------

void HomeRooms::wait(HomeRoom& room, Waiting&& waiting) {
  if (room.waiting == nullptr) room.waiting = std::make_unique<std::deque<Waiting>>();
  room.waiting->push_back(std::move(waiting));
}

bool HomeRooms::serve_one_waiting() {
  if (served_.empty()) return false;
  const SlotId id = served_.front();
  served_.pop_front();
  HomeRoom& room = rooms_.at(id);
  room.is_served = false;
  Waiting waiting = std::move(room.waiting->front());
  room.waiting->pop_front();
  if (room.waiting->empty()) room.waiting.reset();
  std::visit([&](auto& what) { serve(id, room, std::move(what)); }, waiting);
  settle(id);
  return true;
}

void HomeRooms::serve(SlotId id, HomeRoom& room, WaitingJoin&& join) {
  if (room.state == HomeRoom::State::kFailed) return refuse(join.from, std::move(join.request), code_of(room.failure));
  add_member(id, room, join.from, std::move(join.request));
}

void HomeRooms::serve(SlotId id, HomeRoom& room, broker::HeldPublish&& waiting) {
  const broker::Publish publish = waiting.view();
  if (room.state == HomeRoom::State::kFailed) {
    stats_.publishes_failed.add();
    return events_.on_home_refused(publish, code_of(room.failure));
  }
  hand_in(id, room, publish);
}

void HomeRooms::serve(SlotId id, HomeRoom& room, WaitingRead&& waiting) {
  if (room.state == HomeRoom::State::kFailed) return answer(waiting.reader, std::unexpected(room.failure));
  read(id, waiting.wish, waiting.reader);
}

// --- answers ---------------------------------------------------------------------------------------------------------

bool HomeRooms::take_answer(Instant now) {
  for (int looked = 0; looked < 3; ++looked) {
    // In turn, so that none of them keeps the others waiting.
    const unsigned kind = next_kind_++ % 3;
    const bool has_done = kind == 0 ? tell_one_read() : kind == 1 ? serve_one_waiting() : take_one_of_brokers(now);
    if (has_done) return true;
  }
  return false;
}

bool HomeRooms::tell_one_read() {
  if (answers_.empty()) return false;
  const ReadAnswer told = std::move(answers_.front());
  answers_.pop_front();
  events_.on_home_read(told.reader, told.page);
  return true;
}

/// In turn likewise: a broker that has much to tell does not silence the others.
bool HomeRooms::take_one_of_brokers(Instant now) {
  for (std::size_t asked = 0; asked < brokers_.size(); ++asked) {
    next_broker_ = (next_broker_ + 1) % brokers_.size();
    if (take_one_of(*brokers_[next_broker_].broker, now)) return true;
  }
  return false;
}

bool HomeRooms::take_one_of(broker::Broker& broker, Instant now) {
  // An answer that has come is not late, however long it took.
  std::optional<broker::TopicId> told = broker.take_answer();
  if (!told) told = broker.expire_one(now);
  if (told) settle(*told);
  return told.has_value();
}

bool HomeRooms::has_answer() {
  return !answers_.empty() || !served_.empty() ||
         std::ranges::any_of(brokers_, [](const HomeBroker& each) { return each.broker->has_answer(); });
}

void HomeRooms::tidy(Instant now) {
  pages_.drop_stale(now);
  for (const HomeBroker& each : brokers_)
    each.broker->tidy(now);
}

std::optional<Instant> HomeRooms::next_deadline() const {
  // `tidy` wakes nobody: what is too old is given to nobody anyway, and whoever is connected is pinged now and then.
  Instant next = Instant::max();
  for (const HomeBroker& each : brokers_)
    next = std::min(next, each.broker->next_deadline());
  return next == Instant::max() ? std::nullopt : std::optional(next);
}

void HomeRooms::flush() {
  for (const HomeBroker& each : brokers_)
    each.broker->flush();
}

}  // namespace switchboard::shard
