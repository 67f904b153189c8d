#include "shard/brokers.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "broker/memory/memory_broker.h"
#include "broker/store_broker.h"

namespace switchboard::shard {
namespace {

/// Another chance than that of the shard's sessions, from the same seed.
constexpr std::uint64_t kMemorySeed = 0x9e3779b97f4a7c15;

Duration commit_wait(const HistorySettings& settings) {
  return std::chrono::milliseconds(settings.commit_wait_ms);
}

HomeBroker through_store(broker::BrokerEvents& events, const HistorySettings& settings, const Clock& clock,
                         broker::StoreChannel& store) {
  auto made = std::make_unique<broker::StoreBroker>(events, clock, store, commit_wait(settings), settings.store_window);
  auto use = [broker = made.get()](const HistorySettings& reloaded) { broker->set_wait(commit_wait(reloaded)); };
  return {.broker = std::move(made),
          .takes = [](const room::RoomSettings& room) { return room.history; },
          .use = std::move(use)};
}

/// Also for rooms with history, where there is no store for them.
HomeBroker in_memory(broker::BrokerEvents& events, const HistorySettings& settings, const BrokerParts& parts) {
  auto made =
      std::make_unique<broker::MemoryBroker>(events, parts.clock, parts.random_seed ^ kMemorySeed, settings.memory);
  auto use = [broker = made.get()](const HistorySettings& reloaded) { broker->use(reloaded.memory); };
  return {.broker = std::move(made), .takes = [](const room::RoomSettings&) { return true; }, .use = std::move(use)};
}

}  // namespace

HomeBrokers make_brokers(broker::BrokerEvents& events, const HistorySettings& settings, const BrokerParts& parts) {
  HomeBrokers brokers;
  if (parts.store != nullptr) brokers.push_back(through_store(events, settings, parts.clock, *parts.store));
  brokers.push_back(in_memory(events, settings, parts));
  return brokers;
}

std::size_t index_of_broker(const HomeBrokers& brokers, const room::RoomSettings& settings) {
  const auto found = std::ranges::find_if(brokers, [&](const HomeBroker& one) { return one.takes(settings); });
  SB_ASSERT(found != brokers.end());
  return static_cast<std::size_t>(found - brokers.begin());
}

}  // namespace switchboard::shard
