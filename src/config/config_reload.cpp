#include "config/config_reload.h"

#include <algorithm>

#include "config/config_values.h"
#include "config/settings_table.h"

namespace switchboard::config {
namespace {

/// "default" for rooms, then every name either of the two has.
std::vector<std::string> names_of_both(const Config& running, const Config& wanted, std::string_view section) {
  std::vector<std::string> names = names_of(running, section);
  std::ranges::copy(names_of(wanted, section), std::back_inserter(names));
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (section == "rooms") names.insert(names.begin(), std::string(kDefaultNamespace));
  return names;
}

/// Where a named listener listens; "" when there is none of that name.
std::string address_of(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.listeners, name, &ListenerSettings::name);
  return found == config.listeners.end() ? std::string() : found->address;
}

/// Listeners that come or go. Those of server.listen are seen by that setting.
void compare_listeners(ReloadReport& report, const Config& running, const Config& wanted) {
  for (const std::string& name : names_of_both(running, wanted, "listeners")) {
    const std::string from = address_of(running, name);
    const std::string to = address_of(wanted, name);
    if (from.empty() || to.empty()) report.push_back({"listeners." + name, from, to, true});
  }
}

const IssuerSettings* issuer_of(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.auth.issuers, name, &IssuerSettings::name);
  return found == config.auth.issuers.end() ? nullptr : &*found;
}

/// Issuers that come or go, by what their tokens name.
void compare_issuers(ReloadReport& report, const Config& running, const Config& wanted) {
  for (const std::string& name : names_of_both(running, wanted, "issuers")) {
    const IssuerSettings* const from = issuer_of(running, name);
    const IssuerSettings* const to = issuer_of(wanted, name);
    if (from != nullptr && to != nullptr) continue;
    report.push_back({"issuers." + name, from == nullptr ? "" : from->issuer, to == nullptr ? "" : to->issuer, false});
  }
}

/// Whether a section of that name is in both: of others it is told that they come or go, not what is in them.
bool is_in_both(const Config& running, const Config& wanted, std::string_view section, std::string_view name) {
  if (section == "listeners") return !address_of(running, name).empty() && !address_of(wanted, name).empty();
  if (section == "issuers") return issuer_of(running, name) != nullptr && issuer_of(wanted, name) != nullptr;
  return true;  // every namespace is, by the default one
}

/// The settings that a running listener has in another configuration. An entry of server.listen is known by its
/// address, any other by its name.
const ListenerSettings* counterpart(const Config& config, const ListenerSettings& listener) {
  const auto found = std::ranges::find_if(config.listeners, [&](const ListenerSettings& other) {
    return other.name == listener.name && (!other.name.empty() || other.address == listener.address);
  });
  return found == config.listeners.end() ? nullptr : &*found;
}

void compare(ReloadReport& report, const Config& running, const Config& wanted, const SettingAddress& address) {
  if (!is_settable(address)) return;
  const SettingValue from = value_of(running, address);
  const SettingValue to = value_of(wanted, address);
  if (from == to) return;
  const Setting& setting = *address.setting;
  const bool is_other_secret = setting.is_secret && shown_text(setting, from) == shown_text(setting, to);
  report.push_back({key_of(address), shown_text(setting, from), is_other_secret ? "another" : shown_text(setting, to),
                    !setting.reloadable});
}

/// Each namespace as it is wanted, but for what needs a restart. One that is no longer there stays for the sake of
/// that.
room::RoomSettingsTable reloaded_rooms(const Config& running, const Config& wanted) {
  Config unused;
  ListenerSettings no_listener;
  IssuerSettings no_issuer;
  room::RoomSettingsTable table;
  for (const std::string& name : names_of_both(running, wanted, "rooms")) {  // "default" is the first
    room::RoomSettings settings;
    for (const Setting& setting : settings_table()) {
      if (setting.section != "rooms") continue;
      const SettingAddress address{&setting, name};
      setting.write({unused, settings, no_listener, no_issuer},
                    value_of(setting.reloadable ? wanted : running, address));
    }
    if (name == kDefaultNamespace) {
      table = room::RoomSettingsTable(settings);
    } else {
      table.set(name, settings);
    }
  }
  return table;
}

}  // namespace

ReloadReport diff_for_reload(const Config& running, const Config& wanted) {
  ReloadReport report;
  for (const Setting& setting : settings_table()) {
    if (setting.is_named()) {
      for (const std::string& name : names_of_both(running, wanted, setting.section)) {
        if (is_in_both(running, wanted, setting.section, name)) compare(report, running, wanted, {&setting, name});
      }
    } else {
      compare(report, running, wanted, {&setting, ""});
    }
  }
  compare_listeners(report, running, wanted);
  compare_issuers(report, running, wanted);
  return report;
}

Config reloaded(const Config& running, const Config& wanted) {
  Config result = running;
  result.shard.rooms = reloaded_rooms(running, wanted);
  result.webhooks = wanted.webhooks;
  room::RoomSettings unused;
  ListenerSettings no_listener;
  IssuerSettings no_issuer;
  for (const Setting& setting : settings_table()) {
    if (setting.is_named() || !setting.reloadable) continue;
    setting.write({result, unused, no_listener, no_issuer}, value_of(wanted, {&setting, ""}));
  }
  result.auth.issuers = wanted.auth.issuers;  // nothing of them needs a restart
  for (ListenerSettings& listener : result.listeners) {
    const ListenerSettings* source = counterpart(wanted, listener);
    if (source == nullptr) continue;
    ListenerSettings from = *source;
    for (const Setting& setting : settings_table()) {
      if (setting.section != "listeners" || !setting.reloadable) continue;
      setting.write({result, unused, listener, no_issuer}, setting.read({result, unused, from, no_issuer}));
    }
  }
  return result;
}

}  // namespace switchboard::config
