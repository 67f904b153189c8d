#include "broker/store_broker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"

namespace switchboard::broker {

namespace {

constexpr std::size_t kEarlierEpochsMax = 8;  // that a topic remembers; from then on each gets a name of its own

constexpr Duration kAskPause = std::chrono::milliseconds(200);  // before a room is asked about again in vain
constexpr int kMarks = 16;

}  // namespace

// --- what is asked ---------------------------------------------------------------------------------------------------

void StoreBroker::open(TopicId topic, std::string_view room_id, const room::RoomSettings& settings) {
  if (topic.index >= topics_.size()) topics_.resize(topic.index + 1);
  SB_ASSERT(topics_[topic.index] == nullptr);
  topics_[topic.index] = std::make_unique<Topic>(Topic{.id = topic,
                                                       .room_id = std::string(room_id),
                                                       .head = {},
                                                       .store_epoch = {},
                                                       .earlier = {},
                                                       .retention = settings.retention,
                                                       .durability = settings.durability,
                                                       .marks = {}});
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
  const Topic& of = topic_of(topic);
  Publish named = publish;
  named.room_id = of.room_id;
  StorePublish request(HeldMessage(named), of.retention, of.durability);
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
  pass_too_old(topic_of(topic));
  return topic_of(topic).head;
}

/// A message was committed.
void StoreBroker::mark(Topic& topic) {
  const Instant now = clock_.now();
  topic.newest_at = now;
  const Duration kept = std::chrono::seconds(topic.retention.seconds);
  if (topic.marks.empty() || now - topic.marks.back().at >= kept / kMarks)
    topic.marks.push_back({.seq = topic.head.last, .at = now});
}

/// A quiet room hears nothing of what its store removes. Members' logs may still hold it, for others who are slow.
void StoreBroker::pass_too_old(Topic& topic) {
  const Instant oldest = clock_.now() - std::chrono::seconds(topic.retention.seconds);
  while (!topic.marks.empty() && topic.marks.front().at <= oldest) {
    topic.head.first = std::max(topic.head.first, topic.marks.front().seq.next());
    topic.marks.erase(topic.marks.begin());
  }
  if (topic.newest_at <= oldest) topic.head.first = topic.head.last.next();
}

void StoreBroker::read(TopicId topic, const ReadRange& range, std::uint64_t ticket) {
  if (!submit(
          {.kind = Kind::kRead, .topic = topic, .ticket = ticket, .command_id = {}, .origin = {}, .request = nullptr},
          StoreRead{.room_id = topic_of(topic).room_id, .range = range})) {
    events_.on_read(topic, ticket, std::unexpected(Failure::kUnavailable));
  }
}

template <class What>
bool StoreBroker::submit(UnderWay&& entry, What&& what) {
  auto [id, added] = under_way_.emplace(std::move(entry));
  added.id = id;
  added.epochs = topic_of(added.topic).epochs;
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
  return {.room_id = topic_of(entry.topic).room_id,
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
    } else if (turn_epoch(*entry, *committed)) {
      turned_ = std::move(answer);
      return entry->topic;
    }
  }
  const UnderWay finished = finish(*entry);
  std::visit([&](const auto& what) { on_answer(finished, what); }, answer->what);
  return finished.topic;
}

bool StoreBroker::turn_epoch_for_duplicate(const UnderWay& entry, const StoreCommitted& committed) {
  Topic& topic = topic_of(entry.topic);
  const bool is_other = !committed.epoch.empty() && committed.epoch != topic.store_epoch;
  if (!is_other && committed.seq <= topic.head.last) return false;
  begin_epoch(topic, is_other ? committed.epoch : topic.store_epoch);
  topic.head.last = std::max(committed.seq, committed.last);
  topic.head.first = std::min(committed.first, committed.seq);
  events_.on_epoch_changed(entry.topic, topic.head);
  return true;
}

/// True when the commit is the first of another epoch, which was told instead of it. A number that does not follow on
/// is of another epoch, too, whatever the store says of that.
bool StoreBroker::turn_epoch(const UnderWay& entry, const StoreCommitted& committed) {
  if (committed.is_duplicate) return turn_epoch_for_duplicate(entry, committed);
  Topic& topic = topic_of(entry.topic);
  const bool is_other = !committed.epoch.empty() && committed.epoch != topic.store_epoch;
  if (!is_other && committed.seq == topic.head.last.next()) return false;
  begin_epoch(topic, is_other ? committed.epoch : topic.store_epoch);
  topic.head.last = Seq{committed.seq.value - 1};
  topic.head.first = std::min(committed.first, committed.seq);
  events_.on_epoch_changed(entry.topic, topic.head);
  return true;
}

/// Where the store does not call it another one, it gets a name of its own that no client has seen.
void StoreBroker::begin_epoch(Topic& topic, const std::string& store_epoch) {
  // A store that was put back to what it was earlier would give the numbers of its old epoch once more.
  const bool was_used = store_epoch == topic.store_epoch ||
                        std::ranges::find(topic.earlier, store_epoch) != topic.earlier.end() ||
                        topic.earlier.size() == kEarlierEpochsMax;
  if (store_epoch != topic.store_epoch && topic.earlier.size() < kEarlierEpochsMax) {
    topic.earlier.push_back(topic.store_epoch);
  }
  topic.head.epoch = store_epoch;
  if (was_used) {
    topic.head.epoch += "~" + std::to_string(clock_.unix_ms()) + "." + std::to_string(++epochs_begun_);
  }
  topic.store_epoch = store_epoch;
  topic.marks.clear();
  topic.newest_at = Instant::max();
  ++topic.epochs;
}

// --- a store that was opened anew ------------------------------------------------------------------------------------

/// False when there was nobody left to ask about, or it has to wait.
bool StoreBroker::ask_one_again() {
  if (store_.opening() == 0) {
    ask_at_ = clock_.now() + kAskPause;
    return false;
  }
  while (asked_next_ < topics_.size()) {
    const Topic* topic = topics_[asked_next_].get();
    if (topic == nullptr || !topic->is_open) {
      ++asked_next_;
      continue;
    }
    if (!submit({.kind = Kind::kAskAgain, .topic = topic->id, .command_id = {}, .origin = {}, .request = nullptr},
                StoreOpen{.room_id = topic->room_id, .durability = topic->durability})) {
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

void StoreBroker::on_asked_again(const UnderWay& entry, const StoreOpened& opened) {
  Topic& topic = topic_of(entry.topic);
  // Commits that came before are told by now, those that come after are not counted yet.
  if (opened.epoch == topic.store_epoch && opened.last == topic.head.last) return;
  begin_epoch(topic, opened.epoch);
  topic.head.first = opened.first;
  topic.head.last = opened.last;
  events_.on_epoch_changed(entry.topic, topic.head);
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
    const Topic* topic = topics_[entry.topic.index].get();
    // It may have been closed meanwhile: nobody waits for this.
    if (topic != nullptr && topic->id == entry.topic && topic->is_open) on_asked_again(entry, opened);
    return;
  }
  SB_ASSERT(entry.kind == Kind::kOpen);
  Topic& topic = topic_of(entry.topic);
  topic.head = {.first = opened.first, .last = opened.last, .epoch = opened.epoch};
  topic.store_epoch = opened.epoch;
  topic.is_open = true;
  if (entry.opening != store_.opening()) ask_again_from(entry.topic, {});
  events_.on_opened(entry.topic, topic.head);
}

void StoreBroker::on_answer(const UnderWay& entry, const StoreCommitted& committed) {
  SB_ASSERT(entry.kind == Kind::kPublish);
  Topic& topic = topic_of(entry.topic);
  Head& head = topic.head;
  if (!committed.is_duplicate) {
    SB_ASSERT(committed.seq == head.last.next());  // whatever the store said: turn_epoch has seen to it
    head.last = committed.seq;
    head.first = std::max(head.first, committed.first);
    mark(topic_of(entry.topic));
  }
  const bool is_known = committed.epoch.empty() || committed.epoch == topic.store_epoch;
  const Publication known{.seq = committed.seq, .ts = committed.ts, .content = {}, .sender = {}};
  events_.on_committed(entry.topic, publish_of(entry),
                       {.publication = read_record(committed.record, committed.seq).value_or(known),
                        .epoch = is_known ? std::string_view(head.epoch) : committed.epoch,
                        .is_duplicate = committed.is_duplicate});
}

void StoreBroker::on_answer(const UnderWay& entry, const SharedPage& page) {
  SB_ASSERT(entry.kind == Kind::kRead);
  Topic& topic = topic_of(entry.topic);
  Head& head = topic.head;
  SharedPage told = page;
  if (page->epoch == topic.store_epoch && page->epoch != head.epoch && entry.epochs == topic.epochs) {
    // The epoch has a name that the store does not know.
    auto renamed = std::make_shared<Page>(*page);
    renamed->epoch = head.epoch;
    told = std::move(renamed);
  }
  // Old messages go in the background: a read knows best which is the oldest.
  if (told->epoch == head.epoch)
    head.first = std::clamp(told->oldest, head.first, std::max(head.first, head.last.next()));
  events_.on_read(entry.topic, entry.ticket, told);
}

}  // namespace switchboard::broker
