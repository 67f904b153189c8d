// What a store keeps: rooms with their numbers and messages, and the records against doubles. What is here was
// committed and survives the end of the process; a machine that goes down may take the newest of it along.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>

#include "base/random.h"
#include "base/time.h"
#include "broker/store.h"

namespace switchboard::simulation {

class SimulatedDisk {
 public:
  explicit SimulatedDisk(std::uint64_t seed, Duration dedup_window) : random_(seed), dedup_window_(dedup_window) {}

  broker::StoreOpened open(const broker::StoreOpen& open);
  broker::StoreCommitted publish(const broker::StorePublish& publish, UnixMillis now);
  broker::PageOrError read(const broker::StoreRead& read);

  /// The machine went down: each room of durability `process` loses some of its newest messages, perhaps none, and
  /// begins a new epoch.
  void lose_tails();
  /// It was damaged, and is now an empty one.
  void lose_all();
  /// A snapshot of all there is.
  void remember();
  /// The last snapshot is put back, if there is one. The store may see that at once, and begins new epochs; or it only
  /// sees it of each room when that is opened or a double is found in it, goes on counting till then, and cannot read
  /// the room. Of rooms that were
  /// in an earlier epoch then it is always seen.
  void restore(bool is_noticed);
  /// Some messages of a room cannot be read any more.
  void damage();

 private:
  struct Room {
    std::string epoch;
    std::uint64_t last = 0;
    room::Durability durability{};
    std::deque<std::string> records;  // of the messages that end with `last`
    std::uint64_t bytes = 0;          // of them
    bool is_doubtful = false;         // it was put back, which is noticed when it is opened
    std::uint64_t damaged_from = 0;   // messages of [from, until) cannot be read
    std::uint64_t damaged_until = 0;

    bool is_damaged(std::uint64_t seq) const { return seq >= damaged_from && seq < damaged_until; }
    std::uint64_t first() const { return last + 1 - records.size(); }
  };
  struct Dedup {
    std::uint64_t seq;
    UnixMillis ts;
  };
  using DedupKey = std::tuple<std::string, std::string, std::string>;  // room, sender, value

  Room& room(const std::string& room_id);
  void trim(Room& room, const room::Retention& retention);

  Random random_;
  Duration dedup_window_;
  std::map<std::string, Room> rooms_;
  std::map<DedupKey, Dedup> dedups_;
  std::map<std::string, Room> remembered_rooms_;
  std::map<DedupKey, Dedup> remembered_dedups_;
};

}  // namespace switchboard::simulation
