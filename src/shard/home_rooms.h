// The rooms whose home this shard is: who puts them in order, how many members they have, and which shards must be told
// of a committed message. It encodes each message once, compressed once if anybody anywhere reads that. It holds no
// log: members' views of a room do.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/name_hash.h"
#include "base/slot_table.h"
#include "broker/broker.h"
#include "room/settings.h"
#include "shard/messages.h"
#include "ws/frame_writer.h"
#include "ws/message_deflater.h"

namespace switchboard::shard {

/// What the home shard wants told to the shards that have members. Called during `HomeRooms::publish` or later.
class HomeEvents {
 public:
  /// Once for each shard that has members. `frames` are whole WebSocket frames, valid during the call.
  virtual void on_home_committed(std::uint32_t to_shard, const ViewsByEncoding& views, SlotId excluded, Seq seq,
                                 const Frames& frames) = 0;
  /// A message was compressed: bytes of its payload before and after.
  virtual void on_home_compressed(std::size_t bytes_before, std::size_t bytes_after) = 0;
  virtual void on_home_acknowledged(const broker::Publish& publish, const broker::Commit& commit) = 0;
  virtual void on_home_refused(const broker::Publish& publish, protocol::ErrorCode code) = 0;
  /// The calls of `on_home_committed` for one message are done.
  virtual void on_home_spread() = 0;

 protected:
  ~HomeEvents() = default;
};

struct HomeJoined {
  SlotId home_room;
  broker::Head head;
};

class HomeRooms final : private broker::BrokerEvents {
 public:
  using MakeBroker = std::function<std::unique_ptr<broker::Broker>(broker::BrokerEvents&)>;
  /// Who compresses; asked for only once somebody wants that.
  using GetDeflater = std::function<ws::MessageDeflater&()>;

  HomeRooms(HomeEvents& events, HashKey key, const room::RoomSettingsTable& settings, std::uint32_t rooms_max,
            const MakeBroker& make_broker, GetDeflater deflater);

  /// One member more on that shard, whose view of the room in that encoding is `view`.
  std::expected<HomeJoined, protocol::ErrorCode> join(std::string_view room_id, std::uint32_t shard, SlotId view,
                                                      ws::Encoding encoding);
  /// One member fewer there. The room ends with its last member.
  void leave(SlotId home_room, std::uint32_t shard, ws::Encoding encoding);
  void publish(SlotId home_room, broker::Publish publish);

  /// More rooms than that may exist already: they stay.
  void set_rooms_max(std::uint32_t rooms_max) { rooms_max_ = rooms_max; }
  std::size_t size() const { return rooms_.size(); }

 private:
  struct Subscriber {
    std::uint32_t shard;
    std::array<std::uint32_t, 2> members{};  // by encoding
    ViewsByEncoding views;
  };
  struct HomeRoom {
    std::string id;
    std::vector<Subscriber> subscribers;  // shards with members
    std::uint64_t members = 0;
    std::uint64_t members_deflated = 0;  // of them
  };

  void on_committed(broker::TopicId topic, const broker::Publish& publish, const broker::Commit& commit) override;
  void on_refused(broker::TopicId topic, const broker::Publish& publish, protocol::ErrorCode code) override;
  std::string_view deflate(std::string_view frame);

  HomeEvents& events_;
  const room::RoomSettingsTable& settings_;
  std::uint32_t rooms_max_;
  SlotTable<HomeRoom> rooms_;
  boost::unordered_flat_map<std::string, SlotId, NameHash, std::equal_to<>> by_name_;
  std::unique_ptr<broker::Broker> broker_;
  GetDeflater deflater_;
  ws::FrameBuilder frame_;
  std::string compressed_;      // scratch: a payload
  std::string deflated_frame_;  // and its frame
};

}  // namespace switchboard::shard
