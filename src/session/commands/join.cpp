#include <algorithm>
#include <optional>

#include "session/access.h"
#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {
namespace {

using protocol::ErrorCode;

struct Refusal {
  ErrorCode code;
  std::string_view message;
};

/// Who has no token is not believed when it says who it is.
bool is_anonymous(const Session& session) {
  return session.context().settings.auth != nullptr && session.credentials() == nullptr;
}

std::optional<Refusal> refusal_of_user(const Session& session, std::string_view user_id) {
  if (is_anonymous(session)) {
    if (user_id.empty() || user_id == session.user_id()) return std::nullopt;
    return Refusal{ErrorCode::kUserMismatch, "without a token one cannot choose a name: leave `user_id` out"};
  }
  if (session.user_id().empty()) {
    if (!user_id.empty()) return std::nullopt;
    return Refusal{ErrorCode::kBadRequest, "`user_id` is missing: the first join of a connection names its user"};
  }
  if (user_id.empty() || user_id == session.user_id()) return std::nullopt;
  return Refusal{ErrorCode::kUserMismatch, "this connection belongs to another user; open a second one"};
}

/// A room that the connection is in can only be joined as it is.
std::optional<Refusal> refusal_of_repetition(const protocol::Join& join) {
  if (join.since) {
    return Refusal{ErrorCode::kBadRequest, "`since` is not for a room that this connection is in: leave it first"};
  }
  if (join.last > 0) {
    return Refusal{ErrorCode::kBadRequest, "`last` is not for a room that this connection is in: leave it first"};
  }
  if (join.presence) {
    return Refusal{ErrorCode::kBadRequest, "`presence` is not for a room that this connection is in: leave it first"};
  }
  return std::nullopt;
}

std::optional<Refusal> refusal_of_room(Session& session, const protocol::Join& join) {
  if (session.find_joined(join.room_id)) return refusal_of_repetition(join);
  if (session.rooms() >= rooms_max_of(session)) {
    return Refusal{ErrorCode::kLimitReached, "this connection is in as many rooms as it may be"};
  }
  if (join.presence && !session.context().host.settings_of(join.room_id).presence) {
    return Refusal{ErrorCode::kForbidden, "who is in this room is not told"};
  }
  return std::nullopt;
}

}  // namespace

Attempt run(Session& session, const protocol::Join& join, std::string_view id) {
  const bool names_user = session.user_id().empty();
  const std::string anonymous_id = names_user && is_anonymous(session) ? session.anonymous_user_id() : std::string();
  const std::string_view user_id = anonymous_id.empty() ? join.user_id : anonymous_id;
  std::string scratch;
  protocol::Join own = join;
  auto refusal = refusal_of_user(session, join.user_id);
  if (!refusal) {
    own.room_id = own_room_id(join.room_id, names_user ? user_id : session.user_id(), scratch);
    refusal = refusal_of_room(session, own);
  }
  if (refusal) return refuse(session, refusal->code, refusal->message, join.room_id, id);
  // The user is named once and for all by the first join that was not refused here.
  if (names_user) session.set_user_id(user_id);
  return session.context().host.ask(session, AskJoin{own}, id);
}

}  // namespace switchboard::session::commands
