#include "broker/sqlite/evictor.h"

namespace switchboard::broker {
namespace {

constexpr int kRoomsLookedAt = 256;
constexpr std::size_t kRoomsWorthwhile = 64;
constexpr int kBlocksLookedAt = 256;
constexpr std::size_t kBlocksMax = 128;

}  // namespace

Evictor::Victims Evictor::next(std::uint64_t bytes) {
  const std::int64_t payers_have = file_.owners.payers_have();
  Victims victims;
  find_rooms(payers_have, victims);
  // As long as there are many of them, nobody's messages have to go.
  if (victims.rooms.size() < kRoomsWorthwhile) find_blocks(payers_have, bytes, victims);
  if (!victims.rooms.empty() || !victims.blocks.empty()) begin_anew();
  return victims;
}

void Evictor::find_rooms(std::int64_t payers_have, Victims& victims) {
  const std::vector<RoomTable::Visit> looked_at = file_.rooms.emptied_after(emptied_at_, room_, kRoomsLookedAt);
  for (const RoomTable::Visit& visit : looked_at) {
    if (file_.owners.cost(visit.owner) >= payers_have && is_empty(visit)) victims.rooms.push_back(visit);
  }
  if (looked_at.size() == kRoomsLookedAt) {
    emptied_at_ = looked_at.back().emptied_at;
    room_ = looked_at.back().id;
  } else {
    emptied_at_ = room_ = 0;
    ++rounds_[0];
  }
}

/// Nothing of it is kept, and nothing of it is under way.
bool Evictor::is_empty(const RoomTable::Visit& visit) {
  const StoredRoom* room = file_.cache.on_writer(visit.name);
  if (room == nullptr) return !file_.rooms.newest_block(visit.id).has_value();
  file_.journal.pass_dead();
  return room->row.id == visit.id && room->kept() == 0 && room->pins == 0 && !room->is_touched && !room->wants_sealing;
}

void Evictor::find_blocks(std::int64_t payers_have, std::uint64_t bytes, Victims& victims) {
  const std::vector<BlockHead> looked_at = file_.rooms.blocks_after(block_, kBlocksLookedAt);
  std::uint64_t found = 0;
  for (const BlockHead& block : looked_at) {
    block_ = block.id;
    if (file_.owners.cost(block.owner) < payers_have) continue;
    victims.blocks.push_back(block);
    found += block.total - block.base + OwnerAccounts::kBlockCost;
    if (found >= bytes || victims.blocks.size() >= kBlocksMax) return;
  }
  if (looked_at.size() == kBlocksLookedAt) return;
  block_ = 0;
  ++rounds_[1];
}

}  // namespace switchboard::broker
