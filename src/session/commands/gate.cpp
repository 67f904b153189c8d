#include "session/commands/gate.h"

#include <optional>
#include <variant>

#include "protocol/user_room.h"
#include "session/access.h"
#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {
namespace {

using room::Right;

// --- what each command must not overtake ---------------------------------------------------------------------------

/// What is read does not hold what was sent behind it. Publishes of one connection stay in order by themselves.
Attempt behind_query(const Session& session) {
  return session.owed().awaits_query() ? Attempt::kBehindQuery : Attempt::kDone;
}
/// It is answered at once, or is to see everything that was sent before it.
Attempt behind_answers(const Session& session) {
  return session.owed().awaits_ack() || session.owed().awaits_query() ? Attempt::kBehindAnswers : Attempt::kDone;
}

Attempt must_wait(const Session& session, const protocol::Join&) {
  return behind_answers(session);  // it may be in the room already
}
Attempt must_wait(const Session& session, const protocol::Leave&) {
  return behind_answers(session);  // and a query needs the membership until it is answered
}
Attempt must_wait(const Session& session, const protocol::Broadcast&) {
  return behind_query(session);
}
Attempt must_wait(const Session& session, const protocol::Direct&) {
  return behind_query(session);  // of the user's own room perhaps, which may be this one
}
Attempt must_wait(const Session& session, const protocol::History&) {
  return behind_answers(session);  // its answer is large, so there is one at a time
}
Attempt must_wait(const Session& session, const protocol::Presence&) {
  return behind_answers(session);
}
Attempt must_wait(const Session& session, const protocol::Auth&) {
  return behind_answers(session);  // rooms may have to be left
}
Attempt must_wait(const Session&, const protocol::Ping&) {
  return Attempt::kDone;
}

// --- what each command needs a right for ---------------------------------------------------------------------------
// A command without a line here does not compile. "@me" counts as the user's own room: see rights_in.

std::optional<Denial> denial_of(const Session& session, const protocol::Join& join) {
  auto denial = denial_in(session, join.room_id, Right::kJoin);
  // `since` may go back to the room's first message.
  if (!denial && (join.since || join.last > 0)) denial = denial_in(session, join.room_id, Right::kHistory);
  if (!denial && join.presence) denial = denial_in(session, join.room_id, Right::kPresence);
  return denial;
}
std::optional<Denial> denial_of(const Session&, const protocol::Leave&) {
  return std::nullopt;
}
std::optional<Denial> denial_of(const Session& session, const protocol::Broadcast& broadcast) {
  return denial_in(session, broadcast.room_id, Right::kPublish);
}
std::optional<Denial> denial_of(const Session& session, const protocol::Direct& direct) {
  return denial_of_direct(session, direct.user_id);
}
std::optional<Denial> denial_of(const Session& session, const protocol::History& history) {
  return denial_in(session, history.room_id, Right::kHistory);
}
std::optional<Denial> denial_of(const Session& session, const protocol::Presence& presence) {
  return denial_in(session, presence.room_id, Right::kPresence);
}
std::optional<Denial> denial_of(const Session&, const protocol::Auth&) {
  return std::nullopt;
}
std::optional<Denial> denial_of(const Session&, const protocol::Ping&) {
  return std::nullopt;
}

// --- what a back end is asked first ---------------------------------------------------------------------------------
// A command without a line here is not asked about.

template <class Command>
std::optional<HookQuestion> question_of(const Session&, const Command&) {
  return std::nullopt;
}
std::optional<HookQuestion> question_of(const Session& session, const protocol::Join& join) {
  const bool is_asked = join.room_id != protocol::kOwnRoom &&
                        session.context().host.settings_of(join.room_id).hook_join &&
                        !session.find_joined(join.room_id) && !is_granted_by_hook(session, join.room_id, Right::kJoin);
  if (!is_asked) return std::nullopt;
  return HookQuestion{.kind = HookKind::kJoin, .room_id = join.room_id, .user_id = join.user_id, .json = join.info};
}
std::optional<HookQuestion> question_of(const Session& session, const protocol::Broadcast& broadcast) {
  const SessionHost& host = session.context().host;
  const room::RoomSettings& room = host.settings_of(broadcast.room_id);
  const bool is_asked = room.hook_publish && (room.publish_from_outside || host.find(session, broadcast.room_id)) &&
                        !is_granted_by_hook(session, broadcast.room_id, Right::kPublish);
  if (!is_asked) return std::nullopt;
  return HookQuestion{.kind = HookKind::kPublish, .room_id = broadcast.room_id, .json = broadcast.content};
}
std::optional<HookQuestion> question_of(const Session& session, const protocol::Direct& direct) {
  if (!session.context().settings.hooks.direct) return std::nullopt;
  return HookQuestion{.kind = HookKind::kDirect, .to_user_id = direct.user_id, .json = direct.content};
}

// What the answer puts in the place of the client's.
template <class Command>
void take(const HookStep&, Command&) {}
void take(const HookStep& step, protocol::Join& join) {
  if (!step.info.empty()) join.info = step.info;
}
void take(const HookStep& step, protocol::Broadcast& broadcast) {
  if (!step.content.empty()) broadcast.content = step.content;
}
void take(const HookStep& step, protocol::Direct& direct) {
  if (!step.content.empty()) direct.content = step.content;
}

/// Who has not said who it is may do nothing but that, and show that it lives.
template <class Command>
constexpr bool kIsForNobody = std::is_same_v<Command, protocol::Auth> || std::is_same_v<Command, protocol::Ping>;

template <class Command>
std::string_view room_of(const Command& command) {
  if constexpr (requires { command.room_id; }) return command.room_id;
  return {};
}

/// Behind everything that can be known here: a back end is not asked in vain.
template <class Body>
Attempt run_behind_hook(Session& session, const Body& body, const HookQuestion& question, std::string_view id) {
  const HookStep step = session.context().host.ask_hook(session, question);
  switch (step.state) {
    case HookStep::State::kWait:
      return Attempt::kBehindHook;
    case HookStep::State::kRefused:
      return refuse(session, protocol::ErrorCode::kForbidden, step.reason, room_of(body), id);
    case HookStep::State::kDown:
      return refuse(session, protocol::ErrorCode::kUnavailable, "the back end that decides this does not answer",
                    room_of(body), id);
    case HookStep::State::kGoOn:
      break;
  }
  Body allowed = body;
  take(step, allowed);
  return run(session, allowed, id);
}

}  // namespace

Attempt enter(Session& session, const protocol::Command& command) {
  // A join of its own keeps everything behind it from being heard: this one is a back end's, or is still to begin.
  if (session.owed().awaits_join() || session.owed().is_held()) return Attempt::kBehindAnswers;
  return std::visit(
      [&]<class Body>(const Body& body) {
        if (const Attempt wait = must_wait(session, body); wait != Attempt::kDone) return wait;
        const bool has_hooks = session.context().settings.hooks.is_on;
        if (!kIsForNobody<Body> && has_hooks && session.context().host.awaits_hook(session)) {
          return Attempt::kBehindHook;  // whether it may stay at all
        }
        std::optional<Denial> denial;
        if constexpr (!kIsForNobody<Body>) denial = denial_of_nobody(session);
        if (!denial) denial = denial_of(session, body);
        if (denial) return refuse(session, denial->code, denial->message, room_of(body), command.id);
        if (has_hooks) {
          if (const auto question = question_of(session, body)) {
            return run_behind_hook(session, body, *question, command.id);
          }
        }
        return run(session, body, command.id);
      },
      command.body);
}

}  // namespace switchboard::session::commands
