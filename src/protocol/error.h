// What can go wrong with a command, as clients are told: a closed list (docs/PROTOCOL.md, "Errors").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace switchboard::protocol {

enum class ErrorCode : std::uint8_t {
  kBadRequest,
  kUnknownType,
  kTooLarge,
  kNotJoined,
  kForbidden,
  kUnauthorized,
  kTokenExpired,
  kUserMismatch,
  kRateLimited,
  kLimitReached,
  kRoomFull,
  kHistoryUnavailable,
  kUnavailable,
  kInternal,
};

/// The name on the wire: "bad_request".
std::string_view name(ErrorCode code);

/// Whether sending the same command again later may succeed.
bool retryable(ErrorCode code);

/// A refused command. `room_id` and `id` echo what could be read of it, so that the client can tell which one it was.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;              // plain words for the client's developer
  std::string room_id;              // "" when unknown
  std::string id;                   // the command's id as raw JSON text (`7`, `"a"`), "" when it had none
  std::int64_t retry_after_ms = 0;  // of kRateLimited: when it may be sent again; 0: not said
};

}  // namespace switchboard::protocol
