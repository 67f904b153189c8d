// Writes who connected and why each connection ended, and gives its place back to the admission.
#pragma once

#include <atomic>
#include <cstdint>

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
  void on_token_refused(const session::Connection& connection, const auth::TokenRefusal& refusal, Instant now) override;
  void on_ended(const session::Connection& connection, Instant now) override;

 private:
  log::Log& log_;
  Admission& admission_;
  // How many lines about tokens this second has had: whoever shows bad ones must not drive everything else out of the
  // log.
  std::atomic<std::int64_t> token_second_{0};
  std::atomic<std::uint32_t> token_lines_{0};
};

}  // namespace switchboard::listen
