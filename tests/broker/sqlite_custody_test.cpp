// The file under the store: whether what lies there is what was left, and what happens when somebody takes it away,
// cuts it or puts another in its place. No number is given to two messages within an epoch, and nothing that was
// acknowledged is lost without being told.
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/sqlite/file_identity.h"
#include "broker/sqlite/lost_mapping.h"
#include "broker/sqlite/row_check.h"
#include "sqlite_world.h"

namespace switchboard::broker {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SqliteCustodyTest : public SqliteTest {
 protected:
  SqliteCustodyTest() {
    data = folder.path() / "data";
    fs::create_directory(data);
    settings.file = (data / "messages.db").string();
  }

  /// The process was killed.
  void kill() {
    reader.reset();
    writer.reset();
  }
  void open_again() {
    EXPECT_EQ(open(), std::nullopt);
    status->observe(nullptr, [this](const std::string& sentence) { notices.push_back(sentence); });
  }
  void publish_some(int count) {
    for (int i = 0; i < count; ++i)
      acknowledge(committed(message("a", std::to_string(i))));
  }
  void acknowledge(const StoreCommitted& commit) {
    if (!commit.epoch.empty()) epoch = commit.epoch;
    ++given[{epoch, commit.seq.value}];
    last = commit.seq.value;
  }
  void expect_no_number_twice() const {
    for (const auto& [number, times] : given)
      EXPECT_EQ(times, 1) << number.second << " in " << number.first;
  }
  /// What lies there is not what was left: opening it begins new epochs, once.
  void expect_doubted(const std::string& why) {
    const std::string before = epoch;
    open_again();
    ASSERT_TRUE(status->state().is_ok) << status->state().reason;
    EXPECT_EQ(status->doubts.value(), 1u) << why;
    const StoreOpened room = opened("a");
    EXPECT_NE(room.epoch, before) << why;
    epoch = room.epoch;
    publish_some(30);
    expect_no_number_twice();
    kill();
    expect_believed(why + ", opened again");
  }
  void expect_believed(const std::string& why) {
    open_again();
    EXPECT_EQ(status->doubts.value(), 0u) << why << (notices.empty() ? "" : ": " + notices.back());
    EXPECT_EQ(opened("a").epoch, epoch) << why;
    EXPECT_EQ(opened("a").last, Seq{last}) << why;
  }
  /// Time goes on for the file system, too: what is written later can be seen to be later.
  void let_file_time_pass() {
    const fs::path probe = folder.path() / "probe";
    const auto now = [&] {
      std::ofstream(probe) << 'x';
      return facts_of(probe.string())->changed_ns;
    };
    for (const std::int64_t begin = now(); now() < begin + 20'000'000;) {
    }
  }
  static void copy_into_place(const fs::path& from, const fs::path& to) {
    for (const auto& entry : fs::directory_iterator(from)) {
      std::ifstream in(entry.path(), std::ios::binary);
      std::ofstream out(to / entry.path().filename(), std::ios::binary | std::ios::trunc);
      out << in.rdbuf();
      out.close();
      const auto time = fs::last_write_time(entry.path());
      fs::last_write_time(to / entry.path().filename(), time);
    }
  }
  void change_byte(const std::string& file, std::uint64_t at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const char before = static_cast<char>(stream.get());
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(static_cast<char>(before ^ 0x10));
  }
  std::string wal() const { return settings.file + "-wal"; }
  std::string mark() const { return settings.file + "-mark"; }
  std::string second_mark() const { return settings.file + "-mark2"; }
  /// As a process leaves it that is killed when the file system has noted the change, and the content is still to come.
  void change_later(const std::string& file) {
    let_file_time_pass();
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  }

  fs::path data;
  std::string epoch;
  std::uint64_t last = 0;
  std::map<std::pair<std::string, std::uint64_t>, int> given;
  std::vector<std::string> notices;
};

// --- at the start ----------------------------------------------------------------------------------------------------

TEST_F(SqliteCustodyTest, WhatWasLeftIsBelievedHoweverItWasLeft) {
  open_again();
  for (int i = 0; i < 5; ++i) {
    publish_some(3);
    kill();
    expect_believed("killed");
    publish_some(2);
    tidy_after(seconds(1));
    kill();
    expect_believed("killed after upkeep");
    kill();
    expect_believed("killed with nothing done");
    publish_some(1);
    writer->close();
    expect_believed("closed");
    writer->close();
    expect_believed("closed with nothing done");
  }
  expect_no_number_twice();
}

TEST_F(SqliteCustodyTest, AnOwnerOrAModeMayChangeWhileItIsClosed) {
  open_again();
  publish_some(3);
  writer->close();
  let_file_time_pass();
  for (const auto& entry : fs::directory_iterator(data)) {
    ::chmod(entry.path().c_str(), 0640);
    ASSERT_EQ(::chown(entry.path().c_str(), ::geteuid(), ::getegid()), 0);
  }
  expect_believed("changed its mode");
}

TEST_F(SqliteCustodyTest, ASnapshotThatIsPutBackIsNotBelieved) {
  open_again();
  publish_some(20);
  const fs::path snapshot = folder.path() / "snapshot";
  fs::copy(data, snapshot);
  publish_some(20);
  kill();
  fs::remove_all(data);
  fs::copy(snapshot, data);
  expect_doubted("copied back");
}

TEST_F(SqliteCustodyTest, ASnapshotThatIsPutBackIntoTheSameFilesIsNotBelieved) {
  open_again();
  publish_some(20);
  const fs::path snapshot = folder.path() / "snapshot";
  fs::copy(data, snapshot);
  let_file_time_pass();
  publish_some(20);
  kill();
  copy_into_place(snapshot, data);
  expect_doubted("copied over");
}

TEST_F(SqliteCustodyTest, ASnapshotOfAClosedStoreIsNotBelieved) {
  open_again();
  publish_some(20);
  writer->close();
  const fs::path snapshot = folder.path() / "snapshot";
  fs::copy(data, snapshot);
  expect_believed("not copied");
  publish_some(20);
  writer->close();
  copy_into_place(snapshot, data);
  expect_doubted("copied over");
}

TEST_F(SqliteCustodyTest, ADatabaseWithoutTheRestOfItsSnapshotIsNotBelieved) {
  for (const bool with_log : {true, false}) {
    open_again();
    publish_some(20);
    const fs::path snapshot = folder.path() / ("snapshot" + std::to_string(with_log));
    fs::copy(data, snapshot);
    publish_some(20);
    kill();
    for (const char* end : {"", "-wal", "-shm"})
      fs::remove(settings.file + end);
    fs::copy(snapshot / "messages.db", settings.file);
    if (with_log) fs::copy(snapshot / "messages.db-wal", wal());
    if (with_log) {
      expect_doubted("the database and its log");
    } else {
      open_again();  // it has no tables without its log, or an old state
      publish_some(30);
      expect_no_number_twice();
    }
    kill();
  }
}

TEST_F(SqliteCustodyTest, ABackupThatIsPutIntoTheSameFileIsNotBelieved) {
  open_again();
  publish_some(20);
  writer->close();
  fs::copy_file(settings.file, folder.path() / "backup");
  expect_believed("not touched");
  publish_some(20);
  writer->close();
  {
    std::ifstream in(folder.path() / "backup", std::ios::binary);
    std::ofstream(settings.file, std::ios::binary | std::ios::trunc) << in.rdbuf();
  }
  expect_doubted("written over");
}

TEST_F(SqliteCustodyTest, ALogThatWasCutAnywhereIsNotBelieved) {
  open_again();
  for (int i = 0; i < 8; ++i) {
    publish_some(10);
    kill();
    const std::uint64_t bytes = fs::file_size(wal());
    fs::resize_file(wal(), i == 0 ? 0 : bytes - bytes / 10 * static_cast<unsigned>(i) - 1);
    expect_doubted("cut " + std::to_string(i));
  }
}

TEST_F(SqliteCustodyTest, ALogWithAFlippedBitIsNotBelieved) {
  open_again();
  for (std::uint64_t tenth = 0; tenth < 10; ++tenth) {
    publish_some(10);
    kill();
    const std::uint64_t frames = (fs::file_size(wal()) - 32) / (8'192 + 24);
    ASSERT_GE(frames, 10u);
    change_byte(wal(), tenth == 0 ? 17 : 32 + tenth * frames / 10 * (8'192 + 24) - 100);
    expect_doubted("flipped in tenth " + std::to_string(tenth));
  }
}

TEST_F(SqliteCustodyTest, AMissingLogIsNotBelieved) {
  open_again();
  publish_some(10);
  writer->close();
  open_again();
  publish_some(10);
  kill();
  fs::remove(wal());
  expect_doubted("removed");
}

TEST_F(SqliteCustodyTest, AMarkThatIsMissingDamagedOrCopiedIsNotBelieved) {
  open_again();
  publish_some(5);
  kill();
  fs::remove(mark());
  expect_doubted("removed");
  publish_some(5);
  kill();
  change_byte(mark(), 90);
  expect_doubted("flipped");
  publish_some(5);
  kill();
  fs::resize_file(mark(), 60);
  expect_doubted("cut");
  publish_some(5);
  kill();
  fs::copy_file(mark(), mark() + ".copy");
  fs::rename(mark() + ".copy", mark());
  expect_doubted("copied");
  publish_some(5);
  writer->close();
  fs::remove(mark());
  expect_doubted("removed while closed");
}

TEST_F(SqliteCustodyTest, AKillInTheMiddleOfWritingTheMarkIsBelieved) {
  open_again();
  for (int i = 0; i < 4; ++i) {
    for (const std::string& file : {mark(), second_mark()}) {
      publish_some(1);
      kill();
      change_later(file);
      expect_believed(file);
    }
  }
  publish_some(1);
  kill();
  change_later(mark());
  ASSERT_EQ(::chmod(second_mark().c_str(), 0600), 0);
  expect_doubted("both were changed");
}

TEST_F(SqliteCustodyTest, AKillBeforeTheSecondFileOfTheMarkIsThereIsBelieved) {
  open_again();
  publish_some(3);
  kill();
  fs::remove(second_mark());
  expect_believed("the second was not there yet");
  EXPECT_TRUE(fs::exists(second_mark()));
  publish_some(3);
  kill();
  change_byte(second_mark(), 90);
  expect_doubted("flipped");
}

TEST_F(SqliteCustodyTest, AMarkOfAnEarlierVersionIsBelieved) {
  open_again();
  publish_some(3);
  kill();
  fs::remove(second_mark());
  std::string bytes(120, '\0');
  {
    std::ifstream in(mark(), std::ios::binary);
    in.read(bytes.data(), 112);  // all but the number and the check
  }
  bytes[7] = '1';
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t changed_ns = now.tv_sec * 1'000'000'000 + now.tv_nsec;
  std::memcpy(bytes.data() + 56, &changed_ns, sizeof changed_ns);
  const std::int64_t check = row_check(std::string_view(bytes).substr(0, 112));
  std::memcpy(bytes.data() + 112, &check, sizeof check);
  std::ofstream(mark(), std::ios::binary | std::ios::trunc) << bytes;
  expect_believed("an earlier version's");
}

TEST_F(SqliteCustodyTest, AJournalThatHasLostItsEndIsNotBelieved) {
  open_again();
  publish_some(10);
  kill();
  {
    Database other;
    ASSERT_TRUE(other.open(settings.file, Database::Access::kWrite, 0));
    other.run("DELETE FROM journal WHERE id > 6");
  }
  expect_doubted("cut by rows");
}

TEST_F(SqliteCustodyTest, DoubtsLastUntilTheyAreCommitted) {
  open_again();
  publish_some(10);
  kill();
  fs::remove(wal());
  {
    // Somebody has the lock: the file cannot be taken over.
    Database other;
    ASSERT_TRUE(other.open(settings.file, Database::Access::kWrite, 0));
    other.begin_writing();
    open();
    EXPECT_FALSE(status->state().is_ok);
    kill();
  }
  open_again();
  publish_some(20);
  expect_no_number_twice();
}

TEST_F(SqliteCustodyTest, EverythingIsForItsOwnerAlone) {
  ::umask(0);
  ::chmod(data.c_str(), 0777);
  open_again();
  publish_some(3);
  const auto expect_private = [&] {
    for (const auto& entry : fs::directory_iterator(data))
      EXPECT_EQ(fs::status(entry.path()).permissions(), static_cast<fs::perms>(0600)) << entry.path();
  };
  expect_private();
  kill();
  for (const auto& entry : fs::directory_iterator(data))
    fs::permissions(entry.path(), static_cast<fs::perms>(0666));
  open_again();
  expect_private();
  ::umask(022);
}

// --- while it is open ------------------------------------------------------------------------------------------------

class FileTakenAwayTest : public SqliteCustodyTest {
 protected:
  FileTakenAwayTest() {
    open_again();
    publish_some(20);
    publish_many("other", 300, 100);
    tidy_after(seconds(1));
    publish_some(20);
    status->observe([this](const StoreState& state) { states.push_back(state); },
                    [this](const std::string& sentence) { notices.push_back(sentence); });
  }
  /// It is noticed within a second, and what is acknowledged from then on is kept.
  void expect_noticed(const std::string& words) {
    for (int i = 0; i < 10; ++i)
      tidy_after(milliseconds(100));
    EXPECT_EQ(status->losses.value(), 1u);
    ASSERT_FALSE(states.empty());
    EXPECT_FALSE(states.front().is_ok);
    EXPECT_NE(states.front().reason.find(words), std::string::npos) << states.front().reason;
    for (int i = 0; i < 30; ++i)
      tidy_after(milliseconds(100));
    EXPECT_TRUE(status->state().is_ok) << status->state().reason;
    publish_some(30);
    expect_no_number_twice();
    EXPECT_EQ(status->losses.value(), 1u);
    kill();
    expect_believed("after " + words);
  }
  std::vector<StoreState> states;
};

TEST_F(FileTakenAwayTest, Removed) {
  for (const char* end : {"", "-wal", "-shm"})
    fs::remove(settings.file + end);
  expect_noticed("was removed");
  EXPECT_EQ(last, 30u);
}

TEST_F(FileTakenAwayTest, RemovedWithItsMark) {
  for (const char* end : {"", "-wal", "-shm", "-mark"})
    fs::remove(settings.file + end);
  expect_noticed("was removed");
}

TEST_F(FileTakenAwayTest, Renamed) {
  fs::rename(settings.file, data / "old.db");
  expect_noticed("was removed");
  Database old;
  ASSERT_TRUE(old.open((data / "old.db").string(), Database::Access::kWrite, 0));
  EXPECT_EQ(old.integer("SELECT count(*) FROM rooms"), 2);
  EXPECT_EQ(old.integer("SELECT max(id) FROM journal"), 41);  // what was in the log was saved
}

TEST_F(FileTakenAwayTest, ReplacedByACopy) {
  fs::copy_file(settings.file, data / "copy.db");
  for (const char* end : {"-wal", "-shm"})
    fs::remove(settings.file + end);
  fs::rename(data / "copy.db", settings.file);
  expect_noticed("replaced");
}

TEST_F(FileTakenAwayTest, ItsLogRemovedLosesNothing) {
  const std::string before = epoch;
  fs::remove(wal());
  expect_noticed("-wal was removed");
  EXPECT_EQ(epoch, before);
  EXPECT_EQ(last, 70u);
}

TEST_F(FileTakenAwayTest, ItsLogCutShort) {
  const std::string before = epoch;
  fs::resize_file(wal(), fs::file_size(wal()) / 2);
  expect_noticed("-wal was cut");
  EXPECT_NE(epoch, before);
}

TEST_F(FileTakenAwayTest, ItsSharedMemoryRemovedLosesNothing) {
  const std::string before = epoch;
  fs::remove(settings.file + "-shm");
  expect_noticed("-shm was removed");
  EXPECT_EQ(epoch, before);
  EXPECT_EQ(last, 70u);
}

TEST_F(FileTakenAwayTest, ItsSharedMemoryCutShortDoesNotEndTheProcess) {
  catch_lost_mappings();
  const std::string before = epoch;
  fs::resize_file(settings.file + "-shm", 0);
  const StoreAnswer answer = publish(message("a", "lost"));  // reads what was cut off
  std::vector<StoreAnswer> answers;
  if (writer->is_unsettled() && writer->settle(answers)) {
    if (const auto* commit = std::get_if<StoreCommitted>(&answers.at(0).what)) acknowledge(*commit);
  } else if (const auto* commit = std::get_if<StoreCommitted>(&answer.what)) {
    acknowledge(*commit);
  }
  expect_noticed("-shm was cut");
}

TEST_F(FileTakenAwayTest, WrittenIntoByAnother) {
  tidy_after(seconds(1));
  const std::string before = epoch;
  change_byte(settings.file, 97);  // which version of SQLite has written it
  expect_noticed("was changed");
  EXPECT_NE(epoch, before);
}

TEST_F(FileTakenAwayTest, ItsMarkRemovedIsMadeAgain) {
  fs::remove(mark());
  for (int i = 0; i < 10; ++i)
    tidy_after(milliseconds(100));
  EXPECT_TRUE(fs::exists(mark()));
  EXPECT_EQ(status->losses.value(), 0u);
  publish_some(3);
  kill();
  expect_believed("the mark was made again");
}

TEST_F(FileTakenAwayTest, TakenOverByAnotherServer) {
  StoreStatus their_status;
  Writer theirs(settings, {.clock = clock, .boot_id = boot_id, .seed = 99}, their_status);
  theirs.open();
  EXPECT_TRUE(is_unavailable(publish(message("a", "ours"))));
  EXPECT_NE(status->state().reason.find("taken over"), std::string::npos) << status->state().reason;
}

}  // namespace
}  // namespace switchboard::broker
