#include <gtest/gtest.h>
#include <string>

#include "cli/bench/ledger.h"

namespace switchboard::cli::bench {
namespace {

std::string push(std::uint64_t seq) {
  return R"({"seq":)" + std::to_string(seq) + R"(,"ts":1764000000000})";
}

class LedgerTest : public testing::Test {
 protected:
  std::uint32_t publish(std::int64_t scheduled_ns, std::uint32_t expected, Period period = Period::kMeasured,
                        Cohort cohort = Cohort::kMembers) {
    return ledger_.publish({.scheduled_ns = scheduled_ns,
                            .expected = expected,
                            .room = 0,
                            .publisher = 0,
                            .own_index = 0,
                            .cohort = cohort,
                            .period = period});
  }

  Ledger ledger_{16};
  Place alice_;
  Place bob_;
};

TEST_F(LedgerTest, CountsDeliveriesAndTheLastMember) {
  const auto number = publish(1'000, 2);
  EXPECT_NE(ledger_.receive(alice_, number, push(9), 1'500), nullptr);
  EXPECT_FALSE(ledger_.is_complete());
  EXPECT_NE(ledger_.receive(bob_, number, push(9), 3'000), nullptr);
  EXPECT_TRUE(ledger_.is_complete());
  EXPECT_EQ(ledger_.tally().delivered, 2U);
  EXPECT_EQ(ledger_.latency(Cohort::kMembers).count(), 2U);
  EXPECT_EQ(ledger_.latency(Cohort::kMembers).min(), 500);
  EXPECT_EQ(ledger_.last_member().count(), 1U);
  EXPECT_EQ(ledger_.last_member().max(), 2'000);
}

TEST_F(LedgerTest, AJumpDeclaresWhatIsMissing) {
  const auto first = publish(0, 1);
  publish(0, 1);
  publish(0, 1);
  const auto fourth = publish(0, 1);
  ledger_.receive(alice_, first, push(10), 1);
  ledger_.receive(alice_, fourth, push(13), 2);
  EXPECT_EQ(ledger_.tally().jumped, 2U);
  EXPECT_EQ(ledger_.tally().lost(), 2U);
  EXPECT_EQ(ledger_.tally().delivered, 2U);
}

TEST_F(LedgerTest, DuplicatesAndReordersAreNotDeliveries) {
  const auto first = publish(0, 1);
  const auto second = publish(0, 1);
  ledger_.receive(bob_, first, push(1), 1);
  ledger_.receive(alice_, second, push(2), 2);
  EXPECT_EQ(ledger_.receive(alice_, second, push(2), 3), nullptr);
  EXPECT_EQ(ledger_.receive(alice_, first, push(1), 4), nullptr);
  EXPECT_EQ(ledger_.tally().duplicates, 1U);
  EXPECT_EQ(ledger_.tally().reordered, 1U);
  EXPECT_EQ(ledger_.tally().delivered, 2U);
}

TEST_F(LedgerTest, AMessageOfAnotherRoomIsMisrouted) {
  const auto number = publish(0, 1);
  Place elsewhere{.room = 1, .last_seq = 0};
  EXPECT_EQ(ledger_.receive(elsewhere, number, push(1), 1), nullptr);
  EXPECT_EQ(ledger_.tally().misrouted, 1U);
  EXPECT_EQ(ledger_.tally().lost(), 1U);
}

TEST_F(LedgerTest, AnUnknownNumberIsAStranger) {
  EXPECT_EQ(ledger_.receive(alice_, 0, push(1), 1), nullptr);
  EXPECT_EQ(ledger_.tally().strangers, 1U);
}

TEST_F(LedgerTest, TheWarmUpIsCountedButNotMeasured) {
  ledger_.receive(alice_, publish(0, 1, Period::kWarmUp), push(1), 1);
  EXPECT_EQ(ledger_.tally().delivered, 1U);
  EXPECT_EQ(ledger_.latency(Cohort::kMembers).count(), 0U);
}

TEST_F(LedgerTest, BystandersHaveTheirOwnHistogram) {
  ledger_.receive(alice_, publish(0, 1, Period::kMeasured, Cohort::kBystanders), push(1), 70);
  EXPECT_EQ(ledger_.latency(Cohort::kMembers).count(), 0U);
  EXPECT_EQ(ledger_.latency(Cohort::kBystanders).max(), 70);
}

TEST_F(LedgerTest, AServerWithoutSequenceNumbersIsStillCounted) {
  ledger_.receive(alice_, publish(0, 1), "{}", 1);
  ledger_.receive(alice_, publish(0, 1), "{}", 2);
  EXPECT_TRUE(ledger_.is_complete());
  EXPECT_EQ(ledger_.tally().jumped + ledger_.tally().duplicates + ledger_.tally().reordered, 0U);
}

}  // namespace
}  // namespace switchboard::cli::bench
