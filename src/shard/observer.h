// Who is told of connections coming and going: the server's log. Called on the shard's thread; must not block.
#pragma once

#include "session/session.h"

namespace switchboard::shard {

class ConnectionObserver {
 public:
  virtual ~ConnectionObserver() = default;
  virtual void on_opened(const session::Session& session) = 0;              // its handshake is done
  virtual void on_ended(const session::Session& session, Instant now) = 0;  // see session.ending()
};

}  // namespace switchboard::shard
