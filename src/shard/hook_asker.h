// Who asks the back end what a session wants to know: not a shard, which must not wait for it.
#pragma once

#include <string>

#include "shard/api_asker.h"

namespace switchboard::shard {

class HookAsker {
 public:
  /// Ends in `Shard::on_hook_answer` on the asker's shard, never during this call. `body`: JSON. Any thread; does not
  /// block.
  virtual void ask(std::string body, const ApiAsker& asker) = 0;

 protected:
  ~HookAsker() = default;
};

}  // namespace switchboard::shard
