// Reads stretches of a room's history as pages, on a connection of its own: what is in blocks from the file, what is
// not from the writer's memory. Each page is one short read, so that checkpoints are never held up for long.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "broker/page.h"
#include "broker/sqlite/age_clock.h"
#include "broker/sqlite/database.h"
#include "broker/sqlite/opened_file.h"
#include "broker/sqlite/room_table.h"
#include "broker/sqlite/settings.h"
#include "broker/sqlite/status.h"
#include "broker/store.h"

namespace switchboard::broker {

class PageBuilder;
class RoomCache;

/// One thread.
class Reader {
 public:
  /// `rooms`, `opened` and `ages` are the writer's.
  Reader(const SqliteSettings& settings, const RoomCache& rooms, OpenedFile& opened, const AgeClock& ages,
         const Clock& clock, StoreStatus& status);
  ~Reader();

  /// kUnavailable while the file cannot be read. What is damaged is left out, as if it had been trimmed: a page begins
  /// behind it or ends before it, or is empty and says where it ends. So is what is older than the room keeps it.
  PageOrError read(const StoreRead& request);
  /// Lets go of a file that the writer has closed. To be called soon after that, whether anything is to be read or not.
  void follow();
  bool must_follow() const { return connection_ != nullptr && opened_.number() != opened_as_; }
  /// Closes its connection, until the next read.
  void let_go();

 private:
  struct Connection;
  /// Where the room stands, and what of the range is kept.
  struct View {
    bool is_in_memory = false;
    std::int64_t room = 0;  // 0: not in the file
    std::string epoch;
    Seq oldest{1};
    Seq newest;
    StoreMillis oldest_at = 0;  // what was committed before is too old
    Seq blocks_end{1};          // messages before it are in blocks
    std::string tail;           // records of the range that are not, oldest first
    std::vector<std::uint32_t> tail_ends;
    std::vector<StoreMillis> tail_times;
    Seq tail_first;
    bool is_damaged = false;  // some of the range was
  };

  bool ensure_open();
  PageOrError read_around(const StoreRead& request, View& view);
  View look(const StoreRead& request) const;
  void look_in_file(std::string_view room, View& view);
  void add_tail(const View& view, const ReadRange& range, PageBuilder& page) const;
  void add_blocks(const StoreRead& request, View& view, PageBuilder& page);
  StoreMillis oldest_at(std::uint32_t keep_seconds) const;
  static bool is_too_old(View& view, Seq seq, StoreMillis at);
  void note_damage(const std::string& room, const BlockHead& block);

  const SqliteSettings& settings_;
  const RoomCache& rooms_;
  OpenedFile& opened_;
  const AgeClock& ages_;
  const Clock& clock_;
  StoreStatus& status_;
  std::unique_ptr<Connection> connection_;
  std::uint32_t opened_as_ = 0;
  std::uint64_t lost_mappings_ = 0;
  Instant next_open_{};
  std::set<std::pair<std::int64_t, std::uint64_t>> told_;  // damaged blocks: each is told once
};

}  // namespace switchboard::broker
