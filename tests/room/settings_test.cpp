#include "room/settings.h"

#include <gtest/gtest.h>
#include <set>

namespace switchboard::room {
namespace {

TEST(RoomSettingsTable, ANamespaceIsWhatStandsBeforeTheFirstColon) {
  RoomSettingsTable table({.members_max = 1});
  table.set("chat", {.members_max = 2});
  table.set("", {.members_max = 3});
  EXPECT_EQ(table.of("chat:42").members_max, 2u);
  EXPECT_EQ(table.of("chat:42:7").members_max, 2u);
  EXPECT_EQ(table.of(":42").members_max, 3u);
  EXPECT_EQ(table.of("chat").members_max, 1u);
  EXPECT_EQ(table.of("chats:42").members_max, 1u);
  EXPECT_EQ(table.of("").members_max, 1u);
}

TEST(RoomSettingsTable, UsersRoomsAreOneNamespaceWhateverTheUsersAreCalled) {
  RoomSettingsTable table({.members_max = 1});
  table.set("chat", {.members_max = 2});
  EXPECT_EQ(table.of("@alice").members_max, 1u);
  EXPECT_EQ(table.of("@chat:alice").members_max, 1u);
  table.set("@", {.members_max = 3});
  EXPECT_EQ(table.of("@alice").members_max, 3u);
  EXPECT_EQ(table.of("@chat:alice").members_max, 3u);
  EXPECT_EQ(table.of("chat:@alice").members_max, 2u);
  EXPECT_EQ(table.of("alice@").members_max, 1u);
}

TEST(RoomSettingsTable, EveryNamespaceIsKnownByItsName) {
  RoomSettingsTable table;
  table.set("chat", {});
  table.set("game", {});
  const std::size_t chat = table.of("chat:1").namespace_hash;
  EXPECT_EQ(table.of("chat:2").namespace_hash, chat);
  std::set<std::size_t> all;
  for (const char* room_id : {"chat:1", "game:1", "lobby", "@ann"})
    all.insert(table.of(room_id).namespace_hash);
  EXPECT_EQ(all.size(), 4u);
  EXPECT_EQ(table.of("other:1").namespace_hash, table.of("lobby").namespace_hash) << "both are the default's";
  EXPECT_EQ(table.of("@ann").namespace_hash, table.of("@bob").namespace_hash);
  RoomSettingsTable reloaded;
  reloaded.set("chat", {.members_max = 1});
  EXPECT_EQ(reloaded.of("chat:1").namespace_hash, chat);
  const std::size_t users = table.of("@ann").namespace_hash;
  table.set("@", {});
  EXPECT_EQ(table.of("@ann").namespace_hash, users);
}

TEST(RoomSettingsTable, ItIsKnownWhetherAnyNamespaceHasRates) {
  RoomSettingsTable table;
  EXPECT_FALSE(table.has_rates());
  EXPECT_TRUE(RoomSettingsTable({.joins = {.per_second = 1}}).has_rates());
  table.set("chat", {});
  EXPECT_FALSE(table.has_rates());
  table.set("game", {.publishes = {.per_second = 1}});
  EXPECT_TRUE(table.has_rates());
}

TEST(RoomSettingsTable, NobodyIsToldWhoIsInAUsersRoomAndNobodyBroadcastsToIt) {
  RoomSettingsTable table({.presence = true, .publish_from_outside = true});
  EXPECT_TRUE(table.of("chat").presence);
  EXPECT_TRUE(table.of("chat").publish_from_outside);
  EXPECT_FALSE(table.of("@alice").presence);
  EXPECT_FALSE(table.of("@alice").publish_from_outside);
  table.set("@", {.presence = true, .publish_from_outside = true});
  EXPECT_FALSE(table.of("@alice").presence);
  EXPECT_FALSE(table.of("@alice").publish_from_outside);
}

}  // namespace
}  // namespace switchboard::room
