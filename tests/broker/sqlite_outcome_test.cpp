// A commit that fails without anybody knowing whether it is on the disk: publishers wait for the outcome, which is
// known once the file has been opened anew. And checkpoints that fail.
#include <atomic>
#include <chrono>

#include "broker/sqlite/checkpointer.h"
#include "lying_disk.h"
#include "sqlite_world.h"

namespace switchboard::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SqliteOutcomeTest : public SqliteTest {
 protected:
  static StorePublish lasting(std::string room, std::string content, std::string dedup = {}) {
    StorePublish each = message(std::move(room), std::move(content), std::move(dedup));
    each.durability = room::Durability::kPower;
    return each;
  }
  std::vector<StoreAnswer> run_lasting(const std::string& room, int count) {
    std::vector<StoreRequest> requests;
    for (int i = 0; i < count; ++i)
      requests.push_back({.ticket = static_cast<std::uint64_t>(i), .what = lasting(room, std::to_string(i))});
    return run(std::move(requests));
  }
  /// The outcome of the batch that was unknown.
  std::vector<StoreAnswer> settled() {
    std::vector<StoreAnswer> answers;
    for (int i = 0; i < 100 && !writer->settle(answers); ++i)
      clock.advance(milliseconds(100));
    return answers;
  }

  LyingDisk disk;
};

TEST_F(SqliteOutcomeTest, ACommitThatFailedAndIsThereIsAnswered) {
  open();
  const std::string epoch = committed(lasting("a", "0", "zero")).epoch;
  disk.fails_syncs = true;
  EXPECT_TRUE(run_lasting("a", 3).empty());
  EXPECT_TRUE(writer->is_unsettled());
  EXPECT_FALSE(status->state().is_ok);
  EXPECT_TRUE(is_unavailable(publish(message("a", "later"))));  // nothing overtakes it
  disk.fails_syncs = false;
  const std::vector<StoreAnswer> answers = settled();
  ASSERT_EQ(answers.size(), 3u);
  for (std::uint64_t i = 0; i < 3; ++i) {
    const auto& commit = std::get<StoreCommitted>(answers[i].what);
    EXPECT_EQ(answers[i].ticket, i);
    EXPECT_EQ(commit.seq, Seq{2 + i});
    EXPECT_EQ(commit.epoch, epoch);
    EXPECT_EQ(read_record(commit.record, commit.seq)->content, std::to_string(i));
  }
  EXPECT_EQ(committed(lasting("a", "4")).seq, Seq{5});
  EXPECT_EQ(range_of(read("a", 1, 9)), "1..5");
  EXPECT_EQ(status->doubts.value(), 0u);
  tidy_after(seconds(2));
  EXPECT_TRUE(status->state().is_ok);
}

TEST_F(SqliteOutcomeTest, ACommitThatFailedAndIsNotThereIsRefused) {
  open();
  committed(message("a", "0"));
  disk.loses_log_writes = true;
  EXPECT_TRUE(run_lasting("a", 2).empty());
  clock.advance(seconds(1));
  disk.loses_log_writes = false;
  const std::vector<StoreAnswer> answers = settled();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(is_unavailable(answers[0]));
  EXPECT_TRUE(is_unavailable(answers[1]));
  EXPECT_EQ(committed(message("a", "1")).seq, Seq{2});
}

TEST_F(SqliteOutcomeTest, AWriteThatWasDoneAndSaidToHaveFailedIsFoundOrNotButNeverGivenTwice) {
  open();
  committed(message("a", "0"));
  disk.fails_log_writes = true;
  run_lasting("a", 2);
  disk.fails_log_writes = false;
  std::uint64_t last = 1;
  for (const StoreAnswer& answer : settled()) {
    if (const auto* commit = std::get_if<StoreCommitted>(&answer.what)) last = commit->seq.value;
  }
  EXPECT_EQ(committed(message("a", "1")).seq, Seq{last + 1});
}

TEST_F(SqliteOutcomeTest, ADuplicateAmongThemIsToldWhereTheRoomStandsNow) {
  open();
  committed(lasting("a", "0", "zero"));
  disk.loses_log_writes = true;
  EXPECT_TRUE(
      run({{.ticket = 0, .what = lasting("a", "1")}, {.ticket = 1, .what = lasting("a", "0", "zero")}}).empty());
  disk.loses_log_writes = false;
  const std::vector<StoreAnswer> answers = settled();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(is_unavailable(answers[0]));
  const auto& duplicate = std::get<StoreCommitted>(answers[1].what);
  EXPECT_TRUE(duplicate.is_duplicate);
  EXPECT_EQ(duplicate.seq, Seq{1});
  EXPECT_EQ(duplicate.last, Seq{1});
}

TEST_F(SqliteOutcomeTest, WhatNobodyWillEverKnowIsRefused) {
  open();
  committed(message("a", "0"));
  disk.fails_syncs = true;
  EXPECT_TRUE(run_lasting("a", 2).empty());
  std::vector<StoreAnswer> answers;
  writer->give_up_settling(answers);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(is_unavailable(answers[1]));
  EXPECT_FALSE(writer->is_unsettled());
}

TEST_F(SqliteOutcomeTest, KilledBeforeItIsKnownTheMessageIsThereOrNot) {
  open();
  const std::string epoch = committed(lasting("a", "0")).epoch;
  disk.fails_syncs = true;
  EXPECT_TRUE(run_lasting("a", 2).empty());
  disk.fails_syncs = false;
  open();
  const StoreOpened room = opened("a");
  EXPECT_EQ(room.epoch, epoch);
  EXPECT_EQ(room.last, Seq{3});
  EXPECT_EQ(status->doubts.value(), 0u);
}

// SQLite writes nothing, and syncs nothing, for an UPDATE that changes nothing.
TEST_F(SqliteOutcomeTest, AFullDiskIsWellOnlyOnceSomethingWasWritten) {
  open();
  committed(message("a", "0"));
  disk.is_full = true;
  EXPECT_TRUE(is_unavailable(publish(message("a", "1"))));
  for (int i = 0; i < 10; ++i) {
    tidy_after(seconds(1));
    EXPECT_FALSE(status->state().is_ok) << "after " << i + 1 << " s";
  }
  disk.is_full = false;
  tidy_after(seconds(2));
  EXPECT_TRUE(status->state().is_ok);
}

TEST_F(SqliteOutcomeTest, ThatARoomMayLoseMessagesFromNowOnIsSynced) {
  open();
  committed(lasting("a", "0"));
  const int before = disk.syncs;
  committed(message("a", "1"));
  EXPECT_EQ(disk.syncs, before + 1);
  committed(message("a", "2"));
  EXPECT_EQ(disk.syncs, before + 1);
}

class CheckpointTest : public SqliteOutcomeTest {
 protected:
  ~CheckpointTest() override {
    if (checkpointer != nullptr) {
      checkpointer->stop();
      checkpointer->join();
    }
  }
  void start() {
    open();
    checkpointer = std::make_unique<Checkpointer>(settings, writer->opened(), clock, *status, watch);
    checkpointer->start([this] { return [this] { ++pauses; }; });
  }
  /// One checkpoint, to its end.
  void checkpoint() {
    ASSERT_TRUE(checkpointer->is_due(writer->log_frames(), clock.now()));
    writer->begin_checkpoint();
    checkpointer->begin();
    Checkpointer::Outcome outcome = Checkpointer::Outcome::kNone;
    while (outcome == Checkpointer::Outcome::kNone)
      outcome = checkpointer->take_outcome(writer->log_frames(), clock.now());
    writer->end_checkpoint(outcome == Checkpointer::Outcome::kFailed);
  }
  bool is_due() { return checkpointer->is_due(writer->log_frames(), clock.now()); }

  WorkWatch watch;
  std::atomic<int> pauses{0};
  std::unique_ptr<Checkpointer> checkpointer;
};

TEST_F(CheckpointTest, FailuresAreToldAndTriedAgainAndPass) {
  start();
  committed(message("a", "1"));
  clock.advance(seconds(3));
  disk.fails_syncs = true;
  checkpoint();
  EXPECT_FALSE(status->state().is_ok);
  EXPECT_TRUE(status->state().is_keeping);
  EXPECT_EQ(status->checkpoint_failures.value(), 1u);
  EXPECT_FALSE(is_due());
  EXPECT_EQ(committed(message("a", "2")).seq, Seq{2});
  EXPECT_FALSE(status->state().is_ok);  // that it can be written says nothing
  disk.fails_syncs = false;
  clock.advance(seconds(1));
  checkpoint();
  EXPECT_TRUE(status->state().is_ok);
  EXPECT_EQ(status->checkpoints.value(), 1u);
}

TEST_F(CheckpointTest, GivesWayAtEachPage) {
  start();
  publish_many("a", 100, 4'000);
  checkpoint();
  EXPECT_GT(pauses.load(), 40) << "400 KB in pages of at most 8 KiB";
  const int before = pauses.load();
  checkpointer->stop();
  checkpointer->join();
  open();
  EXPECT_EQ(opened("a").last, Seq{100});
  EXPECT_EQ(pauses.load(), before) << "other connections have nothing to do with it";
}

TEST_F(CheckpointTest, IsMadeSoonAlsoWithLittleTraffic) {
  start();
  committed(message("a", "1"));
  checkpoint();
  EXPECT_FALSE(is_due());
  committed(message("a", "2"));
  EXPECT_FALSE(is_due());
  clock.advance(seconds(3));
  EXPECT_TRUE(is_due());
  checkpoint();
  clock.advance(seconds(60));
  EXPECT_FALSE(is_due());  // nothing was written
}

TEST_F(CheckpointTest, AMachineThatStopsAfterAFailedSyncIsNotBelievedAnything) {
  start();
  const std::string epoch = committed(lasting("a", "1")).epoch;
  disk.fails_syncs = true;
  checkpoint();
  disk.fails_syncs = false;
  checkpointer->stop();
  checkpointer->join();
  checkpointer.reset();
  boot_id = "boot-2";
  open();
  EXPECT_NE(opened("a").epoch, epoch);
}

TEST_F(CheckpointTest, TheFileAfterACheckpointIsBelieved) {
  start();
  const std::string epoch = committed(message("a", "1")).epoch;
  checkpoint();
  tidy_after(seconds(1));
  EXPECT_EQ(status->losses.value(), 0u);
  checkpointer->stop();
  checkpointer->join();
  checkpointer.reset();
  open();
  EXPECT_EQ(status->doubts.value(), 0u);
  EXPECT_EQ(opened("a").epoch, epoch);
}

}  // namespace
}  // namespace switchboard::broker
