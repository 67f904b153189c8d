// Where the record of a digest may be: 8 bytes a slot, because there can be millions of them. It only narrows down;
// whether the record is the right one its owner sees by reading it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace switchboard::broker {

class DedupIndex {
 public:
  /// `hash` is a keyed hash of what identifies the record; `record` its number, below 2^32 - 1.
  void insert(std::uint64_t hash, std::uint32_t record);

  /// Calls `f(record)` for each that may be meant, until it returns true; whether one did. With 8 million records one
  /// of 30,000 look-ups finds a wrong one.
  template <class F>
  bool find(std::uint64_t hash, F&& f) const {
    const Table& table = tables_[table_of(hash)];
    if (table.slots.empty()) return false;
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::size_t at = table.place_of(tag); table.slots[at].record_plus_1 != 0; at = table.after(at)) {
      if (table.slots[at].tag == tag && f(table.slots[at].record_plus_1 - 1)) return true;
    }
    return false;
  }

  std::size_t size() const { return size_; }

 private:
  // Many small tables rather than a large one: growing one then takes about a millisecond, and they do not all grow in
  // the same moment.
  static constexpr int kTableBits = 6;
  static constexpr std::size_t kSlotsMin = 64;

  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t record_plus_1 = 0;  // 0: free
  };
  struct Table {
    std::vector<Slot> slots;  // a power of two of them
    std::size_t used = 0;

    std::size_t place_of(std::uint32_t tag) const { return tag & (slots.size() - 1); }
    std::size_t after(std::size_t at) const { return (at + 1) & (slots.size() - 1); }
    void put(Slot slot);
    void grow();
  };

  static std::size_t table_of(std::uint64_t hash) { return hash >> (64 - kTableBits); }

  std::array<Table, 1u << kTableBits> tables_;
  std::size_t size_ = 0;
};

}  // namespace switchboard::broker
