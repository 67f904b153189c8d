// The keys that session tickets are sealed with (RFC 5077, RFC 8446 section 4.6.1). Every shard has a copy and moves on
// by itself, by the clock alone: all shards have the same keys at the same time, and nothing is shared.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/time.h"

namespace switchboard::net {

struct TlsTicketKey {
  std::array<std::uint8_t, 16> name{};
  std::array<std::uint8_t, 32> cipher{};  // AES-256-CBC
  std::array<std::uint8_t, 32> mac{};     // HMAC-SHA-256
};

/// A ratchet: each key comes from a secret that is then replaced by its own hash, so that who learns today's secret
/// cannot read yesterday's tickets. The key in use and the one before it are kept.
class TlsTicketKeys {
 public:
  static constexpr Duration kPeriod = std::chrono::hours(12);

  /// From 32 bytes of good chance; the first period begins at `now`.
  TlsTicketKeys(std::span<const std::uint8_t, 32> secret, Instant now);
  /// From OpenSSL's random source. Throws std::system_error when it has none.
  static TlsTicketKeys random(Instant now);
  TlsTicketKeys(const TlsTicketKeys&) = default;
  TlsTicketKeys& operator=(const TlsTicketKeys&) = default;
  ~TlsTicketKeys();  // wipes them

  /// The key to seal with. `now` never goes back.
  const TlsTicketKey& current(Instant now);
  /// The key of that name, or null when it is too old or was never ours.
  const TlsTicketKey* find(std::span<const std::uint8_t, 16> name, Instant now);

 private:
  void advance(Instant now);
  void step();

  std::array<std::uint8_t, 32> secret_{};
  Instant next_;  // when the current key stops being that
  TlsTicketKey current_;
  TlsTicketKey previous_;
};

}  // namespace switchboard::net
