#include "webhook/status.h"

#include "protocol/json_object.h"

namespace switchboard::webhook {

std::string status_json(const EndpointStatus& status) {
  protocol::JsonObject out;
  out.text("name", status.name)
      .text("url", status.url)
      .text("state", name(status.state))
      .number("events_waiting", status.backlog.events)
      .number("bytes_waiting", status.backlog.bytes)
      .number("events_delivered", status.events_delivered)
      .number("events_lost", status.events_lost)
      .number("requests", status.requests)
      .number("requests_failed", status.requests_failed);
  if (!status.problem.empty()) out.text("problem", status.problem);
  if (status.delivered_at) out.number("delivered_at_ms", *status.delivered_at);
  if (status.next_attempt_at) out.number("next_attempt_at_ms", *status.next_attempt_at);
  return out.take();
}

}  // namespace switchboard::webhook
