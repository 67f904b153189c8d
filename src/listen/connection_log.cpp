#include "listen/connection_log.h"

#include <system_error>

#include "log/log_escape.h"

namespace switchboard::listen {
namespace {

constexpr std::size_t kValueBytesMax = 200;  // of what a client sent

}  // namespace

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

/// Tells how many were not written, too.
bool ConnectionLog::may_write(RefusalLines& lines, std::string_view of_what, Instant now) {
  if (!log_.wants(log::LogLevel::kInfo)) return false;
  const auto unwritten = lines.take(now, refusals_per_second_.load(std::memory_order_relaxed));
  if (unwritten && *unwritten > 0) log_.warn("refusals not logged", {{"of", of_what}, {"count", *unwritten}});
  return unwritten.has_value();
}

void ConnectionLog::on_request_refused(const net::PeerAddress& peer, std::string_view field, std::string_view value,
                                       Instant now) {
  if (!may_write(requests_, "handshakes", now)) return;
  const bool is_origin = field == "Origin";
  log_.info(
      is_origin ? "origin refused" : "host refused",
      {{"addr", peer.to_string()}, {is_origin ? "origin" : "host", log::cut_at_character(value, kValueBytesMax)}});
}

void ConnectionLog::on_token_refused(const session::Connection& connection, const auth::TokenRefusal& refusal,
                                     Instant now) {
  if (!may_write(tokens_, "tokens", now)) return;
  log_.info("token refused", {{"conn", connection.session().connection_id()},
                              {"addr", connection.peer().to_string()},
                              {"user", connection.session().user_id()},
                              {"reason", name(refusal.reason)},
                              {"message", refusal.message}});
}

void ConnectionLog::on_command_refused(const session::Connection& connection, const session::RefusedCommand& refused,
                                       Instant now) {
  if (!may_write(commands_, "commands", now)) return;
  const auto* const direct =
      refused.command == nullptr ? nullptr : std::get_if<protocol::Direct>(&refused.command->body);
  log_.info("command refused",
            {{"conn", connection.session().connection_id()},
             {"addr", connection.peer().to_string()},
             {"user", connection.session().user_id()},
             {"command", refused.command == nullptr ? "unknown" : protocol::type_of(*refused.command)},
             {direct == nullptr ? "room" : "to", direct == nullptr ? refused.error.room_id : direct->user_id},
             {"code", protocol::name(refused.error.code)},
             {"message", refused.error.message}});
}

void ConnectionLog::on_api_refused(const shard::ApiRefused& refused, Instant now) {
  if (!may_write(api_, "api", now)) return;
  const api::Problem problem = api::problem_of(refused.refusal);
  // The path alone: whoever puts a key into the address puts it into the query.
  log_.info("api refused", {{"addr", refused.peer.to_string()},
                            {"key", refused.key},
                            {"method", refused.request.method},
                            {"path", log::cut_at_character(refused.request.path(), kValueBytesMax)},
                            {"status", problem.status},
                            {"reason", name(refused.refusal)},
                            {"message", problem.detail}});
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
