#include "session/commands/gate.h"

#include <optional>
#include <variant>

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

/// Who has not said who it is may do nothing but that, and show that it lives.
template <class Command>
constexpr bool kIsForNobody = std::is_same_v<Command, protocol::Auth> || std::is_same_v<Command, protocol::Ping>;

template <class Command>
std::string_view room_of(const Command& command) {
  if constexpr (requires { command.room_id; }) return command.room_id;
  return {};
}

}  // namespace

Attempt enter(Session& session, const protocol::Command& command) {
  // A join of its own keeps everything behind it from being heard: this one is a back end's, or is still to begin.
  if (session.owed().awaits_join() || session.owed().is_held()) return Attempt::kBehindAnswers;
  return std::visit(
      [&]<class Body>(const Body& body) {
        if (const Attempt wait = must_wait(session, body); wait != Attempt::kDone) return wait;
        std::optional<Denial> denial;
        if constexpr (!kIsForNobody<Body>) denial = denial_of_nobody(session);
        if (!denial) denial = denial_of(session, body);
        if (denial) return refuse(session, denial->code, denial->message, room_of(body), command.id);
        return run(session, body, command.id);
      },
      command.body);
}

}  // namespace switchboard::session::commands
