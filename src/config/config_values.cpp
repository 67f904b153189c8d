#include "config/config_values.h"

#include <algorithm>

#include "config/settings_table.h"

namespace switchboard::config {

std::vector<std::string> names_of(const Config& config, std::string_view section) {
  std::vector<std::string> names;
  if (section == "rooms") {
    for (const auto& [name, settings] : config.shard.rooms.named())
      names.push_back(name);
  } else if (section == "webhooks") {
    for (const webhook::EndpointSettings& endpoint : config.webhooks)
      names.push_back(endpoint.name);
  } else if (section == "issuers") {
    for (const IssuerSettings& issuer : config.auth.issuers)
      names.push_back(issuer.name);
  } else {
    for (const ListenerSettings& listener : config.listeners)
      if (!listener.name.empty()) names.push_back(listener.name);
  }
  std::ranges::sort(names);
  return names;
}

SettingValue value_of(const Config& config, const SettingAddress& address) {
  Config copy = config;  // the table reads and writes through one kind of reference
  const auto& named = config.shard.rooms.named();
  const auto found = named.find(address.name);
  room::RoomSettings room = found == named.end() ? config.shard.rooms.defaults() : found->second;
  const auto by_name = std::ranges::find(config.listeners, address.name, &ListenerSettings::name);
  const bool is_listener = !address.name.empty() && by_name != config.listeners.end();
  ListenerSettings listener = is_listener ? *by_name : config.listener_defaults;
  const auto issuer_by_name = std::ranges::find(config.auth.issuers, address.name, &IssuerSettings::name);
  IssuerSettings issuer = issuer_by_name == config.auth.issuers.end() ? IssuerSettings() : *issuer_by_name;
  const auto endpoint = std::ranges::find(config.webhooks, address.name, &webhook::EndpointSettings::name);
  webhook::EndpointSettings webhook = endpoint == config.webhooks.end() ? webhook::EndpointSettings{} : *endpoint;
  return address.setting->read({copy, room, listener, issuer, &webhook});
}

std::string key_of(const SettingAddress& address) {
  if (!address.setting->is_named()) return address.setting->name();
  return std::string(address.setting->section) + "." + address.name + "." + std::string(address.setting->key);
}

}  // namespace switchboard::config
