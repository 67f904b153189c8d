// One setting as data: its name, type, range, explanation, and where in a Config it lives.
// Knows nothing of TOML, the environment or flags; those are read and written from these descriptions.
#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"
#include "room/settings.h"
#include "webhook/settings.h"

namespace switchboard::config {

using TextList = std::vector<std::string>;

/// A value of any setting. A choice is held as its text.
using SettingValue = std::variant<bool, std::int64_t, std::string, TextList>;

enum class SettingType : std::uint8_t { kBoolean, kInteger, kText, kTextList, kChoice };

/// What a setting reads and writes: the Config, or of a section with a name in its heading the settings of that name.
struct SettingTarget {
  Config& config;
  room::RoomSettings& room;
  ListenerSettings& listener;
  IssuerSettings& issuer;
  webhook::EndpointSettings* webhook = nullptr;  // of settings of [[webhooks]]
};

/// Whether the section's settings stand under names: [rooms.NAME], [listeners.NAME], [issuers.NAME].
constexpr bool is_named_section(std::string_view section) {
  return section == "rooms" || section == "listeners" || section == "issuers" || section == "webhooks";
}

struct Setting {
  std::string_view section;  // "limits"; "rooms" stands for every [rooms.NAME], and so on
  std::string_view key;
  SettingType type;
  bool reloadable;  // false: only a restart changes it
  std::string_view unit;
  std::string_view doc;  // one paragraph

  std::int64_t min = 0;
  std::int64_t max = 0;
  std::vector<std::string_view> choices = {};
  std::string (*problem_with)(std::string_view text) = nullptr;  // for texts: what is wrong, "" if nothing is
  SettingValue (*read)(const SettingTarget&) = nullptr;
  void (*write)(const SettingTarget&, const SettingValue&) = nullptr;  // the value's type is the setting's

  bool may_be_empty = false;  // of a list
  bool is_secret = false;     // its value is never shown

  /// Its section is written with a name: [rooms.NAME], [listeners.NAME], [issuers.NAME], [[webhooks]] with `name =
  /// ...`.
  bool is_named() const { return is_named_section(section); }
  std::string name() const { return std::string(section) + "." + std::string(key); }
};

/// "" when the value has the setting's type, range and form; else what is wrong, in words, without the key.
std::string problem_with_value(const Setting& setting, const SettingValue& value);

/// A value as the environment and flags spell it: true/false, digits, text, texts separated by commas.
std::expected<SettingValue, std::string> parse_value(const Setting& setting, std::string_view text);

/// A value as TOML spells it.
std::string toml_text(const SettingValue& value);

/// The same for whoever reads it: of a secret that is set only that it is.
std::string shown_text(const Setting& setting, const SettingValue& value);

/// "a number from 0 to 64", "\"skip\" or \"disconnect\"".
std::string describe_type(const Setting& setting);

}  // namespace switchboard::config
