#include "config/config.h"

#include <algorithm>
#include <utility>

namespace switchboard::config {

void add_listen_entries(Config& config) {
  std::vector<ListenerSettings> all;
  for (const std::string& entry : config.listen)
    all.push_back(listener_of_entry(entry, config.listener_defaults));
  for (ListenerSettings& named : config.listeners)
    all.push_back(std::move(named));
  if (!config.api.listen.empty()) all.push_back(api_listener_of(config.api.listen));
  config.listeners = std::move(all);
}

bool Config::has_store() const {
  const auto is_kept = [](const auto& entry) { return entry.second.history; };
  const room::RoomSettingsTable& rooms = shard.rooms;
  return history.backend == HistoryBackend::kSqlite &&
         (rooms.defaults().history || std::ranges::any_of(rooms.named(), is_kept));
}

}  // namespace switchboard::config
