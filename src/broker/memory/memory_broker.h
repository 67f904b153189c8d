// A broker that keeps everything in memory and commits at once: counters, dedup windows, and the messages of rooms that
// have history. A room that nobody needs any more is remembered for a while, so that it goes on counting when its last
// member reloads the page. All of it is bounded, and gone with the process.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/flat_map.h"
#include "base/random.h"
#include "broker/broker.h"
#include "broker/memory/by_size.h"
#include "broker/memory/dedup_window.h"
#include "broker/memory/kept_messages.h"
#include "broker/memory/settings.h"

namespace switchboard::broker {

class MemoryBroker final : public Broker {
 public:
  /// A closed room is remembered at least that long, one with history as long as any of it is kept ...
  static constexpr Duration kClosedFor = std::chrono::minutes(10);
  /// ... but no more than so many of them: whichever would be forgotten first goes.
  static constexpr std::size_t kClosedMax = 65'536;

  /// References must outlive it.
  MemoryBroker(BrokerEvents& events, const Clock& clock, std::uint64_t random_seed, const MemorySettings& settings);
  ~MemoryBroker() override;

  void open(TopicId topic, std::string_view room_id, const room::RoomSettings& settings) override;
  void close(TopicId topic) override;
  void publish(TopicId topic, const Publish& publish) override;
  const Head& head(TopicId topic) override;
  void read(TopicId topic, const ReadRange& range, std::uint64_t ticket) override;
  bool answers_later() const override { return false; }
  /// Frees what has become too old, of a few rooms at a time.
  void tidy(Instant now) override;
  void use(const room::RoomSettingsTable& settings) override;

  void use(const MemorySettings& settings);
  /// When `tidy` has something to do at the earliest.
  Instant tidy_at() const { return next_walk_; }
  /// Memory of what is kept: all but the counters of open rooms.
  std::size_t bytes() const { return by_size_.total() + closed_bytes_; }
  /// Closed rooms that are remembered.
  std::size_t closed() const { return closed_.size(); }

 private:
  /// What is kept of a room besides its counter.
  struct Kept : Sized {
    std::unique_ptr<KeptMessages> messages;  // null when the room has no history
    room::Retention retention;
    std::unique_ptr<DedupWindow> dedup;  // null until the first publish that has a name

    std::size_t memory() const;
  };
  struct Topic {
    std::string room_id;
    Head head;
    std::unique_ptr<Kept> kept;  // null while there is nothing but the counter
  };
  /// By when they are forgotten.
  using Closed = std::multimap<Instant, Topic>;

  Topic& topic_of(TopicId topic) { return topics_[topic.index]; }
  Kept& kept_of(Topic& topic);
  const DedupWindow::First* first_of(Topic& topic, const Publish& publish);
  void count(Kept& kept);
  void trim(Topic& topic, Instant now);
  static void note_first(Topic& topic);
  void bound();
  Instant forget_at(const Topic& topic) const;
  void forget_closed(std::size_t rooms_max);
  void forget(Closed::iterator closed);
  static std::size_t closed_bytes(const Topic& topic);

  BrokerEvents& events_;
  const Clock& clock_;
  MemorySettings settings_;
  Random random_;
  HashKey key_;
  std::vector<Topic> topics_;  // by the topic's index; without an epoch while closed
  Closed closed_;
  std::size_t closed_bytes_ = 0;   // of closed rooms, without what is counted by size
  std::size_t expired_until_ = 0;  // the index of the topic that the walk over them has come to
  Instant next_walk_ = Instant::max();
  FlatMap<std::string_view, Closed::iterator, NameHash> closed_by_name_;
  BySize by_size_;
};

}  // namespace switchboard::broker
