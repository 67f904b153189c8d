// How many connections the process takes: in all, and from one address. Asked once per accepted connection, from any
// shard's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "net/address.h"
#include "session/session.h"

namespace switchboard::server {

class Admission {
 public:
  /// A limit of 0 is none. A few connections over `connections_max` are still taken, to be told so with a close code.
  Admission(std::uint64_t connections_max, std::uint32_t per_address_max)
      : connections_max_(connections_max), per_address_max_(per_address_max) {}

  enum class Verdict : std::uint8_t {
    kWelcome,
    kTellFull,     // over the limit: to be closed with 4100 after its handshake
    kTellTooMany,  // its address is over the limit: the same
    kDrop,         // too many even to be told
  };

  /// Counts the connection unless it is to be dropped.
  Verdict admit(const net::PeerAddress& peer);
  void release(const net::PeerAddress& peer);
  void set_limits(std::uint64_t connections_max, std::uint32_t per_address_max);

  /// Connections beyond `connections_max` that are taken only to be told.
  static constexpr std::uint64_t kTold = 64;

 private:
  struct IpHash {
    std::size_t operator()(const std::array<std::uint8_t, 16>& ip) const;
  };

  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> connections_max_;
  std::atomic<std::uint32_t> per_address_max_;
  // Only used while there is a limit per address. Not on the data path: once per connection.
  std::mutex mutex_;
  std::unordered_map<std::array<std::uint8_t, 16>, std::uint32_t, IpHash> by_address_;
};

/// What a client that is not welcome is told; code 0 for one that is.
session::Ending refusal(Admission::Verdict verdict);

}  // namespace switchboard::server
