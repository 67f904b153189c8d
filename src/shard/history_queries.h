// The `history` queries that are under way on a shard: what each has been given so far, and what is still to be read
// for it. A page of the room's home seldom holds a whole answer. It sends nothing: the shard asks the homes and hands
// the answer to the session.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/flat_map.h"
#include "base/seq.h"
#include "base/slot_table.h"
#include "protocol/command.h"
#include "protocol/push.h"
#include "wire/page.h"

namespace switchboard::shard {

class HistoryQuery {
 public:
  struct Asker {
    SlotId client;
    SlotId view;
    wire::Format format{};  // of the pages
  };

  /// `end`: the number behind the newest message that may be shown. `bytes_max`: of the whole answer's JSON text; one
  /// message is always given. `epoch`: of the room now; that of the first page is told. What is viewed is copied.
  HistoryQuery(const Asker& asker, const protocol::History& query, std::string_view command_id, std::string_view epoch,
               Seq end, std::size_t bytes_max);

  /// What to read next; none when the answer is complete.
  std::optional<broker::ReadRange> next_range() const;
  /// The page for what `next_range` said.
  void take(wire::SharedPage page);
  /// What there is, oldest first: views of this and of its pages. Once.
  protocol::HistoryPage answer(std::string_view room_id);

  /// How long the answer with what has been taken so far is as JSON text, or one byte more: until it is complete it is
  /// not known what `more` says.
  std::size_t bytes() const { return bytes_; }

  SlotId client() const { return asker_.client; }
  SlotId view() const { return asker_.view; }
  const std::string& command_id() const { return command_id_; }

 private:
  void take_forward(const wire::Page& page);
  void take_backward(const wire::Page& page);
  /// False when it does not fit any more.
  bool take(std::string_view message);
  std::size_t bytes_left() const { return bytes_max_ - std::min(bytes_max_, bytes_); }

  Asker asker_;
  std::string command_id_;
  std::string epoch_;
  Seq from_;  // what is still to be looked at: [from_, until_)
  Seq until_;
  std::uint32_t messages_left_;
  std::size_t bytes_max_;
  std::size_t bytes_;
  bool is_backward_;  // the newest are given: it grows towards older ones
  bool is_done_ = false;
  bool more_ = false;
  std::vector<wire::SharedPage> pages_;
  std::vector<std::string_view> messages_;  // in the order of growth
};

class HistoryQueries {
 public:
  /// Returns its ticket.
  std::uint64_t add(HistoryQuery read) {
    reads_.emplace(++last_ticket_, std::move(read));
    return last_ticket_;
  }
  /// Null when there is none: stays until the next `add`.
  HistoryQuery* find(std::uint64_t ticket) {
    const auto found = reads_.find(ticket);
    return found == reads_.end() ? nullptr : &found->second;
  }
  void erase(std::uint64_t ticket) { reads_.erase(ticket); }

  /// Queries that have yet to ask for their next page: their turn has not come, or the mailbox was full.
  std::deque<std::uint64_t>& waiting() { return waiting_; }
  const std::deque<std::uint64_t>& waiting() const { return waiting_; }
  /// Those that await a page.
  std::size_t at_work() const { return reads_.size() - std::min(reads_.size(), waiting_.size()); }
  std::size_t size() const { return reads_.size(); }

 private:
  FlatMap<std::uint64_t, HistoryQuery> reads_;  // by ticket
  std::deque<std::uint64_t> waiting_;
  std::uint64_t last_ticket_ = 0;
};

}  // namespace switchboard::shard
