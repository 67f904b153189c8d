#include "cli/bench/report_text.h"

#include "cli/bench/flood/plan.h"
#include "cli/bench/text_parts.h"

namespace switchboard::cli::bench {
namespace {

std::string load_rows(const Result& result) {
  const Tally& tally = result.tally;
  const LoadOptions& options = result.options;
  std::string pace = options.window > 0 ? "a window of " + std::to_string(options.window)
                                        : print("%.10g", options.rate) + " messages/s";
  std::string text = row("published", count(tally.published, "message") + " of " + grouped(options.content_bytes) +
                                          " bytes by " + count(options.publishers, "publisher") + ", " + pace);
  text += row("delivered", grouped(tally.delivered) + " of " + grouped(tally.expected) + ": " + grouped(tally.lost()) +
                               " lost (" + grouped(tally.jumped) + " declared by a jump), " +
                               grouped(tally.duplicates) + " duplicated, " + grouped(tally.reordered) + " reordered");
  if (tally.misrouted > 0) text += row("misrouted", grouped(tally.misrouted) + " in a room they were not sent to");
  text += row("throughput", grouped(static_cast<std::uint64_t>(result.deliveries_per_second())) +
                                " deliveries/s over " + print("%.2f s", result.measured_s));
  if (result.deliveries_measured > 0) {
    text += row("on the wire", print("%.1f bytes per delivery", result.frame_bytes_per_delivery()) +
                                   (options.compression ? ", " + grouped(result.deflated_measured) + " of " +
                                                              grouped(result.deliveries_measured) + " compressed"
                                                        : std::string()));
  }
  text += latency_row("latency", result.latency);
  text += latency_row("last member", result.last_member);
  text += latency_row("bystanders", result.bystanders);
  return text;
}

std::string server_row(const Result& result) {
  const ServerUsage& server = *result.server;
  std::string text = print("%.1f us CPU per join", server.join_cpu_us);
  if (result.deliveries_measured > 0) {
    text += print(", %.3f us per delivery (%.0f %% of a core)", result.server_cpu_us_per_delivery(),
                  server.cpu_us / result.measured_s / 1e4);
  }
  text += "; memory " + megabytes(server.rss_before_bytes) + ", joined " + megabytes(server.rss_joined_bytes) +
          ", at the end " + megabytes(server.rss_after_bytes);
  return row("server", text);
}

std::string flood_plan_text(const LoadOptions& options) {
  const FloodPlan& plan = flood_plan(*options.flood);
  std::string text = "flood `" + std::string(plan.name) + "`: " + count(options.connections, "connection") + ", " +
                     std::string(plan.about) + ".";
  if (plan.kind == FloodKind::kLargeRoom) {
    text += print(" %.10g messages/s of ", options.rate) + count(options.content_bytes, "byte") + ".";
  }
  return text + " Beside it " + count(options.bystander_pairs, "pair") +
         print(
             " of bystanders, %.10g messages/s each. %.10g s on the idle server, then the flood: %.10g s of warm-up, "
             "%.10g s measured.",
             options.bystander_rate, options.time_s, options.warmup_s, options.time_s);
}

std::string load_plan_text(const LoadOptions& options) {
  std::string text = count(options.connections, "connection") + " in " + count(options.rooms, "room");
  if (options.hold) return text + print("; held for %.10g s.", options.time_s);
  text += "; " + count(options.publishers, "publisher") + ", " +
          (options.window > 0 ? "each with " + std::to_string(options.window) + " of its own messages under way"
                              : print("%.10g messages/s in all", options.rate)) +
          ", " + grouped(options.content_bytes) + " bytes each";
  if (options.bystander_pairs > 0) text += "; " + count(options.bystander_pairs, "pair") + " of bystanders";
  return text + print(". %.10g s of warm-up, %.10g s measured, at most %.10g s for what is under way then.",
                      options.warmup_s, options.time_s, options.drain_s);
}

}  // namespace

std::string plan_text(const LoadOptions& options) {
  return options.url + ": " + (options.flood ? flood_plan_text(options) : load_plan_text(options)) +
         " --help says what can be changed.";
}

std::string text_report(const Result& result) {
  const LoadOptions& options = result.options;
  std::string text = "switchboard bench: " + options.url + "\n";
  text +=
      row("connections", grouped(result.joined) + " joined " + count(options.rooms, "room") + " in " +
                             print("%.2f s", result.join_s) +
                             (options.slow_readers > 0 ? ", " + grouped(options.slow_readers) + " never read" : ""));
  if (!options.hold) text += load_rows(result);
  if (result.server) text += server_row(result);
  text += row("client", print("%.0f %% of a core", result.client_cpu_share * 100));
  for (const auto& [code, connections] : result.closed) {
    text += row("closed", count(connections, "connection") + " by the server " +
                              (code == 0 ? std::string("without a close code") : "with code " + std::to_string(code)));
  }
  if (result.tally.strangers > 0)
    text += row("unexpected", count(result.tally.strangers, "message") + ", the first: " + result.first_stranger);
  if (result.client_was_the_limit()) text += "  WARNING: the client was the limit (more than 80 % of its core)\n";
  return text;
}

}  // namespace switchboard::cli::bench
