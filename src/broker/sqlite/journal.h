// The table `journal`: what was committed lately, in the order of the transactions, one row for each. A message lies
// here only so that it survives the process; it is read from its room's tail. A row is of no use as soon as each of its
// messages has moved to a block or was trimmed; the journal loses its beginning then. Each row has a checksum and names
// the one before it, so a row that is missing is missed.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/seq.h"
#include "broker/sqlite/database.h"
#include "broker/sqlite/stored_room.h"

namespace switchboard::broker {

class Journal {
 public:
  /// `last_row`: the last transaction that is known (broker/sqlite/journal_check.h).
  Journal(Database& database, std::int64_t last_row);
  ~Journal();  // lets go of the rooms

  struct Entry {
    StoredRoom* room;
    Seq seq;
    StoreMillis at;
    std::uint32_t begin;  // of its record in the row
    std::uint32_t end;
    OwnerId owner;
  };

  // In a transaction; then `write`, and when that is known, `committed` or `rolled_back`.
  /// `room.newest_row().id` is known.
  void stage(StoredRoom& room, Seq seq, StoreMillis at, OwnerId owner, std::string_view record);
  void write();
  /// What the transaction holds, until the next of the following two.
  std::span<const Entry> staged() const { return staged_; }
  std::string_view record(const Entry& entry) const {
    return std::string_view(row_).substr(entry.begin, entry.end - entry.begin);
  }
  /// What is stored with the row of the transaction.
  std::int64_t staged_check() const;
  /// The row of that number is in the file, with that checksum.
  static bool has(Database& database, std::int64_t row, std::int64_t check);
  void committed();
  void rolled_back();

  struct Loaded {
    Seq seq;
    StoreMillis at = 0;
    OwnerId owner = 0;
    std::string_view record;
  };
  /// At opening: gives each message of the file, in order, to `f(room id, Loaded)`, which returns the room that has it
  /// in its tail, or null when the message is of no use any more.
  template <class F>
  void load(F&& f);

  /// Rows that are still of use.
  std::size_t live_bytes() const { return live_bytes_; }
  std::size_t live_messages() const { return live_.size(); }
  /// The rooms that keep the oldest row; empty when nothing is kept.
  std::vector<StoredRoom*> oldest_rooms();
  /// Looks which rows are of no use any more, and lets go of their rooms. Amortised O(1).
  void pass_dead();
  /// The same; returns the bytes of those rows.
  std::size_t dead_bytes();
  /// The last transaction with messages in it. Of one store the numbers go up without a gap.
  std::int64_t last_row() const { return next_row_ - 1; }
  /// In a transaction: takes about `bytes_max` of these out of the file. `removed` when it was committed.
  void remove_dead(std::size_t bytes_max);
  void removed();

 private:
  struct Live {
    StoredRoom* room;
    Seq seq;
    std::int64_t row;
  };
  struct Row {
    std::int64_t id;
    std::size_t bytes;
  };
  struct Cursor {
    std::string_view rest;
    bool next(std::int64_t& room, Loaded& message);
  };
  void keep(StoredRoom& room, Seq seq, std::int64_t row);

  Database& database_;
  Statement insert_;
  Statement read_;
  Statement remove_;

  std::string row_;
  std::vector<Entry> staged_;
  std::int64_t next_row_;

  std::deque<Live> live_;      // by row; of one room in a row at least its last message
  std::deque<Row> rows_;       // in the file
  std::size_t dead_rows_ = 0;  // so many of the first are of no use
  std::size_t dead_bytes_ = 0;
  std::size_t live_bytes_ = 0;
  std::size_t removing_ = 0;  // rows
};

template <class F>
void Journal::load(F&& f) {
  while (read_.next()) {
    const std::int64_t row = read_.integer(0);
    const std::string_view messages = read_.bytes(1);
    Cursor cursor{messages};
    std::int64_t room_id = 0;
    Loaded message;
    rows_.push_back({row, messages.size()});
    live_bytes_ += messages.size();
    while (cursor.next(room_id, message)) {
      if (StoredRoom* room = f(room_id, message)) keep(*room, message.seq, row);
    }
  }
}

}  // namespace switchboard::broker
