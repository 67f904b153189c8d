// What a batch does to rooms: order, numbers, duplicates, epochs, and what is still there after the process was killed.
#include <chrono>

#include "sqlite_world.h"

namespace switchboard::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SqliteWriterTest : public SqliteTest {
 protected:
  SqliteWriterTest() { EXPECT_EQ(open(), std::nullopt); }
};

TEST_F(SqliteWriterTest, AnUnknownRoomStandsAtZeroInTheStoresOwnEpoch) {
  const StoreOpened a = opened("a");
  EXPECT_EQ(a.last, Seq{0});
  EXPECT_EQ(a.first, Seq{1});
  EXPECT_FALSE(a.epoch.empty());
  EXPECT_EQ(opened("b").epoch, a.epoch);
}

TEST_F(SqliteWriterTest, MessagesOfARoomAreNumberedInTheOrderTheyWereHandedIn) {
  std::vector<StoreRequest> requests;
  requests.push_back({.ticket = 1, .what = StoreOpen{.room_id = "a"}});
  requests.push_back({.ticket = 2, .what = message("a", "1")});
  requests.push_back({.ticket = 3, .what = message("b", "2")});
  requests.push_back({.ticket = 4, .what = message("a", "3")});
  requests.push_back({.ticket = 5, .what = StoreOpen{.room_id = "a"}});
  const auto answers = run(std::move(requests));
  ASSERT_EQ(answers.size(), 5u);
  EXPECT_EQ(answers[3].ticket, 4u);
  EXPECT_EQ(std::get<StoreOpened>(answers[0].what).last, Seq{0});
  EXPECT_EQ(std::get<StoreCommitted>(answers[1].what).seq, Seq{1});
  EXPECT_EQ(std::get<StoreCommitted>(answers[2].what).seq, Seq{1});
  EXPECT_EQ(std::get<StoreCommitted>(answers[3].what).seq, Seq{2});
  EXPECT_EQ(std::get<StoreCommitted>(answers[3].what).first, Seq{1});
  EXPECT_EQ(std::get<StoreOpened>(answers[4].what).last, Seq{2});
  EXPECT_EQ(status->batches.value(), 1u);
  EXPECT_EQ(status->commits.value(), 3u);
}

TEST_F(SqliteWriterTest, WhatIsReadIsWhatWasPublished) {
  const Publication published{
      .seq = Seq{1}, .ts = clock.unix_ms(), .content = R"({"k":1})", .sender = "ann", .to = "bob"};
  StorePublish publish = message("a", std::string(published.content));
  publish.to = published.to;
  const StoreCommitted commit = committed(std::move(publish));
  EXPECT_EQ(commit.ts, published.ts);
  EXPECT_EQ(read_record(commit.record, commit.seq), published);
  const SharedPage page = read("a", 1, 10);
  ASSERT_EQ(range_of(page), "1..1");
  EXPECT_EQ(read_record(page->message(0), Seq{1}), published);
}

TEST_F(SqliteWriterTest, TheEpochIsToldWithTheFirstMessageAndStays) {
  const std::string epoch = opened("a").epoch;
  EXPECT_EQ(committed(message("a", "1")).epoch, epoch);
  EXPECT_EQ(committed(message("a", "2")).epoch, "");
  open();
  EXPECT_EQ(opened("a").epoch, epoch);
}

TEST_F(SqliteWriterTest, WhatWasCommittedIsThereAfterTheProcessWasKilled) {
  publish_many("a", 300);
  publish_many("b", 5);
  const std::string epoch = opened("a").epoch;
  for (const bool is_tidied : {false, true}) {
    if (is_tidied) tidy_after(seconds(1));
    open();
    EXPECT_EQ(opened("a").first, Seq{1});
    EXPECT_EQ(opened("a").last, Seq{300});
    EXPECT_EQ(opened("a").epoch, epoch);
    EXPECT_EQ(opened("b").last, Seq{5});
    EXPECT_EQ(range_of(read("a", 1, 400)), "1..256");
    EXPECT_EQ(range_of(read("a", 257, 400)), "257..300");
  }
  EXPECT_EQ(committed(message("a", "1")).seq, Seq{301});
}

TEST_F(SqliteWriterTest, ADuplicateIsAnsweredWithItsFirstMessage) {
  const StoreCommitted first = committed(message("a", "1", "key"));
  clock.advance(milliseconds(5));
  const StoreCommitted again = committed(message("a", "1", "key"));
  EXPECT_TRUE(again.is_duplicate);
  EXPECT_EQ(again.seq, first.seq);
  EXPECT_EQ(again.ts, first.ts);
  EXPECT_EQ(again.record, "");
  EXPECT_EQ(opened("a").last, Seq{1});
}

TEST_F(SqliteWriterTest, ADuplicateInTheSameBatchFindsTheFirst) {
  std::vector<StoreRequest> requests;
  requests.push_back({.what = message("a", "0")});
  requests.push_back({.what = message("a", "1", "key")});
  requests.push_back({.what = message("a", "1", "key")});
  const auto answers = run(std::move(requests));
  EXPECT_FALSE(std::get<StoreCommitted>(answers[1].what).is_duplicate);
  EXPECT_TRUE(std::get<StoreCommitted>(answers[2].what).is_duplicate);
  EXPECT_EQ(std::get<StoreCommitted>(answers[2].what).seq, Seq{2});
}

TEST_F(SqliteWriterTest, AKeyNamesAMessageOnlyWithItsRoomAndSender) {
  committed(message("a", "1", "key"));
  StorePublish other_sender = message("a", "1", "key");
  other_sender.sender = "bob";
  EXPECT_FALSE(committed(std::move(other_sender)).is_duplicate);
  EXPECT_FALSE(committed(message("b", "1", "key")).is_duplicate);
  EXPECT_FALSE(committed(message("a", "1", "other")).is_duplicate);
  StorePublish shifted = message("a", "1", "nkey");  // "an" + "nkey" are the bytes of "ann" + "key"
  shifted.sender = "an";
  EXPECT_FALSE(committed(std::move(shifted)).is_duplicate);
}

TEST_F(SqliteWriterTest, DuplicatesAreKnownAfterTheProcessWasKilled) {
  for (int i = 0; i < 600; ++i)
    committed(message("a", "1", "key" + std::to_string(i)));
  open();
  for (const int i : {0, 1, 255, 256, 599}) {
    const StoreCommitted again = committed(message("a", "1", "key" + std::to_string(i)));
    EXPECT_TRUE(again.is_duplicate);
    EXPECT_EQ(again.seq, Seq{static_cast<std::uint64_t>(i) + 1});
  }
}

TEST_F(SqliteWriterTest, AKeyIsKnownForTheWindowAndForgottenAfterTwo) {
  const milliseconds window(settings.dedup_window_ms);
  committed(message("a", "1", "key"));
  tidy_after(window - milliseconds(1));
  EXPECT_TRUE(committed(message("a", "1", "key")).is_duplicate);
  tidy_after(window);  // one rotation
  EXPECT_TRUE(committed(message("a", "1", "key")).is_duplicate);
  tidy_after(window);
  EXPECT_FALSE(committed(message("a", "1", "key")).is_duplicate);
}

TEST_F(SqliteWriterTest, AForgottenKeyStaysForgottenAfterOpeningAgain) {
  committed(message("a", "1", "key"));
  clock.advance(2 * milliseconds(settings.dedup_window_ms) + milliseconds(1));
  open();
  EXPECT_FALSE(committed(message("a", "1", "key")).is_duplicate);
}

TEST_F(SqliteWriterTest, MoreKeysThanTheBoundShortenTheWindow) {
  settings.dedup_records_max = 1'000;
  open();
  for (int i = 0; i < 1'001; ++i)
    committed(message("a", "1", "key" + std::to_string(i)));
  tidy_after(seconds(1));
  EXPECT_TRUE(committed(message("a", "1", "key1000")).is_duplicate);
  EXPECT_TRUE(committed(message("a", "1", "key501")).is_duplicate);
  EXPECT_FALSE(committed(message("a", "1", "key0")).is_duplicate);
  EXPECT_LE(status->dedup_records.value(), 1'000u);
}

TEST_F(SqliteWriterTest, AMachineThatStoppedGivesRoomsOfDurabilityProcessAnotherEpoch) {
  committed(message("a", "1"));
  StorePublish durable = message("p", "1");
  durable.durability = room::Durability::kPower;
  committed(durable);
  const std::string a = opened("a").epoch;
  const std::string p = opened("p").epoch;
  const std::string unknown = opened("u").epoch;
  boot_id = "boot-2";
  open();
  EXPECT_NE(opened("a").epoch, a);
  EXPECT_EQ(opened("a").last, Seq{1});  // numbers go on
  EXPECT_EQ(opened("p").epoch, p);
  EXPECT_NE(opened("u").epoch, unknown);
  const std::string renewed = opened("a").epoch;
  open();
  EXPECT_EQ(opened("a").epoch, renewed);
}

TEST_F(SqliteWriterTest, AStoreThatWasClosedKeepsItsEpochsOnAnotherBoot) {
  committed(message("a", "1"));
  const std::string a = opened("a").epoch;
  const std::string unknown = opened("u").epoch;
  writer->close();
  boot_id = "boot-2";
  open();
  EXPECT_EQ(opened("a").epoch, a);
  EXPECT_EQ(opened("u").epoch, unknown);
}

TEST_F(SqliteWriterTest, ARoomThatWasOfDurabilityPowerOnlyBeforeLosesItsEpochToo) {
  StorePublish durable = message("a", "1");
  durable.durability = room::Durability::kPower;
  committed(durable);
  committed(message("a", "2"));
  const std::string a = opened("a").epoch;
  boot_id = "boot-2";
  open();
  EXPECT_NE(opened("a").epoch, a);
}

TEST_F(SqliteWriterTest, OnlyBatchesWithAMessageOfDurabilityPowerAreSynced) {
  committed(message("a", "1"));
  EXPECT_EQ(status->syncs.value(), 0u);
  StorePublish durable = message("p", "1");
  durable.durability = room::Durability::kPower;
  std::vector<StoreRequest> requests;
  requests.push_back({.what = message("a", "2")});
  requests.push_back({.what = durable});
  run(std::move(requests));
  EXPECT_EQ(status->syncs.value(), 1u);
  committed(message("a", "3"));
  EXPECT_EQ(status->syncs.value(), 1u);
  EXPECT_EQ(status->batches.value(), 3u);
}

TEST_F(SqliteWriterTest, MoreRoomsThanAreKeptInMemoryAreAllFound) {
  limits.rooms_idle_max = 10;
  limits.journal_messages_max = 20;
  open();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(committed(message("room" + std::to_string(i), "1")).seq.value, static_cast<std::uint64_t>(round) + 1);
      tidy_after(milliseconds(1));
    }
    EXPECT_LT(writer->rooms().size(), 50u);
  }
}

TEST_F(SqliteWriterTest, ARoomNameMayHoldAnyBytes) {
  const std::string odd("a\0\"\xc3\xa9", 5);
  committed(message(odd, "1"));
  committed(message(std::string("a"), "1"));
  open();
  EXPECT_EQ(committed(message(odd, "2")).seq, Seq{2});
}

}  // namespace
}  // namespace switchboard::broker
