#include "ops/metrics.h"

#include "base/version.h"
#include "ops/metric_totals.h"
#include "ops/metrics_writer.h"
#include "ops/webhook_metrics.h"

namespace switchboard::ops {
namespace {

// What is counted anywhere is declared there (base/counter.h). Named here is only what nobody counts: what is asked of
// others, or follows from a state.

void write(MetricsWriter& out, const MetricTotals& totals) {
  for (const MetricTotals::Family& family : totals.families()) {
    out.family(family.family);
    for (const MetricTotals::Sample& sample : family.samples)
      std::visit([&](const auto& value) { out.sample(value, sample.labels); }, sample.value);
  }
}

void write_store(MetricsWriter& out, const broker::StoreStatus& store) {
  out.family({"switchboard_store_ok", MetricType::kGauge,
              "1 while the store commits, 0 while it cannot; 1 also when there is none."});
  out.sample(std::uint64_t{store.state().is_ok});
  MetricTotals counted;
  counted.add(store.metrics);
  write(out, counted);
}

void write_process(MetricsWriter& out, const MetricsReport& report) {
  out.family({"switchboard_log_lines_dropped_total", MetricType::kCounter,
              "Log lines lost because standard error took them too slowly."});
  out.sample(report.log_lines_dropped);
  out.family({"switchboard_ready", MetricType::kGauge, "1 while serving, 0 once a shutdown has begun."});
  out.sample(std::uint64_t{report.ready});
  out.family({"switchboard_build_info", MetricType::kGauge, "Always 1; the label says which version runs."});
  out.sample(std::uint64_t{1}, "version=\"" + std::string(version()) + "\"");

  // Named as every Prometheus client library names them.
  const ProcessStats& process = report.process;
  out.family(
      {"process_start_time_seconds", MetricType::kGauge, "When the server started, in seconds since the Unix epoch."});
  out.sample(static_cast<double>(report.started_ms) / 1e3);
  out.family(
      {"process_cpu_seconds_total", MetricType::kCounter, "Processor time used, user and system, by all threads."});
  out.sample(process.cpu_seconds);
  out.family({"process_resident_memory_bytes", MetricType::kGauge, "Memory of the process that is in RAM."});
  out.sample(process.resident_memory_bytes);
  out.family({"process_open_fds", MetricType::kGauge, "Open file descriptors."});
  out.sample(process.open_files);
  out.family({"process_max_fds", MetricType::kGauge, "File descriptors that may be open at once."});
  out.sample(process.open_files_max);
}

}  // namespace

std::string metrics_text(const MetricsReport& report) {
  MetricsWriter out;
  out.family({"switchboard_shards", MetricType::kGauge, "Threads that serve clients."});
  out.sample(std::uint64_t{report.shards.shards()});
  write(out, report.shards.metrics());
  const broker::StoreStatus none;
  write_store(out, report.store == nullptr ? none : *report.store);
  write_webhooks(out, report.webhooks);
  write_process(out, report);
  return out.take();
}

}  // namespace switchboard::ops
