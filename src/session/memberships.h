// The rooms one session is in, by place: rooms know their members by that number. Finding a room among them takes the
// same time however many there are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/flat_map.h"
#include "base/slot_table.h"
#include "base/small_vector.h"
#include "session/membership.h"

namespace switchboard::session {

/// Nearly every connection is in one room: that one is kept where the session is. From 17 on there is an index.
class Memberships {
  using List = SmallVector<Membership, 1>;

 public:
  static constexpr std::uint32_t kSearched = 16;

  std::uint32_t size() const { return static_cast<std::uint32_t>(list_.size()); }
  bool empty() const { return list_.empty(); }
  Membership& operator[](std::uint32_t slot) { return list_[slot]; }
  const Membership& operator[](std::uint32_t slot) const { return list_[slot]; }
  Membership& back() { return list_.back(); }
  List::const_iterator begin() const { return list_.begin(); }
  List::const_iterator end() const { return list_.end(); }

  /// No other has the same `room`.
  void push_back(const Membership& membership);
  /// The last one takes its place, unless it was the last.
  void erase(std::uint32_t slot);
  void clear();

  /// Where the membership of that view is. O(1).
  std::optional<std::uint32_t> find(SlotId room) const;
  /// How many of them only watch who comes and goes (Membership::is_watcher). O(1).
  std::uint32_t watchers() const;

 private:
  struct Index {
    FlatMap<std::uint64_t, std::uint32_t> slots;  // by packed room
    std::uint32_t watchers = 0;
  };

  List list_;
  std::unique_ptr<Index> index_;  // null while few enough to be searched
};

}  // namespace switchboard::session
