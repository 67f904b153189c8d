// The HTTP API for back ends: [api] as the operator wrote it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/token_bucket.h"

namespace switchboard::config {

struct ApiSettings {
  std::string listen;                        // HOST:PORT, perhaps behind https://; "": there is no API
  std::vector<std::string> keys;             // as api::Keys reads them
  std::vector<std::string> origins_allowed;  // of web pages; none: no page's requests are let through
  std::uint32_t connections_max = 1'000;     // of one shard
  std::uint32_t body_bytes_max = 1'048'576;
  std::uint32_t answer_timeout_ms = 10'000;
  Rate requests{};  // of one key

  friend bool operator==(const ApiSettings&, const ApiSettings&) = default;
};

}  // namespace switchboard::config
