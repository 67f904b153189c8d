// Objects at stable addresses, named by handles that notice when their object is gone.
// Memory follows the number of objects down as well as up; only four bytes per slot ever used are kept. One thread.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace switchboard {

/// Names one object of a SlotTable, also after it is gone. SlotId{} names none. Repeats after 2^31 uses of one slot.
struct SlotId {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;

  explicit operator bool() const { return generation != 0; }
  friend auto operator<=>(const SlotId&, const SlotId&) = default;

  /// For an epoll_event's data, say. 0 is SlotId{}.
  std::uint64_t pack() const { return std::uint64_t{generation} << 32 | index; }
  static SlotId unpack(std::uint64_t packed) {
    return {static_cast<std::uint32_t>(packed), static_cast<std::uint32_t>(packed >> 32)};
  }
};

template <class T>
class SlotTable {
 public:
  static constexpr std::size_t kPageSlots = 64;  // a page's occupancy is one word

  SlotTable() = default;
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;

  ~SlotTable() {
    for_each([this](SlotId id, T&) { erase(id); });
  }

  /// Makes an object in the lowest free slot, so that pages at the end empty when there are fewer. Its address stays
  /// the same until it is erased. Amortised O(1) but for a search over a bit per page. Its constructor must not use the
  /// table.
  template <class... A>
  std::pair<SlotId, T&> emplace(A&&... arguments) {
    const std::size_t page_index = page_with_room();
    if (pages_[page_index] == nullptr) {
      pages_[page_index] = spare_ != nullptr ? std::move(spare_) : std::make_unique<Page>();
    }
    Page& page = *pages_[page_index];
    const auto slot = static_cast<std::size_t>(std::countr_one(page.occupied));
    T* object = ::new (static_cast<void*>(page.slots[slot].bytes)) T(std::forward<A>(arguments)...);

    page.occupied |= std::uint64_t{1} << slot;
    if (~page.occupied == 0) has_room_[page_index / 64] &= ~(std::uint64_t{1} << page_index % 64);
    ++size_;
    const auto index = static_cast<std::uint32_t>(page_index * kPageSlots + slot);
    return {SlotId{index, ++generations_[index]}, *object};
  }

  /// Null when it is gone, for SlotId{}, and for any id that was never given out.
  T* find(SlotId id) { return contains(id) ? object_at(id.index) : nullptr; }
  const T* find(SlotId id) const { return const_cast<SlotTable*>(this)->find(id); }

  bool contains(SlotId id) const {
    return id.index < generations_.size() && is_live(id.generation) && generations_[id.index] == id.generation;
  }

  /// The object of an id that is known to be in use: anything else is a broken invariant.
  T& at(SlotId id) {
    SB_ASSERT(contains(id));
    return *object_at(id.index);
  }
  const T& at(SlotId id) const { return const_cast<SlotTable*>(this)->at(id); }

  /// The object in a slot that is in use, whichever it is by now: only for who is told when it goes.
  T& at_index(std::uint32_t index) {
    SB_ASSERT(index < generations_.size() && is_live(generations_[index]));
    return *object_at(index);
  }

  /// The id of the object in a slot; SlotId{} if there is none.
  SlotId id_at(std::uint32_t index) const {
    if (index >= generations_.size() || !is_live(generations_[index])) return {};
    return {index, generations_[index]};
  }

  /// Harmless when it is gone already. The object's destructor finds it gone.
  void erase(SlotId id) {
    if (!contains(id)) return;
    ++generations_[id.index];
    std::destroy_at(object_at(id.index));

    const std::size_t page_index = id.index / kPageSlots;
    std::unique_ptr<Page>& page = pages_[page_index];
    page->occupied &= ~(std::uint64_t{1} << id.index % kPageSlots);
    has_room_[page_index / 64] |= std::uint64_t{1} << page_index % 64;
    if (page_index / 64 < first_word_with_room_) first_word_with_room_ = page_index / 64;
    --size_;
    if (page->occupied == 0) {
      // One page in hand keeps a count that swings around a page's edge from allocating each time.
      if (spare_ == nullptr) spare_ = std::move(page);
      page.reset();
    }
  }

  /// Calls f(SlotId, T&) for each object in the order of slots. `f` may erase any and emplace; whether it is then
  /// called for one made meanwhile is open.
  template <class F>
  void for_each(F&& f) {
    for (std::size_t page_index = 0; page_index < pages_.size(); ++page_index) {
      for (std::size_t slot = 0; slot < kPageSlots; ++slot) {
        // Looked up afresh each time: f may have emptied and freed the page.
        if (pages_[page_index] == nullptr) break;
        const std::uint64_t ahead = pages_[page_index]->occupied >> slot;
        if (ahead == 0) break;
        slot += static_cast<std::size_t>(std::countr_zero(ahead));
        const auto index = static_cast<std::uint32_t>(page_index * kPageSlots + slot);
        f(SlotId{index, generations_[index]}, *object_at(index));
      }
    }
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Pages in memory, the spare one included. For tests and reports.
  std::size_t page_count() const {
    std::size_t count = spare_ != nullptr ? 1 : 0;
    for (const auto& page : pages_)
      count += page != nullptr ? 1 : 0;
    return count;
  }

 private:
  struct Slot {
    alignas(T) std::byte bytes[sizeof(T)];
  };
  struct Page {
    Page() {}  // leaves the slots as they are
    std::uint64_t occupied = 0;
    std::array<Slot, kPageSlots> slots;
  };

  // A slot's generation is odd while it is in use: one comparison tells both whose it is and whether it lives, and 0
  // never names an object.
  static bool is_live(std::uint32_t generation) { return (generation & 1) != 0; }

  T* object_at(std::uint32_t index) {
    return std::launder(reinterpret_cast<T*>(pages_[index / kPageSlots]->slots[index % kPageSlots].bytes));
  }

  std::size_t page_with_room() {
    for (; first_word_with_room_ < has_room_.size(); ++first_word_with_room_) {
      const std::uint64_t word = has_room_[first_word_with_room_];
      if (word != 0) return first_word_with_room_ * 64 + static_cast<std::size_t>(std::countr_zero(word));
    }
    const std::size_t page_index = pages_.size();
    SB_ASSERT(page_index < (std::uint64_t{1} << 32) / kPageSlots);
    pages_.emplace_back();
    generations_.resize(pages_.size() * kPageSlots);
    has_room_.resize(page_index / 64 + 1);
    has_room_[page_index / 64] |= std::uint64_t{1} << page_index % 64;
    first_word_with_room_ = page_index / 64;
    return page_index;
  }

  std::vector<std::unique_ptr<Page>> pages_;  // null: none of its slots is in use
  std::unique_ptr<Page> spare_;
  std::vector<std::uint32_t> generations_;  // by slot; outlives the pages
  std::vector<std::uint64_t> has_room_;     // a bit per page, set while it has a free slot (or is not in memory)
  std::size_t first_word_with_room_ = 0;    // no word of has_room_ before it has a bit set
  std::size_t size_ = 0;
};

}  // namespace switchboard
