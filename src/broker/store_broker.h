// A broker whose messages are kept elsewhere: it hands requests to a store, remembers what is under way, and tells in
// order what has become of it. It knows neither what the store is nor on which thread it works.
//
// The store is given about as much at a time as it commits in one go. What is more waits here, by publisher, and has
// its turn by bytes: however much some connections have under way, another one's message is among the next.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/slot_table.h"
#include "base/time.h"
#include "broker/broker.h"
#include "broker/fair_line.h"
#include "broker/store.h"
#include "broker/store_topic.h"
#include "broker/store_window.h"

namespace switchboard::broker {

class StoreBroker final : public Broker {
 public:
  /// `wait`: how long publishers are kept waiting for an outcome, and opens and reads for an answer. References must
  /// outlive it.
  StoreBroker(BrokerEvents& events, const Clock& clock, StoreChannel& store, Duration wait, StoreWindow window = {})
      : events_(events),
        clock_(clock),
        store_(store),
        wait_(wait),
        window_(window),
        epoch_names_(clock),
        opening_(store.opening()) {}

  void open(TopicId topic, std::string_view room_id, const room::RoomSettings& settings) override;
  void close(TopicId topic) override;
  void publish(TopicId topic, const Publish& publish) override;
  bool answers_later() const override { return true; }
  const Head& head(TopicId topic) override;
  void read(TopicId topic, const ReadRange& range, std::uint64_t ticket) override;
  std::optional<TopicId> take_answer() override;
  bool has_answer() override;
  std::optional<TopicId> expire_one(Instant now) override;
  Instant next_deadline() const override;
  void flush() override;
  void use(const room::RoomSettingsTable& settings) override;

  /// Of what is asked from then on.
  void set_wait(Duration wait) { wait_ = wait; }
  /// Requests that have not been answered, also those nobody waits for any more. For tests and reports.
  std::size_t under_way() const { return under_way_.size(); }
  /// Of these, the publishes that have not been given to the store yet.
  std::size_t waiting() const { return waiting_publishes_.size(); }

 private:
  enum class Kind : std::uint8_t { kOpen, kPublish, kRead, kAskAgain };
  /// What is needed of a request once it is answered. Those that somebody waits for stand in a line, the oldest first.
  struct UnderWay {
    Kind kind{};
    TopicId topic;
    std::uint64_t ticket = 0;  // of who reads
    std::string command_id;
    Origin origin;
    bool echo = true;
    std::uint32_t opening = 0;              // of the store, when it was given the request
    std::uint64_t epochs = 0;               // of the topic, then
    std::size_t bytes = 0;                  // of a publish
    std::unique_ptr<StoreRequest> request;  // while it has not been given to the store
    Instant deadline{};
    bool is_in_line = false;
    SlotId id{};
    UnderWay* before = nullptr;
    UnderWay* after = nullptr;
  };

  StoreTopic& topic_of(TopicId topic) { return *topics_[topic.index]; }
  /// False when the store takes nothing, although it owes no answer: then nothing is under way, either.
  template <class What>
  bool submit(UnderWay&& entry, What&& what);
  bool has_room_for(const UnderWay& entry) const;
  bool must_wait(const UnderWay& entry) const;
  bool hand_in(UnderWay& entry, StoreRequest&& request);
  void wait(UnderWay& entry, StoreRequest&& request);
  void hand_in_waiting();
  void stop_waiting(UnderWay& entry);
  std::deque<SlotId>& waiting_of(Kind kind) { return waiting_[kind == Kind::kOpen ? 0 : 1]; }
  void line_up(UnderWay& entry);
  void leave_line(UnderWay& entry);
  /// It is over: what is known of it, taken out of the table.
  UnderWay finish(UnderWay& entry);
  Publish publish_of(const UnderWay& entry);
  bool ask_one_again();
  void ask_again_from(TopicId topic, Duration pause);
  void on_answer(const UnderWay& entry, const StoreFailed& failed);
  void on_answer(const UnderWay& entry, const StoreOpened& opened);
  void on_answer(const UnderWay& entry, const StoreCommitted& committed);
  void on_answer(const UnderWay& entry, const SharedPage& page);

  BrokerEvents& events_;
  const Clock& clock_;
  StoreChannel& store_;
  Duration wait_;
  const StoreWindow window_;
  EpochNames epoch_names_;
  std::vector<std::unique_ptr<StoreTopic>> topics_;  // by the topic's index
  SlotTable<UnderWay> under_way_;                    // a request's ticket is a packed id of it
  UnderWay* oldest_ = nullptr;
  UnderWay* newest_ = nullptr;
  FairLine waiting_publishes_;
  std::array<std::deque<SlotId>, 2> waiting_;  // opens, reads: only while the store takes no more of them
  std::size_t handed_in_messages_ = 0;         // publishes that the store has not answered
  std::size_t handed_in_bytes_ = 0;
  std::size_t answers_owed_ = 0;  // by the store, of all kinds
  /// The first commit of another epoch, whose change was told: it is told next.
  std::optional<StoreAnswer> turned_;
  bool is_flushed_ = true;

  // The store was opened anew: it is asked again about every room, one after the other.
  static constexpr std::size_t kNobody = ~std::size_t{0};
  std::uint32_t opening_;             // of the store, that what was told is of
  std::size_t asked_next_ = kNobody;  // the topic to be asked about next
  Instant ask_at_{};                  // not before
};

}  // namespace switchboard::broker
