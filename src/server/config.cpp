#include "server/config.h"

#include <utility>

namespace switchboard::server {

void add_listen_entries(Config& config) {
  std::vector<ListenerSettings> all;
  for (const std::string& entry : config.listen)
    all.push_back(listener_of_entry(entry, config.listener_defaults));
  for (ListenerSettings& named : config.listeners)
    all.push_back(std::move(named));
  config.listeners = std::move(all);
}

}  // namespace switchboard::server
