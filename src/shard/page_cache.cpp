#include "shard/page_cache.h"

#include <algorithm>

#include "base/assert.h"

namespace switchboard::shard {
namespace {

/// What keeping a page takes besides the page.
constexpr std::size_t kOverheadBytes = 256;

std::size_t bytes_of(const wire::Page& page) {
  return page.memory() + kOverheadBytes;
}

/// The same range will be answered with the same messages until some of them are trimmed. A page of the oldest ones may
/// have stopped anywhere, one of the newest ones is what it should be only when it ends where the range does.
bool is_lasting(const broker::ReadRange& range, const wire::Page& page) {
  if (page.empty()) return false;
  return range.newest ? page.end() == range.until : page.first == std::max(range.from, page.oldest);
}

}  // namespace

std::size_t PageCache::KeyHash::operator()(const Key& key) const {
  const broker::ReadRange& range = key.wish.range;
  const std::uint64_t words[] = {key.topic.pack(), range.from.value, range.until.value,
                                 std::uint64_t{range.messages_max} << 32 | range.bytes_max,
                                 std::uint64_t{range.newest} << 32 | wire::index_of(key.wish.format)};
  return static_cast<std::size_t>(siphash13(secret, {reinterpret_cast<const char*>(words), sizeof(words)}));
}

wire::SharedPage PageCache::find(broker::TopicId topic, const PageWish& wish, Seq oldest, Instant now) {
  const auto found = kept_.find(Key{topic, wish});
  if (found == kept_.end()) return nullptr;
  const auto kept = found->second;
  if (kept->page->first < oldest || now >= kept->page->fresh_until || now >= kept->kept_until) {
    drop(kept);
    return nullptr;
  }
  return kept->page;
}

std::optional<std::uint64_t> PageCache::begin(broker::TopicId topic, const PageWish& wish, PageReader reader) {
  const Key key{topic, wish};
  if (const auto found = under_way_.find(key); found != under_way_.end()) {
    reads_.find(found->second)->readers.push_back(reader);
    return std::nullopt;
  }
  const SlotId id = reads_.emplace(Read{.key = key, .readers = {reader}}).first;
  under_way_.emplace(key, id);
  return id.pack();
}

wire::Format PageCache::format_of(std::uint64_t ticket) const {
  const Read* read = reads_.find(SlotId::unpack(ticket));
  SB_ASSERT(read != nullptr);
  return read->key.wish.format;
}

std::vector<PageReader> PageCache::end(std::uint64_t ticket, const wire::PageOrError& page, std::string_view epoch,
                                       Instant now) {
  const SlotId id = SlotId::unpack(ticket);
  Read* read = reads_.find(id);
  SB_ASSERT(read != nullptr);
  std::vector<PageReader> readers = std::move(read->readers);
  if (page && (*page)->epoch == epoch && is_lasting(read->key.wish.range, **page)) keep(read->key, *page, now);
  under_way_.erase(read->key);
  reads_.erase(id);
  return readers;
}

void PageCache::keep(const Key& key, const wire::SharedPage& page, Instant now) {
  if (bytes_of(*page) > bytes_max_) return;
  if (const auto found = kept_.find(key); found != kept_.end()) drop(found->second);
  recent_.push_front({.key = key, .page = page, .kept_until = now + kKeptFor});
  kept_.emplace(key, recent_.begin());
  bytes_ += bytes_of(*page);
  bound_by(bytes_max_);
}

void PageCache::drop_stale(Instant now) {
  while (!recent_.empty() && recent_.back().kept_until <= now)
    drop(std::prev(recent_.end()));
}

void PageCache::drop(std::list<Kept>::iterator kept) {
  bytes_ -= bytes_of(*kept->page);
  kept_.erase(kept->key);
  recent_.erase(kept);
}

void PageCache::forget(broker::TopicId topic) {
  for (auto kept = recent_.begin(); kept != recent_.end();) {
    const auto next = std::next(kept);
    if (kept->key.topic == topic) drop(kept);
    kept = next;
  }
}

void PageCache::bound_by(std::size_t bytes_max) {
  bytes_max_ = bytes_max;
  while (bytes_ > bytes_max_)
    drop(std::prev(recent_.end()));
}

}  // namespace switchboard::shard
