#include "api/refusal.h"

namespace switchboard::api {
namespace {

Problem forbidden(std::string_view detail) {
  return {.status = 403, .code = "forbidden", .detail = std::string(detail)};
}

}  // namespace

Problem problem_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNoKey:
    case Refusal::kUnknownKey:
      break;
    case Refusal::kScope:
      return forbidden("this key is not for that (its scopes)");
    case Refusal::kRoom:
      return forbidden("this key is not for that room (its pattern)");
    case Refusal::kPresence:
      return forbidden("who is in this room is not told (presence)");
  }
  return {.status = 401,
          .code = "unauthorized",
          .detail = "a key is wanted: Authorization: Bearer KEY, one of api.keys",
          .fields = {{"WWW-Authenticate", "Bearer realm=\"switchboard\""}}};
}

}  // namespace switchboard::api
