// Writes who connected, what they were refused and why each connection ended, and gives its place back to the
// admission.
#pragma once

#include <atomic>
#include <cstdint>

#include "listen/admission.h"
#include "listen/refusal_lines.h"
#include "log/log.h"
#include "shard/observer.h"

namespace switchboard::listen {

class ConnectionLog final : public shard::ConnectionObserver {
 public:
  ConnectionLog(log::Log& log, Admission& admission) : log_(log), admission_(admission) {}

  /// Lines about refusals, of each kind: see log.refusals_per_second. Any thread.
  void set_refusals_per_second(std::uint32_t lines) { refusals_per_second_.store(lines, std::memory_order_relaxed); }

  void on_opened(const session::Connection& connection) override;
  session::Readmission on_readdressed(session::AddressRate* counted_at, const net::PeerAddress& client) override;
  void on_turned_away(const net::PeerAddress& peer, std::string_view reason) override;
  void on_accepting_paused(int error) override;
  void on_request_refused(const net::PeerAddress& peer, std::string_view field, std::string_view value,
                          Instant now) override;
  void on_token_refused(const session::Connection& connection, const auth::TokenRefusal& refusal, Instant now) override;
  void on_command_refused(const session::Connection& connection, const session::RefusedCommand& refused,
                          Instant now) override;
  void on_api_refused(const shard::ApiRefused& refused, Instant now) override;
  void on_ended(const session::Connection& connection, Instant now) override;

 private:
  log::Log& log_;
  Admission& admission_;

  bool may_write(RefusalLines& lines, std::string_view of_what, Instant now);

  std::atomic<std::uint32_t> refusals_per_second_ = log::LogSettings().refusals_per_second;
  RefusalLines requests_, tokens_, commands_, api_;
};

}  // namespace switchboard::listen
