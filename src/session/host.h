// What a session asks of the shard it lives on. The shard implements it; tests and the simulation may, too.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/command.h"
#include "room/settings.h"
#include "session/membership.h"

namespace switchboard::session {

class Session;

/// How far a request got.
enum class Attempt : std::uint8_t {
  kDone,     // answered: the session's `on_...` was called before this returned
  kPending,  // under way: the session's `on_...` will be called in a later turn
  kBusy,     // nothing happened, it must wait: ask again when `resume` is called
  // Nothing happened, it comes behind what is under way (only a session's own commands say so):
  kBehindQuery,    // the answer to a query
  kBehindAnswers,  // the answer to a query, and acknowledgements
};

class SessionHost {
 public:
  virtual ~SessionHost() = default;

  // Every `room_id` of these is the room's own name: "@me" was replaced by the user's room ("@alice"). What is handed
  // back to the session has the own name, too. Arguments are valid during the call only.

  /// Ends in `Session::on_joined` or `on_join_refused`. The session has looked: either it is not in the room, or the
  /// join is plain (which is answered at once and changes no more than `info`) or turns an implicit membership into an
  /// ordinary one.
  virtual Attempt join(Session& session, const protocol::Join& join, std::string_view command_id) = 0;
  /// The session has its user from now on: direct messages to that user reach it. Called once.
  virtual void on_user_named(Session& session) = 0;

  /// The session's place in that room among `session.memberships()`, implicit ones included; none when it is not
  /// there.
  virtual std::optional<std::uint32_t> find(const Session& session, std::string_view room_id) const = 0;

  /// Leaves at once; nothing of the room is delivered afterwards but the rest of a frame already begun. Never fails.
  virtual void leave(Session& session, std::uint32_t slot) = 0;
  /// The session is closed or has ended: it is still in its rooms. `Session::leave_rooms` is to be called once nothing
  /// of the session or of a room is held by the callers, and before anything of a room is delivered.
  virtual void on_over(Session& session) = 0;
  /// Leaves every room, also those whose join is under way. Called by `Session::leave_rooms` only.
  virtual void leave_all(Session& session) = 0;

  /// Ends in `Session::on_published` when `command_id` is not empty, or in `on_publish_refused`. `slot`: of the
  /// membership; none when the session is not in the room and need not be. `broadcast.echo` has a value.
  virtual Attempt publish(Session& session, std::optional<std::uint32_t> slot, const protocol::Broadcast& broadcast,
                          std::string_view command_id) = 0;
  /// The same for a message to a user, whose room is the `room_id` of the answer.
  virtual Attempt publish(Session& session, const protocol::Direct& direct, std::string_view command_id) = 0;
  /// The settings of that room's namespace.
  virtual const room::RoomSettings& settings_of(std::string_view room_id) const = 0;
  /// Ends in `Session::on_history` or `on_history_refused`, after which `resume` is called, as after `on_published`:
  /// the commands behind it may have waited. One query (this or the next) at a time for one session; the session leaves
  /// no room meanwhile, unless it ends. The range may reach past what there is.
  virtual Attempt read_history(Session& session, std::uint32_t slot, const protocol::History& history,
                               std::string_view command_id) = 0;
  /// The same, ending in `Session::on_presence` or `on_presence_refused`.
  virtual Attempt read_presence(Session& session, std::uint32_t slot, const protocol::Presence& presence,
                                std::string_view command_id) = 0;
};

}  // namespace switchboard::session
