#include "broker/sqlite/owner_accounts.h"

#include "sqlite_world.h"

namespace switchboard::broker {
namespace {

class OwnerAccountsTest : public testing::Test {
 protected:
  OwnerAccountsTest() {
    EXPECT_TRUE(database.open((folder.path() / "owners.db").string(), Database::Access::kMake, 0));
    database.run("CREATE TABLE owners(id INTEGER PRIMARY KEY, bytes INTEGER NOT NULL)");
    owners = std::make_unique<OwnerAccounts>(database, HashKey{1, 2});
  }

  TemporaryFolder folder;
  Database database;
  std::unique_ptr<OwnerAccounts> owners;
};

TEST_F(OwnerAccountsTest, TheLargestThatTogetherHaveAQuarterPay) {
  EXPECT_EQ(owners->payers_have(), 0);
  owners->add(1, 100);
  EXPECT_EQ(owners->payers_have(), 100);
  for (OwnerId owner = 10; owner < 110; ++owner)
    owners->add(owner, 2);
  EXPECT_EQ(owners->payers_have(), 100) << "who has a third pays alone";
  owners->add(1, -99);
  EXPECT_EQ(owners->payers_have(), 2) << "all have the same";
}

TEST_F(OwnerAccountsTest, WhatWasNotCommittedIsNotCounted) {
  owners->add(3, 50);
  owners->write();
  owners->committed();
  database.begin_writing();
  owners->add(3, 7);
  owners->add(4, 9);
  owners->write();
  database.rollback();
  owners->rolled_back();
  EXPECT_EQ(owners->cost(3), 50);
  EXPECT_EQ(owners->cost(4), 0);
  OwnerAccounts again(database, {1, 2});
  again.load();
  EXPECT_EQ(again.cost(3), 50);
  EXPECT_EQ(again.cost(4), 0);
}

TEST_F(OwnerAccountsTest, ANumberThatIsNoAccountPaysFirstAndHarmsNothing) {
  owners->add(60'000, 5);
  EXPECT_GT(owners->cost(60'000), 1'000'000);
  EXPECT_EQ(owners->payers_have(), 0);
}

}  // namespace
}  // namespace switchboard::broker
