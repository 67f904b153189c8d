#include "session/commands/gate.h"

#include <variant>

#include "session/commands/commands.h"
#include "session/session.h"

namespace switchboard::session::commands {
namespace {

// What each command must not overtake.

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
Attempt must_wait(const Session&, const protocol::Ping&) {
  return Attempt::kDone;
}

}  // namespace

Attempt enter(Session& session, const protocol::Command& command) {
  return std::visit(
      [&](const auto& body) {
        const Attempt wait = must_wait(session, body);
        return wait == Attempt::kDone ? run(session, body, command.id) : wait;
      },
      command.body);
}

}  // namespace switchboard::session::commands
