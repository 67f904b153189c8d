// One client on its shard: its connection with the session that it carries, the transport under it, and what the
// fan-out needs to know of it.
#pragma once

#include <cstdint>
#include <memory>

#include "base/slot_table.h"
#include "base/timer_wheel.h"
#include "net/transport.h"
#include "session/connection.h"

namespace switchboard::shard {

/// A room's frame of which a part has been written. Nothing else may be written before the rest.
struct Unfinished {
  SlotId room;  // none: there is no unfinished frame
  Seq frame;
  std::uint32_t offset = 0;  // bytes of it that were written
  std::uint32_t pin = 0;     // index among the room's pins
};

/// Its neighbours among the connections here whose users' hashes are equal, by slot: see Users.
struct UserLinks {
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  std::uint32_t prev = kNone;
  std::uint32_t next = kNone;
};

/// How much a client has had to say lately: see Intake.
enum class Load : std::uint8_t { kLight, kHeavy };

/// What the connection has on its way to a store: see PublishWindows.
struct PublishShare {
  std::uint32_t bytes = 0;
  std::uint16_t messages = 0;
  bool is_waiting = false;  // its next publish waits for room
  bool is_in_line = false;  // for the share of all
};

/// Is its own timer: the wheel hands back the node.
struct Client : TimerNode {
  Client(session::ConnectionContext& context, std::unique_ptr<net::Transport> stream, net::PeerAddress peer,
         session::Ending refusal, session::AddressRate* address_rate, std::uint16_t listener)
      : connection(context, peer, refusal, address_rate, listener), transport(std::move(stream)) {}

  session::Session& session() { return connection.session(); }
  const session::Session& session() const { return connection.session(); }

  session::Connection connection;
  std::unique_ptr<net::Transport> transport;
  Unfinished unfinished;
  UserLinks same_user;
  PublishShare publishing;
  std::uint32_t heavy_at_ms = 0;       // when it last had more to say than one step takes: see Intake; 0: never
  std::uint32_t rooms_to_look_at = 0;  // while `ready`: of its rooms, behind `next_membership`
  std::uint32_t next_membership = 0;   // where serving its rooms goes on, so that each has its turn
  bool blocked : 1 = false;            // the socket takes no more; until it is writable again
  bool ready : 1 = false;              // in the line of clients to be served
  bool unread : 1 = false;             // readable, but not read to the end
  bool in_intake : 1 = false;          // in one of the lines of Intake
  bool in_mailbox_line : 1 = false;    // in one of the lines of MailboxWaits
  bool hung_up : 1 = false;            // the peer has finished sending: read on until that end
  bool finished : 1 = false;           // we have finished writing
  bool unsettled : 1 = false;          // in the line of clients to be looked after at the end of the turn
  bool socket_failed : 1 = false;
  bool opening : 1 = false;    // the transport's handshake is under way: its reads have a line of their own
  bool has_user : 1 = false;   // stands among the users' connections
  bool replaying : 1 = false;  // at least one of its memberships stands in Replays
  bool holding : 1 = false;    // the transport holds bytes for the kernel: nothing is written before it is flushed
  bool in_stuck : 1 = false;   // in the line of StuckClients
  bool too_slow : 1 = false;   // fell off a room's backlog whose policy is to disconnect
};

}  // namespace switchboard::shard
