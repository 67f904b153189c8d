#include "ops/webhook_metrics.h"

#include <string>

namespace switchboard::ops {

void write_webhooks(MetricsWriter& out, const std::vector<webhook::EndpointStatus>& endpoints) {
  if (endpoints.empty()) return;  // a family has samples
  // A name has no character that would end the label: see problem_with_webhook_name.
  const auto label = [](const webhook::EndpointStatus& endpoint) { return "endpoint=\"" + endpoint.name + "\""; };
  const auto family = [&](const MetricFamily& what, std::uint64_t (*value)(const webhook::EndpointStatus&)) {
    out.family(what);
    for (const webhook::EndpointStatus& endpoint : endpoints)
      out.sample(value(endpoint), label(endpoint));
  };
  using Status = webhook::EndpointStatus;
  family({"switchboard_webhook_ok", MetricType::kGauge,
          "1 while a webhook endpoint takes what it is sent, 0 while it fails, is paused or gone."},
         [](const Status& each) {
           return std::uint64_t{each.state == webhook::EndpointState::kActive && each.problem.empty()};
         });
  family({"switchboard_webhook_events_waiting", MetricType::kGauge, "Events in the queue for a webhook endpoint."},
         [](const Status& each) { return each.backlog.events; });
  family({"switchboard_webhook_bytes_waiting", MetricType::kGauge, "Bytes of them."},
         [](const Status& each) { return each.backlog.bytes; });
  family({"switchboard_webhook_events_delivered_total", MetricType::kCounter, "Events that an endpoint has taken."},
         [](const Status& each) { return each.events_delivered; });
  family({"switchboard_webhook_events_lost_total", MetricType::kCounter,
          "Events that found no room in the queue, or were given up."},
         [](const Status& each) { return each.events_lost; });
  out.family({"switchboard_webhook_requests_total", MetricType::kCounter,
              "Requests to a webhook endpoint, by whether they were answered with 2xx."});
  for (const Status& endpoint : endpoints) {
    out.sample(endpoint.requests, label(endpoint) + ",result=\"ok\"");
    out.sample(endpoint.requests_failed, label(endpoint) + ",result=\"failed\"");
  }
}

}  // namespace switchboard::ops
