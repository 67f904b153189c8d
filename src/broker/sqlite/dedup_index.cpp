#include "broker/sqlite/dedup_index.h"

#include <utility>

namespace switchboard::broker {

void DedupIndex::insert(std::uint64_t hash, std::uint32_t record) {
  Table& table = tables_[table_of(hash)];
  if ((table.used + 1) * 4 > table.slots.size() * 3) table.grow();
  table.put({.tag = static_cast<std::uint32_t>(hash), .record_plus_1 = record + 1});
  ++table.used;
  ++size_;
}

void DedupIndex::Table::put(Slot slot) {
  std::size_t at = place_of(slot.tag);
  while (slots[at].record_plus_1 != 0)
    at = after(at);
  slots[at] = slot;
}

void DedupIndex::Table::grow() {
  std::vector<Slot> old(slots.empty() ? kSlotsMin : slots.size() * 2);
  std::swap(old, slots);
  for (const Slot& slot : old) {
    if (slot.record_plus_1 != 0) put(slot);
  }
}

}  // namespace switchboard::broker
