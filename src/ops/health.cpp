#include "ops/health.h"

#include <cstdio>
#include <string_view>

#include "base/version.h"
#include "log/log_escape.h"

namespace switchboard::ops {
namespace {

/// For what others have written, such as an error of the operating system.
std::string json_string(std::string_view text) {
  std::string out;
  log::append_json_string(out, text);
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

std::string history_json(const broker::StoreStatus* store) {
  if (store == nullptr) return R"({"backend": "memory", "ok": true})";
  const broker::StoreState state = store->state();
  return std::string(R"({"backend": "sqlite", "ok": )") + (state.is_ok ? "true" : "false") +
         ", \"reason\": " + json_string(state.reason) + ", \"bytes\": " + std::to_string(store->bytes_on_disk.value()) +
         ", \"commits\": " + std::to_string(store->commits.value()) +
         ", \"failures\": " + std::to_string(store->failures.value()) + "}";
}

}  // namespace

std::string health_json(const HealthReport& report) {
  using Shard = shard::ShardStats;
  using Sessions = session::SessionStats;
  const ShardTotals& shards = report.shards;
  ObjectWriter json;
  json.text("version", version());
  json.truth("ready", report.ready);
  json.truth("draining", !report.ready);
  json.tenths("uptime_seconds", report.uptime_seconds);
  json.number("shards", shards.shards());
  json.number("active_connections", shards.of(&Shard::connections));
  json.number("connections_total", shards.of(&Shard::connections_total));
  json.number("rooms", shards.of(&Shard::home_rooms));
  json.number("members", shards.of(&Shard::members));
  json.number("messages_received", shards.of(&Sessions::messages_received));
  json.number("messages_sent", shards.messages_sent());
  json.tenths("messages_per_second", report.messages_per_second);
  json.number("messages_dropped", shards.of(&Shard::lagged_messages));
  json.number("bytes_received", shards.of(&Sessions::bytes_received));
  json.number("bytes_sent", shards.of(&Shard::bytes_sent));
  json.field("history", history_json(report.store));
  return json.finish();
}

}  // namespace switchboard::ops
