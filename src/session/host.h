// What a session asks of the shard it lives on. The shard implements it; tests and the simulation may, too.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/address.h"
#include "protocol/command.h"
#include "session/membership.h"

namespace switchboard::session {

class Session;
struct AddressRate;

/// What becomes of a connection that is known under another address.
struct Readmission {
  AddressRate* address_rate = nullptr;  // of that address; null when it has none
  bool is_welcome = true;               // false: that address has as many connections as it may have
};

/// How far a request got.
enum class Attempt : std::uint8_t {
  kDone,     // answered: the session's `on_...` was called before this returned
  kPending,  // under way: the session's `on_...` will be called in a later turn
  kBusy,     // nothing happened, it must wait: ask again when `resume` is called
};

class SessionHost {
 public:
  virtual ~SessionHost() = default;

  /// Ends in `Session::on_joined` or `on_join_refused`.
  virtual Attempt join(Session& session, std::string_view room_id, std::string_view command_id) = 0;

  /// The session's place in that room among `session.memberships()`; none when it is not there.
  virtual std::optional<std::uint32_t> find(const Session& session, std::string_view room_id) const = 0;

  /// Leaves at once; nothing of the room is delivered afterwards but the rest of a frame already begun. Never fails.
  virtual void leave(Session& session, std::uint32_t slot) = 0;
  /// Leaves every room, also those whose join is under way.
  virtual void leave_all(Session& session) = 0;

  /// Ends in `Session::on_published` when `command_id` is not empty. The arguments are not kept.
  virtual Attempt publish(Session& session, std::uint32_t slot, const protocol::Broadcast& broadcast,
                          std::string_view command_id) = 0;

  /// The connection is `client`'s, as its proxy says: from now on it is counted there. Called during the handshake, at
  /// most once. Hosts that count nothing by address need not know.
  virtual Readmission readmit([[maybe_unused]] const Session& session,
                              [[maybe_unused]] const net::PeerAddress& client) {
    return {};
  }
};

}  // namespace switchboard::session
