#include "broker/memory/memory_broker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "broker/memory/heap_bytes.h"

namespace switchboard::broker {
namespace {

// 36^8 values: two incarnations of a room do not share an epoch by chance.
constexpr std::size_t kEpochCharacters = 8;

// Where all rooms hold less than this, whole closed rooms go rather than the last messages of some.
constexpr std::size_t kSmallBytes = 2'048;

// Quiet rooms are looked at now and then, so that what is too old does not stay in memory.
constexpr Duration kWalkPause = std::chrono::seconds(1);
constexpr Duration kVisitPause = std::chrono::milliseconds(10);
constexpr std::size_t kVisitsMax = 256;

}  // namespace

MemoryBroker::MemoryBroker(BrokerEvents& events, const Clock& clock, std::uint64_t random_seed,
                           const MemorySettings& settings)
    : events_(events),
      clock_(clock),
      settings_(settings),
      random_(random_seed),
      key_{random_.next(), random_.next()},
      closed_by_name_(NameHash{key_}) {}

MemoryBroker::~MemoryBroker() = default;

// --- rooms -----------------------------------------------------------------------------------------------------------

void MemoryBroker::open(TopicId id, std::string_view room_id, const room::RoomSettings& settings) {
  if (id.index >= topics_.size()) topics_.resize(id.index + 1);
  Topic& topic = topics_[id.index];
  SB_ASSERT(topic.head.epoch.empty());
  forget_closed(kClosedMax);
  if (const auto found = closed_by_name_.find(room_id); found != closed_by_name_.end()) {
    const auto closed = found->second;
    closed_by_name_.erase(found);
    closed_bytes_ -= closed_bytes(closed->second);
    topic = std::move(closed->second);
    closed_.erase(closed);
  } else {
    topic.room_id = room_id;
    topic.head = {.first = Seq{1}, .last = Seq{0}, .epoch = random_.token(kEpochCharacters)};
  }
  if (settings.history) {
    Kept& kept = kept_of(topic);
    kept.retention = settings.retention;
    if (kept.messages == nullptr) kept.messages = std::make_unique<KeptMessages>(topic.head.last.next());
    count(kept);
  } else if (topic.kept != nullptr) {
    topic.kept->messages.reset();
    count(*topic.kept);
  }
  events_.on_opened(id, head(id));
}

void MemoryBroker::close(TopicId id) {
  Topic& topic = topic_of(id);
  trim(topic, clock_.now());
  const Instant at = forget_at(topic);
  const auto closed = closed_.emplace(at, std::exchange(topic, Topic{}));
  closed_by_name_.emplace(closed->second.room_id, closed);
  closed_bytes_ += closed_bytes(closed->second);
  forget_closed(kClosedMax);
  bound();
  if (next_walk_ == Instant::max()) next_walk_ = clock_.now() + kWalkPause;
}

/// Of a closed room besides what it keeps: a node of the tree, a place in the table, names.
std::size_t MemoryBroker::closed_bytes(const Topic& topic) {
  constexpr std::size_t kTreeBytes = 32;
  constexpr std::size_t kTableBytes = 56;
  return heap_bytes(kTreeBytes + sizeof(Closed::value_type)) + kTableBytes + heap_bytes(topic.room_id) +
         heap_bytes(topic.head.epoch);
}

/// When nothing of a closed room is of use any more.
Instant MemoryBroker::forget_at(const Topic& topic) const {
  const Instant now = clock_.now();
  Instant at = now + kClosedFor;
  if (topic.kept == nullptr) return at;
  if (topic.kept->messages != nullptr && !topic.kept->messages->empty()) {
    at = std::max(at, topic.kept->messages->newest_at() + std::chrono::seconds(topic.kept->retention.seconds));
  }
  if (topic.kept->dedup != nullptr && !topic.kept->dedup->empty()) at = std::max(at, topic.kept->dedup->newest_until());
  return at;
}

void MemoryBroker::forget_closed(std::size_t rooms_max) {
  const Instant now = clock_.now();
  while (!closed_.empty() && (closed_.size() > rooms_max || closed_.begin()->first <= now))
    forget(closed_.begin());
}

void MemoryBroker::forget(Closed::iterator closed) {
  if (closed->second.kept != nullptr) by_size_.count(*closed->second.kept, 0);
  closed_bytes_ -= closed_bytes(closed->second);
  closed_by_name_.erase(std::string_view(closed->second.room_id));
  closed_.erase(closed);
}

const Head& MemoryBroker::head(TopicId id) {
  Topic& topic = topic_of(id);
  trim(topic, clock_.now());
  note_first(topic);
  return topic.head;
}

// --- messages --------------------------------------------------------------------------------------------------------

void MemoryBroker::publish(TopicId id, const Publish& publish) {
  Topic& topic = topic_of(id);
  if (const auto* first = first_of(topic, publish)) {
    const Publication known{.seq = first->seq, .ts = first->ts, .content = {}, .sender = {}};
    return events_.on_committed(id, publish, {.publication = known, .epoch = topic.head.epoch, .is_duplicate = true});
  }
  topic.head.last = topic.head.last.next();
  const Publication publication{.seq = topic.head.last,
                                .ts = clock_.unix_ms(),
                                .content = publish.content,
                                .sender = publish.sender,
                                .to = publish.to};
  if (topic.kept != nullptr) {
    Kept& kept = *topic.kept;
    const Instant now = clock_.now();
    if (kept.messages != nullptr) kept.messages->append(publication, now);
    if (!publish.dedup.empty()) {
      kept.dedup->add(publish.sender, publish.dedup, {.seq = publication.seq, .ts = publication.ts},
                      now + std::chrono::milliseconds(settings_.dedup_window_ms));
    }
    trim(topic, now);
    bound();
    if (next_walk_ == Instant::max()) next_walk_ = now + kWalkPause;
  }
  note_first(topic);
  events_.on_committed(id, publish, {.publication = publication, .epoch = topic.head.epoch});
}

/// The commit that this publish would repeat, or null.
const DedupWindow::First* MemoryBroker::first_of(Topic& topic, const Publish& publish) {
  if (publish.dedup.empty()) return nullptr;
  Kept& kept = kept_of(topic);
  if (kept.dedup == nullptr) kept.dedup = std::make_unique<DedupWindow>(key_);
  return kept.dedup->find(publish.sender, publish.dedup, clock_.now());
}

void MemoryBroker::read(TopicId id, const ReadRange& range, std::uint64_t ticket) {
  Topic& topic = topic_of(id);
  if (topic.kept == nullptr || topic.kept->messages == nullptr) {
    return events_.on_read(id, ticket, std::unexpected(Failure::kUnreadable));
  }
  const Head& now = head(id);
  const auto page = std::make_shared<Page>();
  page->epoch = now.epoch;
  page->oldest = now.first;
  page->newest = now.last;
  const KeptMessages& messages = *topic.kept->messages;
  messages.read(range, *page);
  if (!page->empty())
    page->fresh_until = messages.committed_at(page->first) + std::chrono::seconds(topic.kept->retention.seconds);
  events_.on_read(id, ticket, SharedPage(page));
}

// --- what is kept ----------------------------------------------------------------------------------------------------

/// What could be given up.
std::size_t MemoryBroker::Kept::memory() const {
  const std::size_t both =
      (messages == nullptr || messages->empty() ? 0 : messages->bytes()) + (dedup == nullptr ? 0 : dedup->bytes());
  return both == 0 ? 0 : both + heap_bytes(sizeof(Kept));
}

MemoryBroker::Kept& MemoryBroker::kept_of(Topic& topic) {
  if (topic.kept == nullptr) topic.kept = std::make_unique<Kept>();
  return *topic.kept;
}

void MemoryBroker::count(Kept& kept) {
  by_size_.count(kept, kept.memory());
}

/// Gives up what is over the room's retention.
void MemoryBroker::trim(Topic& topic, Instant now) {
  if (topic.kept == nullptr) return;
  if (topic.kept->messages != nullptr) topic.kept->messages->trim(topic.kept->retention, now);
  count(*topic.kept);
}

void MemoryBroker::note_first(Topic& topic) {
  const bool has_history = topic.kept != nullptr && topic.kept->messages != nullptr;
  topic.head.first = has_history ? topic.kept->messages->first() : topic.head.last.next();
}

/// All rooms together: about the largest gives up its oldest block or, where it has no messages, names. Where all are
/// small, closed ones are forgotten. O(1) for each step, and each step frees something.
void MemoryBroker::bound() {
  while (bytes() > settings_.bytes_max) {
    auto* kept = static_cast<Kept*>(by_size_.one_of_the_largest());
    if (!closed_.empty() && (kept == nullptr || kept->bytes < kSmallBytes)) {
      forget(closed_.begin());
      continue;
    }
    if (kept == nullptr) return;
    if (kept->messages != nullptr && !kept->messages->empty()) {
      kept->messages->drop_oldest();
    } else {
      kept->dedup->drop_half();
    }
    count(*kept);
  }
}

// --- what grows old --------------------------------------------------------------------------------------------------

void MemoryBroker::tidy(Instant now) {
  if (now < next_walk_) return;
  forget_closed(kClosedMax);
  const std::size_t until = std::min(expired_until_ + kVisitsMax, topics_.size());
  for (; expired_until_ < until; ++expired_until_) {
    Topic& topic = topics_[expired_until_];
    if (topic.kept != nullptr && topic.kept->bytes > 0) trim(topic, now);
  }
  const bool is_done = expired_until_ == topics_.size();
  if (is_done) expired_until_ = 0;
  next_walk_ = now + (is_done ? kWalkPause : kVisitPause);
  if (is_done && bytes() == 0) next_walk_ = Instant::max();  // until something is kept again
}

void MemoryBroker::use(const room::RoomSettingsTable& settings) {
  for (Topic& topic : topics_) {
    if (!topic.head.epoch.empty() && topic.kept != nullptr)
      topic.kept->retention = settings.of(topic.room_id).retention;
  }
}

void MemoryBroker::use(const MemorySettings& settings) {
  settings_ = settings;
  bound();
}

}  // namespace switchboard::broker
