#include "server/admission.h"

#include <gtest/gtest.h>

namespace switchboard::server {
namespace {

using Verdict = Admission::Verdict;

net::PeerAddress peer(std::uint8_t last) {
  net::PeerAddress address;
  address.ip[15] = last;
  return address;
}

TEST(Admission, TakesAsManyAsItMayThenTellsSomeThenDrops) {
  Admission admission(3, 0);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(admission.admit(peer(1)), Verdict::kWelcome);
  for (std::uint64_t i = 0; i < Admission::kTold; ++i)
    EXPECT_EQ(admission.admit(peer(1)), Verdict::kTellFull);
  EXPECT_EQ(admission.admit(peer(1)), Verdict::kDrop);
  EXPECT_EQ(admission.admit(peer(1)), Verdict::kDrop);
}

TEST(Admission, WhoLeavesMakesRoom) {
  Admission admission(1, 0);
  EXPECT_EQ(admission.admit(peer(1)), Verdict::kWelcome);
  EXPECT_EQ(admission.admit(peer(2)), Verdict::kTellFull);
  admission.release(peer(2));
  admission.release(peer(1));
  EXPECT_EQ(admission.admit(peer(2)), Verdict::kWelcome);
}

TEST(Admission, ADroppedConnectionIsNotCounted) {
  Admission admission(1, 0);
  for (std::uint64_t i = 0; i <= Admission::kTold; ++i)
    admission.admit(peer(1));
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(admission.admit(peer(1)), Verdict::kDrop);
  for (std::uint64_t i = 0; i <= Admission::kTold; ++i)
    admission.release(peer(1));
  EXPECT_EQ(admission.admit(peer(1)), Verdict::kWelcome);
}

TEST(Admission, NoLimitIsNone) {
  Admission admission(0, 0);
  for (int i = 0; i < 10'000; ++i)
    ASSERT_EQ(admission.admit(peer(1)), Verdict::kWelcome);
}

TEST(Admission, OneAddressMayHaveSoManyAndNoMore) {
  Admission admission(0, 2);
  EXPECT_EQ(admission.admit(peer(1)), Verdict::kWelcome);
  EXPECT_EQ(admission.admit(peer(1)), Verdict::kWelcome);
  EXPECT_EQ(admission.admit(peer(1)), Verdict::kTellTooMany);
  EXPECT_EQ(admission.admit(peer(2)), Verdict::kWelcome);
  admission.release(peer(1));
  admission.release(peer(1));
  EXPECT_EQ(admission.admit(peer(1)), Verdict::kWelcome);
}

TEST(Admission, AnAddressFarOverItsLimitIsDroppedAndNotCounted) {
  Admission admission(0, 1);
  admission.admit(peer(1));
  for (std::uint64_t i = 0; i < Admission::kTold; ++i)
    EXPECT_EQ(admission.admit(peer(1)), Verdict::kTellTooMany);
  EXPECT_EQ(admission.admit(peer(1)), Verdict::kDrop);
  for (std::uint64_t i = 0; i <= Admission::kTold; ++i)
    admission.release(peer(1));
  EXPECT_EQ(admission.admit(peer(1)), Verdict::kWelcome);
}

TEST(Admission, LimitsCanBeChangedWhileConnectionsAreOpen) {
  Admission admission(1, 0);
  admission.admit(peer(1));
  admission.set_limits(2, 1);
  EXPECT_EQ(admission.admit(peer(2)), Verdict::kWelcome);
  EXPECT_EQ(admission.admit(peer(2)), Verdict::kTellTooMany);
  admission.set_limits(0, 0);
  EXPECT_EQ(admission.admit(peer(2)), Verdict::kWelcome);
  for (int i = 0; i < 3; ++i)
    admission.release(peer(2));
  admission.release(peer(1));  // was never counted by address
  admission.set_limits(0, 1);
  EXPECT_EQ(admission.admit(peer(2)), Verdict::kWelcome);
}

TEST(Admission, OnlyWhoIsNotWelcomeIsTold) {
  EXPECT_EQ(refusal(Verdict::kWelcome).code, 0);
  EXPECT_EQ(refusal(Verdict::kTellFull).code, 4100);
  EXPECT_EQ(refusal(Verdict::kTellTooMany).code, 4100);
  EXPECT_NE(refusal(Verdict::kTellFull).reason, refusal(Verdict::kTellTooMany).reason);
}

}  // namespace
}  // namespace switchboard::server
