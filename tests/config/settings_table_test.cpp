#include "config/settings_table.h"

#include <gtest/gtest.h>
#include <set>

#include "config/config_values.h"

namespace switchboard::config {
namespace {

SettingValue default_of(const Setting& setting) {
  const Config defaults;
  return value_of(defaults, {&setting, std::string(kDefaultNamespace)});
}

TEST(SettingsTable, NamesAreUniqueAlsoAsEnvironmentVariables) {
  std::set<std::string> names, variables;
  for (const Setting& setting : settings_table()) {
    EXPECT_TRUE(names.insert(setting.name()).second) << setting.name();
    EXPECT_TRUE(variables.insert(environment_name({&setting, "default"})).second) << setting.name();
  }
}

TEST(SettingsTable, EverySettingIsExplainedAndBelongsToASection) {
  for (const Setting& setting : settings_table()) {
    EXPECT_FALSE(setting.doc.empty()) << setting.name();
    bool found = false;
    for (const SettingSection& section : setting_sections())
      found = found || section.name == setting.section;
    EXPECT_TRUE(found) << setting.name();
  }
}

TEST(SettingsTable, EveryDefaultIsAllowed) {
  for (const Setting& setting : settings_table()) {
    EXPECT_EQ(problem_with_value(setting, default_of(setting)), "") << setting.name();
  }
}

TEST(SettingsTable, EveryNumberIsHeldToItsRange) {
  for (const Setting& setting : settings_table()) {
    if (setting.type != SettingType::kInteger) continue;
    EXPECT_NE(problem_with_value(setting, setting.min - 1), "") << setting.name();
    EXPECT_EQ(problem_with_value(setting, setting.min), "") << setting.name();
    EXPECT_EQ(problem_with_value(setting, setting.max), "") << setting.name();
    EXPECT_NE(problem_with_value(setting, setting.max + 1), "") << setting.name();
  }
}

TEST(SettingsTable, EveryExtremeFitsItsField) {
  for (const Setting& setting : settings_table()) {
    if (setting.type != SettingType::kInteger) continue;
    Config config;
    room::RoomSettings room;
    ListenerSettings listener;
    webhook::EndpointSettings webhook;
    IssuerSettings issuer;
    for (const std::int64_t number : {setting.min, setting.max}) {
      setting.write({config, room, listener, issuer, &webhook}, number);
      EXPECT_EQ(setting.read({config, room, listener, issuer, &webhook}), SettingValue(number)) << setting.name();
    }
  }
}

TEST(SettingsTable, EveryChoiceIsReadBackAsWritten) {
  for (const Setting& setting : settings_table()) {
    Config config;
    room::RoomSettings room;
    ListenerSettings listener;
    webhook::EndpointSettings webhook;
    IssuerSettings issuer;
    for (const std::string_view choice : setting.choices) {
      setting.write({config, room, listener, issuer, &webhook}, std::string(choice));
      EXPECT_EQ(setting.read({config, room, listener, issuer, &webhook}), SettingValue(std::string(choice)))
          << setting.name();
    }
  }
}

TEST(SettingsTable, WritingOneSettingChangesNoOther) {
  for (const Setting& written : settings_table()) {
    if (written.type != SettingType::kInteger) continue;
    Config config;
    room::RoomSettings room;
    ListenerSettings listener;
    webhook::EndpointSettings webhook;
    IssuerSettings issuer;
    written.write({config, room, listener, issuer, &webhook}, written.max);
    for (const Setting& other : settings_table()) {
      if (&other == &written) continue;
      EXPECT_EQ(other.read({config, room, listener, issuer, &webhook}), default_of(other))
          << written.name() << " changed " << other.name();
    }
  }
}

}  // namespace
}  // namespace switchboard::config
