// A broker whose messages are kept elsewhere: it hands requests to a store, remembers what is under way, and tells in
// order what has become of it. It knows neither what the store is nor on which thread it works.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/slot_table.h"
#include "base/time.h"
#include "broker/broker.h"
#include "broker/store.h"

namespace switchboard::broker {

class StoreBroker final : public Broker {
 public:
  /// `wait`: how long publishers are kept waiting for an outcome, and opens and reads for an answer. References must
  /// outlive it.
  StoreBroker(BrokerEvents& events, const Clock& clock, StoreChannel& store, Duration wait)
      : events_(events), clock_(clock), store_(store), wait_(wait), opening_(store.opening()) {}

  void open(TopicId topic, std::string_view room_id, const room::RoomSettings& settings) override;
  void close(TopicId topic) override;
  void publish(TopicId topic, const Publish& publish) override;
  const Head& head(TopicId topic) override;
  void read(TopicId topic, const ReadRange& range, std::uint64_t ticket) override;
  bool take_answer() override;
  bool has_answer() override;
  bool expire_one(Instant now) override;
  Instant next_deadline() const override;
  void flush() override;
  void use(const room::RoomSettingsTable& settings) override;

  /// Of what is asked from then on.
  void set_wait(Duration wait) { wait_ = wait; }
  /// Requests that have not been answered, also those nobody waits for any more. For tests and reports.
  std::size_t under_way() const { return under_way_.size(); }

 private:
  struct Topic {
    TopicId id;
    std::string room_id;
    Head head;                 // as it was told
    std::string store_epoch;   // as the store calls it
    std::uint64_t epochs = 0;  // how many were told since the room was opened
    bool is_open = false;
    room::Retention retention;
    room::Durability durability{};
  };
  enum class Kind : std::uint8_t { kOpen, kPublish, kRead, kAskAgain };
  /// What is needed of a request once it is answered. Those that somebody waits for stand in a line, the oldest first.
  struct UnderWay {
    Kind kind{};
    TopicId topic;
    std::uint64_t ticket = 0;  // of who reads
    std::string command_id;
    Origin origin;
    bool echo = true;
    std::uint32_t opening = 0;  // of the store, when it was asked
    std::uint64_t epochs = 0;   // of the topic, then
    Instant deadline{};
    bool is_in_line = false;
    SlotId id{};
    UnderWay* before = nullptr;
    UnderWay* after = nullptr;
  };

  Topic& topic_of(TopicId topic) { return *topics_[topic.index]; }
  /// False when the store takes nothing more: then nothing is under way, either.
  template <class What>
  bool submit(UnderWay&& entry, What&& what);
  void line_up(UnderWay& entry);
  void leave_line(UnderWay& entry);
  /// It is over: what is known of it, taken out of the table.
  UnderWay finish(UnderWay& entry);
  Publish publish_of(const UnderWay& entry);
  bool turn_epoch(const UnderWay& entry, const StoreCommitted& committed);
  void begin_epoch(Topic& topic, const std::string& store_epoch);
  bool ask_one_again();
  void ask_again_from(TopicId topic, Duration pause);
  void on_asked_again(const UnderWay& entry, const StoreOpened& opened);
  void on_answer(const UnderWay& entry, const StoreFailed& failed);
  void on_answer(const UnderWay& entry, const StoreOpened& opened);
  void on_answer(const UnderWay& entry, const StoreCommitted& committed);
  void on_answer(const UnderWay& entry, const SharedPage& page);

  BrokerEvents& events_;
  const Clock& clock_;
  StoreChannel& store_;
  Duration wait_;
  std::vector<std::unique_ptr<Topic>> topics_;  // by the topic's index
  SlotTable<UnderWay> under_way_;               // a request's ticket is a packed id of it
  UnderWay* oldest_ = nullptr;
  UnderWay* newest_ = nullptr;
  /// The first commit of another epoch, whose change was told: it is told next.
  std::optional<StoreAnswer> turned_;
  bool is_flushed_ = true;

  // The store was opened anew: it is asked again about every room, one after the other.
  static constexpr std::size_t kNobody = ~std::size_t{0};
  std::uint32_t opening_;             // of the store, that what was told is of
  std::size_t asked_next_ = kNobody;  // the topic to be asked about next
  Instant ask_at_{};                  // not before
  std::uint64_t epochs_begun_ = 0;
};

}  // namespace switchboard::broker
