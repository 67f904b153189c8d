#include "shard/page_cache.h"

#include <chrono>
#include <gtest/gtest.h>

namespace switchboard::shard {
namespace {

constexpr broker::TopicId kFirst{.index = 0, .generation = 1};
constexpr broker::TopicId kSecond{.index = 1, .generation = 1};
constexpr std::string_view kEpoch = "k3";

wire::SharedPage page(std::uint64_t first, std::uint64_t end, std::size_t bytes = 10, std::uint64_t oldest = 1) {
  auto made = std::make_shared<wire::Page>();
  made->epoch = kEpoch;
  made->oldest = Seq{oldest};
  made->newest = Seq{1'000};
  made->first = Seq{first};
  made->bytes.assign(bytes, 'x');
  for (std::uint64_t seq = first; seq < end; ++seq)
    made->ends.push_back(static_cast<std::uint32_t>(bytes));
  return made;
}

PageWish range(std::uint64_t from, std::uint64_t until, bool newest = false) {
  return {.range = {.from = Seq{from}, .until = Seq{until}, .newest = newest}};
}

class PageCacheTest : public testing::Test {
 protected:
  /// Reads that range with that outcome.
  void read(const PageWish& what, const wire::PageOrError& outcome, broker::TopicId topic = kFirst) {
    const auto ticket = cache.begin(topic, what, {});
    ASSERT_TRUE(ticket);
    cache.end(*ticket, outcome, kEpoch, now);
  }
  bool has(const PageWish& what, std::uint64_t oldest = 1, broker::TopicId topic = kFirst) {
    return cache.find(topic, what, Seq{oldest}, now) != nullptr;
  }

  Instant now{std::chrono::hours(1)};
  PageCache cache{HashKey{1, 2}, 100'000};
};

TEST_F(PageCacheTest, WhoAsksForTheSameWhileItIsReadSharesTheRead) {
  const auto ticket = cache.begin(kFirst, range(1, 257), {.shard = 0, .ticket = {.number = 10}});
  ASSERT_TRUE(ticket);
  EXPECT_FALSE(cache.begin(kFirst, range(1, 257), {.shard = 1, .ticket = {.number = 20}}));
  EXPECT_TRUE(cache.begin(kFirst, range(2, 257), {}));
  EXPECT_TRUE(cache.begin(kFirst, range(1, 257, true), {}));
  EXPECT_TRUE(cache.begin(kSecond, range(1, 257), {}));
  EXPECT_EQ(cache.reads_under_way(), 4u);
  const auto readers = cache.end(*ticket, page(1, 257), kEpoch, now);
  ASSERT_EQ(readers.size(), 2u);
  EXPECT_EQ(readers[0].ticket.number, 10u);
  EXPECT_EQ(readers[1].shard, 1u);
  EXPECT_EQ(readers[1].ticket.number, 20u);
  EXPECT_EQ(cache.reads_under_way(), 3u);
}

TEST_F(PageCacheTest, AFailureReachesAllWhoWaitAndIsNotKept) {
  const auto ticket = cache.begin(kFirst, range(1, 257), {});
  cache.begin(kFirst, range(1, 257), {});
  EXPECT_EQ(cache.end(*ticket, std::unexpected(broker::Failure::kUnavailable), kEpoch, now).size(), 2u);
  EXPECT_FALSE(has(range(1, 257)));
  EXPECT_TRUE(cache.begin(kFirst, range(1, 257), {})) << "it is read anew";
}

TEST_F(PageCacheTest, KeepsWhatWillBeAnsweredTheSameAgain) {
  read(range(1, 257), page(1, 257));
  read(range(257, 513), page(257, 300));     // cut by its bytes
  read(range(5, 20), page(10, 20, 10, 10));  // the older ones are gone for good
  read(range(100, 200, true), page(150, 200));
  EXPECT_TRUE(has(range(1, 257)));
  EXPECT_TRUE(has(range(257, 513)));
  EXPECT_TRUE(has(range(5, 20)));
  EXPECT_TRUE(has(range(100, 200, true)));
  EXPECT_FALSE(has(range(1, 257, true)));
  EXPECT_FALSE(has(range(1, 257), 1, kSecond));
}

TEST_F(PageCacheTest, KeepsNothingElse) {
  read(range(1, 257), page(1, 1));              // empty
  read(range(2, 257), page(3, 257));            // begins too late for what is kept
  read(range(100, 200, true), page(100, 199));  // ends too early
  EXPECT_EQ(cache.pages(), 0u);
  const auto ticket = cache.begin(kFirst, range(1, 257), {});
  cache.end(*ticket, page(1, 257), "another", now);
  EXPECT_EQ(cache.pages(), 0u);
}

TEST_F(PageCacheTest, APageOfWhichSomethingWasTrimmedIsNotGivenOut) {
  read(range(1, 257), page(1, 257));
  EXPECT_TRUE(has(range(1, 257), 1));
  EXPECT_FALSE(has(range(1, 257), 2));
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST_F(PageCacheTest, ForgetsTheTopicWhoseEpochHasChanged) {
  read(range(1, 257), page(1, 257));
  read(range(257, 513), page(257, 513));
  read(range(1, 257), page(1, 257), kSecond);
  cache.forget(kFirst);
  EXPECT_EQ(cache.pages(), 1u);
  EXPECT_TRUE(has(range(1, 257), 1, kSecond));
}

TEST_F(PageCacheTest, APageIsKeptForAMomentOnly) {
  read(range(1, 257), page(1, 257));
  const Instant until = now + PageCache::kKeptFor;
  EXPECT_EQ(cache.next_deadline(), until);
  now = until - std::chrono::nanoseconds(1);
  cache.drop_stale(now);
  EXPECT_TRUE(has(range(1, 257)));
  read(range(257, 513), page(257, 513));
  now = until;
  EXPECT_FALSE(has(range(1, 257))) << "the room may have trimmed it meanwhile";
  cache.drop_stale(now);
  EXPECT_EQ(cache.pages(), 1u);
  EXPECT_TRUE(has(range(257, 513)));
  now += PageCache::kKeptFor;
  cache.drop_stale(now);
  EXPECT_EQ(cache.bytes(), 0u);
  EXPECT_EQ(cache.next_deadline(), Instant::max());
}

TEST_F(PageCacheTest, APageThatBeginsWithAMessageTooOldIsNotGivenOut) {
  auto made = std::make_shared<wire::Page>(*page(1, 257));
  made->fresh_until = now + std::chrono::milliseconds(10);
  read(range(1, 257), wire::SharedPage(made));
  now = made->fresh_until - std::chrono::nanoseconds(1);
  EXPECT_TRUE(has(range(1, 257)));
  now = made->fresh_until;
  EXPECT_FALSE(has(range(1, 257)));
}

TEST_F(PageCacheTest, WhatWasReadLongestAgoGoesWhenItIsFull) {
  for (std::uint64_t i = 0; i < 9; ++i)
    read(range(i, i + 1), page(i, i + 1, 10'000, 0));
  ASSERT_EQ(cache.pages(), 9u);
  EXPECT_TRUE(has(range(0, 1), 0));
  read(range(9, 10), page(9, 10, 10'000, 0));
  EXPECT_FALSE(has(range(0, 1), 0));
  EXPECT_TRUE(has(range(1, 2), 0));
  EXPECT_LE(cache.bytes(), 100'000u);
}

TEST_F(PageCacheTest, APageTooLargeForItIsNotKept) {
  read(range(1, 2), page(1, 2, 200'000));
  EXPECT_EQ(cache.pages(), 0u);
  read(range(1, 2), page(1, 2, 50'000));
  EXPECT_EQ(cache.pages(), 1u);
  cache.bound_by(10'000);
  EXPECT_EQ(cache.pages(), 0u);
  EXPECT_EQ(cache.bytes(), 0u);
}

}  // namespace
}  // namespace switchboard::shard
