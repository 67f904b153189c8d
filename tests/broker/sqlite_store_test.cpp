// The threads around writer and readers: requests of several shards are answered to them, in order, and stopping loses
// nothing.
#include "broker/sqlite/sqlite_store.h"

#include <gtest/gtest.h>
#include <semaphore>
#include <string>

#include "sqlite_world.h"

namespace switchboard::broker {
namespace {

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteStoreTest() { settings.file = (folder.path() / "history.db").string(); }

  void open(std::uint32_t shards) {
    store.reset();
    auto opened = SqliteStore::open(settings, shards, [this](std::uint32_t) { woken.release(); }, clock);
    ASSERT_TRUE(opened.has_value()) << opened.error();
    store = std::move(*opened);
  }
  StoreAnswer next(std::uint32_t shard) {
    for (;;) {
      if (auto answer = store->channel(shard).take()) return std::move(*answer);
      woken.acquire();
    }
  }
  static StoreRequest publish(std::uint64_t ticket, std::string room) {
    StorePublish message;
    message.room_id = std::move(room);
    message.content = "1";
    message.sender = "ann";
    return {.ticket = ticket, .what = std::move(message)};
  }

  TemporaryFolder folder;
  SqliteSettings settings;
  SystemClock clock;
  std::counting_semaphore<> woken{0};
  std::unique_ptr<SqliteStore> store;
};

TEST_F(SqliteStoreTest, ShardsAreAnsweredInOrder) {
  open(2);
  store->start();
  for (std::uint64_t i = 1; i <= 500; ++i) {
    for (std::uint32_t shard = 0; shard < 2; ++shard)
      ASSERT_TRUE(store->channel(shard).submit(publish(i, "room" + std::to_string(shard))));
  }
  store->channel(0).flush();
  store->channel(1).flush();
  for (std::uint64_t i = 1; i <= 500; ++i) {
    for (std::uint32_t shard = 0; shard < 2; ++shard) {
      const StoreAnswer answer = next(shard);
      EXPECT_EQ(answer.ticket, i);
      EXPECT_EQ(std::get<StoreCommitted>(answer.what).seq, Seq{i});
    }
  }
  ASSERT_TRUE(store->channel(1).submit(
      {.ticket = 900, .what = StoreRead{.room_id = "room0", .range = {.from = Seq{1}, .until = Seq{256}}}}));
  store->channel(1).flush();
  const StoreAnswer page = next(1);
  EXPECT_EQ(page.ticket, 900u);
  EXPECT_EQ(std::get<SharedPage>(page.what)->size(), 255u);
}

TEST_F(SqliteStoreTest, StoppingCommitsWhatWasHandedIn) {
  open(1);
  for (std::uint64_t i = 1; i <= 100; ++i)
    ASSERT_TRUE(store->channel(0).submit(publish(i, "a")));
  store->start();
  store->stop();
  for (std::uint64_t i = 1; i <= 100; ++i)
    EXPECT_TRUE(std::holds_alternative<StoreCommitted>(next(0).what));
  open(1);
  store->start();
  ASSERT_TRUE(store->channel(0).submit({.ticket = 1, .what = StoreOpen{.room_id = "a"}}));
  store->channel(0).flush();
  EXPECT_EQ(std::get<StoreOpened>(next(0).what).last, Seq{100});
}

TEST_F(SqliteStoreTest, WhatIsUnderWayIsBoundedInBytes) {
  settings.pending_bytes_max = 4'000;
  open(1);
  StoreChannel& channel = store->channel(0);
  std::uint64_t taken = 0;
  for (; taken < 1'000; ++taken) {
    StoreRequest request = publish(taken, "a");
    if (channel.submit(std::move(request))) continue;
    EXPECT_EQ(std::get<StorePublish>(request.what).content, "1");  // untouched
    break;
  }
  EXPECT_GE(taken, 2u);
  EXPECT_LT(taken, 40u);
  store->start();
  for (std::uint64_t i = 0; i < taken; ++i)
    next(0);
  EXPECT_TRUE(channel.submit(publish(1, "a")));
}

TEST_F(SqliteStoreTest, AMissingFolderIsRefused) {
  settings.file = (folder.path() / "none" / "history.db").string();
  const auto opened = SqliteStore::open(settings, 1, [](std::uint32_t) {}, clock);
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().find("does not exist"), std::string::npos);
}

}  // namespace
}  // namespace switchboard::broker
