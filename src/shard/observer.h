// Who is told of connections coming and going: the server's log and its counts. Called on the shard's thread; must not
// block.
#pragma once

#include "api/refusal.h"
#include "http/request.h"
#include "session/connection.h"

namespace switchboard::shard {

/// Views are valid during the call.
struct ApiRefused {
  api::Refusal refusal;
  const net::PeerAddress& peer;
  const http::Request& request;  // the key in it is not to be shown
  std::string_view key;          // what may be said of it: see api::Key::shown; "none", "unknown"
};

class ConnectionObserver {
 public:
  virtual ~ConnectionObserver() = default;
  virtual void on_opened(const session::Connection& connection) = 0;  // its handshake is done
  /// See session::ConnectionHost::readmit.
  virtual session::Readmission on_readdressed([[maybe_unused]] session::AddressRate* counted_at,
                                              [[maybe_unused]] const net::PeerAddress& client) {
    return {};
  }
  /// Somebody who did not become a connection. `reason` is a literal that follows the address as in a sentence.
  virtual void on_turned_away([[maybe_unused]] const net::PeerAddress& peer, [[maybe_unused]] std::string_view reason) {
  }
  /// Listening sockets gave nobody, and are left alone for a moment. `error`: as in errno. At most once in some
  /// seconds.
  virtual void on_accepting_paused([[maybe_unused]] int error) {}
  /// See session::ConnectionHost::on_request_refused.
  virtual void on_request_refused([[maybe_unused]] const net::PeerAddress& peer,
                                  [[maybe_unused]] std::string_view field, [[maybe_unused]] std::string_view value,
                                  [[maybe_unused]] Instant now) {}
  /// See session::SessionHost::on_token_refused.
  virtual void on_token_refused([[maybe_unused]] const session::Connection& connection,
                                [[maybe_unused]] const auth::TokenRefusal& refusal, [[maybe_unused]] Instant now) {}
  /// See session::SessionHost::on_command_refused.
  virtual void on_command_refused([[maybe_unused]] const session::Connection& connection,
                                  [[maybe_unused]] const session::RefusedCommand& refused,
                                  [[maybe_unused]] Instant now) {}
  /// A request to the HTTP API of somebody who may not make it.
  virtual void on_api_refused([[maybe_unused]] const ApiRefused& refused, [[maybe_unused]] Instant now) {}
  virtual void on_ended(const session::Connection& connection, Instant now) = 0;  // see its ending()
};

}  // namespace switchboard::shard
