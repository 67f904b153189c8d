#include "base/byte_queue.h"

#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "base/random.h"

namespace switchboard {
namespace {

TEST(ByteQueue, HoldsNoMemoryBeforeTheFirstByteAndAfterTheLast) {
  ByteQueue queue;
  queue.append("");
  queue.prepend("");
  queue.consume(0);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.front(), "");
  EXPECT_EQ(queue.capacity(), 0u);

  queue.append("abc");
  EXPECT_EQ(queue.size(), 3u);
  EXPECT_GE(queue.capacity(), 3u);
  queue.consume(2);
  EXPECT_EQ(queue.front(), "c");
  queue.consume(1);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.capacity(), 0u);
}

TEST(ByteQueue, GrowsAtItsCapacityAndNotBefore) {
  ByteQueue queue;
  queue.append("x");
  const std::size_t capacity = queue.capacity();
  queue.append(std::string(capacity - 2, 'x'));
  EXPECT_EQ(queue.capacity(), capacity);
  queue.append("x");
  EXPECT_EQ(queue.capacity(), capacity);
  queue.append("y");
  EXPECT_GE(queue.capacity(), 2 * capacity);
  EXPECT_EQ(queue.front(), std::string(capacity, 'x') + "y");
}

TEST(ByteQueue, AppendsTwoPiecesAsIfTheyWereOne) {
  const std::string text(1'000, 'x');
  for (const std::size_t cut : {0u, 1u, 10u, 999u, 1'000u}) {
    ByteQueue whole, pieces;
    whole.append(text);
    pieces.append(std::string_view(text).substr(0, cut), std::string_view(text).substr(cut));
    EXPECT_EQ(pieces.front(), text);
    EXPECT_EQ(pieces.capacity(), whole.capacity());
  }
  ByteQueue none;
  none.append({}, {});
  EXPECT_EQ(none.capacity(), 0u);
}

TEST(ByteQueue, PrependsIntoTheRoomThatConsumingLeft) {
  ByteQueue queue;
  queue.append("abcdef");
  queue.consume(4);
  const char* before = queue.front().data();
  queue.prepend("1234");
  EXPECT_EQ(queue.front(), "1234ef");
  EXPECT_EQ(queue.front().data(), before - 4);
  queue.prepend("0");
  EXPECT_EQ(queue.front(), "01234ef");
}

TEST(ByteQueue, PrependsMoreThanItsCapacity) {
  ByteQueue queue;
  queue.append("tail");
  const std::string head(queue.capacity(), 'h');
  queue.prepend(head);
  EXPECT_EQ(queue.front(), head + "tail");
}

TEST(ByteQueue, ReusesItsMemoryWhileItIsWrittenAndRead) {
  ByteQueue queue;
  queue.append("start");
  const std::size_t capacity = queue.capacity();
  for (int i = 0; i < 1000; ++i) {
    queue.append("0123456789");
    queue.consume(10);
  }
  EXPECT_EQ(queue.capacity(), capacity);
  EXPECT_EQ(queue.size(), 5u);
}

TEST(ByteQueue, IsEmptyAfterBeingMovedFrom) {
  ByteQueue queue;
  queue.append("bytes");
  ByteQueue other = std::move(queue);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(other.front(), "bytes");
  queue.append("more");
  EXPECT_EQ(queue.front(), "more");
}

TEST(ByteQueue, AgreesWithAStringUnderRandomUse) {
  Random random(11);
  ByteQueue queue;
  std::string expected;
  for (int step = 0; step < 20'000; ++step) {
    const std::string bytes = random.token(random.below(40));
    switch (random.below(5)) {
      case 0:
      case 1:
        queue.append(bytes);
        expected.append(bytes);
        break;
      case 2:
        queue.prepend(bytes);
        expected.insert(0, bytes);
        break;
      default: {
        const std::size_t count = random.below(expected.size() + 1);
        queue.consume(count);
        expected.erase(0, count);
      }
    }
    ASSERT_EQ(queue.front(), expected);
    ASSERT_EQ(queue.empty(), expected.empty());
    ASSERT_LE(queue.size(), queue.capacity());
  }
}

}  // namespace
}  // namespace switchboard
