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

#include "base/time.h"
#include "broker/sqlite/database.h"
#include "broker/sqlite/stored_room.h"
#include "protocol/seq.h"

namespace switchboard::broker {

class Journal {
 public:
  /// `last_row`: the last transaction that is known (broker/sqlite/journal_check.h).
  Journal(Database& database, std::int64_t last_row);
  ~Journal();  // lets go of the rooms

  struct Entry {
    StoredRoom* room;
    Seq seq;
    UnixMillis ts;
    std::uint32_t begin;  // of its frame in the row
    std::uint32_t end;
  };

  // In a transaction; then `write`, and when that is known, `committed` or `rolled_back`.
  /// Puts the payload into a frame. `room.row.id` is known.
  void stage(StoredRoom& room, Seq seq, UnixMillis ts, std::string_view payload);
  void write();
  /// What the transaction holds, until the next of the following two.
  std::span<const Entry> staged() const { return staged_; }
  std::string_view frame(const Entry& entry) const {
    return std::string_view(row_).substr(entry.begin, entry.end - entry.begin);
  }
  /// What is stored with the row of the transaction.
  std::int64_t staged_check() const;
  /// The row of that number is in the file, with that checksum.
  static bool has(Database& database, std::int64_t row, std::int64_t check);
  void committed();
  void rolled_back();

  /// At opening: gives each message of the file, in order, to `f(room id, seq, ts, frame)`, which returns the room that
  /// has it in its tail, or null when the message is of no use any more.
  template <class F>
  void load(F&& f);

  /// Rows that are still of use.
  std::size_t live_bytes() const { return live_bytes_; }
  std::size_t live_messages() const { return live_.size(); }
  /// The rooms that keep the oldest row; empty when nothing is kept.
  std::vector<StoredRoom*> oldest_rooms();
  /// Looks which rows are of no use any more. Returns their bytes.
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
    bool next(std::int64_t& room, Seq& seq, UnixMillis& ts, std::string_view& frame);
  };
  void keep(StoredRoom& room, Seq seq, std::int64_t row);
  void pass_dead();

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
    Seq seq;
    UnixMillis ts = 0;
    std::string_view frame;
    rows_.push_back({row, messages.size()});
    live_bytes_ += messages.size();
    while (cursor.next(room_id, seq, ts, frame)) {
      if (StoredRoom* room = f(room_id, seq, ts, frame)) keep(*room, seq, row);
    }
  }
}

}  // namespace switchboard::broker
