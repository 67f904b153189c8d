#include "broker/memory/kept_messages.h"

#include <algorithm>
#include <chrono>

#include "broker/memory/heap_bytes.h"

namespace switchboard::broker {
namespace {

constexpr std::size_t kBlockMessages = 256;
constexpr std::size_t kBlockBytes = 32 * 1024;

}  // namespace

std::size_t KeptMessages::Block::memory() const {
  return heap_bytes(records) + heap_bytes(ends) + heap_bytes(stamps);
}

std::size_t KeptMessages::bytes() const {
  return heap_bytes(sizeof(KeptMessages)) + heap_bytes(blocks_) + block_bytes_;
}

void KeptMessages::append(const Publication& publication, Instant now) {
  const bool is_full =
      empty() || blocks_.back().ends.size() == kBlockMessages || blocks_.back().records.size() >= kBlockBytes;
  if (is_full) blocks_.push_back(Block{.first = end_, .records = {}, .ends = {}, .stamps = {}});
  Block& block = blocks_.back();
  const std::size_t memory_before = block.memory();
  const std::size_t bytes_before = block.records.size();
  append_record(block.records, publication);
  block.ends.push_back(static_cast<std::uint32_t>(block.records.size()));
  block.stamps.push_back(now);
  end_ = end_.next();
  record_bytes_ += block.records.size() - bytes_before;
  block_bytes_ += block.memory() - memory_before;
}

void KeptMessages::trim(const room::Retention& retention, Instant now) {
  const Instant oldest = now - std::chrono::seconds(retention.seconds);
  while (!empty()) {
    const bool is_over =
        distance(first_, end_) > retention.messages || record_bytes_ > retention.bytes || committed_at(first_) < oldest;
    if (!is_over) return;
    drop_first();
  }
}

Instant KeptMessages::committed_at(Seq seq) const {
  const Block& block = blocks_[block_of(seq)];
  return block.stamps[distance(block.first, seq)];
}

void KeptMessages::drop_first() {
  const Block& front = blocks_[front_];
  record_bytes_ -= front.size_of(distance(front.first, first_));
  first_ = first_.next();
  if (first_ == front.first.plus(front.ends.size())) drop_front_block();
}

void KeptMessages::drop_oldest() {
  const Seq after = blocks_[front_].first.plus(blocks_[front_].ends.size());
  while (first_ < after)
    drop_first();
}

void KeptMessages::drop_front_block() {
  block_bytes_ -= blocks_[front_].memory();
  blocks_[front_++] = {};
  if (front_ == blocks_.size()) {
    blocks_ = {};  // the memory, too
    front_ = 0;
  } else if (2 * front_ > blocks_.size()) {
    blocks_.erase(blocks_.begin(),
                  blocks_.begin() + static_cast<std::ptrdiff_t>(front_));  // each is moved once at most
    front_ = 0;
  }
}

std::size_t KeptMessages::block_of(Seq seq) const {
  if (seq < blocks_[front_].first.plus(blocks_[front_].ends.size())) return front_;
  const auto kept = blocks_.begin() + static_cast<std::ptrdiff_t>(front_);
  const auto after = std::ranges::upper_bound(kept, blocks_.end(), seq, {}, &Block::first);
  return static_cast<std::size_t>(after - blocks_.begin()) - 1;
}

std::size_t KeptMessages::size_of(Seq seq) const {
  const Block& block = blocks_[block_of(seq)];
  return block.size_of(distance(block.first, seq));
}

void KeptMessages::read(const ReadRange& range, Page& page) const {
  Seq from = std::max(range.from, first_);
  Seq until = std::min(range.until, end_);
  if (from >= until) return;
  // One message always fits, at whichever end the range begins to be filled.
  std::size_t bytes = 0;
  std::uint32_t count = 0;
  const auto takes = [&](Seq seq) {
    const std::size_t size = size_of(seq);
    if (count == std::max(range.messages_max, 1u) || (count > 0 && bytes + size > range.bytes_max)) return false;
    bytes += size;
    ++count;
    return true;
  };
  if (range.newest) {
    Seq at = until;
    while (at > from && takes(Seq{at.value - 1}))
      at = Seq{at.value - 1};
    from = at;
  } else {
    Seq at = from;
    while (at < until && takes(at))
      at = at.next();
    until = at;
  }
  page.first = from;
  page.bytes.reserve(bytes);
  page.ends.reserve(count);
  for (Seq seq = from; seq < until; seq = seq.next()) {
    const Block& block = blocks_[block_of(seq)];
    const std::size_t index = distance(block.first, seq);
    page.bytes.append(block.records, block.begin_of(index), block.size_of(index));
    page.ends.push_back(static_cast<std::uint32_t>(page.bytes.size()));
  }
}

}  // namespace switchboard::broker
