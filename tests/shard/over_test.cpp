// Clients that end by what they ask for: the rooms that a command was about must outlive it.
#include "shard/direct_driver.h"

namespace switchboard::shard {
namespace {

using session::kUpgradeDeflate;
using session::kUpgradeV1;

constexpr std::uint16_t kBadRequests = 4000;

class OverTest : public DirectTest, public testing::WithParamInterface<std::uint32_t> {
 protected:
  OverTest() { settings.session.errors_max = GetParam(); }

  /// Joins @me, in vain, until it is sent away.
  void ask_until_closed(Peer& bob) {
    for (std::uint32_t i = 0; i <= GetParam(); ++i)
      bob.say(R"({"type":"join","room_id":"@me","id":1})");
    run();
    bob.finish();
    run();
    EXPECT_EQ(endings.codes.back(), kBadRequests);
  }
  void expect_living() {
    Peer other = member("elsewhere");
    other.broadcast("elsewhere", "1");
    run();
    EXPECT_EQ(other.contents(), "1");
  }
};

INSTANTIATE_TEST_SUITE_P(ErrorBudgets, OverTest, testing::Values(1u, 2u, 5u));

TEST_P(OverTest, RefusedJoinsOfItsOwnFullRoomEndTheClientAndNothingElse) {
  room::RoomSettings own;
  own.members_max = 1;
  settings.rooms.set("@", own);
  Peer bob = user("bob", 0);
  Peer other_device = user("bob", 0, kUpgradeDeflate);
  other_device.say(R"({"type":"join","room_id":"@me"})");
  direct(bob, "bob", "1");  // makes bob an implicit member of his own room
  run();
  ask_until_closed(bob);
  expect_living();
}

TEST_P(OverTest, RefusedJoinsOfItsOwnRoomWhereThereAreNoMoreRoomsEndTheClientAndNothingElse) {
  settings.rooms_max = 2;
  Peer bob = user("bob", 0);
  direct(bob, "bob", "1");
  run();
  bob.join("second", "bob");
  run();
  ask_until_closed(bob);
}

TEST_P(OverTest, ARefusedDirectToItsOwnRoomEndsTheClientAndNothingElse) {
  settings.rooms_max = 1;
  Peer bob = user("bob", 0);
  for (std::uint32_t i = 0; i <= GetParam(); ++i)
    direct(bob, "bob", "1", R"(,"id":1)");
  run();
  bob.finish();
  run();
  EXPECT_EQ(endings.codes.back(), kBadRequests);
}

TEST_P(OverTest, TheLastMemberOfARoomMayEndByAPublishToIt) {
  settings.session.errors_max = GetParam();
  Peer ann = member("r");
  for (std::uint32_t i = 0; i <= GetParam(); ++i)
    ann.say(R"({"type":"broadcast","room_id":"r","content":1} {"type":"join","room_id":"r","last":3})");
  run();
  EXPECT_EQ(ann.frames().back().close_code(), kBadRequests) << "nothing of the room comes behind the Close frame";
  ann.finish();
  run();
  expect_nothing_left();
}

TEST_P(OverTest, AnAnswerFromAnotherShardMayEndTheLastMember) {
  room::RoomSettings full;
  full.members_max = 1;
  settings.rooms = room::RoomSettingsTable(full);
  start(3);
  for (std::uint32_t home = 0; home < 3; ++home) {
    const std::string room = room_at(home);
    Peer first = member(room, 1);
    Peer second = member(room_at((home + 1) % 3), 0);
    for (std::uint32_t i = 0; i <= GetParam(); ++i)
      second.join(room);
    run();
    EXPECT_EQ(second.frames().back().close_code(), kBadRequests);
    first.finish();
    second.finish();
    run();
  }
  expect_nothing_left();
}

}  // namespace
}  // namespace switchboard::shard
