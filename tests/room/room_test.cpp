#include "room/room.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace switchboard::room {
namespace {

const std::string kFrame(100, 'x');  // four of them, with their ends, fill a chunk of 512 bytes

class RoomTest : public testing::Test {
 protected:
  Room& make(RoomSettings settings = {}) {
    room = std::make_unique<Room>("lobby", settings, pool);
    return *room;
  }
  void add_members(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i)
      room->add(100 + i, 0, room->log.end());
  }
  /// Serves the next member of the lap entirely and trims as the sweep does. Returns its session.
  std::uint32_t serve_next() {
    Member& member = room->member(room->next_in_lap());
    const std::uint32_t session = member.session;
    member.cursor = room->log.end();
    step();
    return session;
  }
  void step() {
    const Seq served = room->step_lap();
    if (served.value > 0) room->log.trim_before(served);
  }
  std::vector<std::uint32_t> serve_lap() {
    std::vector<std::uint32_t> sessions;
    while (room->lap_wanted())
      sessions.push_back(serve_next());
    return sessions;
  }

  ChunkPool pool;
  std::unique_ptr<Room> room;
};

TEST_F(RoomTest, WithoutMembersThereIsNoLap) {
  make().append(kFrame, {});
  EXPECT_FALSE(room->lap_wanted());
}

TEST_F(RoomTest, ALapVisitsEveryMemberOnceAndForgetsWhatAllHave) {
  make();
  add_members(3);
  room->append(kFrame, {});
  EXPECT_EQ(serve_lap(), (std::vector<std::uint32_t>{100, 101, 102}));
  EXPECT_TRUE(room->log.empty());
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST_F(RoomTest, AnAppendInTheMiddleOfALapMakesItGoOnUntilAllHaveBoth) {
  make();
  add_members(3);
  room->append(kFrame, {});
  EXPECT_EQ(serve_next(), 100u);
  room->append(kFrame, {});
  serve_lap();
  for (const Member& member : room->members())
    EXPECT_EQ(member.cursor, room->log.end());
  EXPECT_TRUE(room->log.empty());
}

TEST_F(RoomTest, AMemberAddedInTheMiddleOfALapKeepsWhatItHasYetToGet) {
  make();
  add_members(2);
  room->append(kFrame, {});
  EXPECT_EQ(serve_next(), 100u);
  room->add(200, 0, Seq{1});  // opened at an old entry
  EXPECT_EQ(serve_next(), 101u);
  EXPECT_EQ(room->log.first(), Seq{1});
  room->ask_for_lap();
  serve_lap();
  EXPECT_TRUE(room->log.empty());
}

TEST_F(RoomTest, AMemberAddedInTheMiddleOfALapTakesNobodysTurn) {
  make();
  add_members(3);
  room->append(kFrame, {});
  serve_next();
  room->append(kFrame, {});  // the lap goes on from the second member, and comes to the first last
  serve_next();
  add_members(1);
  serve_lap();
  for (const Member& member : room->members())
    EXPECT_EQ(member.cursor, room->log.end());
  EXPECT_TRUE(room->log.empty());
}

TEST_F(RoomTest, RemovingPutsTheLastMemberInTheFreePlace) {
  make();
  add_members(4);
  room->remove(1);
  ASSERT_EQ(room->members().size(), 3u);
  EXPECT_EQ(room->members()[1].session, 103u);
  room->remove(2);
  ASSERT_EQ(room->members().size(), 2u);
  EXPECT_EQ(room->members()[0].session, 100u);
  EXPECT_EQ(room->members()[1].session, 103u);
}

TEST_F(RoomTest, AMemberMovedToWhereTheLapHasBeenIsServedAllTheSame) {
  make();
  add_members(4);
  room->append(kFrame, {});
  EXPECT_EQ(serve_next(), 100u);
  EXPECT_EQ(serve_next(), 101u);
  room->remove(0);  // 103, not served yet, moves to the front
  serve_lap();
  for (const Member& member : room->members())
    EXPECT_EQ(member.cursor, room->log.end()) << member.session;
  EXPECT_TRUE(room->log.empty());
}

TEST_F(RoomTest, WhatOnlyTheOneWhoLeftKeptIsForgottenInTheLapAfterIt) {
  make();
  add_members(3);
  room->append(kFrame, {});
  serve_next();
  serve_next();
  step();  // 102 takes nothing
  EXPECT_EQ(room->log.size(), 1u);
  EXPECT_FALSE(room->lap_wanted());
  room->remove(2);
  EXPECT_TRUE(room->lap_wanted());
  serve_lap();
  EXPECT_TRUE(room->log.empty());
}

TEST_F(RoomTest, AnyRemovalInTheMiddleOfALapLosesNothing) {
  for (std::uint32_t served = 0; served <= 5; ++served) {
    for (std::uint32_t removed = 0; removed < 5; ++removed) {
      make();
      add_members(5);
      room->append(kFrame, {});
      for (std::uint32_t n = 0; n < served; ++n)
        serve_next();
      room->remove(removed);
      serve_lap();
      for (const Member& member : room->members())
        EXPECT_EQ(member.cursor, room->log.end()) << served << " served, " << removed << " removed";
      EXPECT_TRUE(room->log.empty()) << served << " served, " << removed << " removed";
    }
  }
}

TEST_F(RoomTest, ABehindMemberKeepsTheLogFromItsCursorOn) {
  make();
  add_members(3);
  for (int i = 0; i < 3; ++i)
    room->append(kFrame, {});
  serve_next();
  room->member(1).cursor = Seq{3};
  step();
  serve_next();
  EXPECT_EQ(room->log.first(), Seq{3});
  EXPECT_EQ(room->log.end(), Seq{4});
}

TEST_F(RoomTest, AMemberThatCatchesUpOutsideOfTheLapHasItsEntriesForgotten) {
  make();
  add_members(3);
  room->append(kFrame, {});
  room->append(kFrame, {});
  room->member(0).cursor = Seq{2};
  step();  // looked at while it was behind
  const Seq before = room->member(0).cursor;
  room->member(0).cursor = room->log.end();
  room->caught_up(before);
  serve_lap();
  EXPECT_TRUE(room->log.empty());

  room->append(kFrame, {});
  step();  // 100 takes nothing this time
  serve_next();
  serve_next();
  EXPECT_FALSE(room->lap_wanted());
  room->member(0).cursor = room->log.end();
  room->caught_up(Seq{3});
  EXPECT_TRUE(room->lap_wanted());
  serve_lap();
  EXPECT_TRUE(room->log.empty());
}

TEST_F(RoomTest, CatchingUpAheadOfTheOldestNeedsNoLap) {
  make();
  add_members(2);
  room->append(kFrame, {});
  room->append(kFrame, {});
  step();  // 100 has nothing
  room->member(1).cursor = Seq{2};
  step();
  ASSERT_FALSE(room->lap_wanted());
  room->member(1).cursor = Seq{3};
  room->caught_up(Seq{2});
  EXPECT_FALSE(room->lap_wanted());
}

TEST_F(RoomTest, TheBacklogIsBoundedInMessages) {
  make({.backlog_messages = 3});
  add_members(1);
  EXPECT_LE(room->append(kFrame, {}), Seq{1});
  EXPECT_LE(room->append(kFrame, {}), Seq{1});
  EXPECT_LE(room->append(kFrame, {}), Seq{1});
  EXPECT_EQ(room->append(kFrame, {}), Seq{2});
  EXPECT_EQ(room->append(kFrame, {}), Seq{3}) << "the caller has not trimmed yet";
}

TEST_F(RoomTest, TheBacklogIsBoundedInBytes) {
  make({.backlog_bytes = 1'024});
  add_members(1);
  for (int i = 0; i < 8; ++i)  // two chunks of 512 bytes, full
    EXPECT_EQ(room->append(kFrame, {}), Seq{1});
  EXPECT_EQ(room->append(kFrame, {}), Seq{5}) << "with a third the first must go";
}

TEST_F(RoomTest, ReloadedSettingsHoldFromTheNextAppend) {
  make({.backlog_messages = 100});
  add_members(1);
  for (int i = 0; i < 5; ++i)
    room->append(kFrame, {});
  room->use({.backlog_messages = 2});
  EXPECT_EQ(room->append(kFrame, {}), Seq{5});
}

TEST_F(RoomTest, UnpinningTellsWhosePinMovedIntoThePlace) {
  make();
  EXPECT_EQ(room->pin(7, Seq{1}), 0u);
  EXPECT_EQ(room->pin(8, Seq{2}), 1u);
  EXPECT_EQ(room->pin(9, Seq{3}), 2u);
  EXPECT_EQ(room->unpin(0), 9u);
  EXPECT_EQ(room->pins()[0].frame, Seq{3});
  EXPECT_EQ(room->unpin(1), Room::kNobody);
  EXPECT_EQ(room->unpin(0), Room::kNobody);
  EXPECT_TRUE(room->pins().empty());
}

}  // namespace
}  // namespace switchboard::room
