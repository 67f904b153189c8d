// What a session asks of the shard it lives on. The shard implements it; tests and the simulation may, too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "auth/grants.h"
#include "auth/token_refusal.h"
#include "protocol/command.h"
#include "protocol/error.h"
#include "room/settings.h"
#include "session/ask.h"
#include "session/hook.h"

namespace switchboard::session {

class Session;

/// A command that its client may not have obeyed. Views are valid during the call it is handed to.
struct RefusedCommand {
  const protocol::Command* command = nullptr;  // null: it could not be read
  const protocol::Error& error;
};

/// How far a request got.
enum class Attempt : std::uint8_t {
  kDone,     // answered: the session's `on_reply` was called before this returned
  kPending,  // under way: the session's `on_reply` will be called in a later turn
  kBusy,     // nothing happened, it must wait: ask again when `resume` is called
  // Nothing happened, it comes behind what is under way (only a session's own commands say so):
  kBehindQuery,    // the answer to a query
  kBehindAnswers,  // the answer to a query, and acknowledgements
  kBehindHook,     // what a back end says to it
};

class SessionHost {
 public:
  virtual ~SessionHost() = default;

  /// Ends in `Session::on_reply`, after which `Connection::resume` is called: the commands behind it may have waited. A
  /// publish without `command_id` ends so only when it is refused. One join and one query at a time for one session,
  /// which leaves no room meanwhile, unless it ends.
  virtual Attempt ask(Session& session, const Ask& ask, std::string_view command_id) = 0;

  /// The session has its user from now on: direct messages to that user reach it. Called once.
  virtual void on_user_named(Session& session) = 0;
  /// The session's place in that room (its own name) among `session.memberships()`, implicit ones included; none when
  /// it is not there.
  virtual std::optional<std::uint32_t> find(const Session& session, std::string_view room_id) const = 0;
  /// The room's own name, of a membership of the session's. Valid until it is left.
  virtual std::string_view room_id_of(const Session& session, std::uint32_t slot) const = 0;
  /// A token was no good, which is to be logged.
  virtual void on_token_refused(const Session& session, const auth::TokenRefusal& refusal) {
    static_cast<void>(session), static_cast<void>(refusal);
  }
  /// Asks a back end what it says to a command, or takes what it has said: then it is the same question as before.
  virtual HookStep ask_hook(Session& session, const HookQuestion& question) {
    static_cast<void>(session), static_cast<void>(question);
    return {};
  }
  /// Whether the back end has been asked something about this session, and has not answered yet.
  virtual bool awaits_hook(const Session& session) const { return static_cast<void>(session), false; }
  /// What the back end has allowed it besides.
  virtual std::span<const std::shared_ptr<const auth::Grants>> hook_grants(const Session& session) const {
    return static_cast<void>(session), std::span<const std::shared_ptr<const auth::Grants>>();
  }
  /// A command was refused for who the client is, what it may do or how much it sends, which is to be logged. Not a
  /// token that was no good.
  virtual void on_command_refused(const Session& session, const RefusedCommand& refused) {
    static_cast<void>(session), static_cast<void>(refused);
  }
  /// The settings of that room's namespace.
  virtual const room::RoomSettings& settings_of(std::string_view room_id) const = 0;
  /// Whether any namespace limits how often something is done in its rooms: otherwise nobody need ask which.
  virtual bool has_room_rates() const = 0;

  /// Leaves at once; nothing of the room is delivered afterwards but the rest of a frame already begun. Never fails.
  virtual void leave(Session& session, std::uint32_t slot) = 0;
  /// The session is over: it is still in its rooms. Its wire's `leave_rooms` is to be called once nothing of the
  /// session or of a room is held by the callers, and before anything of a room is delivered.
  virtual void on_over(Session& session) = 0;
  /// Leaves every room, also those whose join is under way. Called by `Session::leave_rooms` only.
  virtual void leave_all(Session& session) = 0;
};

}  // namespace switchboard::session
