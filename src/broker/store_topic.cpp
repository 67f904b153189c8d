#include "broker/store_topic.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "base/assert.h"

namespace switchboard::broker {
namespace {

constexpr std::size_t kEarlierEpochsMax = 8;  // that a topic remembers; from then on each gets a name of its own
constexpr int kMarks = 16;

}  // namespace

StoreTopic::StoreTopic(TopicId id, std::string_view room_id, const room::RoomSettings& settings, EpochNames& names)
    : id_(id), room_id_(room_id), names_(names), retention_(settings.retention), durability_(settings.durability) {}

void StoreTopic::use(const room::RoomSettings& settings) {
  retention_ = settings.retention;
  durability_ = settings.durability;
}

void StoreTopic::open(const StoreOpened& opened) {
  SB_ASSERT(!is_open_);
  head_ = {.first = opened.first, .last = opened.last, .epoch = opened.epoch};
  store_epoch_ = opened.epoch;
  is_open_ = true;
}

// --- ages ------------------------------------------------------------------------------------------------------------

/// A message was committed.
void StoreTopic::mark(Instant now) {
  newest_at_ = now;
  const Duration kept = std::chrono::seconds(retention_.seconds);
  if (marks_.empty() || now - marks_.back().at >= kept / kMarks) marks_.push_back({.seq = head_.last, .at = now});
}

void StoreTopic::pass_too_old(Instant now) {
  const Instant oldest = now - std::chrono::seconds(retention_.seconds);
  while (!marks_.empty() && marks_.front().at <= oldest) {
    head_.first = std::max(head_.first, marks_.front().seq.next());
    marks_.erase(marks_.begin());
  }
  if (newest_at_ <= oldest) head_.first = head_.last.next();
}

// --- epochs ----------------------------------------------------------------------------------------------------------

bool StoreTopic::is_of_other_epoch(const StoreCommitted& committed) const {
  return !committed.epoch.empty() && committed.epoch != store_epoch_;
}

bool StoreTopic::turn_epoch(const StoreCommitted& committed) {
  if (committed.is_duplicate) return turn_epoch_for_duplicate(committed);
  const bool is_other = is_of_other_epoch(committed);
  if (!is_other && committed.seq == head_.last.next()) return false;
  begin_epoch(is_other ? committed.epoch : store_epoch_);
  head_.last = Seq{committed.seq.value - 1};
  head_.first = std::min(committed.first, committed.seq);
  return true;
}

/// A repeated message is found in an epoch that was not told; or with a number that this has never heard of: it was
/// kept by a commit that was reported as failed, and what follows must not be given numbers that were given meanwhile.
/// So another epoch begins behind it, and the acknowledgement comes after.
bool StoreTopic::turn_epoch_for_duplicate(const StoreCommitted& committed) {
  const bool is_other = is_of_other_epoch(committed);
  if (!is_other && committed.seq <= head_.last) return false;
  begin_epoch(is_other ? committed.epoch : store_epoch_);
  head_.last = std::max(committed.seq, committed.last);
  head_.first = std::min(committed.first, committed.seq);
  return true;
}

bool StoreTopic::turn_epoch(const StoreOpened& opened) {
  // Commits that came before are told by now, those that come after are not counted yet.
  if (opened.epoch == store_epoch_ && opened.last == head_.last) return false;
  begin_epoch(opened.epoch);
  head_.first = opened.first;
  head_.last = opened.last;
  return true;
}

/// Where the store does not call it another one, it gets a name of its own that no client has seen.
void StoreTopic::begin_epoch(const std::string& store_epoch) {
  // A store that was put back to what it was earlier would give the numbers of its old epoch once more.
  const bool was_used = store_epoch == store_epoch_ || std::ranges::find(earlier_, store_epoch) != earlier_.end() ||
                        earlier_.size() == kEarlierEpochsMax;
  if (store_epoch != store_epoch_ && earlier_.size() < kEarlierEpochsMax) earlier_.push_back(store_epoch_);
  head_.epoch = store_epoch;
  if (was_used) {
    head_.epoch = names_.other_than(store_epoch);
  }
  store_epoch_ = store_epoch;
  marks_.clear();
  newest_at_ = Instant::max();
  ++epochs_;
}

std::string_view StoreTopic::epoch_of(const StoreCommitted& committed) const {
  return is_of_other_epoch(committed) ? std::string_view(committed.epoch) : head_.epoch;
}

// --- what is answered ------------------------------------------------------------------------------------------------

void StoreTopic::commit(const StoreCommitted& committed, Instant now) {
  if (committed.is_duplicate) return;
  SB_ASSERT(is_open_ && committed.seq == head_.last.next());  // whatever the store said
  head_.last = committed.seq;
  head_.first = std::max(head_.first, committed.first);
  mark(now);
}

SharedPage StoreTopic::receive(const SharedPage& page, std::uint64_t epochs) {
  SharedPage told = page;
  if (page->epoch == store_epoch_ && page->epoch != head_.epoch && epochs == epochs_) {
    // The epoch has a name that the store does not know.
    auto renamed = std::make_shared<Page>(*page);
    renamed->epoch = head_.epoch;
    told = std::move(renamed);
  }
  // Old messages go in the background, so a head may stand behind what is there still.
  if (told->epoch == head_.epoch)
    head_.first = std::clamp(told->oldest, head_.first, std::max(head_.first, head_.last.next()));
  return told;
}

}  // namespace switchboard::broker
