#include "shard/allocation_count.h"
#include "shard/shard_driver.h"

namespace switchboard::shard {
namespace {

class AllocationTest : public ShardTest {
 protected:
  AllocationTest() { settings.rooms = room::RoomSettingsTable({.history = false}); }

  /// How often one broadcast to a room of so many members allocates, once the room is warm. `blocked` of them take
  /// only so many bytes at first and the rest later.
  /// Of three members the last `deflated_of_3` read it compressed.
  std::uint64_t allocations_for(std::size_t members, std::size_t blocked = 0, std::size_t bytes_at_first = 0,
                                std::size_t deflated_of_3 = 0) {
    std::vector<Peer> peers;
    for (std::size_t i = 0; i < members; ++i) {
      const bool is_deflated = i % 3 + deflated_of_3 >= 3;
      peers.push_back(member("lobby", 0, is_deflated ? session::kUpgradeDeflate : session::kUpgrade));
      peers.back().stream->keeps = false;
    }
    std::uint64_t taken = 0;
    for (int round = 0; round < 20; ++round) {  // all but the last one warm up
      for (std::size_t i = 1; i <= blocked; ++i)
        peers[i].stream->room = bytes_at_first;
      const std::string frame = ws::client_frame(
          ws::Opcode::kText, R"({"type":"broadcast","room_id":"lobby","content":")" + std::string(300, 'x') + R"("})");
      peers[0].stream->to_server = frame;
      const std::uint64_t before = allocations();
      shard().on_readable(peers[0].id, false);
      run();
      for (std::size_t i = 1; i <= blocked; ++i)
        peers[i].allow(kNoLimit);
      run();
      taken = allocations() - before;
    }
    for (std::size_t i = 0; i + 3 < peers.size(); ++i)
      EXPECT_EQ(peers[i].stream->taken, peers[i + 3].stream->taken);
    for (Peer& peer : peers)
      peer.finish();
    expect_nothing_left();
    return taken;
  }
};

TEST_F(AllocationTest, TheCounterCounts) {
  const std::uint64_t before = allocations();
  const auto held = std::make_unique<int>(1);
  EXPECT_EQ(allocations() - before, 1u);
}

TEST_F(AllocationTest, ABroadcastAllocatesAsOftenForAThousandMembersAsForTen) {
  const std::uint64_t ten = allocations_for(10);
  const std::uint64_t thousand = allocations_for(1'000);
  EXPECT_EQ(thousand, ten);
  EXPECT_LE(thousand, 2u) << "per message";
}

TEST_F(AllocationTest, RatesCostNoneOnceSomethingIsUsedUp) {
  const std::uint64_t none = allocations_for(10);
  const Rate often{.per_second = 1'000'000, .burst = 1'000'000};
  settings.session.rate.operations[room::Operation::kPublish] = often;
  settings.session.rate.user_operations[room::Operation::kPublish] = often;
  settings.rooms = room::RoomSettingsTable({.history = false, .publishes = often});
  shard().reload(settings);
  EXPECT_EQ(allocations_for(10), none);
}

TEST_F(AllocationTest, HistoryInMemoryCostsNothingMoreForAThousandMembersEither) {
  settings.rooms = room::RoomSettingsTable({.history = true});
  const std::uint64_t ten = allocations_for(10);
  EXPECT_LE(ten, 6u) << "per message: most go into blocks that are there already";
  clock.advance(24h + 1s);  // what is kept is forgotten: both begin alike
  EXPECT_EQ(allocations_for(1'000), ten);
}

TEST_F(AllocationTest, NorDoBlockedMembersCostAny) {
  const std::uint64_t none = allocations_for(1'000);
  EXPECT_EQ(allocations_for(1'000, 100), none);
}

TEST_F(AllocationTest, OnlyTheRestOfAFrameBegunIsCopiedWhenTheLogLetsGoOfIt) {
  const std::uint64_t none = allocations_for(1'000);
  EXPECT_EQ(allocations_for(1'000, 100, 50), none + 100);
}

TEST_F(AllocationTest, CompressingOnceAllocatesAsOftenForAThousandMembersAsForTen) {
  for (const std::size_t deflated_of_3 : {1u, 2u, 3u}) {
    const std::uint64_t ten = allocations_for(10, 0, 0, deflated_of_3);
    EXPECT_EQ(allocations_for(1'000, 0, 0, deflated_of_3), ten);
    EXPECT_EQ(allocations_for(1'000, 100, 0, deflated_of_3), ten) << "100 of them blocked";
    EXPECT_LE(ten, 4u) << "per message";
  }
}

TEST_F(AllocationTest, ADirectMessageAllocatesAsOftenForAThousandConnectionsAsForTen) {
  const auto allocations_to = [this](const std::string& user, std::size_t connections) {
    std::vector<Peer> peers;
    for (std::size_t i = 0; i < connections; ++i) {
      peers.push_back(open());
      peers.back().join("hall", user);
      run();
      peers.back().stream->keeps = false;
    }
    std::uint64_t taken = 0;
    for (int round = 0; round < 20; ++round) {  // all but the last one warm up
      peers[0].stream->to_server =
          ws::client_frame(ws::Opcode::kText, R"({"type":"direct","user_id":")" + user + R"(","content":")" +
                                                  std::string(300, 'x') + R"("})");
      const std::uint64_t before = allocations();
      shard().on_readable(peers[0].id, false);
      run();
      taken = allocations() - before;
    }
    for (Peer& peer : peers)
      peer.finish();
    expect_nothing_left();
    return taken;
  };
  settings.rooms = room::RoomSettingsTable({.history = false});
  const std::uint64_t ten = allocations_to("a user with a name that is long", 10);
  EXPECT_EQ(allocations_to("another user with a name as long", 1'000), ten);
  EXPECT_LE(ten, 10u) << "per message";
  RecordProperty("per_message", static_cast<int>(ten));
}

}  // namespace
}  // namespace switchboard::shard
