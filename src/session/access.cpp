#include "session/access.h"

#include "protocol/user_room.h"
#include "session/session.h"

namespace switchboard::session {
namespace {

using protocol::ErrorCode;
using room::Right;
using room::RightSet;

/// Null: there is no authentication, and everybody may do everything.
const auth::Policy* policy_of(const Session& session) {
  return session.context().settings.auth.get();
}

constexpr RightSet kOwnRoomRights = RightSet(Right::kJoin) | RightSet(Right::kHistory);

/// What the grants say that hold for it, those of its token first. `of`: the limit in one of them.
template <class LimitOf>
auto granted_limit(const Session& session, LimitOf&& of) -> decltype(of(auth::Grants())) {
  const auth::Policy* const policy = policy_of(session);
  if (policy == nullptr) return std::nullopt;
  const Credentials* const credentials = session.credentials();
  if (credentials == nullptr) return of(policy->anonymous_grants);
  const auto own = of(*credentials->grants);
  return own ? own : of(policy->users);
}

std::string_view words_of(Right right) {
  switch (right) {
    case Right::kJoin:
      return "you may not join this room";
    case Right::kPublish:
      return "you may not publish to this room";
    case Right::kHistory:
      return "you may not read this room's history";
    case Right::kPresence:
      return "you may not ask who is in this room";
    case Right::kStream:
      return "you may not stream to this room";
  }
  return {};
}

/// Of what a back end has said; nothing where there is none to be asked.
RightSet hook_rights_in(const Session& session, std::string_view room_id) {
  RightSet rights;
  if (!session.context().settings.hooks.is_on) return rights;
  for (const auto& grants : session.context().host.hook_grants(session))
    rights |= grants->rights_in(room_id, session.user_id());
  return rights;
}

bool is_let_in_by_hook(const Session& session) {
  return session.context().settings.hooks.is_on && !session.user_id().empty() &&
         !session.context().host.hook_grants(session).empty();
}

}  // namespace

std::optional<Denial> denial_of_nobody(const Session& session) {
  const auth::Policy* const policy = policy_of(session);
  if (policy == nullptr || policy->anonymous || session.credentials() != nullptr) return std::nullopt;
  if (is_let_in_by_hook(session)) return std::nullopt;
  return Denial{ErrorCode::kUnauthorized, "this server wants to know who you are: send `auth` with a token first"};
}

RightSet rights_in(const Session& session, std::string_view room_id) {
  const auth::Policy* const policy = policy_of(session);
  if (policy == nullptr) return RightSet::all();
  const Credentials* const credentials = session.credentials();
  // Nobody else will ever be called as an anonymous client is: a room of its own would be of no use.
  if (protocol::is_user_room(room_id)) return credentials == nullptr ? RightSet() : kOwnRoomRights;
  if (session.has_lost(room_id)) return {};  // whoever gave the right: the configuration, too
  const room::RoomSettings& room = session.context().host.settings_of(room_id);
  const RightSet by_hook = hook_rights_in(session, room_id);
  if (credentials == nullptr) {
    if (!policy->anonymous) return by_hook;
    return by_hook | room.allow_anonymous | policy->anonymous_grants.rights_in(room_id, {});
  }
  return by_hook | room.allow | policy->users.rights_in(room_id, session.user_id()) |
         credentials->grants->rights_in(room_id, session.user_id());
}

std::optional<Denial> denial_in(const Session& session, std::string_view room_id, Right right) {
  if (rights_in(session, room_id).has(right)) return std::nullopt;
  if (protocol::is_user_room(room_id))
    return Denial{ErrorCode::kForbidden, "without a token one has no room of one's own"};
  if (session.has_lost(room_id)) {
    return Denial{ErrorCode::kForbidden, "this token is no good for this room any more: it was revoked there"};
  }
  return Denial{ErrorCode::kForbidden, words_of(right)};
}

bool is_granted_by_hook(const Session& session, std::string_view room_id, Right right) {
  return hook_rights_in(session, room_id).has(right);
}

std::optional<Denial> denial_of_direct(const Session& session, std::string_view to_user_id) {
  const auth::Policy* const policy = policy_of(session);
  if (policy == nullptr) return std::nullopt;
  const std::string_view user_id = session.user_id();
  const Credentials* const credentials = session.credentials();
  const bool may = credentials == nullptr ? policy->anonymous_grants.may_write_to(to_user_id, {})
                                          : policy->users.may_write_to(to_user_id, user_id) ||
                                                credentials->grants->may_write_to(to_user_id, user_id);
  if (may) return std::nullopt;
  if (session.context().settings.hooks.is_on) {
    for (const auto& grants : session.context().host.hook_grants(session))
      if (grants->may_write_to(to_user_id, user_id)) return std::nullopt;
  }
  return Denial{ErrorCode::kForbidden, "you may not write to this user"};
}

std::uint32_t rooms_max_of(const Session& session) {
  const auto granted = granted_limit(session, [](const auth::Grants& grants) { return grants.rooms_max(); });
  return granted.value_or(session.context().settings.rooms_per_connection_max);
}

Rate rate_of(const Session& session, room::Operation operation) {
  const auto granted = granted_limit(session, [=](const auth::Grants& grants) { return grants.rate_of(operation); });
  return granted.value_or(session.context().settings.rate.operations[operation]);
}

}  // namespace switchboard::session
