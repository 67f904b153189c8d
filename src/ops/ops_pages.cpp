#include "ops/ops_pages.h"

#include <algorithm>

#include "ops/health.h"
#include "ops/metrics.h"
#include "ops/process_stats.h"

namespace switchboard::ops {
namespace {

/// A line for each that was never fetched.
std::string missing_key_sets(const std::vector<fetch::NamedKeySetStatus>& key_sets) {
  std::string lines;
  for (const auto& [url, status] : key_sets) {
    if (status.fetched_at) continue;
    lines += "the key set for tokens at " + url +
             " was not fetched: " + (status.problem.empty() ? "not yet" : "it " + status.problem) + "\n";
  }
  return lines;
}

/// A line for each that could not be fetched the last time; what was fetched before is in force.
std::string stale_key_sets(const std::vector<fetch::NamedKeySetStatus>& key_sets, UnixMillis now) {
  std::string lines;
  for (const auto& [url, status] : key_sets) {
    if (status.problem.empty()) continue;
    const std::int64_t age_s = (now - *status.fetched_at) / 1'000;
    lines +=
        "the key set for tokens at " + url + " is " + std::to_string(age_s) + " s old: it " + status.problem + "\n";
  }
  return lines;
}

}  // namespace

const OpsPages::Route OpsPages::kRoutes[] = {
    {"/health", &OpsPages::health, "connections, rooms, messages, uptime; JSON"},
    {"/healthz", &OpsPages::liveness, "200 while every shard turns, 503 when one has stalled"},
    {"/readyz", &OpsPages::readiness,
     "200 while serving, 503 once a shutdown has begun, while history cannot be kept or keys for tokens were never "
     "fetched"},
    {"/metrics", &OpsPages::metrics, "all counters; Prometheus text format"},
};

OpsPages::OpsPages(const listen::ShardGroup& shards, const broker::StoreStatus* store, const log::Log& log,
                   const Clock& clock)
    : shards_(shards),
      store_(store),
      log_(log),
      clock_(clock),
      started_at_(clock.now()),
      started_ms_(clock.unix_ms()),
      sent_(started_at_, totals_of(shards).messages_sent()) {}

void OpsPages::on_tick() {
  sent_.update(clock_.now(), totals_of(shards_).messages_sent());
}

OpsAnswer OpsPages::answer(const http::Request& request) const {
  if (const auto refusal = http::refusal_of_body(request)) return refuse(*refusal);
  if (const auto refusal = http::refusal_of(request.method)) return refuse(*refusal);
  if (!hosts_.allows(request)) {
    return refuse({.status = 421,
                   .message =
                       "The ops port is not to be asked under this host name (setting server.ops_hosts); use its "
                       "address, or localhost."});
  }
  const auto* const route = std::ranges::find(kRoutes, request.path(), &Route::path);
  const bool is_there = route != std::end(kRoutes);
  if (request.method == "OPTIONS" && (is_there || request.target == "*"))
    return {.status = 204, .fields = {{"Allow", std::string(http::kReadMethods)}}};
  OpsAnswer answer = is_there ? (this->*route->page)() : nothing_here();
  answer.fields = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
  return answer;
}

OpsAnswer OpsPages::refuse(const http::RequestError& error) {
  OpsAnswer answer{.status = error.status, .body = error.message + "\n"};
  if (error.status == 405) answer.fields.push_back({"Allow", std::string(http::kReadMethods)});
  return answer;
}

OpsAnswer OpsPages::health() const {
  const std::chrono::duration<double> uptime = clock_.now() - started_at_;
  return {.content_type = "application/json",
          .body = health_json({.ready = ready_,
                               .uptime_seconds = uptime.count(),
                               .messages_per_second = sent_.per_second(),
                               .shards = totals_of(shards_),
                               .store = store_})};
}

OpsAnswer OpsPages::liveness() const {
  std::string stalled;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    // A shard that has not turned yet has had its time since the start.
    const Instant heartbeat{std::chrono::milliseconds(shards_.thread(i).heartbeat_ms())};
    const auto age = clock_.now() - std::max(heartbeat, started_at_);
    if (age < kHeartbeatMax) continue;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
    stalled += "shard " + std::to_string(i) + " has not turned for " + std::to_string(seconds) + " s\n";
  }
  if (stalled.empty()) return {.body = "ok\n"};
  return {.status = 503, .body = std::move(stalled)};
}

OpsAnswer OpsPages::readiness() const {
  if (!ready_) return {.status = 503, .body = "draining\n"};
  const broker::StoreState state = store_ == nullptr ? broker::StoreState() : store_->state();
  const std::vector<fetch::NamedKeySetStatus> key_sets =
      key_sets_ ? key_sets_() : std::vector<fetch::NamedKeySetStatus>();
  // Nobody can show a token of its issuer's that is good.
  if (const std::string missing = missing_key_sets(key_sets); !missing.empty()) return {.status = 503, .body = missing};
  if (state.is_ok) return {.body = "ready\n" + stale_key_sets(key_sets, clock_.unix_ms())};
  const std::string what =
      state.is_keeping ? "history is kept, but does not reach the disk: " : "history cannot be kept: ";
  return {.status = 503, .body = what + state.reason + "\nrooms without history go on\n"};
}

OpsAnswer OpsPages::metrics() const {
  return {.content_type = kMetricsContentType,
          .body = metrics_text({.ready = ready_,
                                .started_ms = started_ms_,
                                .log_lines_dropped = log_.lines_dropped(),
                                .process = read_process_stats(),
                                .shards = totals_of(shards_),
                                .store = store_,
                                .webhooks = webhooks_ ? webhooks_() : std::vector<webhook::EndpointStatus>()})};
}

OpsAnswer OpsPages::nothing_here() {
  std::string body = "There is nothing here. There is:\n";
  for (const Route& route : kRoutes)
    body.append("  ").append(route.path).append(": ").append(route.what).append("\n");
  return {.status = 404, .body = std::move(body)};
}

}  // namespace switchboard::ops
