#include "ops/metrics.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <sstream>
#include <vector>

namespace switchboard::ops {
namespace {

struct Family {
  std::string help, type;
  std::vector<std::pair<std::string, double>> samples;  // suffix and labels: `_bucket{le="1"}`, `{code="1000"}` or ""
};

/// Reads the format strictly: HELP, TYPE, then the family's samples and nothing else.
std::map<std::string, Family> parse(const std::string& text) {
  static const std::regex kSample(R"re(([a-z_]+)(\{[a-z]+="[^"\\]*"(?:,[a-z]+="[^"\\]*")*\})? ([0-9.]+))re");
  std::map<std::string, Family> families;
  std::string name;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (line.starts_with("# HELP ")) {
      name = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_FALSE(families.contains(name)) << name << " comes twice";
      families[name].help = line.substr(8 + name.size());
    } else if (line.starts_with("# TYPE ")) {
      EXPECT_TRUE(line.starts_with("# TYPE " + name + " ")) << line;
      families[name].type = line.substr(8 + name.size());
    } else if (std::regex_match(line, match, kSample)) {
      EXPECT_TRUE(line.starts_with(name)) << line << " in the family " << name;
      EXPECT_FALSE(families[name].type.empty()) << line << " comes before its type";
      families[name].samples.emplace_back(match[1].str().substr(name.size()) + match[2].str(),
                                          std::strtod(match[3].str().c_str(), nullptr));
    } else {
      ADD_FAILURE() << "not a line of the format: " << line;
    }
  }
  return families;
}

double value(const std::map<std::string, Family>& families, const std::string& name, const std::string& labels = "") {
  const auto family = families.find(name);
  if (family == families.end()) return -1;
  for (const auto& [sample, number] : family->second.samples) {
    if (sample == labels) return number;
  }
  return -1;
}

// The report looks at them.
const shard::ShardStats kIdleShard;
const session::SessionStats kIdleSessions;

MetricsReport report_of(const shard::ShardStats& shard, const session::SessionStats& sessions = kIdleSessions) {
  MetricsReport report;
  report.shards.add(shard, sessions);
  webhook::EndpointStatus endpoint;
  endpoint.name = "back";
  report.webhooks.push_back(endpoint);
  return report;
}

TEST(Metrics, EveryFamilyHasHelpTypeAndSamples) {
  const auto families = parse(metrics_text(report_of(kIdleShard)));
  EXPECT_GT(families.size(), 35u);
  for (const auto& [name, family] : families) {
    EXPECT_GT(family.help.size(), 10u) << name;
    EXPECT_TRUE(family.type == "counter" || family.type == "gauge" || family.type == "histogram") << name;
    EXPECT_FALSE(family.samples.empty()) << name;
    EXPECT_EQ(family.type == "counter", name.ends_with("_total")) << name;
    EXPECT_TRUE(name.starts_with("switchboard_") || name.starts_with("process_")) << name;
  }
}

TEST(Metrics, SayHowEndpointsAreDoing) {
  MetricsReport report = report_of(kIdleShard);
  webhook::EndpointStatus& endpoint = report.webhooks.front();
  endpoint.backlog.events = 3;
  endpoint.requests_failed = 2;
  EXPECT_EQ(value(parse(metrics_text(report)), "switchboard_webhook_ok", R"({endpoint="back"})"), 1);
  endpoint.problem = "answered with status 500";
  const auto families = parse(metrics_text(report));
  EXPECT_EQ(value(families, "switchboard_webhook_ok", R"({endpoint="back"})"), 0);
  EXPECT_EQ(value(families, "switchboard_webhook_events_waiting", R"({endpoint="back"})"), 3);
  EXPECT_EQ(value(families, "switchboard_webhook_requests_total", R"({endpoint="back",result="failed"})"), 2);
}

TEST(Metrics, EndWithALineBreak) {
  EXPECT_TRUE(metrics_text(report_of(kIdleShard)).ends_with("\n"));
}

TEST(Metrics, SayTheCounters) {
  shard::ShardStats shard;
  session::SessionStats sessions;
  shard.connections.add(5);
  shard.connections_total.add(9);
  shard.deliveries.add(1'000);
  shard.lagged_messages.add(17);
  shard.bytes_sent.add(123'456'789'012);
  sessions.replies.add(12);
  sessions.errors[static_cast<std::size_t>(protocol::ErrorCode::kInternal)].add(2);
  sessions.rate_limited[static_cast<std::size_t>(session::RateLimit::kAddressBytes)].add(3);
  const auto families = parse(metrics_text(report_of(shard, sessions)));
  EXPECT_EQ(value(families, "switchboard_connections"), 5);
  EXPECT_EQ(value(families, "switchboard_connections_total"), 9);
  EXPECT_EQ(value(families, "switchboard_messages_sent_total", R"({kind="room"})"), 1'000);
  EXPECT_EQ(value(families, "switchboard_messages_sent_total", R"({kind="reply"})"), 12);
  EXPECT_EQ(value(families, "switchboard_dropped_messages_total", R"({reason="slow_client"})"), 17);
  EXPECT_EQ(value(families, "switchboard_sent_bytes_total"), 123'456'789'012);
  EXPECT_EQ(value(families, "switchboard_errors_total", R"({code="internal"})"), 2);
  EXPECT_EQ(value(families, "switchboard_rate_limited_total", R"({limit="address_bytes"})"), 3);
}

TEST(Metrics, SayEveryCounterThatIsDeclared) {
  const shard::ShardStats shard;
  const session::SessionStats sessions;
  const broker::StoreStatus store;
  MetricsReport report = report_of(shard, sessions);
  report.store = &store;
  const auto families = parse(metrics_text(report));
  for (const MetricList* list : {&shard.metrics, &sessions.metrics, &store.metrics}) {
    for (const MetricList::Entry& entry : list->entries()) {
      if (entry.family.type == MetricType::kHistogram) continue;
      const std::string labels = entry.labels.empty() ? "" : "{" + entry.labels + "}";
      EXPECT_EQ(value(families, std::string(entry.family.name), labels), 0) << entry.family.name << labels;
    }
  }
  // A member that is no counter of its list would show here: all of it but the list, the histograms and the rest is
  // counters.
  EXPECT_EQ(sizeof sessions, sizeof(MetricList) + sessions.metrics.entries().size() * sizeof(SharedNumber));
  EXPECT_EQ(sizeof shard, sizeof(MetricList) + 2 * sizeof(SharedHistogram) +
                              (shard.metrics.entries().size() - 2) * sizeof(SharedNumber));
}

TEST(Metrics, SayHowTlsHandshakesEnded) {
  shard::ShardStats shard;
  shard.tls.full.add(5);
  shard.tls.resumed.add(2);
  shard.tls.failed.add();
  const auto families = parse(metrics_text(report_of(shard)));
  EXPECT_EQ(value(families, "switchboard_tls_handshakes_total", R"({result="full"})"), 5);
  EXPECT_EQ(value(families, "switchboard_tls_handshakes_total", R"({result="resumed"})"), 2);
  EXPECT_EQ(value(families, "switchboard_tls_handshakes_total", R"({result="failed"})"), 1);
}

TEST(Metrics, LabelDisconnectsWithKnownCodesOnly) {
  shard::ShardStats shard;
  for (const int code : {4200, 4200, 3000, 404})
    shard.endings.add(static_cast<std::uint16_t>(code));
  const auto families = parse(metrics_text(report_of(shard)));
  EXPECT_EQ(value(families, "switchboard_disconnects_total", R"({code="4200"})"), 2);
  EXPECT_EQ(value(families, "switchboard_disconnects_total", R"({code="other"})"), 1);
  EXPECT_EQ(value(families, "switchboard_disconnects_total", R"({code="http"})"), 1);
  EXPECT_EQ(families.at("switchboard_disconnects_total").samples.size(), shard::EndingCounts::kCodes.size() + 2);
}

TEST(Metrics, HistogramsAreCumulativeAndInSeconds) {
  shard::ShardStats shard;
  for (const std::int64_t us : {10, 60, 600, 6'000, 60'000'000})
    shard.loop_lag.observe(us * 1'000);
  const Family turns = parse(metrics_text(report_of(shard))).at("switchboard_loop_turn_seconds");
  EXPECT_EQ(turns.type, "histogram");
  const std::size_t buckets = turns.samples.size() - 2;
  EXPECT_EQ(turns.samples[0], std::make_pair(std::string(R"(_bucket{le="0.00005"})"), 1.0));
  for (std::size_t i = 1; i < buckets; ++i)
    EXPECT_LE(turns.samples[i - 1].second, turns.samples[i].second) << turns.samples[i].first;
  EXPECT_EQ(turns.samples[buckets - 1], std::make_pair(std::string(R"(_bucket{le="+Inf"})"), 5.0));
  EXPECT_EQ(turns.samples[buckets].first, "_sum");
  EXPECT_DOUBLE_EQ(turns.samples[buckets].second, 60.00667);
  EXPECT_EQ(turns.samples[buckets + 1], std::make_pair(std::string("_count"), 5.0));
}

TEST(Metrics, SayTheStore) {
  broker::StoreStatus store;
  store.commits.add(12);
  store.batches.add(3);
  store.bytes_on_disk.set(65'536);
  store.commit_ns.observe(2'000'000);
  MetricsReport report = report_of(kIdleShard);
  report.store = &store;
  const auto families = parse(metrics_text(report));
  EXPECT_EQ(value(families, "switchboard_store_ok"), 1);
  EXPECT_EQ(value(families, "switchboard_store_commits_total"), 12);
  EXPECT_EQ(value(families, "switchboard_store_batches_total"), 3);
  EXPECT_EQ(value(families, "switchboard_store_bytes"), 65'536);
  EXPECT_EQ(value(families, "switchboard_store_commit_seconds", "_count"), 1);
  EXPECT_EQ(value(families, "switchboard_store_commit_seconds", "_sum"), 0.002);
}

TEST(Metrics, SayTheProcess) {
  MetricsReport report = report_of(kIdleShard);
  report.ready = false;
  report.started_ms = 1'764'000'000'123;
  report.process = {.resident_memory_bytes = 4'096, .cpu_seconds = 1.5, .open_files = 17, .open_files_max = 1'024};
  const auto families = parse(metrics_text(report));
  EXPECT_EQ(value(families, "switchboard_ready"), 0);
  EXPECT_DOUBLE_EQ(value(families, "process_start_time_seconds"), 1'764'000'000.123);
  EXPECT_EQ(value(families, "process_resident_memory_bytes"), 4'096);
  EXPECT_EQ(value(families, "process_cpu_seconds_total"), 1.5);
  EXPECT_EQ(value(families, "process_open_fds"), 17);
  EXPECT_EQ(value(families, "process_max_fds"), 1'024);
}

TEST(ProcessStats, AreThoseOfThisProcess) {
  const ProcessStats stats = read_process_stats();
  EXPECT_GT(stats.resident_memory_bytes, 1'000'000u);
  EXPECT_GE(stats.open_files, 3u);
  EXPECT_LE(stats.open_files, stats.open_files_max);
}

}  // namespace
}  // namespace switchboard::ops
