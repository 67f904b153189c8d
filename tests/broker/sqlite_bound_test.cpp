// The bound of the whole file: everything in it counts, whoever fills it pays first, and publishing goes on.
#include <chrono>

#include "sqlite_world.h"

namespace switchboard::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SqliteBoundTest : public SqliteTest {
 protected:
  SqliteBoundTest() {
    settings.store_bytes_max = 4u << 20;
    retention.messages = 1'000'000;
    EXPECT_EQ(open(), std::nullopt);
  }
  /// One message by somebody; whether it was committed.
  bool write(const std::string& room, const std::string& sender, std::size_t bytes, std::string dedup = {}) {
    StorePublish publish_to = message(room, '"' + std::string(bytes, 'x') + '"', std::move(dedup));
    publish_to.sender = sender;
    publish_to.retention = retention;
    const bool is_committed = std::holds_alternative<StoreCommitted>(publish(std::move(publish_to)).what);
    turn();
    return is_committed;
  }
  /// What the store's thread does behind each batch, however soon the next one comes.
  void turn() {
    writer->run_upkeep();
    while (writer->is_pressed() && writer->run_upkeep()) {
    }
  }
  std::uint64_t kept(const std::string& room) {
    const StoreOpened head = opened(room);
    return distance(head.first, head.last.next());
  }
  void expect_within_bound() {
    EXPECT_LE(std::filesystem::file_size(settings.file), settings.store_bytes_max);
    EXPECT_TRUE(status->state().is_ok) << status->state().reason;
  }
};

TEST_F(SqliteBoundTest, PublishingGoesOnAtTheBoundWhoeverPublishesWithoutAPause) {
  for (int i = 0; i < 1'500; ++i)
    ASSERT_TRUE(write("room" + std::to_string(i % 4), "busy", 20'000)) << i;
  expect_within_bound();
  EXPECT_GT(status->trimmed.value(), 500u);
}

TEST_F(SqliteBoundTest, RoomsOfNobodyAreCountedAndGoFirst) {
  settings.store_bytes_max = 2u << 20;
  open();
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(write("good", "ann", 1'000));
  for (int i = 0; i < 12'000; ++i) {
    ASSERT_TRUE(write("@nobody" + std::to_string(i), "flooder", 10)) << i;
    if (i % 100 == 0) {
      ASSERT_TRUE(write("good", "ann", 1'000));
    }
    if (i % 50 == 0) tidy_after(milliseconds(1));
  }
  expect_within_bound();
  EXPECT_EQ(kept("good"), 140u) << "nothing of it had to go";
  Database database;
  ASSERT_TRUE(database.open(settings.file, Database::Access::kRead, 0));
  EXPECT_LT(database.integer("SELECT count(*) FROM rooms"), 11'000) << "and not only messages";
  const std::string epoch = opened("@nobody0").epoch;
  EXPECT_EQ(opened("@nobody0").last, Seq{0}) << "forgotten";
  ASSERT_TRUE(write("@nobody0", "ann", 10));
  open();
  EXPECT_EQ(opened("@nobody0").epoch, epoch);
  EXPECT_EQ(opened("good").last, Seq{140});
}

TEST_F(SqliteBoundTest, WhoFillsTheFilePaysAndOthersKeepWhatTheyHave) {
  for (int person = 0; person < 10; ++person) {
    for (int i = 0; i < 20; ++i)
      ASSERT_TRUE(write("people" + std::to_string(person), "person" + std::to_string(person), 2'000));
  }
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_TRUE(write("flood" + std::to_string(i % 200), "flooder", 8'000)) << i;
    if (i % 10 == 0) tidy_after(milliseconds(1));
  }
  expect_within_bound();
  for (int person = 0; person < 10; ++person)
    EXPECT_EQ(kept("people" + std::to_string(person)), 20u);
  open();
  for (int i = 0; i < 2'000; ++i)
    ASSERT_TRUE(write("flood" + std::to_string(i % 200), "flooder", 8'000)) << i;
  for (int person = 0; person < 10; ++person)
    EXPECT_EQ(kept("people" + std::to_string(person)), 20u) << "who has how much is known after another opening";
}

TEST_F(SqliteBoundTest, WhereAllHaveTheSameTheOldestGo) {
  for (int i = 0; i < 3'000; ++i) {
    ASSERT_TRUE(write("room" + std::to_string(i % 10), "the only publisher", 5'000)) << i;
    tidy_after(milliseconds(1));
  }
  std::uint64_t least = 1'000'000;
  std::uint64_t most = 0;
  for (int i = 0; i < 10; ++i) {
    least = std::min(least, kept("room" + std::to_string(i)));
    most = std::max(most, kept("room" + std::to_string(i)));
  }
  EXPECT_GT(least, 0u);
  EXPECT_LT(most, 3 * least);
}

TEST_F(SqliteBoundTest, KeysAreCountedToo) {
  for (int i = 0; i < 60'000; i += 100) {
    std::vector<StoreRequest> requests;
    for (int j = 0; j < 100; ++j) {
      StorePublish each = message("room" + std::to_string(j), "1", "key" + std::to_string(i + j));
      each.retention.messages = 1;
      requests.push_back({.what = std::move(each)});
    }
    for (const StoreAnswer& answer : run(std::move(requests)))
      ASSERT_TRUE(std::holds_alternative<StoreCommitted>(answer.what)) << i;
    tidy_after(milliseconds(1));
  }
  expect_within_bound();
  EXPECT_TRUE(committed(message("room99", "1", "key59999")).is_duplicate);
}

TEST_F(SqliteBoundTest, AMessageThatIsLargeBesideTheFileCostsNobodysHistory) {
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(write("good", "ann", 1'000));
  EXPECT_FALSE(write("large", "flooder", 5u << 20));
  EXPECT_EQ(kept("good"), 20u);
  EXPECT_TRUE(write("good", "ann", 1'000));
}

TEST_F(SqliteBoundTest, ASmallerBoundIsReachedLittleByLittle) {
  settings.store_bytes_max = 16u << 20;
  open();
  for (int i = 0; i < 1'000; ++i)
    ASSERT_TRUE(write("a", "ann", 10'000));
  tidy_after(seconds(1));
  settings.store_bytes_max = 4u << 20;
  open();
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(write("a", "ann", 10'000)) << i;
  tidy_after(seconds(1));
  EXPECT_LT(kept("a"), 400u);
  EXPECT_EQ(opened("a").last, Seq{1'100});
}

}  // namespace
}  // namespace switchboard::broker
