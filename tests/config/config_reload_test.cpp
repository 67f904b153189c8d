#include "config/config_reload.h"

#include <gtest/gtest.h>

namespace switchboard::config {
namespace {

TEST(ConfigReload, EqualConfigurationsHaveNoDifference) {
  const Config config;
  EXPECT_TRUE(diff_for_reload(config, config).empty());
}

TEST(ConfigReload, ChangesAreNamedAndThoseThatNeedARestartAreMarked) {
  const Config running;
  Config wanted;
  wanted.listen = {":9"};
  wanted.shard.session.ping_interval_ms = 1;
  const ReloadReport report = diff_for_reload(running, wanted);
  ASSERT_EQ(report.size(), 2u);
  EXPECT_EQ(report[0].key, "server.listen");
  EXPECT_EQ(report[0].from, "[\":8080\"]");
  EXPECT_EQ(report[0].to, "[\":9\"]");
  EXPECT_TRUE(report[0].needs_restart);
  EXPECT_EQ(report[1].key, "heartbeat.ping_interval_ms");
  EXPECT_FALSE(report[1].needs_restart);
}

TEST(ConfigReload, NamespacesThatComeOrGoAreComparedWithTheDefault) {
  Config with, without;
  room::RoomSettings chat;
  chat.members_max = 2;
  with.shard.rooms.set("chat", chat);
  for (const auto& report : {diff_for_reload(with, without), diff_for_reload(without, with)}) {
    ASSERT_EQ(report.size(), 1u);
    EXPECT_EQ(report[0].key, "rooms.chat.members_max");
    EXPECT_FALSE(report[0].needs_restart);
  }
}

TEST(ConfigReload, RatesOfOperationsHoldFromAReloadOn) {
  const Config running;
  Config wanted;
  wanted.shard.session.rate.operations[room::Operation::kJoin] = {.per_second = 5, .burst = 50};
  wanted.shard.rooms.set("chat", {.publishes = {.per_second = 2}});
  const ReloadReport report = diff_for_reload(running, wanted);
  ASSERT_EQ(report.size(), 3u);
  EXPECT_EQ(report[0].key, "limits.joins_per_second");
  EXPECT_EQ(report[1].key, "limits.joins_burst");
  EXPECT_EQ(report[2].key, "rooms.chat.publishes_per_second");
  for (const ReloadChange& change : report)
    EXPECT_FALSE(change.needs_restart) << change.key;
  const Config result = reloaded(running, wanted);
  EXPECT_EQ(result.shard.session.rate.operations[room::Operation::kJoin].burst, 50u);
  EXPECT_EQ(result.shard.rooms.of("chat:1").publishes.per_second, 2u);
  EXPECT_TRUE(result.shard.rooms.has_rates());
  EXPECT_FALSE(reloaded(wanted, running).shard.rooms.has_rates());
}

Config with_listeners(std::vector<ListenerSettings> named) {
  Config config;
  config.listeners = std::move(named);
  add_listen_entries(config);
  return config;
}

TEST(ConfigReload, ListenersThatComeOrGoNeedARestart) {
  const Config without = with_listeners({});
  const Config with = with_listeners({{.name = "a", .address = ":1"}});
  const ReloadReport come = diff_for_reload(without, with);
  ASSERT_EQ(come.size(), 1u);
  EXPECT_EQ(come[0].key, "listeners.a");
  EXPECT_EQ(come[0].from, "");
  EXPECT_EQ(come[0].to, ":1");
  EXPECT_TRUE(come[0].needs_restart);
  EXPECT_EQ(diff_for_reload(with, without).size(), 1u);
  EXPECT_EQ(reloaded(without, with).listeners, without.listeners);
  EXPECT_EQ(reloaded(with, without).listeners, with.listeners);
}

TEST(ConfigReload, AListenerChangesWhatConcernsClientsToCome) {
  Config running = with_listeners({{.name = "a", .address = ":1"}});
  Config wanted;
  wanted.listener_defaults.hosts = {"a.example"};
  wanted.listeners = {{.name = "a", .address = ":2", .paths = {"/x"}, .origins_allowed = {}}};
  add_listen_entries(wanted);
  std::vector<std::string> keys;
  for (const ReloadChange& change : diff_for_reload(running, wanted))
    keys.push_back(change.key + (change.needs_restart ? " restart" : ""));
  EXPECT_EQ(keys, (std::vector<std::string>{"server.hosts", "listeners.a.address restart", "listeners.a.paths",
                                            "listeners.a.origins_allowed"}));
  const Config result = reloaded(running, wanted);
  ASSERT_EQ(result.listeners.size(), 2u);
  EXPECT_EQ(result.listeners[0].hosts, std::vector<std::string>{"a.example"}) << "an entry of server.listen";
  EXPECT_EQ(result.listeners[1].address, ":1");
  EXPECT_EQ(result.listeners[1].paths, std::vector<std::string>{"/x"});
  EXPECT_EQ(result.listeners[1].origins_allowed, std::vector<std::string>{});
}

TEST(ConfigReload, WebhooksAreTakenAsTheyAreWanted) {
  Config running, wanted;
  running.webhooks.push_back({.name = "old", .url = "https://old.example.com/", .secret = "whsec_old"});
  wanted.webhooks.push_back({.name = "new", .url = "https://new.example.com/", .secret = "whsec_new"});
  EXPECT_EQ(reloaded(running, wanted).webhooks, wanted.webhooks);
  std::string said;
  for (const ReloadChange& change : diff_for_reload(running, wanted)) {
    EXPECT_FALSE(change.needs_restart) << change.key;
    said += change.key + "=" + change.to + "\n";
  }
  EXPECT_NE(said.find("webhooks.new.url=\"https://new.example.com/\""), std::string::npos) << said;
  EXPECT_EQ(said.find("whsec_"), std::string::npos) << said;
}

TEST(ConfigReload, ReloadedTakesWhatMayChangeAndKeepsTheRest) {
  const Config running;
  Config wanted;
  wanted.shards = 3;
  wanted.data = "elsewhere";
  wanted.drain_ms = 1;
  wanted.log.level = log::LogLevel::kDebug;
  room::RoomSettings chat;
  chat.members_max = 2;
  wanted.shard.rooms.set("chat", chat);
  const Config result = reloaded(running, wanted);
  EXPECT_EQ(result.shards, running.shards);
  EXPECT_EQ(result.data, running.data);
  EXPECT_EQ(result.drain_ms, 1u);
  EXPECT_EQ(result.log.level, log::LogLevel::kDebug);
  EXPECT_EQ(result.shard.rooms.of("chat:1").members_max, 2u);
  for (const ReloadChange& left : diff_for_reload(result, wanted))
    EXPECT_TRUE(left.needs_restart) << left.key;
}

TEST(ConfigReload, WhetherARoomHasHistoryStaysAndItsRetentionChanges) {
  room::RoomSettings without;
  without.history = false;
  Config running;
  running.shard.rooms.set("gone", without);
  running.shard.rooms.set("cursors", without);
  room::RoomSettings defaults;
  defaults.retention.messages = 5;
  room::RoomSettings now_without = defaults;
  now_without.history = false;
  Config wanted;
  wanted.shard.rooms = room::RoomSettingsTable(defaults);
  wanted.shard.rooms.set("cursors", defaults);
  wanted.shard.rooms.set("new", now_without);

  std::vector<std::string> restart;
  for (const ReloadChange& change : diff_for_reload(running, wanted))
    if (change.needs_restart) restart.push_back(change.key);
  EXPECT_EQ(restart, (std::vector<std::string>{"rooms.cursors.history", "rooms.gone.history", "rooms.new.history"}));
  const Config result = reloaded(running, wanted);
  for (const char* room : {"other", "cursors:1", "new:1", "gone:1"}) {
    EXPECT_EQ(result.shard.rooms.of(room).history, running.shard.rooms.of(room).history) << room;
    EXPECT_EQ(result.shard.rooms.of(room).retention.messages, 5u) << room;
  }
}

TEST(ConfigReload, IssuersComeAndGoAndChangeAtOnce) {
  const std::string secret(40, 's'), other(40, 'o');
  Config running, wanted;
  running.auth.issuers = {{.name = "a", .secret = secret, .issuer = "https://a"},
                          {.name = "b", .secret = secret, .issuer = "https://b"}};
  wanted.auth.issuers = {{.name = "a", .secret = other, .issuer = "https://a", .leeway_ms = 7},
                         {.name = "c", .secret = secret, .issuer = "https://c"}};
  std::vector<std::string> report;
  for (const ReloadChange& change : diff_for_reload(running, wanted)) {
    EXPECT_FALSE(change.needs_restart) << change.key;
    report.push_back(change.key + ": " + change.from + " > " + change.to);
  }
  EXPECT_EQ(report,
            (std::vector<std::string>{"issuers.a.secret: (not shown) > another", "issuers.a.leeway_ms: 30000 > 7",
                                      "issuers.b: https://b > ", "issuers.c:  > https://c"}));
  EXPECT_EQ(reloaded(running, wanted).auth, wanted.auth);
}

}  // namespace
}  // namespace switchboard::config
