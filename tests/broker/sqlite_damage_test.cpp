// A file that is not what was written: flipped, cut, missing and misplaced rows. What cannot be believed is left out
// and told, rooms that may have lost messages begin new epochs, and nobody is given what was never sent.
#include <fstream>
#include <set>

#include "broker/sqlite/database.h"
#include "sqlite_world.h"

namespace switchboard::broker {
namespace {

class SqliteDamageTest : public SqliteTest {
 protected:
  /// The process was killed; somebody changes the file; it is opened again.
  void damage(const std::string& sql) {
    reader.reset();
    writer.reset();
    {
      Database other;
      ASSERT_TRUE(other.open(settings.file, Database::Access::kWrite, 0));
      other.run(sql.c_str());
      ASSERT_FALSE(other.has_failed()) << other.take_error().detail;
    }
    EXPECT_EQ(open(), std::nullopt);
    ASSERT_TRUE(status->state().is_ok) << status->state().reason;
    status->observe(nullptr, [this](const std::string& sentence) { notices.push_back(sentence); });
  }
  bool is_noticed(const std::string& words) const {
    return std::ranges::any_of(notices, [&](const auto& each) { return each.find(words) != std::string::npos; });
  }
  std::string epoch_of(const std::string& room) { return opened(room).epoch; }

  std::vector<std::string> notices;
};

constexpr const char* kFlipInMiddle =
    "CAST(substr(messages, 1, 40) || x'ff' || substr(messages, 42) AS BLOB)";  // one byte of a message

TEST_F(SqliteDamageTest, AJournalRowCutShortBeginsNewEpochsAndKeepsTheOthers) {
  open();
  std::set<std::string> epochs;
  for (int i = 1; i <= 6; ++i)
    committed(message("a", std::to_string(i)));
  committed(message("quiet", "1"));
  const std::string epoch = epoch_of("a");
  const std::string quiet = epoch_of("quiet");
  damage("UPDATE journal SET messages = substr(messages, 1, length(messages) - 7) WHERE id = 3");
  EXPECT_TRUE(is_noticed("is not what was left there"));
  EXPECT_EQ(status->doubts.value(), 1u);
  EXPECT_EQ(status->damaged.value(), 2u);  // the row, and the place where it is missing
  EXPECT_NE(epoch_of("a"), epoch);
  EXPECT_NE(epoch_of("quiet"), quiet);
  EXPECT_EQ(opened("a").last, Seq{6});
  // The hole is declared: what is before and behind it is read.
  EXPECT_EQ(range_of(read("a", 1, 7)), "1..2");
  EXPECT_EQ(range_of(read("a", 3, 7)), "4..6");
  EXPECT_EQ(range_of(read("a", 1, 7, true)), "4..6");
  EXPECT_EQ(committed(message("a", "7")).seq, Seq{7});
}

TEST_F(SqliteDamageTest, DamageIsDoubtedOnce) {
  open();
  for (int i = 1; i <= 4; ++i)
    committed(message("a", std::to_string(i)));
  damage(std::string("UPDATE journal SET messages = ") + kFlipInMiddle + " WHERE id = 2");
  EXPECT_EQ(status->doubts.value(), 1u);
  const std::string epoch = epoch_of("a");
  open();
  EXPECT_EQ(status->doubts.value(), 0u);
  EXPECT_EQ(epoch_of("a"), epoch);
  EXPECT_EQ(opened("a").last, Seq{4});
}

TEST_F(SqliteDamageTest, AHoleInTheJournalIsMissedWhereverItIs) {
  for (const std::string where : {"id = 1", "id = 3", "id IN (2, 4)", "id < 4"}) {
    writer.reset();
    for (const char* end : {"", "-wal", "-shm"})
      std::filesystem::remove(settings.file + end);
    open();
    for (int i = 1; i <= 6; ++i)
      committed(message("a", std::to_string(i)));
    const std::string epoch = epoch_of("a");
    damage("DELETE FROM journal WHERE " + where);
    EXPECT_EQ(status->doubts.value(), 1u) << where;
    EXPECT_NE(epoch_of("a"), epoch) << where;
    EXPECT_EQ(opened("a").last, Seq{6}) << where;
    EXPECT_EQ(committed(message("a", "7")).seq, Seq{7});
  }
}

TEST_F(SqliteDamageTest, RowsThatStandForEachOtherAreNotBelieved) {
  open();
  for (int i = 1; i <= 6; ++i)
    committed(message(i % 2 == 0 ? "a" : "b", std::to_string(i)));
  const std::string epoch = epoch_of("a");
  damage("UPDATE journal SET messages = (SELECT messages FROM journal WHERE id = 5) WHERE id = 2");
  EXPECT_EQ(status->doubts.value(), 1u);
  EXPECT_NE(epoch_of("a"), epoch);
}

TEST_F(SqliteDamageTest, AJournalThatWasEmptiedGoesOnWithItsNumbers) {
  limits.journal_bytes_max = 1;
  open();
  for (int i = 0; i < 40; ++i)
    publish_many("a", 1, 60'000);
  tidy_after(std::chrono::seconds(1));
  const std::string epoch = epoch_of("a");
  for (int i = 0; i < 2; ++i) {
    open();
    EXPECT_EQ(status->doubts.value(), 0u);
    EXPECT_EQ(epoch_of("a"), epoch);
    publish_many("a", 1);
  }
  EXPECT_EQ(opened("a").last, Seq{42});
}

class DamagedBlockTest : public SqliteDamageTest {
 protected:
  DamagedBlockTest() {
    limits.block_messages = 10;
    open();
    publish_many("a", 30);
    tidy_after(std::chrono::seconds(1));
    publish_many("a", 5);
  }
};

TEST_F(DamagedBlockTest, IsLeftOutAndTheRestIsRead) {
  for (const std::string change : {"records = CAST(substr(records, 1, 20) || x'ff' || substr(records, 22) AS BLOB)",
                                   "records = substr(records, 1, length(records) - 3)", "ends = substr(ends, 5)",
                                   "records = x''", "records = CAST(records || x'00' AS BLOB)",
                                   "newest_ts = newest_ts + 1", "total = total - 1", "checksum = checksum + 1"}) {
    damage("CREATE TEMP TABLE kept AS SELECT * FROM blocks WHERE first = 11; UPDATE blocks SET " + change +
           " WHERE first = 11");
    EXPECT_EQ(range_of(read("a", 1, 36)), "1..10") << change;
    EXPECT_EQ(range_of(read("a", 11, 36)), "21..35") << change;
    EXPECT_EQ(range_of(read("a", 15, 36)), "21..35") << change;
    EXPECT_EQ(range_of(read("a", 1, 36, true)), "21..35") << change;
    EXPECT_EQ(range_of(read("a", 1, 15, true)), "1..10") << change;
    EXPECT_EQ(range_of(read("a", 11, 20)), "") << change;
    EXPECT_EQ(read("a", 11, 20)->gap_end, Seq{20}) << change;
    EXPECT_EQ(status->damaged.value(), 1u) << change;
    EXPECT_TRUE(is_noticed("messages 11 to 20 of the room `a`")) << change;
    EXPECT_EQ(status->doubts.value(), 0u);
  }
}

TEST_F(DamagedBlockTest, WhereThePathToItIsDamagedTheRestIsReadAllTheSame) {
  // A page of the table's tree that is none: found by its number in the file, whatever the layout.
  std::int64_t page = 0;
  std::int64_t page_bytes = 0;
  {
    Database other;
    ASSERT_TRUE(other.open(settings.file, Database::Access::kWrite, 0));
    page = other.integer("SELECT rootpage FROM sqlite_schema WHERE name = 'blocks'");
    page_bytes = other.integer("PRAGMA page_size");
  }
  writer->close();
  ASSERT_EQ(open(), std::nullopt);
  publish_many("a", 5);
  reader->let_go();
  {
    std::fstream file(settings.file, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp((page - 1) * page_bytes);
    file << std::string(static_cast<std::size_t>(page_bytes), '\x07');
  }
  EXPECT_EQ(range_of(read("a", 1, 41)), "31..40");
  EXPECT_EQ(range_of(read("a", 1, 20)), "");
  EXPECT_EQ(read("a", 1, 20)->gap_end, Seq{20});
  EXPECT_GE(status->damaged.value(), 1u);
}

TEST_F(DamagedBlockTest, OfAnotherRoomIsNotGivenOut) {
  for (int i = 0; i < 30; ++i)
    committed(message("b", "\"of b\""));
  tidy_after(std::chrono::seconds(1));
  damage("UPDATE blocks SET room = 1, id = 1000 WHERE room = 2 AND first = 11; DELETE FROM blocks WHERE id = 2");
  const SharedPage page = read("a", 11, 36);
  EXPECT_EQ(page->bytes.find("of b"), std::string::npos);
  EXPECT_EQ(status->damaged.value(), 1u);
}

TEST_F(DamagedBlockTest, ThatIsMissingIsALeftOutStretchAndNoNumberIsGivenTwice) {
  tidy_after(std::chrono::seconds(1));
  damage("DELETE FROM blocks WHERE first > 1");
  EXPECT_EQ(opened("a").last, Seq{35});
  EXPECT_EQ(range_of(read("a", 1, 36)), "1..10");
  EXPECT_EQ(committed(message("a", "1")).seq, Seq{36});
}

TEST_F(SqliteDamageTest, ADamagedRoomBeginsANewEpochAndKeepsItsMessages) {
  for (const std::string change :
       {"epoch = 'xxxxxxxxxxxx'", "last_seq = last_seq + 1", "generation = 7", "durability = 1", "checksum = 0"}) {
    open();
    committed(message("a", "1"));
    committed(message("b", "1"));
    const std::uint64_t last = opened("a").last.value;
    const std::string epoch = epoch_of("a");
    const std::string other = epoch_of("b");
    damage("UPDATE rooms SET " + change + " WHERE name = 'a'");
    EXPECT_NE(epoch_of("a"), epoch) << change;
    EXPECT_NE(epoch_of("a"), "xxxxxxxxxxxx");
    EXPECT_EQ(epoch_of("b"), other) << change;
    EXPECT_EQ(committed(message("a", "2")).seq, Seq{last + 1}) << change;
    EXPECT_EQ(status->damaged.value(), 1u) << change;
    const std::string again = epoch_of("a");
    open();
    EXPECT_EQ(epoch_of("a"), again) << change;  // it was put in order
    EXPECT_EQ(status->damaged.value(), 0u);
  }
}

TEST_F(SqliteDamageTest, ADamagedValueOfTheFilesOwnIsDoubted) {
  for (const std::string key : {"generation", "believed_from", "unknown_epoch", "dedup_key_2", "journal_removed"}) {
    open();
    committed(message("a", "1"));
    const std::string epoch = epoch_of("a");
    damage("UPDATE meta SET value = value || '1' WHERE key = '" + key + "'");
    EXPECT_EQ(status->doubts.value(), 1u) << key;
    EXPECT_NE(epoch_of("a"), epoch) << key;
    damage("DELETE FROM meta WHERE key = '" + key + "'");
    EXPECT_EQ(status->doubts.value(), 1u) << key;
    open();
    EXPECT_EQ(status->doubts.value(), 0u) << key;
  }
}

TEST_F(SqliteDamageTest, RoomsOfDurabilityPowerBeginNewEpochsToo) {
  open();
  StorePublish lasting = message("lasting", "1");
  lasting.durability = room::Durability::kPower;
  committed(lasting);
  committed(lasting);
  const std::string epoch = epoch_of("lasting");
  damage("DELETE FROM journal WHERE id = 1");
  EXPECT_NE(epoch_of("lasting"), epoch);
}

TEST_F(SqliteDamageTest, DamagedKeysAreForgottenAndTheOthersAreKnown) {
  open();
  committed(message("a", "1", "one"));
  committed(message("a", "2", "two"));
  damage("UPDATE dedup SET records = CAST(x'ff' || substr(records, 2) AS BLOB) WHERE first = 2");
  EXPECT_TRUE(committed(message("a", "1", "one")).is_duplicate);
  EXPECT_FALSE(committed(message("a", "2", "two")).is_duplicate);
  EXPECT_TRUE(committed(message("a", "2", "two")).is_duplicate);
  EXPECT_EQ(status->damaged.value(), 1u);
}

TEST_F(SqliteDamageTest, AMachineWithoutABootIdCountsAsLost) {
  boot_id = "";
  open();
  committed(message("a", "1"));
  const std::string epoch = epoch_of("a");
  open();
  EXPECT_NE(epoch_of("a"), epoch);
  const std::string after = epoch_of("a");
  writer->close();
  open();
  EXPECT_EQ(epoch_of("a"), after);
  EXPECT_EQ(status->power_losses.value(), 0u);  // it was closed in good order
}

}  // namespace
}  // namespace switchboard::broker
