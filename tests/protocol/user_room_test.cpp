#include "protocol/user_room.h"

#include <gtest/gtest.h>

namespace switchboard::protocol {
namespace {

TEST(UserRoom, HasTheUsersNameBehindItsMark) {
  EXPECT_EQ(user_room_of("alice"), "@alice");
  EXPECT_EQ(user_of(user_room_of("@alice")), "@alice");
  EXPECT_TRUE(is_user_room("@alice"));
  EXPECT_FALSE(is_user_room("alice@home"));
  EXPECT_FALSE(is_user_room(""));
}

TEST(UserRoom, IsToldByTheOneNameThatClientsKnow) {
  EXPECT_EQ(told_room_id("@alice"), "@me");
  EXPECT_EQ(told_room_id("lobby"), "lobby");
}

}  // namespace
}  // namespace switchboard::protocol
