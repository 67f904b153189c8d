// What one shard's TLS transports have done. Written by its thread alone, read by any.
#pragma once

#include "base/counter.h"

namespace switchboard::net {

inline constexpr MetricFamily kTlsHandshakes{
    "switchboard_tls_handshakes_total", MetricType::kCounter,
    "TLS handshakes, by how they ended: full, resumed (with a session of an earlier connection), failed."};

struct TlsStats {
  explicit TlsStats(MetricList& metrics)
      : full(metrics, kTlsHandshakes, metric_label("result", "full")),
        resumed(metrics, kTlsHandshakes, metric_label("result", "resumed")),
        failed(metrics, kTlsHandshakes, metric_label("result", "failed")) {}

  Counter full;
  Counter resumed;
  Counter failed;  // connections that ended before theirs was finished, but for silent ones
};

}  // namespace switchboard::net
