#include "shard/room_merge.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace switchboard::shard {

RoomMerge::RoomMerge(std::uint32_t shards, RoomsWish wish, std::function<bool(std::string_view)> is_shown)
    : wish_(std::move(wish)), is_shown_(std::move(is_shown)), parts_(shards) {
  for (Part& part : parts_)
    part.after = wish_.after;
}

std::optional<std::uint32_t> RoomMerge::shard_to_ask() const {
  if (is_done_) return std::nullopt;
  const auto found = std::ranges::find(parts_, State::kToAsk, &Part::state);
  if (found == parts_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - parts_.begin());
}

ListRooms RoomMerge::question_for(std::uint32_t shard) const {
  return {.prefix = wish_.prefix, .after = parts_[shard].after, .rooms_max = std::min(kRoomsAtOnce, wish_.rooms_max)};
}

void RoomMerge::take(std::uint32_t shard, RoomsFound&& found) {
  Part& part = parts_[shard];
  SB_ASSERT(part.state == State::kAsked);
  part.rooms = std::move(found.rooms);
  part.used = 0;
  part.more = found.more;
  part.state = part.rooms.empty() ? State::kEnded : State::kHere;
  merge();
}

/// The least name of all comes next: which it is, is known as long as every shard that has any shows its least.
void RoomMerge::merge() {
  while (!is_done_) {
    Part* least = nullptr;
    for (Part& part : parts_) {
      if (part.state == State::kToAsk || part.state == State::kAsked) return;
      if (part.state == State::kEnded) continue;
      if (least == nullptr || part.rooms[part.used].room_id < least->rooms[least->used].room_id) least = &part;
    }
    if (least == nullptr) return end(false);
    if (page_.size() == wish_.rooms_max || looked_at_ == kLookedAtMax) return end(true);
    use(*least);
  }
}

void RoomMerge::use(Part& part) {
  ListedRoom& room = part.rooms[part.used];
  if (is_shown_(room.room_id)) {
    bytes_ += room.room_id.size();
    if (bytes_ > wish_.bytes_max && !page_.empty()) return end(true);
    page_.push_back(room);
  }
  ++looked_at_;
  last_ = std::move(room.room_id);
  if (++part.used < part.rooms.size()) return;
  part.after = last_;
  part.rooms.clear();
  part.state = part.more ? State::kToAsk : State::kEnded;
}

void RoomMerge::end(bool has_more) {
  is_done_ = true;
  has_more_ = has_more;
}

}  // namespace switchboard::shard
