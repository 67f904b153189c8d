// The flags that set what is most often set: shared by `serve` and `config`, so that the one prints what the other
// would run with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "config/config_loader.h"

namespace switchboard::cli {

class ServeFlags {
 public:
  /// This object must outlive the options.
  void add_to(Options& options);
  /// Those that were given.
  std::vector<config::FlagSetting> settings() const;

 private:
  std::vector<std::string> listen_;
  std::optional<std::string> ops_, shards_, data_, log_level_, log_format_;
  bool no_demo_ = false;
};

}  // namespace switchboard::cli
