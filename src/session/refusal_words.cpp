#include "session/refusal_words.h"

namespace switchboard::session {
namespace {

using protocol::ErrorCode;

std::string_view words_of_join(ErrorCode code) {
  switch (code) {
    case ErrorCode::kRoomFull:
      return "the room has as many members as it may have";
    case ErrorCode::kLimitReached:
      return "the server has as many rooms as it may have";
    case ErrorCode::kUnavailable:
      return "the room cannot be opened for now: its history is out of reach";
    default:
      return "the room cannot be joined";
  }
}

std::string_view words_of_publish(ErrorCode code) {
  switch (code) {
    case ErrorCode::kLimitReached:
      return "the server has as many rooms as it may have";
    case ErrorCode::kUnavailable:
      return "the message could not be committed for now; it may still be: a retry is safe with `dedup`";
    default:
      return "the message could not be committed";
  }
}

}  // namespace

std::string_view words_of(const Refused& refused) {
  switch (refused.asked) {
    case Asked::kJoin:
      return words_of_join(refused.code);
    case Asked::kPublish:
      return words_of_publish(refused.code);
    case Asked::kHistory:
      return refused.code == ErrorCode::kHistoryUnavailable ? "this room keeps no history"
                                                            : "the room's history cannot be read for now";
    case Asked::kPresence:
      return "who is in the room cannot be said for now";
  }
  return {};
}

}  // namespace switchboard::session
