// Why a request to the API was refused, as RFC 9457 writes it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "http/response.h"
#include "protocol/error.h"

namespace switchboard::api {

inline constexpr std::string_view kProblemType = "application/problem+json";

struct Problem {
  int status = 400;
  std::string_view code = "bad_request";  // of docs/API.md: what a program decides by
  std::string detail;                     // what is wrong, for a person
  std::vector<http::Field> fields = {};   // further ones of the response: Allow, Retry-After, WWW-Authenticate
};

/// 400, with that detail.
std::unexpected<Problem> bad_request(std::string detail);

/// 429: the key may ask again so much later, more than zero.
Problem too_many_requests(Duration wait);

/// {"type":"about:blank","title":"Not Found","status":404,"code":"...","detail":"..."}.
std::string body_of(const Problem& problem);

/// What a shard has refused, where it is the whole answer.
Problem problem_of(protocol::ErrorCode code);
/// The words of it.
std::string_view words_of(protocol::ErrorCode code);

}  // namespace switchboard::api
