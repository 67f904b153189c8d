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

}  // namespace
}  // namespace switchboard::room
