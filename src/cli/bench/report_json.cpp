#include "cli/bench/report_json.h"

#include "cli/bench/json_object.h"

namespace switchboard::cli::bench {
namespace {

std::string options_json(const LoadOptions& options) {
  JsonObject json;
  json.text("url", options.url).count("connections", options.connections).count("rooms", options.rooms);
  json.count("publishers", options.publishers).count("window", options.window);
  if (options.window == 0) json.number("rate", options.rate);
  json.text("content", options.content == ContentKind::kJson ? "json" : "filler");
  json.raw("compression", options.compression ? "true" : "false");
  json.count("content_bytes", options.content_bytes)
      .number("time_s", options.time_s)
      .number("warmup_s", options.warmup_s);
  json.count("bystander_pairs", options.bystander_pairs).count("slow_readers", options.slow_readers);
  return json.raw("hold", options.hold ? "true" : "false").close();
}

std::string server_json(const Result& result) {
  const ServerUsage& server = *result.server;
  JsonObject json;
  json.number("join_cpu_us", server.join_cpu_us).number("cpu_us", server.cpu_us);
  json.number("user_cpu_us", server.user_cpu_us);
  json.number("cpu_us_per_delivery", result.server_cpu_us_per_delivery());
  json.count("rss_before_bytes", server.rss_before_bytes).count("rss_joined_bytes", server.rss_joined_bytes);
  json.count("rss_after_bytes", server.rss_after_bytes);
  return json.count("rss_anonymous_after_bytes", server.rss_anonymous_after_bytes).close();
}

}  // namespace

std::string json_report(const Result& result) {
  const Tally& tally = result.tally;
  JsonObject closed;
  for (const auto& [code, connections] : result.closed)
    closed.count(std::to_string(code).c_str(), connections);
  JsonObject json;
  json.raw("options", options_json(result.options));
  json.count("joined", result.joined).number("join_s", result.join_s).raw("closed", closed.close());
  json.count("published", tally.published).count("expected", tally.expected).count("delivered", tally.delivered);
  json.count("lost", tally.lost()).count("jumped", tally.jumped).count("duplicates", tally.duplicates);
  json.count("reordered", tally.reordered).count("misrouted", tally.misrouted).count("unexpected", tally.strangers);
  json.number("measured_s", result.measured_s).count("deliveries_measured", result.deliveries_measured);
  json.number("deliveries_per_second", result.deliveries_per_second());
  json.number("frame_bytes_per_delivery", result.frame_bytes_per_delivery());
  json.count("deflated_measured", result.deflated_measured);
  json.raw("latency", latency_json(result.latency)).raw("last_member", latency_json(result.last_member));
  json.raw("bystanders", latency_json(result.bystanders));
  json.number("client_cpu_share", result.client_cpu_share);
  json.raw("client_was_the_limit", result.client_was_the_limit() ? "true" : "false");
  if (result.server) json.raw("server", server_json(result));
  return json.close() + "\n";
}

}  // namespace switchboard::cli::bench
