// What a connection asks of the shard it lives on before it is anybody's conversation. The shard implements it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/static_text.h"
#include "net/address.h"

namespace switchboard::session {

struct AddressRate;
class Connection;

/// What becomes of a connection that is known under another address.
struct Readmission {
  AddressRate* address_rate = nullptr;  // of that address; null when it has none
  std::uint16_t refusal_code = 0;       // not 0: it is not welcome under that address, and is closed with this code ...
  StaticText refusal_reason;            // ... and reason
};

/// Hosts that log nothing, ask nobody and count nothing by address need not know.
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;

  /// Its handshake is done; perhaps it is being closed already. Before anything is heard that came along with it: what
  /// must be known before a client is obeyed is asked here. Once.
  virtual void on_opened([[maybe_unused]] const Connection& connection) {}

  /// A request of `peer` was refused for the value of that field ("Origin", "Host"), which is to be logged: it may hold
  /// anything.
  virtual void on_request_refused([[maybe_unused]] const net::PeerAddress& peer,
                                  [[maybe_unused]] std::string_view field, [[maybe_unused]] std::string_view value) {}

  /// The connection that is counted at `counted_at` (null: nowhere) is `client`'s, as its proxy says: from now on it is
  /// counted there. Called during the handshake, at most once.
  virtual Readmission readmit([[maybe_unused]] AddressRate* counted_at,
                              [[maybe_unused]] const net::PeerAddress& client) {
    return {};
  }
};

}  // namespace switchboard::session
