#include "protocol/error.h"

#include "base/assert.h"

namespace switchboard::protocol {

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kBadRequest:
      return "bad_request";
    case ErrorCode::kUnknownType:
      return "unknown_type";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kNotJoined:
      return "not_joined";
    case ErrorCode::kForbidden:
      return "forbidden";
    case ErrorCode::kUnauthorized:
      return "unauthorized";
    case ErrorCode::kTokenExpired:
      return "token_expired";
    case ErrorCode::kUserMismatch:
      return "user_mismatch";
    case ErrorCode::kRateLimited:
      return "rate_limited";
    case ErrorCode::kLimitReached:
      return "limit_reached";
    case ErrorCode::kRoomFull:
      return "room_full";
    case ErrorCode::kHistoryUnavailable:
      return "history_unavailable";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kInternal:
      return "internal";
  }
  SB_ASSERT(false && "a code outside of the list");
}

bool retryable(ErrorCode code) {
  switch (code) {
    case ErrorCode::kRateLimited:
    case ErrorCode::kRoomFull:
    case ErrorCode::kUnavailable:
    case ErrorCode::kInternal:
      return true;
    case ErrorCode::kBadRequest:
    case ErrorCode::kUnknownType:
    case ErrorCode::kTooLarge:
    case ErrorCode::kNotJoined:
    case ErrorCode::kForbidden:
    case ErrorCode::kUnauthorized:
    case ErrorCode::kTokenExpired:
    case ErrorCode::kUserMismatch:
    case ErrorCode::kLimitReached:
    case ErrorCode::kHistoryUnavailable:
      return false;
  }
  SB_ASSERT(false && "a code outside of the list");
}

}  // namespace switchboard::protocol
