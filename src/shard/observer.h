// Who is told of connections coming and going: the server's log and its counts. Called on the shard's thread; must not
// block.
#pragma once

#include "session/session.h"

namespace switchboard::shard {

class ConnectionObserver {
 public:
  virtual ~ConnectionObserver() = default;
  virtual void on_opened(const session::Session& session) = 0;  // its handshake is done
  /// See session::SessionHost::readmit.
  virtual session::Readmission on_readdressed([[maybe_unused]] const session::Session& session,
                                              [[maybe_unused]] const net::PeerAddress& client) {
    return {};
  }
  /// Somebody who did not become a connection. `reason` is a literal that follows the address as in a sentence.
  virtual void on_turned_away([[maybe_unused]] const net::PeerAddress& peer, [[maybe_unused]] std::string_view reason) {
  }
  /// Listening sockets gave nobody, and are left alone for a moment. `error`: as in errno. At most once in some
  /// seconds.
  virtual void on_accepting_paused([[maybe_unused]] int error) {}
  /// See session::SessionHost::on_request_refused.
  virtual void on_request_refused([[maybe_unused]] const session::Session& session,
                                  [[maybe_unused]] std::string_view field, [[maybe_unused]] std::string_view value) {}
  virtual void on_ended(const session::Session& session, Instant now) = 0;  // see session.ending()
};

}  // namespace switchboard::shard
