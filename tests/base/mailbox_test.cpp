#include "base/mailbox.h"

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <semaphore>
#include <thread>

#include "base/sleep_flag.h"

namespace switchboard {
namespace {

TEST(Mailbox, HandsItemsOutInOrder) {
  Mailbox<int> mailbox(4);
  EXPECT_EQ(mailbox.front(), nullptr);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(mailbox.try_push(int{i}));
  for (int i = 0; i < 3; ++i) {
    ASSERT_NE(mailbox.front(), nullptr);
    EXPECT_EQ(*mailbox.front(), i);
    mailbox.pop();
  }
  EXPECT_TRUE(mailbox.empty());
}

TEST(Mailbox, RefusesWhatDoesNotFitAndLeavesItUntouched) {
  Mailbox<std::unique_ptr<int>> mailbox(2);
  EXPECT_EQ(mailbox.capacity(), 2u);
  EXPECT_TRUE(mailbox.try_push(std::make_unique<int>(1)));
  EXPECT_EQ(mailbox.free_slots(), 1u);
  EXPECT_TRUE(mailbox.try_push(std::make_unique<int>(2)));
  EXPECT_EQ(mailbox.free_slots(), 0u);

  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(mailbox.try_push(std::move(third)));
  ASSERT_NE(third, nullptr);
  mailbox.pop();
  EXPECT_EQ(mailbox.free_slots(), 1u);
  EXPECT_TRUE(mailbox.try_push(std::move(third)));
  EXPECT_EQ(third, nullptr);
  EXPECT_EQ(mailbox.size(), 2u);
}

TEST(Mailbox, GoesRoundAndRoundWithOneSlot) {
  Mailbox<int> mailbox(1);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(mailbox.try_push(int{i}));
    ASSERT_FALSE(mailbox.try_push(int{i}));
    ASSERT_EQ(*mailbox.front(), i);
    mailbox.pop();
  }
}

TEST(Mailbox, DestroysAnItemWhenItIsPoppedAndTheRestWithItself) {
  const auto item = std::make_shared<int>(0);
  {
    Mailbox<std::shared_ptr<int>> mailbox(4);
    for (int i = 0; i < 3; ++i)
      mailbox.try_push(std::shared_ptr<int>(item));
    EXPECT_EQ(item.use_count(), 4);
    mailbox.pop();
    EXPECT_EQ(item.use_count(), 3);
  }
  EXPECT_EQ(item.use_count(), 1);
}

TEST(SleepFlag, AsksForOneWakeUpPerSleep) {
  SleepFlag flag;
  EXPECT_FALSE(flag.should_wake());
  flag.announce_sleep();
  EXPECT_TRUE(flag.should_wake());
  EXPECT_FALSE(flag.should_wake());
  flag.announce_sleep();
  flag.awake();
  EXPECT_FALSE(flag.should_wake());
}

/// How much two threads exchange: on a machine that is busy with other things each change of threads takes
/// milliseconds, and after `kEnough` the least of it has to do.
struct Amount {
  int least;
  int most;
};
constexpr auto kEnough = std::chrono::seconds(2);
constexpr int kEnd = -1;

/// A producer thread sends numbers to this one, which sleeps whenever there is none. A lost wake-up shows as a
/// receiver that sleeps for ever, which the test's time limit ends. Returns whether all came in order.
bool exchange_between_two_threads(std::size_t capacity, Amount items) {
  Mailbox<int> mailbox(capacity);
  SleepFlag receiver_sleeps;
  std::counting_semaphore<> wake_ups(0);
  const auto send = [&](int item) {
    while (!mailbox.try_push(int{item}))
      std::this_thread::yield();
    if (receiver_sleeps.should_wake()) wake_ups.release();
  };

  int sent = 0;
  std::thread producer([&] {
    const auto until = std::chrono::steady_clock::now() + kEnough;
    while (sent < items.least || (sent < items.most && std::chrono::steady_clock::now() < until))
      send(sent++);
    send(kEnd);
  });

  int received = 0;
  bool in_order = true;
  bool has_ended = false;
  while (!has_ended) {
    while (wake_ups.try_acquire()) {  // one too many would make up for a lost one
    }
    receiver_sleeps.announce_sleep();
    if (mailbox.empty()) wake_ups.acquire();
    receiver_sleeps.awake();
    for (; int* item = mailbox.front(); mailbox.pop()) {
      if (*item == kEnd) {
        has_ended = true;
      } else {
        in_order = *item == received++ && in_order;
      }
    }
  }
  producer.join();
  return in_order && received == sent && mailbox.empty();
}

TEST(SleepFlag, LosesNoItemBetweenTwoThreads) {
  EXPECT_TRUE(exchange_between_two_threads(64, {.least = 1'000, .most = 200'000}));
}

// With one slot nothing can be pushed after a lost wake-up that would make up for it.
TEST(SleepFlag, LosesNoWakeUpBetweenTwoThreads) {
  EXPECT_TRUE(exchange_between_two_threads(1, {.least = 100, .most = 100'000}));
}

}  // namespace
}  // namespace switchboard
