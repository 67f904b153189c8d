// A store that cannot be used: publishers are refused, the reason is told, nothing is lost, and it recovers by itself.
#include <chrono>
#include <csignal>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

#include "broker/sqlite/database.h"
#include "sqlite_world.h"

namespace switchboard::broker {
namespace {

using std::chrono::seconds;

class SqliteFailureTest : public SqliteTest {
 protected:
  void expect_failing(const std::string& words) {
    EXPECT_FALSE(status->state().is_ok);
    EXPECT_NE(status->state().reason.find(words), std::string::npos) << status->state().reason;
    EXPECT_NE(status->state().reason.find(settings.file), std::string::npos) << status->state().reason;
  }
};

TEST_F(SqliteFailureTest, AFullFileRefusesAndRecoversWhenThereIsRoom) {
  settings.store_bytes_max = 1u << 20;
  open();
  committed(message("a", "1"));
  const std::string large = "\"" + std::string(2u << 20, 'x') + "\"";
  EXPECT_TRUE(is_unavailable(publish(message("a", large, "key"))));
  expect_failing("full");
  EXPECT_EQ(opened("a").last, Seq{1});
  EXPECT_EQ(range_of(read("a", 1, 10)), "1..1");
  settings.store_bytes_max = 64u << 20;
  open();
  const StoreCommitted commit = committed(message("a", large, "key"));
  EXPECT_EQ(commit.seq, Seq{2});
  EXPECT_FALSE(commit.is_duplicate);  // the refused one left no record
}

TEST_F(SqliteFailureTest, AFailureFailsTheWholeBatchAndNothingOfItStays) {
  settings.store_bytes_max = 1u << 20;
  open();
  committed(message("a", "1"));
  std::vector<StoreRequest> requests;
  requests.push_back({.what = message("a", "2")});
  requests.push_back({.what = message("new", "1")});
  requests.push_back({.what = message("a", "\"" + std::string(2u << 20, 'x') + "\"")});
  requests.push_back({.what = StoreOpen{.room_id = "a"}});
  const auto answers = run(std::move(requests));
  EXPECT_TRUE(is_unavailable(answers[0]));
  EXPECT_TRUE(is_unavailable(answers[1]));
  EXPECT_TRUE(is_unavailable(answers[2]));
  EXPECT_EQ(std::get<StoreOpened>(answers[3].what).last, Seq{1});  // reading is possible
  EXPECT_EQ(status->failures.value(), 3u);
  EXPECT_EQ(committed(message("a", "2")).seq, Seq{2});
  EXPECT_EQ(committed(message("new", "1")).seq, Seq{1});
}

TEST_F(SqliteFailureTest, ALockOfAnotherProcessIsToldAndPasses) {
  open();
  committed(message("a", "1"));
  std::vector<bool> told;
  status->observe([&](const StoreState& state) { told.push_back(state.is_ok); });
  Database other;
  ASSERT_TRUE(other.open(settings.file, Database::Access::kWrite, 0));
  other.begin_writing();
  EXPECT_TRUE(is_unavailable(publish(message("a", "2"))));
  expect_failing("locked");
  EXPECT_EQ(opened("a").last, Seq{1});
  other.rollback();
  clock.advance(seconds(1));
  EXPECT_EQ(committed(message("a", "2")).seq, Seq{2});
  EXPECT_TRUE(status->state().is_ok);
  EXPECT_EQ(told, (std::vector<bool>{false, true}));
}

TEST_F(SqliteFailureTest, RecoveryIsNoticedWithoutAPublish) {
  open();
  Database other;
  ASSERT_TRUE(other.open(settings.file, Database::Access::kWrite, 0));
  other.begin_writing();
  EXPECT_TRUE(is_unavailable(publish(message("a", "1"))));
  other.rollback();
  tidy_after(seconds(2));
  EXPECT_TRUE(status->state().is_ok);
}

TEST_F(SqliteFailureTest, AStoreThatIsLockedAtStartOpensLater) {
  open();
  committed(message("a", "1"));
  Database other;
  ASSERT_TRUE(other.open(settings.file, Database::Access::kWrite, 0));
  other.begin_writing();
  EXPECT_EQ(open(), std::nullopt);
  expect_failing("locked");
  EXPECT_TRUE(is_unavailable(open_room("a")));
  EXPECT_EQ(range_of(read("a", 1, 10)), "error");
  other.rollback();
  clock.advance(seconds(1));
  EXPECT_EQ(opened("a").last, Seq{1});
  EXPECT_EQ(range_of(read("a", 1, 10)), "1..1");
  EXPECT_EQ(committed(message("a", "2")).seq, Seq{2});
  EXPECT_TRUE(status->state().is_ok);
}

TEST_F(SqliteFailureTest, AFileThatIsSomethingElseIsRefusedForGoodAndNotTouched) {
  const std::string text(10'000, 'x');
  std::ofstream(settings.file) << text;
  const auto error = open();
  ASSERT_TRUE(error.has_value());
  EXPECT_NE(error->find("not a SQLite database"), std::string::npos) << *error;
  std::ifstream file(settings.file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

TEST_F(SqliteFailureTest, ADatabaseOfAnotherProgramIsRefusedAndNotTouched) {
  {
    Database other;
    ASSERT_TRUE(other.open(settings.file, Database::Access::kMake, 0));
    other.run("CREATE TABLE theirs(x)");
  }
  const auto before = std::filesystem::last_write_time(settings.file);
  const auto error = open();
  ASSERT_TRUE(error.has_value());
  EXPECT_NE(error->find("another program"), std::string::npos) << *error;
  writer.reset();
  EXPECT_EQ(std::filesystem::last_write_time(settings.file), before);
}

TEST_F(SqliteFailureTest, AFileOfAVersionThatIsNotKnownIsRefused) {
  open();
  writer->close();
  const auto refusal_of = [this](int version) {
    {
      Database other;
      EXPECT_TRUE(other.open(settings.file, Database::Access::kWrite, 0));
      other.run(("PRAGMA user_version = " + std::to_string(version)).c_str());
    }
    return open().value_or("none");
  };
  EXPECT_NE(refusal_of(4).find("newer version"), std::string::npos);
  EXPECT_NE(refusal_of(2).find("earlier version"), std::string::npos);
  EXPECT_NE(refusal_of(1).find("earlier version"), std::string::npos);
  EXPECT_NE(refusal_of(0).find("no version of this server"), std::string::npos);
  EXPECT_NE(refusal_of(-1).find("no version of this server"), std::string::npos);
  EXPECT_EQ(refusal_of(3), "none");
}

TEST_F(SqliteFailureTest, AFolderThatCannotBeWrittenIsToldAndTriedAgain) {
  const std::string later = (folder.path() / "later").string();
  settings.file = later + "/history.db";
  EXPECT_EQ(open(), std::nullopt);
  expect_failing("cannot be opened");
  std::filesystem::create_directory(later);
  clock.advance(seconds(1));
  EXPECT_EQ(committed(message("a", "1")).seq, Seq{1});
}

TEST_F(SqliteFailureTest, AReadOnlyFileIsToldAndRecovers) {
  open();
  committed(message("a", "1"));
  writer->close();
  // Root may write any file, so for this test it is somebody else.
  const bool is_root = geteuid() == 0;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  std::filesystem::permissions(settings.file, static_cast<std::filesystem::perms>(0444));
  if (is_root) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  EXPECT_EQ(open(), std::nullopt);
  const StoreState state = status->state();
  if (is_root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  EXPECT_FALSE(state.is_ok);
  EXPECT_NE(state.reason.find("cannot be written"), std::string::npos) << state.reason;
  std::filesystem::permissions(settings.file, static_cast<std::filesystem::perms>(0644));
  clock.advance(seconds(1));
  EXPECT_EQ(committed(message("a", "2")).seq, Seq{2});
}

TEST_F(SqliteFailureTest, AWriteErrorClosesTheFileAndItIsOpenedAgain) {
  open();
  committed(message("a", "1"));
  // Files may not grow any more: what the kernel says then is an error of the disk for SQLite.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit none{.rlim_cur = 4'096, .rlim_max = limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &none);
  const StoreAnswer answer = publish(message("a", "\"" + std::string(1u << 20, 'x') + "\""));
  setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_TRUE(is_unavailable(answer));
  EXPECT_FALSE(status->state().is_ok);
  clock.advance(seconds(1));
  EXPECT_EQ(opened("a").last, Seq{1});
  EXPECT_EQ(range_of(read("a", 1, 10)), "1..1");
  EXPECT_EQ(committed(message("a", "2")).seq, Seq{2});
  EXPECT_TRUE(status->state().is_ok);
}

TEST_F(SqliteFailureTest, ADamagedFileIsToldAndANewOneIsMadeWhenItIsMovedAway) {
  open();
  publish_many("a", 300, 100);
  const std::string epoch = opened("a").epoch;
  writer->close();
  {
    std::fstream file(settings.file, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file << std::string(3'000, 'x');  // the table of tables
  }
  EXPECT_EQ(open(), std::nullopt);
  expect_failing("damaged");
  EXPECT_TRUE(is_unavailable(publish(message("a", "1"))));
  for (const char* end : {"", "-wal", "-shm"})
    std::filesystem::remove(settings.file + end);
  clock.advance(seconds(1));
  const StoreCommitted commit = committed(message("a", "1"));
  EXPECT_EQ(commit.seq, Seq{1});
  EXPECT_NE(commit.epoch, "");
  EXPECT_NE(commit.epoch, epoch);
}

}  // namespace
}  // namespace switchboard::broker
