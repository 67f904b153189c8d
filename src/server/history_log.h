// What the log says of the store of the rooms' messages: that it was opened, that it fails, that it works again.
#pragma once

#include <cstdint>
#include <string>

#include "broker/sqlite/status.h"
#include "log/log.h"

namespace switchboard::server {

/// Logs how the store is now, and then every change, on the store's thread. One for a store, made before that is
/// started. Both must outlive it, but for the store's thread, which must have ended before.
class HistoryLog {
 public:
  HistoryLog(log::Log& log, const std::string& file, broker::StoreStatus& store);
  HistoryLog(const HistoryLog&) = delete;
  HistoryLog& operator=(const HistoryLog&) = delete;

 private:
  void on_state(const broker::StoreState& state);
  void tell_power_losses();

  log::Log& log_;
  broker::StoreStatus& store_;
  std::uint64_t power_losses_told_ = 0;
};

}  // namespace switchboard::server
