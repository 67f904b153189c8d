// Why the server ends a connection, as clients are told: our own close codes, grouped by what a client should do next
// (docs/PROTOCOL.md, "Close codes", which also names those that are reserved). RFC 6455's own are in ws/opcode.h.
#pragma once

#include <cstdint>

namespace switchboard::protocol::close {

// 4000 to 4099: do not come back before something has changed.
inline constexpr std::uint16_t kBadRequests = 4000;
inline constexpr std::uint16_t kUnauthorized = 4001;
inline constexpr std::uint16_t kRevoked = 4003;
// 4100 to 4199: come back with back-off.
inline constexpr std::uint16_t kOverCapacity = 4100;
inline constexpr std::uint16_t kTooSlow = 4101;
inline constexpr std::uint16_t kRateLimited = 4102;
inline constexpr std::uint16_t kDisconnected = 4104;  // by the operator
inline constexpr std::uint16_t kKeyPending = 4105;    // the token's key is being fetched
// 4200 to 4299: come back at once, with jitter.
inline constexpr std::uint16_t kDrain = 4200;
inline constexpr std::uint16_t kNoPong = 4201;
inline constexpr std::uint16_t kTokenExpired = 4202;  // with a new token

}  // namespace switchboard::protocol::close
