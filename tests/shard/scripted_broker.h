// A broker that does nothing by itself: what it tells, and when, the test says. As one would be that shares a bus with
// other processes.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "broker/broker.h"
#include "broker/held_publish.h"

namespace switchboard::shard {

class ScriptedBroker final : public broker::Broker {
 public:
  explicit ScriptedBroker(broker::BrokerEvents& events) : events_(events) {}

  void open(broker::TopicId topic, std::string_view room_id, const room::RoomSettings&) override {
    topics[std::string(room_id)] = topic;
    heads_[topic.index] = {.first = Seq{4}, .last = Seq{10}, .epoch = "b1"};
    say(topic, [this, topic] { events_.on_opened(topic, head(topic)); });
  }
  void close(broker::TopicId) override { ++closed; }
  void publish(broker::TopicId topic, const broker::Publish& publish) override {
    asked.push_back({topic, broker::HeldPublish(publish)});
  }
  bool answers_later() const override { return true; }
  const broker::Head& head(broker::TopicId topic) override { return heads_.at(topic.index); }
  void read(broker::TopicId topic, const broker::ReadRange& range, std::uint64_t ticket) override {
    reads.push_back({topic, range, ticket});
  }
  std::optional<broker::TopicId> take_answer() override {
    if (answers_.empty()) return std::nullopt;
    auto [topic, tell] = std::move(answers_.front());
    answers_.pop_front();
    tell();
    return topic;
  }
  bool has_answer() override { return !answers_.empty(); }
  void flush() override { ++flushes; }
  void use(const room::RoomSettingsTable&) override { ++reloads; }
  void tidy(Instant) override { ++tidied; }

  /// The oldest publish that has not been answered is committed.
  void commit() {
    auto [topic, held] = std::move(asked.front());
    asked.pop_front();
    say(topic, [this, topic, held = std::move(held)] {
      const broker::Publish publish = held.view();
      events_.on_committed(topic, publish, next(topic, publish.content, publish.sender));
    });
  }
  /// Another process has had something committed.
  void arrive(const std::string& room_id, std::string content) {
    say(topics.at(room_id), [this, topic = topics.at(room_id), content = std::move(content)] {
      events_.on_arrived(topic, next(topic, content, "zoe"));
    });
  }
  /// Some messages are lost on the way here, which must not happen.
  void lose(const std::string& room_id) {
    Seq& last = heads_.at(topics.at(room_id).index).last;
    last = last.next();
  }
  void answer_read(const broker::PageOrError& page) {
    const Read read = reads.front();
    reads.pop_front();
    say(read.topic, [this, read, page] { events_.on_read(read.topic, read.ticket, page); });
  }

  struct Asked {
    broker::TopicId topic;
    broker::HeldPublish publish;
  };
  struct Read {
    broker::TopicId topic;
    broker::ReadRange range;
    std::uint64_t ticket;
  };
  std::map<std::string, broker::TopicId> topics;  // of all rooms that were opened, by name
  std::deque<Asked> asked;
  std::deque<Read> reads;
  int closed = 0;
  int flushes = 0;
  int reloads = 0;
  int tidied = 0;

 private:
  void say(broker::TopicId topic, std::function<void()> tell) { answers_.emplace_back(topic, std::move(tell)); }
  broker::Commit next(broker::TopicId topic, std::string_view content, std::string_view sender) {
    broker::Head& head = heads_.at(topic.index);
    head.last = head.last.next();
    return {.publication = {.seq = head.last, .ts = 1, .content = content, .sender = sender}, .epoch = head.epoch};
  }

  broker::BrokerEvents& events_;
  std::map<std::uint32_t, broker::Head> heads_;  // by the topic's index
  std::deque<std::pair<broker::TopicId, std::function<void()>>> answers_;
};

}  // namespace switchboard::shard
