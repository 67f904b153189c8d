#include "server/history_log.h"

#include <utility>

namespace switchboard::server {

HistoryLog::HistoryLog(log::Log& log, const std::string& file, broker::StoreStatus& store) : log_(log), store_(store) {
  if (const broker::StoreState state = store.state(); !state.is_ok) {
    on_state(state);
  } else {
    log_.info("history opened", {{"file", file}, {"bytes", store.bytes_on_disk.value()}});
    tell_power_losses();
  }
  store.observe([this](const broker::StoreState& state) { on_state(state); },
                [this](const std::string& sentence) { log_.warn(sentence); });
}

void HistoryLog::on_state(const broker::StoreState& state) {
  if (!state.is_ok) {
    return log_.error(state.is_keeping ? "history is kept, but does not reach the disk"
                                       : "history cannot be kept; rooms without history go on",
                      {{"reason", state.reason}});
  }
  log_.info("history is kept again");
  tell_power_losses();
}

/// Each is found when the file is opened, which may be long after the start.
void HistoryLog::tell_power_losses() {
  const std::uint64_t count = store_.power_losses.value();
  if (std::exchange(power_losses_told_, count) == count) return;
  log_.warn("the machine stopped without a shutdown: rooms of durability \"process\" begin new epochs");
}

}  // namespace switchboard::server
