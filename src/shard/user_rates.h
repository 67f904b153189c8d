// What the connections of one user share, on all shards: who keeps it is not a shard, which knows its own only.
#pragma once

#include <string_view>

#include "session/rate_limiter.h"

namespace switchboard::shard {

/// Any thread; must not block for long. Asked twice in a connection's life.
class UserRates {
 public:
  /// Counts one connection more of that user. What is returned stays where it is until `close`.
  virtual session::UserRate& open(std::string_view user_id) = 0;
  /// Once for each `open`.
  virtual void close(session::UserRate& rate) = 0;

 protected:
  ~UserRates() = default;
};

}  // namespace switchboard::shard
