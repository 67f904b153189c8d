#include "room/settings.h"

#include <gtest/gtest.h>

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
