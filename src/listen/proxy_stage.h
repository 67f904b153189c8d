// Connections whose PROXY header has not come yet. They are sockets, not clients: nothing is known of whose they are.
// One shard's; it knows nothing of the loop.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/slot_table.h"
#include "base/time.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "net/proxy_header.h"

namespace switchboard::listen {

class ProxyStage {
 public:
  struct Waiting {
    net::FileDescriptor socket;
    net::PeerAddress proxy;
    std::uint16_t listener = 0;  // index among the shard's listening sockets
    Instant deadline;
  };

  /// The id names it until it is taken or has expired; its index is unique while it waits.
  SlotId add(Waiting waiting);
  Waiting* find(std::uint32_t index);
  /// Takes it out.
  Waiting take(std::uint32_t index);
  /// Takes out one whose time is over, if there is one.
  std::optional<Waiting> take_expired(Instant now);
  std::optional<Instant> next_deadline() const;

 private:
  struct Due {
    Instant deadline;
    SlotId id;
  };

  SlotTable<Waiting> waiting_;
  // In the order they came, which is the order of their deadlines unless the timeout was changed in between. May hold
  // ids of those taken.
  std::deque<Due> due_;
};

}  // namespace switchboard::listen
