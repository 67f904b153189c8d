// A broker that keeps counters in memory only: commits at once, forgets a room with its last member.
#pragma once

#include <vector>

#include "base/random.h"
#include "broker/broker.h"

namespace switchboard::broker {

class MemoryBroker final : public Broker {
 public:
  MemoryBroker(BrokerEvents& events, const Clock& clock, std::uint64_t random_seed)
      : events_(events), clock_(clock), random_(random_seed) {}

  Head open(TopicId topic, std::string_view room_id) override;
  void close(TopicId topic) override;
  void publish(TopicId topic, const Publish& publish) override;
  Head head(TopicId topic) const override;

 private:
  struct Counter {
    Seq last;
    std::string epoch;  // "" while closed
  };

  BrokerEvents& events_;
  const Clock& clock_;
  Random random_;
  std::vector<Counter> counters_;  // by the topic's index
};

}  // namespace switchboard::broker
