// How an endpoint is doing: what the API, the metrics and the command line show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "webhook/outbox.h"

namespace switchboard::webhook {

struct EndpointStatus {
  std::string name;
  std::string url;
  EndpointState state = EndpointState::kActive;
  Backlog backlog;
  std::uint64_t events_delivered = 0;  // since the start, like all counts
  std::uint64_t events_lost = 0;       // there was no room, or they were tried for too long
  std::uint64_t requests = 0;          // that were answered with 2xx
  std::uint64_t requests_failed = 0;
  std::string problem;                        // with the last request; "": it was taken
  std::optional<UnixMillis> delivered_at;     // the last request that was taken
  std::optional<UnixMillis> next_attempt_at;  // when it waits after a failure
};

/// As the API shows it (docs/API.md).
std::string status_json(const EndpointStatus& status);

constexpr const char* name(EndpointState state) {
  switch (state) {
    case EndpointState::kActive:
      return "active";
    case EndpointState::kPaused:
      return "paused";
    case EndpointState::kGone:
      return "gone";
  }
  return "";
}

}  // namespace switchboard::webhook
