// Pages: both directions, limits, and that what moves from the journal to blocks is read alike.
#include <chrono>

#include "sqlite_world.h"

namespace switchboard::broker {
namespace {

using std::chrono::seconds;

class SqliteReaderTest : public SqliteTest {
 protected:
  SqliteReaderTest() {
    limits.block_messages = 10;
    EXPECT_EQ(open(), std::nullopt);
  }
};

TEST_F(SqliteReaderTest, AnEmptyPageSaysWhereTheRoomStands) {
  const SharedPage unknown = read("a", 1, 100);
  ASSERT_NE(unknown, nullptr);
  EXPECT_TRUE(unknown->empty());
  EXPECT_EQ(unknown->epoch, opened("a").epoch);
  publish_many("a", 3);
  const SharedPage beyond = read("a", 4, 100);
  EXPECT_TRUE(beyond->empty());
  EXPECT_EQ(beyond->oldest, Seq{1});
  EXPECT_EQ(beyond->newest, Seq{3});
  EXPECT_EQ(beyond->epoch, opened("a").epoch);
}

TEST_F(SqliteReaderTest, EveryRangeIsReadAlikeFromBothEndsAndWhereverTheMessagesLie) {
  // 1..25 in blocks of 10, 10 and 5, the rest not.
  publish_many("a", 10);
  tidy_after(seconds(1));
  publish_many("a", 10);
  tidy_after(seconds(1));
  publish_many("a", 5);
  limits.journal_bytes_max = 1;
  open();
  tidy_after(seconds(1));
  limits.journal_bytes_max = 16u << 20;
  open();
  publish_many("a", 7);
  for (std::uint64_t from = 1; from <= 33; ++from) {
    for (std::uint64_t until = from; until <= 34; ++until) {
      for (const std::uint32_t limit : {1u, 4u, 256u}) {
        const std::uint64_t end = std::min<std::uint64_t>(until, 33);
        const std::uint64_t count = std::min<std::uint64_t>(limit, end > from ? end - from : 0);
        const std::string oldest = count == 0 ? "" : std::to_string(from) + ".." + std::to_string(from + count - 1);
        const std::string newest = count == 0 ? "" : std::to_string(end - count) + ".." + std::to_string(end - 1);
        ASSERT_EQ(range_of(read("a", from, until, false, limit)), oldest) << from << " " << until << " " << limit;
        ASSERT_EQ(range_of(read("a", from, until, true, limit)), newest) << from << " " << until << " " << limit;
      }
    }
  }
}

TEST_F(SqliteReaderTest, MessagesAreInOrderWhicheverWayTheyAreRead) {
  for (int i = 1; i <= 24; ++i)
    committed(message("a", std::to_string(i)));
  tidy_after(seconds(1));
  for (const bool newest : {false, true}) {
    const SharedPage page = read("a", 1, 100, newest);
    ASSERT_EQ(range_of(page), "1..24");
    for (std::size_t i = 0; i < page->size(); ++i)
      EXPECT_EQ(read_record(page->message(i), {})->content, std::to_string(i + 1));
  }
}

TEST_F(SqliteReaderTest, MessagesMaxIsExact) {
  publish_many("a", 12);
  tidy_after(seconds(1));
  for (const std::uint32_t limit : {11u, 12u, 13u}) {
    EXPECT_EQ(read("a", 1, 100, false, limit)->size(), std::min(limit, 12u));
    EXPECT_EQ(read("a", 1, 100, true, limit)->size(), std::min(limit, 12u));
  }
}

TEST_F(SqliteReaderTest, BytesMaxIsExactButOneMessageAlwaysFits) {
  publish_many("a", 3);
  for (const bool is_in_blocks : {false, true}) {
    if (is_in_blocks) publish_many("a", 20);
    tidy_after(seconds(1));
    const auto record = static_cast<std::uint32_t>(read("a", 1, 2)->bytes.size());
    EXPECT_EQ(range_of(read("a", 1, 4, false, 256, 1)), "1..1");
    EXPECT_EQ(range_of(read("a", 1, 4, true, 256, 1)), "3..3");
    EXPECT_EQ(range_of(read("a", 1, 4, false, 256, 2 * record - 1)), "1..1");
    EXPECT_EQ(range_of(read("a", 1, 4, false, 256, 2 * record)), "1..2");
    EXPECT_EQ(range_of(read("a", 1, 4, true, 256, 2 * record - 1)), "3..3");
    EXPECT_EQ(range_of(read("a", 1, 4, true, 256, 2 * record)), "2..3");
  }
}

TEST_F(SqliteReaderTest, ARoomThatIsNotInMemoryIsRead) {
  limits.rooms_idle_max = 2;
  limits.journal_bytes_max = 1;
  open();
  publish_many("a", 25);
  tidy_after(seconds(1));
  for (int i = 0; i < 20; ++i)
    opened("other" + std::to_string(i));
  // The journal lets go of the room only when another row follows.
  ASSERT_EQ(writer->rooms().look("a"), nullptr);
  const SharedPage page = read("a", 5, 100);
  EXPECT_EQ(range_of(page), "5..25");
  EXPECT_EQ(page->oldest, Seq{1});
  EXPECT_EQ(page->newest, Seq{25});
  EXPECT_EQ(page->epoch, opened("a").epoch);
}

TEST_F(SqliteReaderTest, APageBeginsWhereTheRoomDoes) {
  retention.messages = 20;
  publish_many("a", 30);
  tidy_after(seconds(1));
  const Seq first = opened("a").first;
  EXPECT_GT(first, Seq{1});
  EXPECT_EQ(read("a", 1, 100)->first, first);
  EXPECT_EQ(read("a", 1, 100)->oldest, first);
}

TEST_F(SqliteReaderTest, ALargeMessageIsReadBack) {
  committed(message("a", "\"" + std::string(1'000'000, 'x') + "\""));
  const std::string before(read("a", 1, 2)->message(0));
  tidy_after(seconds(1));
  EXPECT_EQ(read("a", 1, 2)->message(0), before);
  EXPECT_GT(before.size(), 1'000'000u);
}

}  // namespace
}  // namespace switchboard::broker
