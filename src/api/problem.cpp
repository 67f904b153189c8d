#include "api/problem.h"

#include <utility>

#include "protocol/json_string.h"

namespace switchboard::api {

using protocol::ErrorCode;

std::unexpected<Problem> bad_request(std::string detail) {
  return std::unexpected(Problem{.detail = std::move(detail)});
}

Problem too_many_requests(Duration wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return {.status = 429,
          .code = protocol::name(ErrorCode::kRateLimited),
          .detail = "this key has made as many requests as it may for now (api.requests_per_second)",
          .fields = {{"Retry-After", std::to_string(seconds)}}};
}

std::string body_of(const Problem& problem) {
  std::string out = R"({"type":"about:blank","title":)";
  protocol::append_string(out, http::reason_phrase(problem.status));
  out += R"(,"status":)" + std::to_string(problem.status) + R"(,"code":)";
  protocol::append_string(out, problem.code);
  out += R"(,"detail":)";
  protocol::append_string(out, problem.detail);
  return out + "}";
}

std::string_view words_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
      return "the store is out of reach for now; a message may still be committed: a retry is safe with `dedup`";
    case ErrorCode::kLimitReached:
      return "the server has as many rooms as it may have";
    case ErrorCode::kHistoryUnavailable:
      return "this room keeps no history";
    default:
      return "it could not be done";
  }
}

Problem problem_of(ErrorCode code) {
  Problem problem{.code = protocol::name(code), .detail = std::string(words_of(code))};
  switch (code) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kLimitReached:
      problem.status = 503;
      problem.fields = {{"Retry-After", "1"}};
      break;
    case ErrorCode::kHistoryUnavailable:
      problem.status = 404;
      break;
    default:
      problem.status = 500;
      break;
  }
  return problem;
}

}  // namespace switchboard::api
