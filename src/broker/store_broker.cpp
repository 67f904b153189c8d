#include "broker/store_broker.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace switchboard::broker {

using protocol::ErrorCode;

// --- what is asked ---------------------------------------------------------------------------------------------------

void StoreBroker::open(TopicId topic, std::string_view room_id, const room::RoomSettings& settings) {
  if (topic.index >= topics_.size()) topics_.resize(topic.index + 1);
  SB_ASSERT(topics_[topic.index] == nullptr);
  topics_[topic.index] = std::make_unique<Topic>(Topic{
      .room_id = std::string(room_id), .head = {}, .retention = settings.retention, .durability = settings.durability});
  if (submit({.kind = Kind::kOpen, .topic = topic, .command_id = {}, .origin = {}},
             StoreOpen{.room_id = std::string(room_id), .durability = settings.durability})) {
    return;
  }
  topics_[topic.index].reset();
  events_.on_open_failed(topic, ErrorCode::kUnavailable);
}

void StoreBroker::close(TopicId topic) {
  topics_[topic.index].reset();
}

void StoreBroker::publish(TopicId topic, const Publish& publish) {
  const Topic& of = topic_of(topic);
  if (!submit({.kind = Kind::kPublish,
               .topic = topic,
               .command_id = std::string(publish.command_id),
               .origin = publish.origin,
               .echo = publish.echo},
              StorePublish{.room_id = of.room_id,
                           .content = std::string(publish.content),
                           .sender = std::string(publish.sender),
                           .to = std::string(publish.to),
                           .dedup = std::string(publish.dedup),
                           .retention = of.retention,
                           .durability = of.durability})) {
    events_.on_refused(topic, publish, ErrorCode::kUnavailable);
  }
}

const Head& StoreBroker::head(TopicId topic) {
  return topic_of(topic).head;
}

void StoreBroker::read(TopicId topic, const ReadRange& range, std::uint64_t ticket) {
  if (!submit({.kind = Kind::kRead, .topic = topic, .ticket = ticket, .command_id = {}, .origin = {}},
              StoreRead{.room_id = topic_of(topic).room_id, .range = range})) {
    events_.on_read(topic, ticket, std::unexpected(ErrorCode::kUnavailable));
  }
}

template <class What>
bool StoreBroker::submit(UnderWay&& entry, What&& what) {
  auto [id, added] = under_way_.emplace(std::move(entry));
  if (!store_.submit({.ticket = id.pack(), .what = std::forward<What>(what)})) {
    under_way_.erase(id);
    return false;
  }
  added.id = id;
  added.deadline = clock_.now() + wait_;
  line_up(added);
  is_flushed_ = false;
  return true;
}

void StoreBroker::flush() {
  if (!std::exchange(is_flushed_, true)) store_.flush();
}

void StoreBroker::use(const room::RoomSettingsTable& settings) {
  for (const auto& topic : topics_) {
    if (topic == nullptr) continue;
    const room::RoomSettings& of_room = settings.of(topic->room_id);
    topic->retention = of_room.retention;
    topic->durability = of_room.durability;
  }
}

// --- what is under way -----------------------------------------------------------------------------------------------

void StoreBroker::line_up(UnderWay& entry) {
  entry.is_in_line = true;
  entry.before = newest_;
  (newest_ == nullptr ? oldest_ : newest_->after) = &entry;
  newest_ = &entry;
}

void StoreBroker::leave_line(UnderWay& entry) {
  if (!std::exchange(entry.is_in_line, false)) return;
  (entry.before == nullptr ? oldest_ : entry.before->after) = entry.after;
  (entry.after == nullptr ? newest_ : entry.after->before) = entry.before;
}

StoreBroker::UnderWay StoreBroker::finish(UnderWay& entry) {
  leave_line(entry);
  UnderWay finished = std::move(entry);
  under_way_.erase(finished.id);
  return finished;
}

Publish StoreBroker::publish_of(const UnderWay& entry) {
  return {.room_id = topic_of(entry.topic).room_id,
          .content = {},
          .sender = {},
          .to = {},
          .dedup = {},
          .command_id = entry.command_id,
          .origin = entry.origin,
          .echo = entry.echo};
}

bool StoreBroker::expire_one(Instant now) {
  if (oldest_ == nullptr || oldest_->deadline > now) return false;
  UnderWay& entry = *oldest_;
  if (entry.kind == Kind::kPublish) {
    // Its outcome is still to come: the room stays open for it, and members are sent what is committed.
    leave_line(entry);
    const Publish publish = publish_of(entry);
    entry.origin.wants_ack = false;
    entry.origin.is_answered = true;
    events_.on_delayed(entry.topic, publish);
  } else {
    on_answer(finish(entry), StoreFailed{ErrorCode::kUnavailable});
  }
  return true;
}

// --- what is answered ------------------------------------------------------------------------------------------------

bool StoreBroker::take_answer() {
  std::optional<StoreAnswer> answer = turned_ ? std::exchange(turned_, std::nullopt) : store_.take();
  if (!answer) return false;
  UnderWay* entry = under_way_.find(SlotId::unpack(answer->ticket));
  if (entry == nullptr) return true;  // an open or a read that was given up
  if (const auto* committed = std::get_if<StoreCommitted>(&answer->what)) {
    if (turn_epoch(*entry, *committed)) {
      turned_ = std::move(answer);
      return true;
    }
  }
  const UnderWay finished = finish(*entry);
  std::visit([&](const auto& what) { on_answer(finished, what); }, answer->what);
  return true;
}

/// True when the commit is the first of another epoch, which was told instead of it.
bool StoreBroker::turn_epoch(const UnderWay& entry, const StoreCommitted& committed) {
  Head& head = topic_of(entry.topic).head;
  if (committed.is_duplicate || committed.epoch.empty() || committed.epoch == head.epoch) return false;
  head.epoch = committed.epoch;
  head.last = Seq{committed.seq.value - 1};
  head.first = std::min(committed.first, committed.seq);
  events_.on_epoch_changed(entry.topic, head);
  return true;
}

void StoreBroker::on_answer(const UnderWay& entry, const StoreFailed& failed) {
  switch (entry.kind) {
    case Kind::kOpen:
      topics_[entry.topic.index].reset();
      return events_.on_open_failed(entry.topic, failed.code);
    case Kind::kPublish:
      return events_.on_refused(entry.topic, publish_of(entry), failed.code);
    case Kind::kRead:
      return events_.on_read(entry.topic, entry.ticket, std::unexpected(failed.code));
  }
}

void StoreBroker::on_answer(const UnderWay& entry, const StoreOpened& opened) {
  SB_ASSERT(entry.kind == Kind::kOpen);
  Head& head = topic_of(entry.topic).head;
  head = {.first = opened.first, .last = opened.last, .epoch = opened.epoch};
  events_.on_opened(entry.topic, head);
}

void StoreBroker::on_answer(const UnderWay& entry, const StoreCommitted& committed) {
  SB_ASSERT(entry.kind == Kind::kPublish);
  Head& head = topic_of(entry.topic).head;
  if (!committed.is_duplicate) {
    SB_ASSERT(committed.seq == head.last.next());
    head.last = committed.seq;
    head.first = committed.first;
  }
  events_.on_committed(entry.topic, publish_of(entry),
                       {.seq = committed.seq,
                        .epoch = committed.epoch.empty() ? std::string_view(head.epoch) : committed.epoch,
                        .ts = committed.ts,
                        .payload = committed.payload,
                        .is_duplicate = committed.is_duplicate});
}

void StoreBroker::on_answer(const UnderWay& entry, const SharedPage& page) {
  SB_ASSERT(entry.kind == Kind::kRead);
  Head& head = topic_of(entry.topic).head;
  // Old messages go in the background: a read knows best which is the oldest.
  if (page->epoch == head.epoch)
    head.first = std::clamp(page->oldest, head.first, std::max(head.first, head.last.next()));
  events_.on_read(entry.topic, entry.ticket, page);
}

}  // namespace switchboard::broker
