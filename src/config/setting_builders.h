// How a row of the table is made of "which field": a captureless lambda becomes a pair of plain functions. For the
// files that list the settings (settings_of_....cpp), and nobody else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "config/setting.h"
#include "config/setting_checks.h"
#include "room/rights.h"

/// The field that `path` names, of what a setting reads and writes: config.listen, room.echo, listener.tls,
/// issuer.keys.
#define SB_FIELD(path) [](const SettingTarget& target) -> auto& { return target.path; }

namespace switchboard::config {

/// What it takes for another value to hold.
enum class Change : std::uint8_t { kRestart, kReload };
inline constexpr auto kRestart = Change::kRestart;
inline constexpr auto kReload = Change::kReload;

inline constexpr std::int64_t kHourMs = 3'600'000;
inline constexpr std::int64_t kKiB = 1024;
inline constexpr std::int64_t kMiB = 1024 * kKiB;
inline constexpr std::int64_t kGiB = 1024 * kMiB;

template <typename FieldOf>
Setting integer(std::string_view section, std::string_view key, FieldOf, std::int64_t min, std::int64_t max,
                std::string_view unit, Change change, std::string_view doc) {
  Setting setting{section, key, SettingType::kInteger, change == Change::kReload, unit, doc};
  setting.min = min;
  setting.max = max;
  setting.read = [](const SettingTarget& target) -> SettingValue {
    return static_cast<std::int64_t>(FieldOf{}(target));
  };
  setting.write = [](const SettingTarget& target, const SettingValue& value) {
    auto& field = FieldOf{}(target);
    field = static_cast<std::remove_reference_t<decltype(field)>>(std::get<std::int64_t>(value));
  };
  return setting;
}

/// A boolean, a text or a list of texts: the field's own type says which.
template <typename FieldOf>
Setting plain(std::string_view section, std::string_view key, FieldOf, std::string (*problem_with)(std::string_view),
              Change change, std::string_view doc) {
  using Value = std::remove_cvref_t<decltype(FieldOf{}(std::declval<const SettingTarget&>()))>;
  constexpr SettingType type = std::is_same_v<Value, bool>          ? SettingType::kBoolean
                               : std::is_same_v<Value, std::string> ? SettingType::kText
                                                                    : SettingType::kTextList;
  Setting setting{section, key, type, change == Change::kReload, "", doc};
  setting.problem_with = problem_with;
  setting.read = [](const SettingTarget& target) -> SettingValue { return FieldOf{}(target); };
  setting.write = [](const SettingTarget& target, const SettingValue& value) {
    FieldOf{}(target) = std::get<Value>(value);
  };
  return setting;
}

/// An enumeration whose values count from 0 in the order of `Names`.
template <const auto& Names, typename FieldOf>
Setting choice(std::string_view section, std::string_view key, FieldOf, Change change, std::string_view doc) {
  Setting setting{section, key, SettingType::kChoice, change == Change::kReload, "", doc};
  setting.choices.assign(std::begin(Names), std::end(Names));
  setting.read = [](const SettingTarget& target) -> SettingValue {
    return std::string(Names[static_cast<std::size_t>(FieldOf{}(target))]);
  };
  setting.write = [](const SettingTarget& target, const SettingValue& value) {
    auto& field = FieldOf{}(target);
    std::size_t index = 0;
    while (Names[index] != std::get<std::string>(value))
      ++index;
    field = static_cast<std::remove_reference_t<decltype(field)>>(index);
  };
  return setting;
}

/// A list that may have nothing in it.
inline Setting maybe_empty(Setting list) {
  list.may_be_empty = true;
  return list;
}

/// Its value is never shown: not in an error, not by `switchboard config`, not in the log.
inline Setting secret(Setting setting) {
  setting.is_secret = true;
  return setting;
}

/// What may be done in a room, as a list of the rights' names.
template <typename FieldOf>
Setting rights(std::string_view section, std::string_view key, FieldOf, Change change, std::string_view doc) {
  Setting setting{section, key, SettingType::kTextList, change == Change::kReload, "", doc};
  setting.problem_with = problem_with_right;
  setting.may_be_empty = true;
  setting.read = [](const SettingTarget& target) -> SettingValue {
    TextList list;
    for (const std::string_view name : room::kRightNames)
      if (FieldOf{}(target).has(*room::right_of(name))) list.emplace_back(name);
    return list;
  };
  setting.write = [](const SettingTarget& target, const SettingValue& value) {
    room::RightSet set;
    for (const std::string& name : std::get<TextList>(value))
      if (const auto right = room::right_of(name)) set |= room::RightSet(*right);
    FieldOf{}(target) = set;
  };
  return setting;
}

}  // namespace switchboard::config
