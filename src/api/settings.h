// What the HTTP API is held to.
#pragma once

#include <cstdint>
#include <memory>

#include "api/keys.h"
#include "base/token_bucket.h"

namespace switchboard::api {

struct ApiSettings {
  std::shared_ptr<const Keys> keys;             // null: nobody may use it
  std::uint32_t connections_max = 1'000;        // of one shard
  std::uint32_t body_bytes_max = 1'048'576;     // 413 above it
  std::int64_t revocation_ms = 31'622'400'000;  // how long one is remembered
  std::uint32_t answer_timeout_ms = 10'000;     // for what a request waits for; then it is told `unavailable`
  Rate requests{};                              // of one key, on all shards together: 429 above it
};

}  // namespace switchboard::api
