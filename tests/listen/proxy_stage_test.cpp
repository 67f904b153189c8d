#include "listen/proxy_stage.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"

namespace switchboard::listen {
namespace {

using namespace std::chrono_literals;

ProxyStage::Waiting waiting(std::uint16_t port, Instant deadline) {
  return {.socket = {}, .proxy = {.ip = {}, .port = port}, .listener = 0, .deadline = deadline};
}

TEST(ProxyStage, KeepsWhoWaitsUntilTaken) {
  ProxyStage stage;
  const SlotId first = stage.add(waiting(1, test::kStart));
  const SlotId second = stage.add(waiting(2, test::kStart));
  ASSERT_NE(stage.find(second.index), nullptr);
  EXPECT_EQ(stage.find(second.index)->proxy.port, 2);
  EXPECT_EQ(stage.take(first.index).proxy.port, 1);
  EXPECT_EQ(stage.find(first.index), nullptr);
  EXPECT_EQ(stage.find(77), nullptr);
}

TEST(ProxyStage, ExpiresInOrderAndNotBefore) {
  ProxyStage stage;
  EXPECT_FALSE(stage.next_deadline());
  stage.add(waiting(1, test::kStart));
  const SlotId second = stage.add(waiting(2, test::kStart + 1ms));
  stage.add(waiting(3, test::kStart + 2ms));
  EXPECT_EQ(stage.next_deadline(), test::kStart);
  EXPECT_FALSE(stage.take_expired(test::kStart - 1ns));
  EXPECT_EQ(stage.take_expired(test::kStart)->proxy.port, 1);
  stage.take(second.index);
  EXPECT_EQ(stage.next_deadline(), test::kStart + 2ms);
  EXPECT_FALSE(stage.take_expired(test::kStart + 1ms));
  EXPECT_EQ(stage.take_expired(test::kStart + 1h)->proxy.port, 3);
  EXPECT_FALSE(stage.take_expired(test::kStart + 1h));
  EXPECT_FALSE(stage.next_deadline());
}

TEST(ProxyStage, APlaceTakenAgainHasItsOwnDeadline) {
  ProxyStage stage;
  stage.add(waiting(1, test::kStart));
  const SlotId second = stage.add(waiting(2, test::kStart + 1ms));
  stage.take(second.index);
  const SlotId third = stage.add(waiting(3, test::kStart + 5ms));
  EXPECT_EQ(third.index, second.index);
  EXPECT_EQ(stage.take_expired(test::kStart + 1ms)->proxy.port, 1);
  EXPECT_FALSE(stage.take_expired(test::kStart + 1ms));
  EXPECT_EQ(stage.next_deadline(), test::kStart + 5ms);
}

}  // namespace
}  // namespace switchboard::listen
