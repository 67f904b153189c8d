#include "session/answers_owed.h"

#include <gtest/gtest.h>
#include <string>

#include "protocol/push.h"

namespace switchboard::session {
namespace {

TEST(AnswersOwed, KeepsRoomForAnAcknowledgementUntilItComesOrWillNot) {
  AnswersOwed owed;
  EXPECT_FALSE(owed.awaits_ack());
  owed.expect_ack("lobby", "1");
  owed.expect_ack("garden", "2");
  EXPECT_TRUE(owed.awaits_ack());
  owed.expect_no_ack("lobby", "1");
  EXPECT_TRUE(owed.awaits_ack());
  owed.expect_no_ack("garden", "2");
  EXPECT_FALSE(owed.awaits_ack());
  EXPECT_EQ(owed.ack_bytes(), 0u);
}

TEST(AnswersOwed, TheRoomIsEnoughForTheLongestAcknowledgement) {
  constexpr std::size_t kFrameHeaderBytes = 4;
  for (const std::string& name : {std::string("lobby"), std::string(255, '"'), std::string(255, 'x')}) {
    AnswersOwed owed;
    owed.expect_ack(name, "18446744073709551615");
    std::string ack;
    protocol::append(ack, protocol::Ack{.id = "18446744073709551615",
                                        .room_id = name,
                                        .seq = Seq{~std::uint64_t{0}},
                                        .epoch = "0123456789abc",
                                        .ts = 9'007'199'254'740'991,
                                        .is_duplicate = true});
    EXPECT_LE(ack.size() + kFrameHeaderBytes, owed.ack_bytes()) << name;
  }
}

TEST(AnswersOwed, JoinsAndQueriesAreAwaitedOneAtATime) {
  AnswersOwed owed;
  owed.begin_join();
  EXPECT_TRUE(owed.awaits_join());
  EXPECT_FALSE(owed.awaits_query());
  owed.begin_query();
  owed.end_join();
  EXPECT_FALSE(owed.awaits_join());
  EXPECT_TRUE(owed.awaits_query());
  owed.end_query();
  EXPECT_FALSE(owed.awaits_query());
}

}  // namespace
}  // namespace switchboard::session
