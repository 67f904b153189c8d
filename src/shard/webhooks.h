// Who looks after the endpoints of webhooks, for the API: not a shard, which must not wait for a disk.
#pragma once

#include <string>

#include "api/operation.h"
#include "shard/api_asker.h"

namespace switchboard::shard {

class Webhooks {
 public:
  /// How they are doing, as JSON. Any thread.
  virtual std::string list() const = 0;
  /// Ends in `ApiRequests::on_done` on the asker's shard. Any thread; does not block.
  virtual void control(const api::ControlWebhook& wanted, const ApiAsker& asker) = 0;

 protected:
  ~Webhooks() = default;
};

}  // namespace switchboard::shard
