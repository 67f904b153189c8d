#include "session/commands/unasked.h"

#include "session/access.h"
#include "session/host.h"

namespace switchboard::session::commands {
namespace {

/// A room is neither joined nor left while a query needs it, or behind an acknowledgement that is still to come; and
/// there is one join at a time. Who takes nothing of what it is told is told no more.
bool must_wait(Session& session) {
  AnswersOwed& owed = session.owed();
  const bool waits = owed.awaits_ack() || owed.awaits_query() || owed.awaits_join() || session.is_outlet_full();
  waits ? owed.hold() : owed.release();
  return waits;
}

}  // namespace

Unasked join_unasked(Session& session, std::string_view room_id) {
  if (must_wait(session)) return Unasked::kWaits;
  if (session.find_joined(room_id)) return Unasked::kDone;
  if (session.rooms() >= rooms_max_of(session)) return Unasked::kNot;
  session.owed().begin_unasked_join();
  const protocol::Join join{.room_id = room_id};
  switch (session.context().host.ask(session, AskJoin{join}, {})) {
    case Attempt::kDone:
      return session.find_joined(room_id) ? Unasked::kDone : Unasked::kNot;
    case Attempt::kPending:
      return Unasked::kUnderWay;
    default:
      session.owed().end_join();
      return Unasked::kWaits;
  }
}

Unasked leave_unasked(Session& session, std::string_view room_id) {
  if (must_wait(session)) return Unasked::kWaits;
  const auto slot = session.find_joined(room_id);
  if (!slot) return Unasked::kNot;
  session.context().host.leave(session, *slot);
  session.context().stats.leaves.add();
  session.send(protocol::Left{.room_id = room_id, .id = {}, .reason = "removed"});
  return Unasked::kDone;
}

}  // namespace switchboard::session::commands
