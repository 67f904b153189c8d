#include "webhook/attendance.h"

#include <gtest/gtest.h>
#include <vector>

namespace switchboard::webhook {
namespace {

using std::chrono::milliseconds;

class AttendanceTest : public testing::Test {
 protected:
  std::vector<std::string> take() { return std::exchange(told_, {}); }

  std::vector<std::string> told_;
  Instant now_{};
  Attendance attendance_{milliseconds(100), HashKey{1, 2},
                         [this](std::string_view room, std::string_view user, bool is_there, UnixMillis at) {
                           told_.push_back((is_there ? "+" : "-") + std::string(room) + ":" + std::string(user) + "@" +
                                           std::to_string(at));
                         }};
};

using Told = std::vector<std::string>;

TEST_F(AttendanceTest, TellsOfUsersNotOfConnections) {
  attendance_.add("r", "ann", 1);
  attendance_.add("r", "ann", 2);
  EXPECT_EQ(take(), Told{"+r:ann@1"});
  attendance_.remove("r", "ann", now_, 3);
  EXPECT_EQ(attendance_.next_due(), std::nullopt);
  attendance_.remove("r", "ann", now_, 4);
  EXPECT_EQ(attendance_.next_due(), now_ + milliseconds(100));
  attendance_.run(now_ + milliseconds(99));
  EXPECT_EQ(take(), Told{});
  attendance_.run(now_ + milliseconds(100));
  EXPECT_EQ(take(), Told{"-r:ann@4"}) << "at the moment when the last connection went";
  EXPECT_EQ(attendance_.size(), 0);
}

TEST_F(AttendanceTest, WhoIsBackWithinTheGraceHasNotBeenGone) {
  attendance_.add("r", "ann", 1);
  attendance_.remove("r", "ann", now_, 2);
  attendance_.add("r", "ann", 3);
  attendance_.run(now_ + milliseconds(100));
  EXPECT_EQ(take(), Told{"+r:ann@1"});
  // Another departure counts from its own moment, whatever the first one's is.
  attendance_.remove("r", "ann", now_ + milliseconds(50), 4);
  attendance_.add("r", "ann", 5);
  attendance_.remove("r", "ann", now_ + milliseconds(120), 6);
  attendance_.run(now_ + milliseconds(150));
  EXPECT_EQ(take(), Told{});
  attendance_.run(now_ + milliseconds(220));
  EXPECT_EQ(take(), Told{"-r:ann@6"});
}

TEST_F(AttendanceTest, ARoomThatEndsHasNobodyLeft) {
  attendance_.add("r", "ann", 1);
  attendance_.add("s", "ann", 1);
  attendance_.remove("r", "ann", now_, 2);
  take();
  attendance_.end_room("r");
  EXPECT_EQ(take(), Told{"-r:ann@2"});
  attendance_.run(now_ + milliseconds(1'000));
  EXPECT_EQ(take(), Told{}) << "it was told already";
  EXPECT_EQ(attendance_.size(), 1);
}

TEST_F(AttendanceTest, WhoHasLeftFirstIsToldOfFirstWhenTheRoomEnds) {
  for (int i = 0; i < 20; ++i)
    attendance_.add("r", "u" + std::to_string(i), 1);
  for (int i = 0; i < 20; ++i)
    attendance_.remove("r", "u" + std::to_string(i), now_, 100 + i);
  take();
  attendance_.end_room("r");
  const Told told = take();
  ASSERT_EQ(told.size(), 20);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(told[static_cast<std::size_t>(i)], "-r:u" + std::to_string(i) + "@" + std::to_string(100 + i));
}

TEST_F(AttendanceTest, RoomsAndTheServerAreApart) {
  attendance_.add("", "ann", 1);
  attendance_.add("r", "ann", 2);
  attendance_.remove("r", "ann", now_, 3);
  attendance_.run(now_ + milliseconds(100));
  EXPECT_EQ(take(), (Told{"+:ann@1", "+r:ann@2", "-r:ann@3"}));
  EXPECT_EQ(attendance_.size(), 1);
}

TEST_F(AttendanceTest, OfWhomItWasNotToldNothingIsKnown) {
  attendance_.remove("r", "ann", now_, 1);
  attendance_.end_room("r");
  attendance_.run(now_ + milliseconds(100));
  EXPECT_EQ(take(), Told{});
}

}  // namespace
}  // namespace switchboard::webhook
