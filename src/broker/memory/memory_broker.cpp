#include "broker/memory/memory_broker.h"

#include "base/assert.h"

namespace switchboard::broker {
namespace {

// 36^8 values: two incarnations of a room do not share an epoch by chance.
constexpr std::size_t kEpochCharacters = 8;

}  // namespace

Head MemoryBroker::open(TopicId topic, std::string_view) {
  if (topic.index >= counters_.size()) counters_.resize(topic.index + 1);
  Counter& counter = counters_[topic.index];
  SB_ASSERT(counter.epoch.empty());
  counter = {.last = Seq{0}, .epoch = random_.token(kEpochCharacters)};
  return {counter.last, counter.epoch};
}

void MemoryBroker::close(TopicId topic) {
  counters_[topic.index].epoch.clear();
}

void MemoryBroker::publish(TopicId topic, const Publish& publish) {
  Counter& counter = counters_[topic.index];
  counter.last = counter.last.next();
  events_.on_committed(topic, publish, {.seq = counter.last, .epoch = counter.epoch, .ts = clock_.unix_ms()});
}

Head MemoryBroker::head(TopicId topic) const {
  return {counters_[topic.index].last, counters_[topic.index].epoch};
}

}  // namespace switchboard::broker
