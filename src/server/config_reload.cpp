#include "server/config_reload.h"

#include <algorithm>

#include "server/config_values.h"
#include "server/settings_table.h"

namespace switchboard::server {
namespace {

/// "default", then every namespace either of the two has.
std::vector<std::string> namespaces_of_both(const Config& running, const Config& wanted) {
  std::vector<std::string> names = namespaces_of(running);
  std::ranges::copy(namespaces_of(wanted), std::back_inserter(names));
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  names.insert(names.begin(), std::string(kDefaultNamespace));
  return names;
}

void compare(ReloadReport& report, const Config& running, const Config& wanted, const SettingAddress& address) {
  const SettingValue from = value_of(running, address);
  const SettingValue to = value_of(wanted, address);
  if (from == to) return;
  report.push_back({key_of(address), toml_text(from), toml_text(to), !address.setting->reloadable});
}

}  // namespace

ReloadReport diff_for_reload(const Config& running, const Config& wanted) {
  ReloadReport report;
  const std::vector<std::string> names = namespaces_of_both(running, wanted);
  for (const Setting& setting : settings_table()) {
    if (setting.per_namespace()) {
      for (const std::string& name : names)
        compare(report, running, wanted, {&setting, name});
    } else {
      compare(report, running, wanted, {&setting, ""});
    }
  }
  return report;
}

Config reloaded(const Config& running, const Config& wanted) {
  Config result = running;
  result.shard.rooms = wanted.shard.rooms;
  room::RoomSettings unused;
  for (const Setting& setting : settings_table()) {
    if (setting.per_namespace() || !setting.reloadable) continue;
    setting.write({result, unused}, value_of(wanted, {&setting, ""}));
  }
  return result;
}

}  // namespace switchboard::server
