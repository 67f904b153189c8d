#include "shard/home_rooms.h"

#include <algorithm>

#include "base/assert.h"
#include "protocol/push.h"

namespace switchboard::shard {

using protocol::ErrorCode;

HomeRooms::HomeRooms(HomeEvents& events, HashKey key, const room::RoomSettingsTable& settings, std::uint32_t rooms_max,
                     const MakeBroker& make_broker, GetDeflater deflater)
    : events_(events),
      settings_(settings),
      rooms_max_(rooms_max),
      by_name_(0, NameHash{key}),
      broker_(make_broker(*this)),
      deflater_(std::move(deflater)) {}

std::expected<HomeJoined, ErrorCode> HomeRooms::join(std::string_view room_id, std::uint32_t shard, SlotId view,
                                                     ws::Encoding encoding) {
  const auto found = by_name_.find(room_id);
  SlotId id;
  if (found == by_name_.end()) {
    if (rooms_.size() >= rooms_max_) return std::unexpected(ErrorCode::kLimitReached);
    id = rooms_.emplace(HomeRoom{.id = std::string(room_id), .subscribers = {}, .members = 0}).first;
    by_name_.emplace(std::string(room_id), id);
    broker_->open(id, room_id);
  } else {
    id = found->second;
  }
  HomeRoom& room = *rooms_.find(id);
  if (room.members >= settings_.of(room_id).members_max) return std::unexpected(ErrorCode::kRoomFull);
  ++room.members;
  if (encoding == ws::Encoding::kDeflated) ++room.members_deflated;
  auto subscriber = std::ranges::find(room.subscribers, shard, &Subscriber::shard);
  if (subscriber == room.subscribers.end()) {
    subscriber = room.subscribers.insert(subscriber, {.shard = shard, .members = {}, .views = {}});
  }
  ++subscriber->members[static_cast<std::size_t>(encoding)];
  subscriber->views[static_cast<std::size_t>(encoding)] = view;
  return HomeJoined{id, broker_->head(id)};
}

void HomeRooms::leave(SlotId home_room, std::uint32_t shard, ws::Encoding encoding) {
  HomeRoom* room = rooms_.find(home_room);
  SB_ASSERT(room != nullptr);
  const auto subscriber = std::ranges::find(room->subscribers, shard, &Subscriber::shard);
  SB_ASSERT(subscriber != room->subscribers.end());
  --room->members;
  if (encoding == ws::Encoding::kDeflated) --room->members_deflated;
  if (--subscriber->members[static_cast<std::size_t>(encoding)] == 0) {
    subscriber->views[static_cast<std::size_t>(encoding)] = {};
    if (subscriber->views == ViewsByEncoding{}) room->subscribers.erase(subscriber);
  }
  if (room->members == 0) {
    broker_->close(home_room);
    by_name_.erase(by_name_.find(std::string_view(room->id)));
    rooms_.erase(home_room);
  }
}

void HomeRooms::publish(SlotId home_room, broker::Publish publish) {
  const HomeRoom* room = rooms_.find(home_room);
  if (room == nullptr) return events_.on_home_refused(publish, ErrorCode::kNotJoined);
  publish.room_id = room->id;
  broker_->publish(home_room, publish);
}

void HomeRooms::on_committed(broker::TopicId topic, const broker::Publish& publish, const broker::Commit& commit) {
  const HomeRoom* room = rooms_.find(topic);
  SB_ASSERT(room != nullptr);
  protocol::append(frame_.begin(), protocol::Publication{.room_id = publish.room_id,
                                                         .content = publish.content,
                                                         .sender = publish.sender,
                                                         .seq = commit.seq,
                                                         .ts = commit.ts});
  Frames frames{.plain = frame_.finish(ws::Opcode::kText), .deflated = {}};
  if (room->members_deflated > 0) frames.deflated = deflate(frames.plain);
  for (const Subscriber& subscriber : room->subscribers) {
    const bool is_origin = subscriber.shard == publish.origin.shard;
    const SlotId excluded = !publish.echo && is_origin ? publish.origin.connection : SlotId{};
    events_.on_home_committed(subscriber.shard, subscriber.views, excluded, commit.seq, frames);
  }
  events_.on_home_spread();
  if (publish.origin.wants_ack) events_.on_home_acknowledged(publish, commit);
}

/// The frame of the same message compressed; empty when that does not pay.
std::string_view HomeRooms::deflate(std::string_view frame) {
  const std::string_view payload = ws::payload_of(frame);
  if (!deflater_().deflate(payload, compressed_)) return {};
  events_.on_home_compressed(payload.size(), compressed_.size());
  deflated_frame_.clear();
  ws::append_frame(deflated_frame_, ws::Opcode::kText, compressed_, ws::Encoding::kDeflated);
  return deflated_frame_;
}

void HomeRooms::on_refused(broker::TopicId, const broker::Publish& publish, ErrorCode code) {
  events_.on_home_refused(publish, code);
}

}  // namespace switchboard::shard
