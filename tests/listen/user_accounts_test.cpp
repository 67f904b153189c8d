#include "listen/user_accounts.h"

#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include "support/manual_clock.h"

namespace switchboard::listen {
namespace {

constexpr Rate kOften{.per_second = 10, .burst = 5};

/// How many the user may do at once.
int burst_of(session::UserRate& rate, Instant now, std::size_t operation = 0) {
  int count = 0;
  while (count < 1'000 && rate.operations[operation].take(now, 1, kOften) == Duration::zero())
    ++count;
  return count;
}

TEST(UserAccounts, TheConnectionsOfAUserShareOneAndNobodyElseDoes) {
  const test::ManualClock clock;
  UserAccounts accounts(clock);
  session::UserRate& ann = accounts.open("ann");
  EXPECT_EQ(&accounts.open("ann"), &ann);
  session::UserRate& bob = accounts.open("bob");
  EXPECT_NE(&bob, &ann);
  EXPECT_EQ(burst_of(ann, clock.now()), 5);
  EXPECT_EQ(burst_of(bob, clock.now()), 5);
  EXPECT_EQ(burst_of(ann, clock.now(), 1), 5) << "another operation";
  accounts.close(ann);
  EXPECT_EQ(&accounts.open("ann"), &ann) << "another connection has it still";
}

TEST(UserAccounts, WhatAUserHasUsedUpOutlivesTheLastConnection) {
  test::ManualClock clock;
  UserAccounts accounts(clock);
  const auto burst_of_a_new_connection = [&] {
    session::UserRate& rate = accounts.open("ann");
    const int burst = burst_of(rate, clock.now(), room::kOperations - 1);
    accounts.close(rate);
    return burst;
  };
  EXPECT_EQ(burst_of_a_new_connection(), 5);
  EXPECT_EQ(burst_of_a_new_connection(), 0);
  EXPECT_EQ(accounts.remembered(), 1u);
  clock.advance(std::chrono::milliseconds(100));
  EXPECT_EQ(burst_of_a_new_connection(), 1);
  clock.advance(std::chrono::seconds(1));
  accounts.close(accounts.open("bob"));
  EXPECT_EQ(accounts.remembered(), 0u) << "she may do as much as ever";
}

TEST(UserAccounts, OnlySoManyAreRemembered) {
  const test::ManualClock clock;
  UserAccounts accounts(clock);
  for (std::size_t i = 0; i < UserAccounts::kRememberedMax + 10; ++i) {
    session::UserRate& rate = accounts.open(std::to_string(i));
    rate.operations[0].spend(clock.now(), 1 + i % 3, kOften);
    accounts.close(rate);
  }
  EXPECT_EQ(accounts.remembered(), UserAccounts::kRememberedMax);
  accounts.forget();
  EXPECT_EQ(accounts.remembered(), 0u);
}

TEST(UserAccounts, ShardsMayComeAndGoTogether) {
  const test::ManualClock clock;
  UserAccounts accounts(clock);
  std::vector<std::thread> shards;
  for (int shard = 0; shard < 4; ++shard) {
    shards.emplace_back([&] {
      for (int i = 0; i < 2'000; ++i) {
        session::UserRate& rate = accounts.open(std::to_string(i % 7));
        rate.operations[0].take(clock.now(), 1, kOften);
        accounts.close(rate);
      }
    });
  }
  for (std::thread& shard : shards)
    shard.join();
  for (int user = 0; user < 7; ++user)
    EXPECT_EQ(burst_of(accounts.open(std::to_string(user)), clock.now()), 0) << user;
}

}  // namespace
}  // namespace switchboard::listen
