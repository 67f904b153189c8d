#include "server/config_loader.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "server/setting_source.h"
#include "server/settings_table.h"

namespace switchboard::server {
namespace {

void append(SourceReading& all, SourceReading next) {
  std::ranges::move(next.assignments, std::back_inserter(all.assignments));
  std::ranges::move(next.namespaces, std::back_inserter(all.namespaces));
  std::ranges::move(next.problems, std::back_inserter(all.problems));
}

/// The assignments are in order of precedence. A namespace starts from the finished [rooms.default], whichever source
/// that came from.
Config assemble(const SourceReading& reading) {
  Config config;
  room::RoomSettings defaults;
  std::set<std::string> namespaces(reading.namespaces.begin(), reading.namespaces.end());
  for (const auto& [address, value] : reading.assignments) {
    const bool named = address.setting->per_namespace() && address.room_namespace != kDefaultNamespace;
    if (named) {
      namespaces.insert(address.room_namespace);
    } else {
      address.setting->write({config, defaults}, value);
    }
  }
  namespaces.erase(std::string(kDefaultNamespace));
  config.shard.rooms = room::RoomSettingsTable(defaults);
  for (const std::string& name : namespaces) {
    room::RoomSettings settings = defaults;
    for (const auto& [address, value] : reading.assignments) {
      if (address.room_namespace == name) address.setting->write({config, settings}, value);
    }
    config.shard.rooms.set(name, settings);
  }
  return config;
}

}  // namespace

std::expected<Config, std::vector<ConfigProblem>> load_config(const ConfigSources& sources) {
  SourceReading all;
  if (sources.file) append(all, read_toml_file(*sources.file));
  append(all, read_environment(sources.environment));
  append(all, read_flags(sources.flags));
  if (!all.problems.empty()) return std::unexpected(std::move(all.problems));
  return assemble(all);
}

}  // namespace switchboard::server
