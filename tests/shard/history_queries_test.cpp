#include "shard/history_queries.h"

#include <gtest/gtest.h>

#include "ws/frame_writer.h"

namespace switchboard::shard {
namespace {

constexpr Seq kOldest{11};
constexpr Seq kEnd{31};

/// A room with the messages 11 to 30, each its number as text; at most `page_max` of them to a page.
wire::SharedPage page_of(const broker::ReadRange& range, std::uint32_t page_max) {
  auto page = std::make_shared<wire::Page>();
  page->epoch = "k3";
  page->oldest = kOldest;
  page->newest = Seq{kEnd.value - 1};
  Seq from = std::max(range.from, kOldest);
  const Seq until = std::max(from, std::min(range.until, kEnd));
  const auto count = std::min<std::uint64_t>({distance(from, until), range.messages_max, page_max});
  if (range.newest) from = Seq{until.value - count};
  page->first = from;
  for (std::uint64_t i = 0; i < count; ++i) {
    ws::append_frame(page->bytes, ws::Opcode::kText, std::to_string(from.value + i));
    page->ends.push_back(static_cast<std::uint32_t>(page->bytes.size()));
  }
  return page;
}

struct Answer {
  std::string messages;
  bool more;
  int pages = 0;
  std::size_t count = 0;
  std::size_t bytes = 0;  // of the JSON text
};

/// `bytes_max`: of the whole answer.
Answer ask(const protocol::History& query, std::uint32_t page_max = 1'000, std::size_t bytes_max = 10'000) {
  HistoryQuery read({.client = SlotId{1, 1}, .view = SlotId{2, 1}}, query, "7", "k3", kEnd, bytes_max);
  Answer answer{};
  while (const auto range = read.next_range()) {
    EXPECT_LE(range->until, kEnd);
    if (++answer.pages > 100) {
      ADD_FAILURE() << "does not end";
      break;
    }
    read.take(page_of(*range, page_max));
  }
  const protocol::HistoryPage page = read.answer(query.room_id);
  EXPECT_EQ(page.epoch, "k3");
  EXPECT_EQ(page.id, "7");
  for (const std::string_view message : page.messages)
    answer.messages += std::string(answer.messages.empty() ? "" : " ") + std::string(message);
  answer.more = page.more;
  answer.count = page.messages.size();
  std::string text;
  protocol::append(text, page);
  answer.bytes = text.size();
  EXPECT_EQ(read.bytes(), text.size() + (page.more ? 1 : 0)) << text;
  return answer;
}

TEST(HistoryQueries, WithoutAPlaceTheNewestAreGivenInOrder) {
  EXPECT_EQ(ask({.room_id = "r", .before = {}, .after = {}, .limit = 3}).messages, "28 29 30");
  EXPECT_TRUE(ask({.room_id = "r", .before = {}, .after = {}, .limit = 3}).more);
}

TEST(HistoryQueries, BeforeGivesTheNewestOfThoseAndSaysWhetherThereAreOlderOnes) {
  const auto before = [](std::uint64_t seq, std::uint32_t limit) {
    return ask({.room_id = "r", .before = Seq{seq}, .after = {}, .limit = limit});
  };
  EXPECT_EQ(before(20, 2).messages, "18 19");
  EXPECT_EQ(before(14, 2).messages, "12 13");
  EXPECT_TRUE(before(14, 2).more);
  EXPECT_EQ(before(14, 3).messages, "11 12 13");
  EXPECT_FALSE(before(14, 3).more);
  EXPECT_FALSE(before(14, 4).more);
  EXPECT_EQ(before(11, 4).messages, "");
  EXPECT_FALSE(before(11, 4).more);
  EXPECT_EQ(before(0, 4).messages, "");
  EXPECT_EQ(before(1'000, 1).messages, "30");
}

TEST(HistoryQueries, AfterGivesTheOldestOfThoseAndSaysWhetherThereAreNewerOnes) {
  const auto after = [](std::uint64_t seq, std::uint32_t limit) {
    return ask({.room_id = "r", .before = {}, .after = Seq{seq}, .limit = limit});
  };
  EXPECT_EQ(after(20, 2).messages, "21 22");
  EXPECT_TRUE(after(20, 2).more);
  EXPECT_EQ(after(27, 2).messages, "28 29");
  EXPECT_TRUE(after(27, 2).more);
  EXPECT_EQ(after(27, 3).messages, "28 29 30");
  EXPECT_FALSE(after(27, 3).more);
  EXPECT_FALSE(after(27, 4).more);
  EXPECT_EQ(after(30, 4).messages, "");
  EXPECT_EQ(after(~std::uint64_t{0}, 4).messages, "");
  EXPECT_EQ(after(0, 2).messages, "11 12") << "the older ones were trimmed";
}

TEST(HistoryQueries, ItDoesNotMatterHowTheHomeCutsItsPages) {
  for (std::uint32_t page_max = 1; page_max <= 8; ++page_max) {
    for (const std::uint32_t limit : {1u, 7u, 8u, 20u, 21u, 1'000u}) {
      const protocol::History backward{.room_id = "r", .before = Seq{29}, .after = {}, .limit = limit};
      const protocol::History forward{.room_id = "r", .before = {}, .after = Seq{12}, .limit = limit};
      EXPECT_EQ(ask(backward, page_max).messages, ask(backward).messages);
      EXPECT_EQ(ask(backward, page_max).more, ask(backward).more);
      EXPECT_EQ(ask(forward, page_max).messages, ask(forward).messages);
      EXPECT_EQ(ask(forward, page_max).more, ask(forward).more);
    }
  }
}

TEST(HistoryQueries, WhatDoesNotFitIsLeftForTheNextQuery) {
  const protocol::History backward{.room_id = "r", .before = {}, .after = {}, .limit = 10};
  const protocol::History forward{.room_id = "r", .before = {}, .after = Seq{0}, .limit = 10};
  const std::string around = R"({"type":"history","room_id":"r","id":7,"epoch":"k3","messages":[],"more":false})";
  const std::size_t three = around.size() + std::string_view("28,29,30").size();
  EXPECT_EQ(ask(backward, 1'000, three - 1).messages, "29 30");
  EXPECT_EQ(ask(backward, 1'000, three).messages, "28 29 30");
  EXPECT_EQ(ask(backward, 1'000, three + 1).messages, "28 29 30");
  EXPECT_TRUE(ask(backward, 1'000, three).more);
  EXPECT_EQ(ask(forward, 1'000, three - 1).messages, "11 12");
  EXPECT_TRUE(ask(forward, 1'000, three - 1).more);
}

TEST(HistoryQueries, AnAnswerIsNoLongerThanItMayBeAndAsLongAsItCanBe) {
  for (const bool is_forward : {false, true}) {
    protocol::History query{.room_id = "a \"room\"", .before = {}, .after = {}, .limit = 1'000};
    if (is_forward) query.after = Seq{0};
    for (const std::uint32_t page_max : {1u, 3u, 1'000u}) {
      for (std::size_t bytes_max = 1; bytes_max < 200; ++bytes_max) {
        const Answer answer = ask(query, page_max, bytes_max);
        ASSERT_GE(answer.count, 1u) << "one is always given";
        ASSERT_TRUE(answer.bytes <= bytes_max || answer.count == 1) << answer.bytes << " of " << bytes_max;
        ASSERT_EQ(answer.more, answer.count < 20u);
        const std::size_t with_one_more = answer.bytes + std::string_view(",11").size() + 1;  // the "false" of `more`
        ASSERT_TRUE(!answer.more || with_one_more > bytes_max) << answer.bytes << " of " << bytes_max;
      }
    }
  }
}

TEST(HistoryQueries, WhatIsTrimmedBetweenTwoPagesIsNotWaitedFor) {
  HistoryQuery read({.client = SlotId{1, 1}, .view = SlotId{2, 1}},
                    {.room_id = "r", .before = {}, .after = {}, .limit = 10}, "", "k3", kEnd, 1'000);
  read.take(page_of(*read.next_range(), 3));
  ASSERT_TRUE(read.next_range());
  auto empty = std::make_shared<wire::Page>();
  empty->epoch = "k3";
  empty->oldest = Seq{28};
  read.take(empty);
  EXPECT_FALSE(read.next_range());
  const protocol::HistoryPage answer = read.answer("r");
  EXPECT_EQ(answer.messages.size(), 3u);
  EXPECT_FALSE(answer.more);
}

TEST(HistoryQueries, AnAnswerHasNoHoleWhereMessagesWereTrimmedBetweenTwoPages) {
  HistoryQuery read({.client = SlotId{1, 1}, .view = SlotId{2, 1}},
                    {.room_id = "r", .before = {}, .after = Seq{0}, .limit = 10}, "", "k3", kEnd, 1'000);
  read.take(page_of(*read.next_range(), 3));
  auto later = *read.next_range();
  later.from = Seq{20};  // 14 to 19 are gone
  read.take(page_of(later, 3));
  EXPECT_FALSE(read.next_range());
  const protocol::HistoryPage answer = read.answer("r");
  ASSERT_EQ(answer.messages.size(), 3u);
  EXPECT_EQ(answer.messages.back(), "13");
  EXPECT_TRUE(answer.more);
}

/// What a page is where the messages up to `gap_end` cannot be read.
wire::SharedPage damaged_until(std::uint64_t gap_end) {
  auto page = std::make_shared<wire::Page>();
  page->epoch = "k3";
  page->oldest = kOldest;
  page->newest = Seq{kEnd.value - 1};
  page->gap_end = Seq{gap_end};
  return page;
}

TEST(HistoryQueries, AnAnswerBeginsBehindWhatCannotBeRead) {
  HistoryQuery read({.client = SlotId{1, 1}, .view = SlotId{2, 1}},
                    {.room_id = "r", .before = {}, .after = Seq{10}, .limit = 2}, "", "k3", kEnd, 1'000);
  read.take(damaged_until(20));
  ASSERT_TRUE(read.next_range());
  EXPECT_EQ(read.next_range()->from, Seq{20});
  read.take(page_of(*read.next_range(), 1'000));
  EXPECT_FALSE(read.next_range());
  const protocol::HistoryPage answer = read.answer("r");
  ASSERT_EQ(answer.messages.size(), 2u);
  EXPECT_EQ(answer.messages.front(), "20");
  EXPECT_TRUE(answer.more);
}

TEST(HistoryQueries, AnAnswerEndsWhereMessagesCannotBeReadAndSaysThatThereIsMore) {
  HistoryQuery read({.client = SlotId{1, 1}, .view = SlotId{2, 1}},
                    {.room_id = "r", .before = {}, .after = Seq{10}, .limit = 10}, "", "k3", kEnd, 1'000);
  read.take(page_of(*read.next_range(), 3));
  read.take(damaged_until(20));
  EXPECT_FALSE(read.next_range());
  const protocol::HistoryPage answer = read.answer("r");
  ASSERT_EQ(answer.messages.size(), 3u);
  EXPECT_EQ(answer.messages.back(), "13");
  EXPECT_TRUE(answer.more);
}

TEST(HistoryQueries, OfMessagesThatCannotBeReadTillTheEndThereIsNoMore) {
  HistoryQuery read({.client = SlotId{1, 1}, .view = SlotId{2, 1}},
                    {.room_id = "r", .before = {}, .after = Seq{10}, .limit = 10}, "", "k3", kEnd, 1'000);
  read.take(damaged_until(kEnd.value));
  EXPECT_FALSE(read.next_range());
  EXPECT_TRUE(read.answer("r").messages.empty());
  EXPECT_FALSE(read.answer("r").more);
}

}  // namespace
}  // namespace switchboard::shard
