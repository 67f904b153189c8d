#include "cli/bench/flood/report.h"

#include "cli/bench/flood/plan.h"
#include "cli/bench/latency_json.h"
#include "cli/bench/text_parts.h"
#include "protocol/json_object.h"

namespace switchboard::cli::bench {
namespace {

std::string flood_rows(const FloodResult& result) {
  const FloodCounts& flood = result.flood;
  std::string text =
      grouped(flood.messages) + " messages, " + megabytes(flood.bytes) + " sent in " + print("%.1f s", result.flood_s);
  if (flood.rounds > 0) text += ", " + count(flood.rounds, "burst") + " of everybody";
  if (flood.refused > 0) text += ", " + count(flood.refused, "error") + " answered";
  text = row("flood", text);
  for (const auto& [code, connections] : flood.closed) {
    text += row("closed", count(connections, "flooder") + " by the server " +
                              (code == 0 ? std::string("without a close code") : "with code " + std::to_string(code)));
  }
  if (flood.returns > 0) text += row("came back", count(flood.returns, "time") + ", a second after they were closed");
  return text;
}

std::string bystander_json(const BystanderResult& result) {
  protocol::JsonObject json;
  json.json("round_trip", latency_json(result.round_trip)).number("expected", result.expected);
  json.number("lost", result.lost()).number("closed", result.closed).number("client_cpu_share", result.cpu_share);
  return json.json("client_wait", latency_json(result.own_wait)).take();
}

std::string flood_json(const FloodResult& result) {
  const FloodCounts& flood = result.flood;
  protocol::JsonObject closed;
  for (const auto& [code, connections] : flood.closed)
    closed.number(std::to_string(code), connections);
  protocol::JsonObject json;
  json.text("name", std::string(flood_plan(*result.options.flood).name));
  json.number("connections", result.options.connections).number("time_s", result.flood_s);
  json.number("rounds", flood.rounds).number("messages", flood.messages).number("bytes", flood.bytes);
  json.number("refused", flood.refused).json("closed", closed.take()).number("returns", flood.returns);
  return json.number("client_cpu_share", result.flood_cpu_share).take();
}

}  // namespace

std::string text_report(const FloodResult& result) {
  const LoadOptions& options = result.options;
  const FloodPlan& plan = flood_plan(*options.flood);
  std::string text = "switchboard bench: " + options.url + ", flood `" + std::string(plan.name) + "` of " +
                     count(options.connections, "connection") + "\n";
  text += flood_rows(result);
  text += row("bystanders", count(options.bystander_pairs, "pair") + ", " + print("%.10g", options.bystander_rate) +
                                " messages/s each; " + grouped(result.flooded.lost()) + " of " +
                                grouped(result.flooded.expected) + " deliveries lost, " +
                                count(result.flooded.closed, "connection") + " closed");
  text += latency_row("  idle", result.idle.round_trip);
  text += latency_row("  flooded", result.flooded.round_trip);
  if (result.server) {
    text += row("server", print("%.0f %% of a core; memory ", result.server->cpu_share * 100) +
                              megabytes(result.server->rss_before_bytes) + ", at most " +
                              megabytes(result.server->rss_max_bytes));
  }
  text +=
      row("client", print("flooders %.0f %% of a core, bystanders %.0f %%, which waited for it (not counted) up to ",
                          result.flood_cpu_share * 100, result.flooded.cpu_share * 100) +
                        duration_text(result.flooded.own_wait.percentile(99)) + " (p99)");
  if (result.client_was_the_limit()) {
    text += "  WARNING: the client was the limit (its bystanders waited for a CPU for more than five milliseconds)\n";
  }
  return text;
}

std::string json_report(const FloodResult& result) {
  const LoadOptions& options = result.options;
  protocol::JsonObject json;
  json.text("url", options.url).number("time_s", options.time_s).number("warmup_s", options.warmup_s);
  json.number("bystander_pairs", options.bystander_pairs).number("bystander_rate", options.bystander_rate);
  json.json("flood", flood_json(result));
  json.json("idle", bystander_json(result.idle)).json("flooded", bystander_json(result.flooded));
  json.boolean("client_was_the_limit", result.client_was_the_limit());
  if (result.server) {
    protocol::JsonObject server;
    server.number("cpu_share", result.server->cpu_share).number("rss_before_bytes", result.server->rss_before_bytes);
    json.json("server", server.number("rss_max_bytes", result.server->rss_max_bytes).take());
  }
  return json.take() + "\n";
}

}  // namespace switchboard::cli::bench
