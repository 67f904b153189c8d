// Which brokers a home shard has, and which room is whose. Nothing else in the shard knows what kinds of brokers there
// are: another one (a bus) is a folder in src/broker/, an entry here, and its settings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/time.h"
#include "broker/broker.h"
#include "broker/store.h"
#include "room/settings.h"
#include "shard/settings.h"

namespace switchboard::shard {

struct HomeBroker {
  std::unique_ptr<broker::Broker> broker;
  /// Whether rooms of a namespace with these settings are its, unless an entry before it takes them. Nothing but the
  /// settings says so: all shards agree on it.
  bool (*takes)(const room::RoomSettings& settings);
  /// The settings were reloaded: what in there is its own, besides those of the namespaces.
  std::function<void(const HistorySettings& settings)> use;
};

/// The last one takes all rooms.
using HomeBrokers = std::vector<HomeBroker>;

/// What they are made of. References must outlive them.
struct BrokerParts {
  const Clock& clock;
  std::uint64_t random_seed;
  broker::StoreChannel* store = nullptr;  // this shard's end of it; null: history is kept in memory only
};

/// `events`, which must outlive them, is told nothing during this call.
HomeBrokers make_brokers(broker::BrokerEvents& events, const HistorySettings& settings, const BrokerParts& parts);

/// The place of the one whose the rooms of such a namespace are.
std::size_t index_of_broker(const HomeBrokers& brokers, const room::RoomSettings& settings);

}  // namespace switchboard::shard
