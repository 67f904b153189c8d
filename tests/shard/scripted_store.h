// A store in memory that does what the test says: it answers at once or when told to, trims, fails and forgets. All
// shards of a test may share its rooms; each has a channel of its own.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/publication.h"
#include "broker/store.h"
#include "protocol/push.h"
#include "ws/frame_writer.h"

namespace switchboard::shard {

struct StoredRoom {
  std::string epoch = "k3";
  std::string next_epoch = "";  // if any: the next publish begins it
  Seq first{1};
  std::vector<std::string> records;  // of the messages from 1 on, also of those before `first`

  Seq last() const { return Seq{records.size()}; }
};

struct ScriptedRooms {
  std::map<std::string, StoredRoom> rooms;
  int failing_reads = 0;  // so many of the next reads find the store unavailable
  std::size_t reads = 0;  // answered with a page
  std::size_t page_bytes_max = 0;

  /// Appends so many messages, each of which has its number as content.
  void fill(const std::string& room_id, std::size_t count, std::size_t padding = 0) {
    StoredRoom& room = rooms[room_id];
    for (std::size_t i = 0; i < count; ++i) {
      std::string content = std::to_string(room.last().next().value);
      if (padding > 0) content = '"' + content + std::string(padding, 'x') + '"';
      append(room_id, content, "filler");
    }
  }
  const std::string& append(const std::string& room_id, std::string_view content, std::string_view sender) {
    StoredRoom& room = rooms[room_id];
    std::string& record = room.records.emplace_back();
    broker::append_record(record, {.seq = room.last(), .ts = 1'764'000'000'000, .content = content, .sender = sender});
    return record;
  }

  broker::SharedPage page(const std::string& room_id, const broker::ReadRange& range) {
    const StoredRoom& room = rooms[room_id];
    auto page = std::make_shared<broker::Page>();
    page->epoch = room.epoch;
    page->oldest = room.first;
    page->newest = room.last();
    Seq from = std::max(range.from, room.first);
    Seq until = std::max(from, std::min(range.until, room.last().next()));
    const auto fits = [&](Seq a, Seq b) {
      std::size_t bytes = 0;
      for (Seq seq = a; seq < b; seq = seq.next())
        bytes += room.records[seq.value - 1].size();
      return distance(a, b) <= 1 || (distance(a, b) <= range.messages_max && bytes <= range.bytes_max);
    };
    while (!fits(from, until)) {
      if (range.newest) {
        from = from.next();
      } else {
        until = Seq{until.value - 1};
      }
    }
    page->first = from;
    for (Seq seq = from; seq < until; seq = seq.next()) {
      page->bytes.append(room.records[seq.value - 1]);
      page->ends.push_back(static_cast<std::uint32_t>(page->bytes.size()));
    }
    ++reads;
    page_bytes_max = std::max(page_bytes_max, page->bytes.size());
    return page;
  }
};

class ScriptedStore final : public broker::StoreChannel {
 public:
  explicit ScriptedStore(ScriptedRooms& rooms) : rooms_(rooms) {}

  bool submit(broker::StoreRequest&& request) override {
    requests_.push_back(std::move(request));
    return true;
  }
  std::optional<broker::StoreAnswer> take() override {
    if (!has_answer()) return std::nullopt;
    const auto next = next_request();
    broker::StoreRequest request = std::move(*next);
    requests_.erase(next);
    if (reads_allowed > 0 && std::holds_alternative<broker::StoreRead>(request.what)) --reads_allowed;
    return broker::StoreAnswer{.ticket = request.ticket,
                               .what = std::visit([this](auto& what) { return answer(what); }, request.what)};
  }
  bool has_answer() override { return next_request() != requests_.end(); }
  void flush() override {}

  std::size_t reads_waiting() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        requests_, [](const auto& r) { return std::holds_alternative<broker::StoreRead>(r.what); }));
  }

  bool holds_opens = false;
  bool holds_reads = false;
  int reads_allowed = 0;  // although it holds them

 private:
  using What = decltype(broker::StoreAnswer::what);

  std::deque<broker::StoreRequest>::iterator next_request() {
    return std::ranges::find_if(requests_, [this](const broker::StoreRequest& request) {
      if (std::holds_alternative<broker::StoreOpen>(request.what)) return !holds_opens;
      return !std::holds_alternative<broker::StoreRead>(request.what) || !holds_reads || reads_allowed > 0;
    });
  }
  What answer(const broker::StoreOpen& open) {
    const StoredRoom& room = rooms_.rooms[open.room_id];
    return broker::StoreOpened{.first = room.first, .last = room.last(), .epoch = room.epoch};
  }
  What answer(const broker::StorePublish& publish) {
    StoredRoom& room = rooms_.rooms[publish.room_id];
    if (!room.next_epoch.empty()) room = {.epoch = std::exchange(room.next_epoch, ""), .records = {}};
    const std::string& record = rooms_.append(publish.room_id, publish.content, publish.sender);
    return broker::StoreCommitted{
        .seq = room.last(), .first = room.first, .epoch = room.epoch, .ts = 1'764'000'000'000, .record = record};
  }
  What answer(const broker::StoreRead& read) {
    if (rooms_.failing_reads > 0) {
      --rooms_.failing_reads;
      return broker::StoreFailed{broker::Failure::kUnavailable};
    }
    return rooms_.page(read.room_id, read.range);
  }

  ScriptedRooms& rooms_;
  std::deque<broker::StoreRequest> requests_;
};

}  // namespace switchboard::shard
