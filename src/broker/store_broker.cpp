#include "broker/store_broker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"

namespace switchboard::broker {

namespace {

constexpr Duration kAskPause = std::chrono::milliseconds(200);  // before a room is asked about again in vain

}  // namespace

// --- what is asked ---------------------------------------------------------------------------------------------------

void StoreBroker::open(TopicId topic, std::string_view room_id, const room::RoomSettings& settings) {
  if (topic.index >= topics_.size()) topics_.resize(topic.index + 1);
  SB_ASSERT(topics_[topic.index] == nullptr);
  topics_[topic.index] = std::make_unique<StoreTopic>(topic, room_id, settings, epoch_names_);
  if (submit({.kind = Kind::kOpen, .topic = topic, .command_id = {}, .origin = {}, .request = nullptr},
             StoreOpen{.room_id = std::string(room_id), .durability = settings.durability})) {
    return;
  }
  topics_[topic.index].reset();
  events_.on_open_failed(topic, Failure::kUnavailable);
}

void StoreBroker::close(TopicId topic) {
  topics_[topic.index].reset();
}

void StoreBroker::publish(TopicId topic, const Publish& publish) {
  const StoreTopic& of = topic_of(topic);
  Publish named = publish;
  named.room_id = of.room_id();
  StorePublish request(HeldMessage(named), of.retention(), of.durability());
  const std::size_t bytes = sizeof request + request.text_bytes();
  if (!submit({.kind = Kind::kPublish,
               .topic = topic,
               .command_id = std::string(publish.command_id),
               .origin = publish.origin,
               .echo = publish.echo,
               .bytes = bytes,
               .request = nullptr},
              std::move(request))) {
    events_.on_refused(topic, publish, Failure::kUnavailable);
  }
}

const Head& StoreBroker::head(TopicId topic) {
  topic_of(topic).pass_too_old(clock_.now());
  return topic_of(topic).head();
}

void StoreBroker::read(TopicId topic, const ReadRange& range, std::uint64_t ticket) {
  if (!submit(
          {.kind = Kind::kRead, .topic = topic, .ticket = ticket, .command_id = {}, .origin = {}, .request = nullptr},
          StoreRead{.room_id = topic_of(topic).room_id(), .range = range})) {
    events_.on_read(topic, ticket, std::unexpected(Failure::kUnavailable));
  }
}

template <class What>
bool StoreBroker::submit(UnderWay&& entry, What&& what) {
  auto [id, added] = under_way_.emplace(std::move(entry));
  added.id = id;
  added.epochs = topic_of(added.topic).epochs();
  added.deadline = clock_.now() + wait_;
  StoreRequest request{.ticket = id.pack(), .what = std::forward<What>(what)};
  if (must_wait(added)) {
    wait(added, std::move(request));
  } else if (!hand_in(added, std::move(request))) {
    // It takes no more at the moment; with its next answer there will be room. If it owes none, waiting is in vain.
    if (answers_owed_ == 0 || added.kind == Kind::kAskAgain) {
      under_way_.erase(id);
      return false;
    }
    wait(added, std::move(request));
  }
  line_up(added);
  return true;
}

/// Nothing overtakes what waits for the same.
bool StoreBroker::must_wait(const UnderWay& entry) const {
  switch (entry.kind) {
    case Kind::kAskAgain:  // does not wait, and is not in anybody's way
      return false;
    case Kind::kOpen:
      return !waiting_[0].empty();
    case Kind::kRead:
      return !waiting_[1].empty();
    case Kind::kPublish:
      break;
  }
  return !waiting_publishes_.empty() || !has_room_for(entry);
}

bool StoreBroker::has_room_for(const UnderWay& entry) const {
  if (handed_in_messages_ == 0) return true;
  return handed_in_messages_ < window_.messages && handed_in_bytes_ + entry.bytes <= window_.bytes;
}

/// False when the store does not take it: the request was not touched.
bool StoreBroker::hand_in(UnderWay& entry, StoreRequest&& request) {
  entry.opening = store_.opening();
  if (!store_.submit(std::move(request))) return false;
  ++answers_owed_;
  is_flushed_ = false;
  if (entry.kind == Kind::kPublish) {
    ++handed_in_messages_;
    handed_in_bytes_ += entry.bytes;
  }
  return true;
}

void StoreBroker::wait(UnderWay& entry, StoreRequest&& request) {
  entry.request = std::make_unique<StoreRequest>(std::move(request));
  if (entry.kind == Kind::kPublish) {
    waiting_publishes_.push({.shard = entry.origin.shard, .connection = entry.origin.connection},
                            {.id = entry.id, .bytes = entry.bytes});
  } else {
    waiting_of(entry.kind).push_back(entry.id);
  }
}

/// Answers have made room.
void StoreBroker::hand_in_waiting() {
  for (std::deque<SlotId>& line : waiting_) {
    while (!line.empty()) {
      UnderWay& entry = *under_way_.find(line.front());
      if (!hand_in(entry, std::move(*entry.request))) break;
      entry.request.reset();
      line.pop_front();
    }
  }
  while (!waiting_publishes_.empty()) {
    UnderWay& entry = *under_way_.find(waiting_publishes_.front().id);
    if (!has_room_for(entry) || !hand_in(entry, std::move(*entry.request))) break;
    entry.request.reset();
    waiting_publishes_.pop();
  }
}

/// It has waited for too long. Whatever waits longest of all is also the oldest of its kind and its owner.
void StoreBroker::stop_waiting(UnderWay& entry) {
  if (entry.kind == Kind::kPublish) {
    waiting_publishes_.drop_oldest({.shard = entry.origin.shard, .connection = entry.origin.connection});
  } else {
    SB_ASSERT(waiting_of(entry.kind).front() == entry.id);
    waiting_of(entry.kind).pop_front();
  }
  entry.request.reset();
}

void StoreBroker::flush() {
  hand_in_waiting();
  if (!std::exchange(is_flushed_, true)) store_.flush();
}

void StoreBroker::use(const room::RoomSettingsTable& settings) {
  for (const auto& topic : topics_) {
    if (topic != nullptr) topic->use(settings.of(topic->room_id()));
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
  if (entry.request != nullptr) {
    stop_waiting(entry);
  } else if (entry.kind == Kind::kPublish) {
    --handed_in_messages_;
    handed_in_bytes_ -= entry.bytes;
  }
  UnderWay finished = std::move(entry);
  under_way_.erase(finished.id);
  return finished;
}

Publish StoreBroker::publish_of(const UnderWay& entry) {
  return {.room_id = topic_of(entry.topic).room_id(),
          .content = {},
          .sender = {},
          .to = {},
          .dedup = {},
          .command_id = entry.command_id,
          .origin = entry.origin,
          .echo = entry.echo};
}

std::optional<TopicId> StoreBroker::expire_one(Instant now) {
  if (asked_next_ != kNobody && now >= ask_at_ && ask_one_again()) return TopicId{};
  if (oldest_ == nullptr || oldest_->deadline > now) return std::nullopt;
  UnderWay& entry = *oldest_;
  const TopicId topic = entry.topic;
  if (entry.kind == Kind::kPublish && entry.request == nullptr) {
    // Its outcome is still to come: the room stays open for it, and members are sent what is committed.
    leave_line(entry);
    const Publish publish = publish_of(entry);
    entry.origin.wants_ack = false;
    entry.origin.counted_bytes = 0;
    entry.origin.is_answered = true;
    events_.on_delayed(entry.topic, publish);
  } else {
    on_answer(finish(entry), StoreFailed{Failure::kUnavailable});
  }
  return topic;
}

Instant StoreBroker::next_deadline() const {
  const Instant ask = asked_next_ == kNobody ? Instant::max() : ask_at_;
  return oldest_ == nullptr ? ask : std::min(ask, oldest_->deadline);
}

// --- what is answered ------------------------------------------------------------------------------------------------

bool StoreBroker::has_answer() {
  const std::uint32_t opening = store_.opening();
  return turned_.has_value() || store_.has_answer() || (opening != 0 && opening != opening_);
}

std::optional<TopicId> StoreBroker::take_answer() {
  std::optional<StoreAnswer> answer = std::exchange(turned_, std::nullopt);
  if (!answer) {
    answer = store_.take();
    if (answer) --answers_owed_;
  }
  if (!answer) {
    const std::uint32_t opening = store_.opening();
    if (opening == 0 || opening == opening_) return std::nullopt;
    opening_ = opening;
    asked_next_ = 0;
    ask_at_ = {};
    return TopicId{};
  }
  UnderWay* entry = under_way_.find(SlotId::unpack(answer->ticket));
  if (entry == nullptr) return TopicId{};  // an open or a read that was given up
  if (const auto* committed = std::get_if<StoreCommitted>(&answer->what)) {
    if (committed->seq == Seq{} || (!committed->is_duplicate && !read_record(committed->record, committed->seq))) {
      answer->what = StoreFailed{Failure::kUnavailable};  // no message has that number, or is so
    } else if (StoreTopic& topic = topic_of(entry->topic); topic.turn_epoch(*committed)) {
      events_.on_epoch_changed(entry->topic, topic.head());
      turned_ = std::move(answer);
      return entry->topic;
    }
  }
  const UnderWay finished = finish(*entry);
  std::visit([&](const auto& what) { on_answer(finished, what); }, answer->what);
  return finished.topic;
}

// --- a store that was opened anew ------------------------------------------------------------------------------------

/// False when there was nobody left to ask about, or it has to wait.
bool StoreBroker::ask_one_again() {
  if (store_.opening() == 0) {
    ask_at_ = clock_.now() + kAskPause;
    return false;
  }
  while (asked_next_ < topics_.size()) {
    const StoreTopic* topic = topics_[asked_next_].get();
    if (topic == nullptr || !topic->is_open()) {
      ++asked_next_;
      continue;
    }
    if (!submit({.kind = Kind::kAskAgain, .topic = topic->id(), .command_id = {}, .origin = {}, .request = nullptr},
                StoreOpen{.room_id = topic->room_id(), .durability = topic->durability()})) {
      ask_at_ = clock_.now() + kAskPause;
      return false;
    }
    ++asked_next_;
    return true;
  }
  asked_next_ = kNobody;
  return false;
}

void StoreBroker::ask_again_from(TopicId topic, Duration pause) {
  asked_next_ = std::min<std::size_t>(asked_next_, topic.index);
  ask_at_ = clock_.now() + pause;
}

// --- answers of each kind --------------------------------------------------------------------------------------------

void StoreBroker::on_answer(const UnderWay& entry, const StoreFailed& failed) {
  switch (entry.kind) {
    case Kind::kOpen:
      topics_[entry.topic.index].reset();
      return events_.on_open_failed(entry.topic, failed.failure);
    case Kind::kPublish:
      return events_.on_refused(entry.topic, publish_of(entry), failed.failure);
    case Kind::kRead:
      return events_.on_read(entry.topic, entry.ticket, std::unexpected(failed.failure));
    case Kind::kAskAgain:
      return ask_again_from(entry.topic, kAskPause);
  }
}

void StoreBroker::on_answer(const UnderWay& entry, const StoreOpened& opened) {
  if (entry.kind == Kind::kAskAgain) {
    StoreTopic* topic = topics_[entry.topic.index].get();
    // It may have been closed meanwhile: nobody waits for this.
    if (topic == nullptr || topic->id() != entry.topic || !topic->is_open()) return;
    if (topic->turn_epoch(opened)) events_.on_epoch_changed(entry.topic, topic->head());
    return;
  }
  SB_ASSERT(entry.kind == Kind::kOpen);
  StoreTopic& topic = topic_of(entry.topic);
  topic.open(opened);
  if (entry.opening != store_.opening()) ask_again_from(entry.topic, {});
  events_.on_opened(entry.topic, topic.head());
}

void StoreBroker::on_answer(const UnderWay& entry, const StoreCommitted& committed) {
  SB_ASSERT(entry.kind == Kind::kPublish);
  StoreTopic& topic = topic_of(entry.topic);
  topic.commit(committed, clock_.now());
  const Publication known{.seq = committed.seq, .ts = committed.ts, .content = {}, .sender = {}};
  events_.on_committed(entry.topic, publish_of(entry),
                       {.publication = read_record(committed.record, committed.seq).value_or(known),
                        .epoch = topic.epoch_of(committed),
                        .is_duplicate = committed.is_duplicate});
}

void StoreBroker::on_answer(const UnderWay& entry, const SharedPage& page) {
  SB_ASSERT(entry.kind == Kind::kRead);
  events_.on_read(entry.topic, entry.ticket, topic_of(entry.topic).receive(page, entry.epochs));
}

}  // namespace switchboard::broker
