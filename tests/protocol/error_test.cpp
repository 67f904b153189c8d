#include "protocol/error.h"

#include <gtest/gtest.h>
#include <string_view>
#include <utility>
#include <vector>

namespace switchboard::protocol {
namespace {

TEST(ErrorCode, HasTheDocumentedNameAndAdvice) {
  const std::vector<std::pair<ErrorCode, std::pair<std::string_view, bool>>> expected = {
      {ErrorCode::kBadRequest, {"bad_request", false}},
      {ErrorCode::kUnknownType, {"unknown_type", false}},
      {ErrorCode::kTooLarge, {"too_large", false}},
      {ErrorCode::kNotJoined, {"not_joined", false}},
      {ErrorCode::kForbidden, {"forbidden", false}},
      {ErrorCode::kUnauthorized, {"unauthorized", false}},
      {ErrorCode::kTokenExpired, {"token_expired", false}},
      {ErrorCode::kUserMismatch, {"user_mismatch", false}},
      {ErrorCode::kRateLimited, {"rate_limited", true}},
      {ErrorCode::kLimitReached, {"limit_reached", false}},
      {ErrorCode::kRoomFull, {"room_full", true}},
      {ErrorCode::kHistoryUnavailable, {"history_unavailable", false}},
      {ErrorCode::kUnavailable, {"unavailable", true}},
      {ErrorCode::kInternal, {"internal", true}},
  };
  for (const auto& [code, name_and_advice] : expected) {
    EXPECT_EQ(name(code), name_and_advice.first);
    EXPECT_EQ(retryable(code), name_and_advice.second) << name(code);
  }
}

}  // namespace
}  // namespace switchboard::protocol
