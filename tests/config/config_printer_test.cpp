#include "config/config_printer.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "config/config_loader.h"
#include "config/config_reload.h"
#include "config/settings_table.h"

namespace switchboard::config {
namespace {

/// Loads what was printed, from a file of the test's own.
Config parsed(const std::string& text) {
  const std::string path =
      testing::TempDir() + "printed_" + testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml";
  std::ofstream(path) << text;
  auto config = load_config({path, {}, {}});
  std::filesystem::remove(path);
  if (config) return *config;
  for (const auto& problem : config.error())
    ADD_FAILURE() << problem.text();
  return Config();
}

std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::filesystem::path source_folder() {
  return std::filesystem::path(__FILE__).parent_path() / "../..";
}

/// Every number at its maximum, every choice at its last, and a namespace that differs from the default.
Config unusual_config() {
  Config config;
  room::RoomSettings room;
  ListenerSettings listener;
  IssuerSettings issuer;
  webhook::EndpointSettings webhook;  // its secret is not printed, so it would not come back
  const SettingTarget target{config, room, listener, issuer, &webhook};
  for (const Setting& setting : settings_table()) {
    if (setting.type == SettingType::kInteger) setting.write(target, setting.max);
    if (setting.type == SettingType::kBoolean) setting.write(target, false);
    if (setting.type == SettingType::kChoice) setting.write(target, std::string(setting.choices.back()));
  }
  config.listener_defaults.trusted_proxies = {"10.0.0.0/8", "unix"};
  config.listener_defaults.hosts = {"a.example"};
  listener.name = "web-1";
  listener.address = "unix:/run/a \"b\".sock";
  listener.trusted_proxies = {"192.0.2.1"};
  listener.paths = {"/a"};
  listener.origins_allowed = {};
  listener.mode = "600";
  config.listeners.push_back(listener);
  config.listen = {"127.0.0.1:1", "wss://[::1]:2"};
  add_listen_entries(config);
  issuer.name = "shop-1";
  issuer.issuer = "https://shop.example/";
  issuer.keys = {"/etc/a.pem", "/etc/b.pem"};
  issuer.audience = {"chat"};
  config.auth.issuers.push_back(issuer);
  config.ops = "";
  config.data = "a \"quoted\" \\ path/\xC3\xA9\u202E\U000E0001";
  config.shard.server_name = "x # y";
  config.shard.rooms = room::RoomSettingsTable(room);
  config.shard.rooms.set("chat", room::RoomSettings{});
  config.shard.rooms.set("a \"b\".c", room::RoomSettings{});
  config.shard.rooms.set(std::string(room::kUserRooms), room);
  config.history.backend = HistoryBackend::kSqlite;  // memory cannot survive a power cut, which these rooms want
  return config;
}

TEST(ConfigPrinter, DefaultsParseBackToThemselves) {
  const Config defaults;
  EXPECT_TRUE(diff_for_reload(defaults, parsed(print_config(defaults))).empty());
}

TEST(ConfigPrinter, EveryValueParsesBackToItself) {
  const Config config = unusual_config();
  const Config again = parsed(print_config(config));
  for (const ReloadChange& change : diff_for_reload(config, again))
    ADD_FAILURE() << change.key << " " << change.to;
  EXPECT_EQ(print_config(again), print_config(config));
}

TEST(ConfigPrinter, SecretsOfNamedSectionsAreNotShown) {
  Config config;
  config.webhooks.push_back({.name = "back", .url = "https://a.example.com/", .secret = "whsec_topsecret"});
  const std::string text = print_config(config);
  EXPECT_NE(text.find("[[webhooks]]\nname = \"back\"\nurl = \"https://a.example.com/\"\n# secret = "),
            std::string::npos)
      << text.substr(text.size() - 700);
  EXPECT_EQ(text.find("topsecret"), std::string::npos);
}

TEST(ConfigPrinter, EverySettingIsPrintedWithItsExplanationOnNarrowLines) {
  std::istringstream lines(print_config(Config()));
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(line.size(), 100u) << line;
  for (const Setting& setting : settings_table()) {
    const bool is_example = setting.is_named() && setting.section != "rooms";  // there need be none
    const std::string before = is_example ? "\n# " : "\n";
    EXPECT_NE(print_config(Config()).find(before + std::string(setting.key) + " = "), std::string::npos);
    EXPECT_NE(print_settings_reference().find("| `" + std::string(setting.key) + "` |"), std::string::npos);
  }
}

TEST(ConfigPrinter, ShippedFileIsWhatIsPrinted) {
  EXPECT_TRUE(file_text(source_folder() / "packaging/switchboard.toml") == print_config(Config()))
      << "run `switchboard config > packaging/switchboard.toml` without a configuration file or variables";
}

TEST(ConfigPrinter, ManualHasTheTableOfSettings) {
  EXPECT_TRUE(file_text(source_folder() / "docs/OPERATIONS.md").find(print_settings_reference()) != std::string::npos)
      << "put the output of `switchboard config --reference` into docs/OPERATIONS.md";
}

TEST(ConfigPrinter, AnIssuersSecretsAreNotShown) {
  Config config;
  const std::string secret(40, 's');
  config.auth.issuers = {{.name = "shop", .secret = secret, .previous_secrets = {secret}, .issuer = "https://shop"}};
  const std::string text = print_config(config);
  EXPECT_EQ(text.find(secret), std::string::npos);
  EXPECT_NE(text.find("[issuers.shop]\nissuer = \"https://shop\"\n# secret = (not shown)\n# previous_secrets = "),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace switchboard::config
