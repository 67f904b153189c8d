#include "cli/bench/report_text.h"

#include <cstdarg>
#include <cstdio>

namespace switchboard::cli::bench {
namespace {

__attribute__((format(printf, 1, 2))) std::string print(const char* format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

std::string count(std::uint64_t number, const char* noun) {
  return grouped(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string megabytes(std::uint64_t bytes) {
  return print("%.1f MB", static_cast<double>(bytes) / 1e6);
}

std::string row(const char* name, const std::string& text) {
  return print("  %-12s ", name) + text + "\n";
}

std::string latency_row(const char* name, const Histogram& histogram) {
  if (histogram.count() == 0) return {};
  std::string text;
  for (const auto& [label, percent] : {std::pair{"p50", 50.0}, {"p90", 90.0}, {"p99", 99.0}, {"p99.9", 99.9}}) {
    text += std::string(label) + " " + duration_text(histogram.percentile(percent)) + "   ";
  }
  return row(name, text + "max " + duration_text(histogram.max()) + "   (" + grouped(histogram.count()) + ")");
}

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

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3; i -= 3)
    text.insert(i - 3, ",");
  return text;
}

std::string duration_text(std::int64_t nanoseconds) {
  constexpr const char* kUnits[] = {"ns", "us", "ms", "s"};
  auto value = static_cast<double>(nanoseconds);
  int unit = 0;
  while (value >= 999.5 && unit < 3) {
    value /= 1000;
    ++unit;
  }
  const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return print("%.*f %s", decimals, value, kUnits[unit]);
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
