// One page of the list of all rooms, put together of what the shards have: each is asked for a few at a time, in the
// order of names, and again when those are used up. What is held is a few for each shard and the page itself; what is
// looked at for one page is bounded, too, so that a page may end before it is full: `next` says where it goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shard/api_messages.h"

namespace switchboard::shard {

struct RoomsWish {
  std::string prefix;
  std::string after;
  std::uint32_t rooms_max = 0;
  std::size_t bytes_max = 0;  // of names; one is always given
};

class RoomMerge {
 public:
  /// So many are asked for at once, of one shard.
  static constexpr std::uint32_t kRoomsAtOnce = 100;
  /// So many are looked at for one page: more only count where few of them are shown.
  static constexpr std::size_t kLookedAtMax = 10'000;

  /// `is_shown`: whether whoever asks may see that room.
  RoomMerge(std::uint32_t shards, RoomsWish wish, std::function<bool(std::string_view room_id)> is_shown);

  /// A shard that is to be asked; none while answers are awaited, or when the page is done. Once asked, `note_asked`.
  std::optional<std::uint32_t> shard_to_ask() const;
  ListRooms question_for(std::uint32_t shard) const;
  void note_asked(std::uint32_t shard) { parts_[shard].state = State::kAsked; }
  void take(std::uint32_t shard, RoomsFound&& found);

  bool is_done() const { return is_done_; }
  /// The page, once it is done.
  const std::vector<ListedRoom>& rooms() const { return page_; }
  /// The last name that was looked at, when there may be more behind it; "" otherwise.
  std::string_view next() const { return has_more_ ? std::string_view(last_) : std::string_view(); }

 private:
  enum class State : std::uint8_t { kToAsk, kAsked, kHere, kEnded };
  struct Part {
    State state = State::kToAsk;
    std::vector<ListedRoom> rooms;
    std::size_t used = 0;  // of them
    std::string after;     // where it goes on
    bool more = false;
  };

  void merge();
  void use(Part& part);
  void end(bool has_more);

  RoomsWish wish_;
  std::function<bool(std::string_view)> is_shown_;
  std::vector<Part> parts_;  // by shard
  std::vector<ListedRoom> page_;
  std::string last_;
  std::size_t bytes_ = 0;
  std::size_t looked_at_ = 0;
  bool is_done_ = false;
  bool has_more_ = false;
};

}  // namespace switchboard::shard
