// What the API of one shard has done so far. Written by the shard's thread, read by any.
#pragma once

#include <array>
#include <string_view>

#include "api/refusal.h"
#include "base/counter.h"

namespace switchboard::api {

inline constexpr std::array<std::string_view, 4> kStatusClasses = {"2xx", "3xx", "4xx", "5xx"};

struct ApiStats {
  explicit ApiStats(MetricList& metrics)
      : connections(metrics, "switchboard_api_connections", "Connections to the HTTP API."),
        connections_refused(metrics, "switchboard_api_connections_refused_total",
                            "Connections to the HTTP API that were one too many."),
        rate_limited(metrics, "switchboard_api_rate_limited_total",
                     "Requests to the HTTP API that were refused because their key makes too many (429)."),
        publishes(metrics, "switchboard_api_publishes_total", "Messages that the HTTP API was asked to publish."),
        requests(metrics, "switchboard_api_requests_total", "Requests to the HTTP API, by the class of their status.",
                 "status", [](std::size_t index) { return kStatusClasses[index]; }),
        refusals(metrics, "switchboard_api_refusals_total",
                 "Requests to the HTTP API of somebody who may not make them, by why.", "reason",
                 [](std::size_t index) { return kRefusalNames[index]; }) {}

  Gauge connections;
  Counter connections_refused;
  Counter rate_limited;
  Counter publishes;
  CounterFamily<kStatusClasses.size()> requests;
  CounterFamily<kRefusals> refusals;  // by Refusal
};

}  // namespace switchboard::api
