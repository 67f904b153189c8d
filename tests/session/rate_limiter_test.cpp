#include "session/rate_limiter.h"

#include <gtest/gtest.h>
#include <set>
#include <string_view>
#include <utility>

namespace switchboard::session {
namespace {

using namespace std::chrono_literals;

constexpr Instant kNow{Duration(1h)};

TEST(RateLimiter, WithoutLimitsEverythingPasses) {
  const RateSettings none{.control_frames = {}};
  AddressRate address;
  RateLimiter limiter(&address);
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_FALSE(limiter.take_message(kNow, none).is_refused());
    ASSERT_TRUE(limiter.take_control_frame(kNow, none));
    limiter.count_bytes(kNow, 1'000'000, none);
    ASSERT_FALSE(limiter.read_pause(kNow, none).is_refused());
  }
}

TEST(RateLimiter, SaysWhichLimitRefusesAMessageAndForHowLong) {
  const RateSettings settings{.messages = {.per_second = 10, .burst = 3}, .address_messages = {.per_second = 4}};
  AddressRate address;
  RateLimiter ann(&address);
  RateLimiter bob(&address);
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(ann.take_message(kNow, settings).is_refused());
  const auto own = ann.take_message(kNow, settings);
  EXPECT_EQ(own.limit, RateLimit::kMessages);
  EXPECT_EQ(own.wait, 100ms);
  EXPECT_FALSE(bob.take_message(kNow, settings).is_refused());
  const auto shared = bob.take_message(kNow, settings);
  EXPECT_EQ(shared.limit, RateLimit::kAddressMessages);
  EXPECT_EQ(shared.wait, 250ms);
}

TEST(RateLimiter, WithoutAnAccountTheLimitsOfAddressesDoNotHold) {
  const RateSettings settings{.address_messages = {.per_second = 1}, .address_bytes = {.per_second = 1}};
  RateLimiter limiter(nullptr);
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(limiter.take_message(kNow, settings).is_refused());
  limiter.count_bytes(kNow, 1'000, settings);
  EXPECT_FALSE(limiter.read_pause(kNow, settings).is_refused());
}

TEST(RateLimiter, FramesWithoutACommandUseUpMessagesButOweNone) {
  const RateSettings settings{.messages = {.per_second = 1, .burst = 3}};
  RateLimiter limiter(nullptr);
  for (int i = 0; i < 1'000; ++i)
    limiter.count_frame(kNow, settings);
  EXPECT_EQ(limiter.take_message(kNow, settings).wait, 1s);
}

TEST(RateLimiter, ReadingPausesForTheLongerOfTheTwoDebts) {
  const RateSettings settings{.bytes = {.per_second = 1'000, .burst = 5'000},
                              .address_bytes = {.per_second = 2'000, .burst = 5'000}};
  AddressRate address;
  RateLimiter ann(&address);
  RateLimiter bob(&address);
  ann.count_bytes(kNow, 5'000, settings);
  EXPECT_FALSE(ann.read_pause(kNow, settings).is_refused());
  ann.count_bytes(kNow, 1'000, settings);
  EXPECT_EQ(ann.read_pause(kNow, settings).limit, RateLimit::kBytes);
  EXPECT_EQ(ann.read_pause(kNow, settings).wait, 1s);
  EXPECT_EQ(bob.read_pause(kNow, settings).limit, RateLimit::kAddressBytes);
  EXPECT_EQ(bob.read_pause(kNow, settings).wait, 500ms);
  EXPECT_FALSE(bob.read_pause(kNow + 500ms, settings).is_refused());
  EXPECT_TRUE(ann.read_pause(kNow + 1s - 1ns, settings).is_refused());
  EXPECT_FALSE(ann.read_pause(kNow + 1s, settings).is_refused());
}

TEST(RateLimiter, EveryLimitHasTheNameOfItsSettingAndWordsOfItsOwn) {
  std::set<std::string_view> names, words;
  for (std::size_t i = 0; i < kRateLimits; ++i) {
    names.insert(name(static_cast<RateLimit>(i)));
    words.insert(words_of(static_cast<RateLimit>(i)));
  }
  EXPECT_EQ(names.size(), kRateLimits);
  EXPECT_EQ(words.size(), kRateLimits);
  EXPECT_EQ(name(RateLimit::kAddressBytes), "address_bytes");
  EXPECT_EQ(name(RateLimit::kRoomPublishes), "room_publishes");
}

// --- operations ------------------------------------------------------------------------------------------------------

using room::Operation;

OperationLimits of_connection(Operation operation, Rate rate) {
  return {.operation = operation, .connection = rate};
}
OperationLimits in_namespace(std::size_t namespace_hash, Rate rate, Operation operation = Operation::kPublish) {
  return {.operation = operation, .room = rate, .namespace_hash = namespace_hash};
}

TEST(RateLimiter, AnOperationIsRefusedByTheLimitOfItsName) {
  const std::pair<Operation, std::string_view> cases[] = {{Operation::kJoin, "joins"},
                                                          {Operation::kPublish, "publishes"},
                                                          {Operation::kDirect, "directs"},
                                                          {Operation::kHistory, "history"},
                                                          {Operation::kPresence, "presence"}};
  static_assert(std::size(cases) == room::kOperations);
  RateLimiter limiter(nullptr);
  for (const auto& [operation, limit] : cases) {
    const OperationLimits limits = of_connection(operation, {.per_second = 10, .burst = 2});
    EXPECT_FALSE(limiter.take_operation(kNow, limits).is_refused()) << limit;
    EXPECT_FALSE(limiter.take_operation(kNow, limits).is_refused()) << limit;
    const auto refused = limiter.take_operation(kNow, limits);
    EXPECT_EQ(name(refused.limit), limit);
    EXPECT_EQ(refused.wait, 100ms);
    EXPECT_FALSE(limiter.take_operation(kNow + 100ms, limits).is_refused()) << limit;
  }
}

TEST(RateLimiter, EachNamespaceHasABucketOfItsOwnForJoinsAndForPublishes) {
  RateLimiter limiter(nullptr);
  const Rate rate{.per_second = 1, .burst = 1};
  EXPECT_FALSE(limiter.take_operation(kNow, in_namespace(1, rate)).is_refused());
  EXPECT_EQ(limiter.take_operation(kNow, in_namespace(1, rate)).limit, RateLimit::kRoomPublishes);
  EXPECT_FALSE(limiter.take_operation(kNow, in_namespace(2, rate)).is_refused());
  EXPECT_FALSE(limiter.take_operation(kNow, in_namespace(1, rate, Operation::kJoin)).is_refused());
  EXPECT_EQ(limiter.take_operation(kNow, in_namespace(1, rate, Operation::kJoin)).limit, RateLimit::kRoomJoins);
}

TEST(RateLimiter, WhatIsRefusedByOneLimitTakesNothingOfAnother) {
  RateLimiter limiter(nullptr);
  OperationLimits slow = in_namespace(1, {.per_second = 1, .burst = 1});
  slow.connection = {.per_second = 10, .burst = 3};
  EXPECT_FALSE(limiter.take_operation(kNow, slow).is_refused());
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(limiter.take_operation(kNow, slow).limit, RateLimit::kRoomPublishes);
  OperationLimits elsewhere = slow;
  elsewhere.namespace_hash = 2;
  EXPECT_FALSE(limiter.take_operation(kNow, elsewhere).is_refused()) << "the second of three";
}

TEST(RateLimiter, TheConnectionsOfAUserShareItsBuckets) {
  UserRate user;
  RateLimiter phone(nullptr), desk(nullptr), stranger(nullptr);
  phone.set_user(user);
  desk.set_user(user);
  for (const auto& [operation, limit] :
       {std::pair{Operation::kJoin, RateLimit::kUserJoins}, std::pair{Operation::kPublish, RateLimit::kUserPublishes},
        std::pair{Operation::kDirect, RateLimit::kUserDirects}, std::pair{Operation::kHistory, RateLimit::kUserHistory},
        std::pair{Operation::kPresence, RateLimit::kUserPresence}}) {
    const OperationLimits limits{.operation = operation, .user = {.per_second = 4, .burst = 2}};
    EXPECT_FALSE(phone.take_operation(kNow, limits).is_refused());
    EXPECT_FALSE(desk.take_operation(kNow, limits).is_refused());
    EXPECT_EQ(phone.take_operation(kNow, limits).limit, limit);
    EXPECT_EQ(desk.take_operation(kNow, limits).wait, 250ms);
    for (int i = 0; i < 10; ++i)
      EXPECT_FALSE(stranger.take_operation(kNow, limits).is_refused()) << "nobody in particular";
  }
}

TEST(RateLimiter, WhoIsRefusedItselfTakesNothingOfItsUsers) {
  UserRate user;
  RateLimiter phone(nullptr), desk(nullptr);
  phone.set_user(user);
  desk.set_user(user);
  const OperationLimits limits{.operation = Operation::kPublish,
                               .connection = {.per_second = 1, .burst = 1},
                               .user = {.per_second = 1, .burst = 2}};
  EXPECT_FALSE(phone.take_operation(kNow, limits).is_refused());
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(phone.take_operation(kNow, limits).limit, RateLimit::kPublishes);
  EXPECT_FALSE(desk.take_operation(kNow, limits).is_refused());
  const OperationLimits of_user{.operation = Operation::kPublish, .user = limits.user};
  EXPECT_EQ(desk.take_operation(kNow, of_user).limit, RateLimit::kUserPublishes);
}

TEST(RateLimiter, TheLongerOfTwoWaitsIsTold) {
  RateLimiter limiter(nullptr);
  OperationLimits limits = in_namespace(1, {.per_second = 1, .burst = 1});
  limits.connection = {.per_second = 2, .burst = 1};
  EXPECT_FALSE(limiter.take_operation(kNow, limits).is_refused());
  EXPECT_EQ(limiter.take_operation(kNow, limits).wait, 1s);
  EXPECT_EQ(limiter.take_operation(kNow + 700ms, limits).wait, 300ms);
}

TEST(RateLimiter, NamespacesThatAreFullAgainTakeNoMemory) {
  RateLimiter limiter(nullptr);
  EXPECT_FALSE(limiter.take_operation(kNow, of_connection(Operation::kPublish, {.per_second = 1})).is_refused());
  EXPECT_EQ(limiter.namespaces(), 0u);
  const Rate rate{.per_second = 1, .burst = 1};
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_FALSE(limiter.take_operation(kNow, in_namespace(i, rate)).is_refused());
  EXPECT_EQ(limiter.namespaces(), 10u);
  EXPECT_FALSE(limiter.take_operation(kNow + 1s, in_namespace(10, rate)).is_refused());
  EXPECT_EQ(limiter.namespaces(), 1u);
}

}  // namespace
}  // namespace switchboard::session
