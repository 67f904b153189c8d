#include "server/health.h"

#include <cstdio>
#include <string_view>

#include "server/log_escape.h"
#include "server/version.h"

namespace switchboard::server {
namespace {

/// For what others have written, such as an error of the operating system.
std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

class ObjectWriter {
 public:
  /// The value is JSON already.
  void field(std::string_view name, std::string_view value) {
    text_.append(text_.empty() ? "{\n  \"" : ",\n  \"").append(name).append("\": ").append(value);
  }
  void text(std::string_view name, std::string_view value) { field(name, '"' + std::string(value) + '"'); }
  void number(std::string_view name, std::uint64_t value) { field(name, std::to_string(value)); }
  void truth(std::string_view name, bool value) { field(name, value ? "true" : "false"); }
  void tenths(std::string_view name, double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.1f", value);
    field(name, digits);
  }
  std::string finish() { return text_ + "\n}\n"; }

 private:
  std::string text_;
};

std::string history_json(const HistorySnapshot& history) {
  if (!history.is_on_disk) return R"({"backend": "memory", "ok": true})";
  return std::string(R"({"backend": "sqlite", "ok": )") + (history.state.is_ok ? "true" : "false") +
         ", \"reason\": " + json_string(history.state.reason) +
         ", \"bytes\": " + std::to_string(history.bytes_on_disk) + ", \"commits\": " + std::to_string(history.commits) +
         ", \"failures\": " + std::to_string(history.failures) + "}";
}

}  // namespace

std::string health_json(const HealthReport& report) {
  const StatsSnapshot& stats = report.stats;
  ObjectWriter json;
  json.text("version", version());
  json.truth("ready", report.ready);
  json.truth("draining", !report.ready);
  json.tenths("uptime_seconds", report.uptime_seconds);
  json.number("shards", stats.shards);
  json.number("active_connections", stats.connections);
  json.number("connections_total", stats.connections_total);
  json.number("rooms", stats.home_rooms);
  json.number("members", stats.members);
  json.number("messages_received", stats.messages_received);
  json.number("messages_sent", stats.messages_sent());
  json.tenths("messages_per_second", report.messages_per_second);
  json.number("messages_dropped", stats.lagged_messages);
  json.number("bytes_received", stats.bytes_received);
  json.number("bytes_sent", stats.bytes_sent);
  json.field("history", history_json(report.history));
  return json.finish();
}

}  // namespace switchboard::server
