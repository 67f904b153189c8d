#include "cli/bench/report_json.h"

#include "cli/bench/latency_json.h"
#include "protocol/json_object.h"

namespace switchboard::cli::bench {
namespace {

std::string options_json(const LoadOptions& options) {
  protocol::JsonObject json;
  json.text("url", options.url).number("connections", options.connections).number("rooms", options.rooms);
  json.number("publishers", options.publishers).number("window", options.window);
  if (options.window == 0) json.number("rate", options.rate);
  json.text("content", options.content == ContentKind::kJson ? "json" : "filler");
  json.json("compression", options.compression ? "true" : "false");
  json.number("content_bytes", options.content_bytes)
      .number("time_s", options.time_s)
      .number("warmup_s", options.warmup_s);
  json.number("bystander_pairs", options.bystander_pairs).number("slow_readers", options.slow_readers);
  return json.json("hold", options.hold ? "true" : "false").take();
}

std::string server_json(const Result& result) {
  const ServerUsage& server = *result.server;
  protocol::JsonObject json;
  json.number("join_cpu_us", server.join_cpu_us).number("cpu_us", server.cpu_us);
  json.number("user_cpu_us", server.user_cpu_us);
  json.number("cpu_us_per_delivery", result.server_cpu_us_per_delivery());
  json.number("rss_before_bytes", server.rss_before_bytes).number("rss_joined_bytes", server.rss_joined_bytes);
  json.number("rss_after_bytes", server.rss_after_bytes);
  return json.number("rss_anonymous_after_bytes", server.rss_anonymous_after_bytes).take();
}

}  // namespace

std::string json_report(const Result& result) {
  const Tally& tally = result.tally;
  protocol::JsonObject closed;
  for (const auto& [code, connections] : result.closed)
    closed.number(std::to_string(code), connections);
  protocol::JsonObject json;
  json.json("options", options_json(result.options));
  json.number("joined", result.joined).number("join_s", result.join_s).json("closed", closed.take());
  json.number("published", tally.published).number("expected", tally.expected).number("delivered", tally.delivered);
  json.number("lost", tally.lost()).number("jumped", tally.jumped).number("duplicates", tally.duplicates);
  json.number("reordered", tally.reordered).number("misrouted", tally.misrouted).number("unexpected", tally.strangers);
  json.number("measured_s", result.measured_s).number("deliveries_measured", result.deliveries_measured);
  json.number("deliveries_per_second", result.deliveries_per_second());
  json.number("frame_bytes_per_delivery", result.frame_bytes_per_delivery());
  json.number("deflated_measured", result.deflated_measured);
  json.json("latency", latency_json(result.latency)).json("last_member", latency_json(result.last_member));
  json.json("bystanders", latency_json(result.bystanders));
  json.number("client_cpu_share", result.client_cpu_share);
  json.json("client_was_the_limit", result.client_was_the_limit() ? "true" : "false");
  if (result.server) json.json("server", server_json(result));
  return json.take() + "\n";
}

}  // namespace switchboard::cli::bench
