// The numbers of RFC 6455 that the whole house uses.
#pragma once

#include <cstddef>
#include <cstdint>

namespace switchboard::ws {

/// RFC 6455 section 5.2.
enum class Opcode : std::uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xA
};

/// RFC 6455 section 7.4.1: what the protocol machine itself closes with, plus the codes that only ever stand for an
/// absence.
namespace close {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kUnsupportedData = 1003;
inline constexpr std::uint16_t kNoStatus = 1005;  // never on the wire: the Close frame had no body
inline constexpr std::uint16_t kAbnormal = 1006;  // never on the wire: no Close frame came
inline constexpr std::uint16_t kInvalidPayload = 1007;
inline constexpr std::uint16_t kMessageTooBig = 1009;
}  // namespace close

/// Largest payload of a control frame (section 5.5).
inline constexpr std::size_t kControlPayloadMax = 125;

}  // namespace switchboard::ws
