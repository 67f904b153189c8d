#include "listen/connection_log.h"

#include <system_error>

#include "log/log_escape.h"

namespace switchboard::listen {

void ConnectionLog::on_opened(const session::Connection& connection) {
  if (!log_.wants(log::LogLevel::kInfo)) return;
  log_.info("connected", {{"conn", connection.session().connection_id()},
                          {"addr", connection.peer().to_string()},
                          {"protocol", connection.session().is_v1() ? "v1" : "base"}});
}

session::Readmission ConnectionLog::on_readdressed(session::AddressRate* counted_at, const net::PeerAddress& client) {
  const auto admitted = admission_.readdress(counted_at, client);
  // One too many even to be told is told all the same: its request has been read.
  const session::Ending ending =
      refusal(admitted.verdict == Admission::Verdict::kDrop ? Admission::Verdict::kTellTooMany : admitted.verdict);
  return {.address_rate = admitted.address, .refusal_code = ending.code, .refusal_reason = ending.reason};
}

void ConnectionLog::on_turned_away(const net::PeerAddress& peer, std::string_view reason) {
  log_.info("turned away", {{"addr", peer.to_string()}, {"reason", reason}});
}

void ConnectionLog::on_accepting_paused(int error) {
  log_.warn("connections cannot be accepted; it is tried again every 0.1 s",
            {{"reason", std::generic_category().message(error)}});
}

void ConnectionLog::on_request_refused(const net::PeerAddress& peer, std::string_view field, std::string_view value) {
  constexpr std::size_t kValueBytesMax = 200;
  const bool is_origin = field == "Origin";
  log_.info(
      is_origin ? "origin refused" : "host refused",
      {{"addr", peer.to_string()}, {is_origin ? "origin" : "host", log::cut_at_character(value, kValueBytesMax)}});
}

void ConnectionLog::on_token_refused(const session::Connection& connection, const auth::TokenRefusal& refusal,
                                     Instant now) {
  constexpr std::uint32_t kLinesPerSecond = 20;
  const std::int64_t second = now.time_since_epoch() / std::chrono::seconds(1);
  if (token_second_.exchange(second, std::memory_order_relaxed) != second) {
    token_lines_.store(0, std::memory_order_relaxed);
  }
  const std::uint32_t lines = token_lines_.fetch_add(1, std::memory_order_relaxed);
  if (lines == kLinesPerSecond) {
    log_.warn("more tokens are refused than are logged; switchboard_tokens_refused_total counts them all");
  }
  if (lines >= kLinesPerSecond) return;
  log_.info("token refused", {{"conn", connection.session().connection_id()},
                              {"addr", connection.peer().to_string()},
                              {"user", connection.session().user_id()},
                              {"reason", name(refusal.reason)},
                              {"message", refusal.message}});
}

void ConnectionLog::on_ended(const session::Connection& connection, Instant now) {
  admission_.release(connection.address_rate());
  const session::Ending& ending = connection.ending();
  const bool was_websocket = ending.code >= 1000;
  // Requests that never became connections are of interest to few.
  const log::LogLevel level = was_websocket ? log::LogLevel::kInfo : log::LogLevel::kDebug;
  if (!log_.wants(level)) return;
  const auto lived = std::chrono::duration_cast<std::chrono::milliseconds>(now - connection.opened_at()).count();
  log_.write(level, was_websocket ? "disconnected" : "request ended",
             {{"conn", connection.session().connection_id()},
              {"addr", connection.peer().to_string()},
              {"user", connection.session().user_id()},
              {"code", static_cast<std::int64_t>(ending.code)},
              {"by", ending.by_peer ? "client" : "server"},
              {"reason", ending.reason},
              {"lived_ms", static_cast<std::int64_t>(lived)}});
}

}  // namespace switchboard::listen
