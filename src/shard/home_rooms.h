// The rooms whose home this shard is: who puts them in order, how many members they have, and which shards must be told
// of a committed message. It has each message written once in each format that anybody anywhere reads. It
// holds no log: members' views of a room do, and its broker keeps the history.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/flat_map.h"
#include "base/slot_table.h"
#include "base/time.h"
#include "broker/broker.h"
#include "shard/brokers.h"
#include "shard/event_sink.h"
#include "shard/home_room.h"
#include "shard/messages.h"
#include "shard/page_cache.h"
#include "shard/room_names.h"
#include "shard/settings.h"
#include "shard/stats.h"
#include "wire/formatter.h"
#include "wire/page.h"

namespace switchboard::shard {

/// What the home shard wants told. Called during what is asked of HomeRooms or, in `take_answer`, later. What one call
/// causes is at most one event for each shard, and one more.
class HomeEvents {
 public:
  virtual void on_home_joined(std::uint32_t to_shard, JoinResult&& result) = 0;
  /// Once for each shard that has members. `message` is valid during the call.
  virtual void on_home_committed(std::uint32_t to_shard, const ViewsByFormat& views, SlotId excluded, Seq seq,
                                 const wire::Formatted& message) = 0;
  /// The calls of `on_home_committed` for one message are done.
  virtual void on_home_spread() = 0;
  /// Instead of both: a message in a user's own room. All shards are to be told, by name.
  virtual void on_home_user_committed(const broker::Publish& publish, const broker::Commit& commit,
                                      const wire::Formatted& message) = 0;
  /// Told of every publish that wants an acknowledgement or is counted where it came from.
  virtual void on_home_acknowledged(const broker::Publish& publish, const broker::Commit& commit) = 0;
  virtual void on_home_refused(const broker::Publish& publish, protocol::ErrorCode code) = 0;
  /// Once for each shard that has members. `head`: as in BrokerEvents.
  virtual void on_home_epoch_changed(std::uint32_t to_shard, const ViewsByFormat& views, const broker::Head& head) = 0;
  virtual void on_home_read(const PageReader& reader, const wire::PageOrError& page) = 0;
  /// The room has no members any more. (It may still be told of, if something of it is under way.)
  virtual void on_home_ended(SlotId home_room) = 0;

 protected:
  ~HomeEvents() = default;
};

/// What HomeRooms is made of. References must outlive it.
struct HomeParts {
  const Clock& clock;
  HashKey hash_key;
  /// Makes the brokers, which tell what is given to it.
  std::function<HomeBrokers(broker::BrokerEvents& events)> make_brokers;
  EventSink* events = nullptr;  // null: nobody wants to know
};

class HomeRooms final : private broker::BrokerEvents {
 public:
  /// `settings` must outlive it.
  HomeRooms(HomeEvents& events, ShardStats& stats, const ShardSettings& settings, const HomeParts& parts,
            wire::Formatter::GetDeflater deflater);

  /// One member more on shard `from`. Ends in `on_home_joined`.
  void join(std::uint32_t from, JoinRequest&& request);
  /// One member fewer there. A room ends with its last member, once nothing of it is under way.
  void leave(SlotId home_room, std::uint32_t shard, wire::Format format);
  /// A member's message. Ends in `on_home_refused`, or in what a commit causes.
  void publish(SlotId home_room, broker::Publish publish);
  /// The same by `publish.room_id`, of somebody who need not be a member.
  void publish_by_name(const broker::Publish& publish);
  /// Ends in `on_home_read`, never during this call. What has not been committed yet is not in the page.
  void read(SlotId home_room, PageWish wish, const PageReader& reader);

  /// The same by name, of somebody who need not be a member.
  void read_by_name(std::string_view room_id, const PageWish& wish, const PageReader& reader);

  /// Does one of the things that have become possible: tells an answer that has come, or that one has not come in time.
  /// False when there was none. Only while there is room for what it causes.
  bool take_answer(Instant now);
  /// True when `take_answer` would find something at any time.
  bool has_answer();
  /// When it would find something because time has passed.
  std::optional<Instant> next_deadline() const;
  /// Frees what is too old to be given out, a little at a time: once a turn.
  void tidy(Instant now);
  /// What was asked in this turn is handed to what is behind the brokers.
  void flush();
  /// Whether the outcome of what is published to such a room, here or at another shard that is its home, may come
  /// later.
  bool answers_later(const room::RoomSettings& settings) const;

  /// The settings have changed. More rooms than they allow may exist already: they stay.
  void use_settings();
  std::size_t size() const { return rooms_.size(); }
  /// Null when it is gone.
  const HomeRoom* find(SlotId home_room) const { return rooms_.find(home_room); }
  /// Those of them that it asks for, users' own rooms aside. O(rooms given).
  RoomsFound list(const ListRooms& wanted) const;
  /// None when nobody needs that room.
  SlotId find(std::string_view room_id) const {
    const auto found = by_name_.find(room_id);
    return found == by_name_.end() ? SlotId{} : found->second;
  }

 private:
  struct ReadAnswer {
    PageReader reader;
    wire::PageOrError page;
  };

  // BrokerEvents
  void on_opened(broker::TopicId topic, const broker::Head& head) override;
  void on_open_failed(broker::TopicId topic, broker::Failure failure) override;
  void on_committed(broker::TopicId topic, const broker::Publish& publish, const broker::Commit& commit) override;
  void on_arrived(broker::TopicId topic, const broker::Commit& commit) override;
  void on_refused(broker::TopicId topic, const broker::Publish& publish, broker::Failure failure) override;
  void on_delayed(broker::TopicId topic, const broker::Publish& publish) override;
  void on_epoch_changed(broker::TopicId topic, const broker::Head& head) override;
  void on_read(broker::TopicId topic, std::uint64_t ticket, const broker::PageOrError& page) override;

  broker::Broker& broker_of(const HomeRoom& room) { return *brokers_[room.broker].broker; }
  const broker::Head& head_of(SlotId id, const HomeRoom& room);
  SlotId find_or_open(std::string_view room_id);
  void add_member(SlotId id, HomeRoom& room, std::uint32_t from, JoinRequest&& request);
  void refuse(std::uint32_t from, JoinRequest&& request, protocol::ErrorCode code);
  void hand_in(SlotId id, HomeRoom& room, broker::Publish publish);
  void wait(HomeRoom& room, Waiting&& waiting);
  void spread(HomeRoom& room, const broker::Publish& publish, const broker::Commit& commit);
  void answer(const PageReader& reader, wire::PageOrError page);
  void settle(SlotId id);

  bool serve_one_waiting();
  void serve(SlotId id, HomeRoom& room, WaitingJoin&& join);
  void serve(SlotId id, HomeRoom& room, broker::HeldPublish&& waiting);
  void serve(SlotId id, HomeRoom& room, WaitingRead&& waiting);
  bool tell_one_read();
  bool take_one_of_brokers(Instant now);
  bool take_one_of(broker::Broker& broker, Instant now);

  HomeEvents& events_;
  ShardStats& stats_;
  const ShardSettings& settings_;
  const Clock& clock_;
  EventSink* const sink_;
  SlotTable<HomeRoom> rooms_;
  NameMap<SlotId> by_name_;
  RoomNames names_;
  HomeBrokers brokers_;
  PageCache pages_;
  std::deque<SlotId> served_;       // rooms that are open, or have failed to be, while something waits for that
  std::deque<ReadAnswer> answers_;  // pages that are to be told
  unsigned next_kind_ = 0;          // what `take_answer` looks for first
  std::size_t next_broker_ = 0;     // which of them it asks first
  wire::Formatter formatter_;
};

}  // namespace switchboard::shard
