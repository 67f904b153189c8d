#include "server/setting_lookup.h"

#include <algorithm>
#include <vector>

#include "server/nearest_name.h"
#include "server/setting_checks.h"
#include "server/settings_table.h"

namespace switchboard::server {
namespace {

std::string did_you_mean(std::string_view what, std::string_view typed, const std::string& nearest) {
  std::string out = "unknown " + std::string(what) + " `" + std::string(typed) + "`";
  if (!nearest.empty()) out += "; did you mean `" + nearest + "`?";
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return out;
}

bool section_exists(std::string_view section) {
  return std::ranges::any_of(setting_sections(), [&](const SettingSection& known) { return known.name == section; });
}

/// The same key in another section, else the nearest key of this section, else the nearest key anywhere.
std::string nearest_key(std::string_view section, std::string_view key) {
  std::vector<std::string> in_section, everywhere;
  for (const Setting& setting : settings_table()) {
    if (setting.section == section) in_section.emplace_back(setting.key);
    if (setting.key == key) return setting.per_namespace() ? "rooms.default." + std::string(key) : setting.name();
    everywhere.push_back(setting.per_namespace() ? "rooms.default." + std::string(setting.key) : setting.name());
  }
  if (std::string near = nearest_name(key, in_section); !near.empty()) return near;
  return nearest_name(std::string(section) + "." + std::string(key), everywhere);
}

}  // namespace

std::string unknown_section(std::string_view section) {
  std::vector<std::string> names;
  for (const SettingSection& known : setting_sections())
    names.emplace_back(known.name);
  return did_you_mean("section", section, nearest_name(section, names));
}

std::expected<SettingAddress, std::string> lookup_setting(std::string_view section, std::string_view key) {
  SettingAddress address;
  std::string_view table_section = section;
  if (section == "rooms") {
    return std::unexpected("unknown key `rooms." + std::string(key) +
                           "`; room settings stand in [rooms.default] or [rooms.NAMESPACE]");
  }
  if (section.starts_with("rooms.")) {
    address.room_namespace = section.substr(6);
    table_section = "rooms";
    if (std::string problem = problem_with_namespace(address.room_namespace); !problem.empty()) {
      return std::unexpected(problem);
    }
  }
  if (!section_exists(table_section)) return std::unexpected(unknown_section(section));
  address.setting = find_setting(table_section, key);
  if (address.setting != nullptr) return address;
  const std::string typed = std::string(section) + "." + std::string(key);
  return std::unexpected(did_you_mean("key", typed, nearest_key(table_section, key)));
}

std::string environment_name(const SettingAddress& address) {
  std::string out(kEnvironmentPrefix);
  out += upper(address.setting->section) + "_";
  if (address.setting->per_namespace()) out += upper(address.room_namespace) + "_";
  return out + upper(address.setting->key);
}

std::expected<SettingAddress, std::string> lookup_environment_name(std::string_view name) {
  const std::string rooms_prefix = std::string(kEnvironmentPrefix) + "ROOMS_";
  std::vector<std::string> known = {std::string(kConfigFileVariable)};
  for (const Setting& setting : settings_table()) {
    known.push_back(environment_name({&setting, std::string(kDefaultNamespace)}));
    if (!setting.per_namespace()) {
      if (known.back() == name) return SettingAddress{&setting, ""};
      continue;
    }
    const std::string suffix = "_" + upper(setting.key);
    if (name.starts_with(rooms_prefix) && name.ends_with(suffix) && name.size() > rooms_prefix.size() + suffix.size()) {
      name.remove_prefix(rooms_prefix.size());
      name.remove_suffix(suffix.size());
      std::string room_namespace = lower(name);
      if (std::string problem = problem_with_namespace(room_namespace); !problem.empty()) {
        return std::unexpected(problem);
      }
      return SettingAddress{&setting, std::move(room_namespace)};
    }
  }
  return std::unexpected(did_you_mean("variable", name, nearest_name(name, known)));
}

}  // namespace switchboard::server
