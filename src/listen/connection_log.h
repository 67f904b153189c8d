// Writes who connected and why each connection ended, and gives its place back to the admission.
#pragma once

#include "listen/admission.h"
#include "log/log.h"
#include "shard/observer.h"

namespace switchboard::listen {

class ConnectionLog final : public shard::ConnectionObserver {
 public:
  ConnectionLog(log::Log& log, Admission& admission) : log_(log), admission_(admission) {}

  void on_opened(const session::Connection& connection) override;
  session::Readmission on_readdressed(session::AddressRate* counted_at, const net::PeerAddress& client) override;
  void on_turned_away(const net::PeerAddress& peer, std::string_view reason) override;
  void on_accepting_paused(int error) override;
  void on_request_refused(const net::PeerAddress& peer, std::string_view field, std::string_view value) override;
  void on_token_refused(const session::Connection& connection, const auth::TokenRefusal& refusal) override;
  void on_ended(const session::Connection& connection, Instant now) override;

 private:
  log::Log& log_;
  Admission& admission_;
};

}  // namespace switchboard::listen
