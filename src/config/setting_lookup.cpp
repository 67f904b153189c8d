#include "config/setting_lookup.h"

#include <algorithm>
#include <vector>

#include "base/nearest_name.h"
#include "config/setting_checks.h"
#include "config/settings_table.h"

namespace switchboard::config {
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

/// How a setting is written when any name will do.
std::string example_name(const Setting& setting) {
  return example_heading(setting.section) + "." + std::string(setting.key);
}

bool section_exists(std::string_view section) {
  return std::ranges::any_of(setting_sections(), [&](const SettingSection& known) { return known.name == section; });
}

/// The same key in another section, else the nearest key of this section, else the nearest key anywhere.
std::string nearest_key(std::string_view section, std::string_view key) {
  std::vector<std::string> in_section, everywhere;
  for (const Setting& setting : settings_table()) {
    if (setting.section == section) in_section.emplace_back(setting.key);
    everywhere.push_back(example_name(setting));
  }
  for (const Setting& setting : settings_table()) {
    if (setting.key == key) return example_name(setting);
  }
  if (std::string near = nearest_name(key, in_section); !near.empty()) return near;
  return nearest_name(std::string(section) + "." + std::string(key), everywhere);
}

}  // namespace

bool is_settable(const SettingAddress& address) {
  const Setting& setting = *address.setting;
  if (setting.section != "rooms" || address.name != room::kUserRooms) return true;
  return !setting.key.starts_with("presence") && !setting.key.starts_with("hook_") &&
         setting.key != "publish_from_outside" && setting.key != "echo";
}

std::string problem_with_section_name(std::string_view section, std::string_view name) {
  if (section == "rooms") return problem_with_namespace(name);
  if (section == "webhooks") return problem_with_webhook_name(name);
  return section == "listeners" ? problem_with_listener_name(name) : problem_with_issuer_name(name);
}

std::string unknown_section(std::string_view section) {
  std::vector<std::string> names;
  for (const SettingSection& known : setting_sections())
    names.emplace_back(known.name);
  std::string nearest = nearest_name(section, names);
  // It may be a setting that was given a heading of its own.
  for (const Setting& setting : settings_table())
    if (nearest.empty() && setting.key == section && !setting.is_named()) nearest = setting.name();
  return did_you_mean("section", section, nearest);
}

std::expected<SettingAddress, std::string> lookup_setting(std::string_view section, std::string_view key) {
  SettingAddress address;
  std::string_view table_section = section;
  if (section == "webhooks") {
    return std::unexpected("unknown key `webhooks." + std::string(key) +
                           "`; webhooks stand under [[webhooks]], and are set as webhooks.NAME." + std::string(key));
  }
  if (is_named_section(section)) {
    const std::string unknown = "unknown key `" + std::string(section) + "." + std::string(key) + "`; ";
    if (section == "rooms") {
      return std::unexpected(unknown + "room settings stand in [rooms.default] or [rooms.NAMESPACE]");
    }
    return std::unexpected(unknown + (section == "listeners" ? "a listener's" : "an issuer's") +
                           " settings stand in [" + example_heading(section) + "]");
  }
  const auto dot = section.find('.');
  if (dot != std::string_view::npos && is_named_section(section.substr(0, dot))) {
    table_section = section.substr(0, dot);
    address.name = section.substr(dot + 1);
    if (std::string problem = problem_with_section_name(table_section, address.name); !problem.empty()) {
      return std::unexpected(problem);
    }
  }
  if (!section_exists(table_section)) return std::unexpected(unknown_section(section));
  address.setting = find_setting(table_section, key);
  const std::string typed = std::string(section) + "." + std::string(key);
  if (address.setting != nullptr) {
    if (is_settable(address)) return address;
    return std::unexpected("`" + typed + "` is no setting of users' own rooms");
  }
  return std::unexpected(did_you_mean("key", typed, nearest_key(table_section, key)));
}

std::string environment_name(const SettingAddress& address) {
  std::string out(kEnvironmentPrefix);
  out += upper(address.setting->section) + "_";
  if (address.setting->is_named()) out += upper(address.name) + "_";
  return out + upper(address.setting->key);
}

std::expected<SettingAddress, std::string> lookup_environment_name(std::string_view name) {
  std::vector<std::string> known = {std::string(kConfigFileVariable)};
  for (const Setting& setting : settings_table()) {
    known.push_back(environment_name({&setting, std::string(kDefaultNamespace)}));
    if (!setting.is_named()) {
      if (known.back() == name) return SettingAddress{&setting, ""};
      continue;
    }
    const std::string prefix = std::string(kEnvironmentPrefix) + upper(setting.section) + "_";
    const std::string suffix = "_" + upper(setting.key);
    if (name.starts_with(prefix) && name.ends_with(suffix) && name.size() > prefix.size() + suffix.size()) {
      name.remove_prefix(prefix.size());
      name.remove_suffix(suffix.size());
      std::string section_name = lower(name);
      if (std::string problem = problem_with_section_name(setting.section, section_name); !problem.empty()) {
        return std::unexpected(problem);
      }
      return SettingAddress{&setting, std::move(section_name)};
    }
  }
  return std::unexpected(did_you_mean("variable", name, nearest_name(name, known)));
}

}  // namespace switchboard::config
