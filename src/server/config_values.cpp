#include "server/config_values.h"

#include <algorithm>

#include "server/settings_table.h"

namespace switchboard::server {

std::vector<std::string> namespaces_of(const Config& config) {
  std::vector<std::string> names;
  for (const auto& [name, settings] : config.shard.rooms.named())
    names.push_back(name);
  std::ranges::sort(names);
  return names;
}

SettingValue value_of(const Config& config, const SettingAddress& address) {
  Config copy = config;  // the table reads and writes through one kind of reference
  const auto& named = config.shard.rooms.named();
  const auto found = named.find(address.room_namespace);
  room::RoomSettings room = found == named.end() ? config.shard.rooms.defaults() : found->second;
  return address.setting->read({copy, room});
}

std::string key_of(const SettingAddress& address) {
  if (!address.setting->per_namespace()) return address.setting->name();
  return "rooms." + address.room_namespace + "." + std::string(address.setting->key);
}

}  // namespace switchboard::server
