// What /metrics says of webhooks: a sample for each endpoint, and nothing when there is none.
#pragma once

#include <vector>

#include "ops/metrics_writer.h"
#include "webhook/status.h"

namespace switchboard::ops {

void write_webhooks(MetricsWriter& out, const std::vector<webhook::EndpointStatus>& endpoints);

}  // namespace switchboard::ops
