// What the connections of a user share, over shards.
#include "shard/user_rates.h"

#include <algorithm>
#include <map>
#include <string>

#include "shard/shard_driver.h"

namespace switchboard::shard {
namespace {

class CountedRates final : public UserRates {
 public:
  session::UserRate& open(std::string_view user_id) override {
    ++opened;
    return rates[std::string(user_id)];
  }
  void close(session::UserRate& rate) override {
    static_cast<void>(rate);
    ++closed;
  }

  std::map<std::string, session::UserRate> rates;
  int opened = 0;
  int closed = 0;
};

class UserRatesTest : public ShardTest {
 protected:
  UserRatesTest() { user_rates = &counted; }

  void limit_publishes() {
    settings.session.rate.user_operations[room::Operation::kPublish] = {.per_second = 1, .burst = 4};
  }

  CountedRates counted;
};

TEST_F(UserRatesTest, AUsersConnectionsAreHeldToItsRateOnAllShardsTogether) {
  limit_publishes();
  start(2);
  Peer reader = member("lobby", 0);
  Peer here = open(0), there = open(1), other = open(1);
  here.join("lobby", "ann");
  there.join("lobby", "ann");
  other.join("lobby", "bob");
  run();
  for (int i = 0; i < 4; ++i) {
    here.broadcast("lobby", "1");
    there.broadcast("lobby", "2");
    other.broadcast("lobby", "3");
    run();
  }
  EXPECT_EQ(counted.opened, 4) << "the reader, too";
  const std::string contents = reader.contents();
  EXPECT_EQ(std::ranges::count(contents, '1') + std::ranges::count(contents, '2'), 4) << contents;
  EXPECT_EQ(std::ranges::count(contents, '3'), 4) << contents;
  for (Peer* peer : {&reader, &here, &there, &other})
    peer->finish();
  run();
  EXPECT_EQ(counted.closed, 4);
}

TEST_F(UserRatesTest, WithoutALimitNobodyIsCounted) {
  start(1);
  Peer ann = member("lobby", 0);
  EXPECT_EQ(counted.opened, 0);
  limit_publishes();
  shard().reload(settings);
  Peer bob = member("lobby", 0);
  EXPECT_EQ(counted.opened, 1) << "for connections to come";
  settings.session.rate.user_operations = {};
  shard().reload(settings);
  ann.finish();
  bob.finish();
  run();
  EXPECT_EQ(counted.closed, 1) << "whatever was reloaded";
}

}  // namespace
}  // namespace switchboard::shard
