#include "listen/shard_group.h"

#include <future>
#include <gtest/gtest.h>
#include <semaphore>

#include "support/manual_clock.h"

namespace switchboard::listen {
namespace {

// How long something may take that comes at once unless the server is broken.
constexpr std::chrono::seconds kLongEnough(20);

class ShardGroupTest : public testing::Test {
 protected:
  ShardGroupTest() {
    config_.shards = 2;
    shards_ = std::move(*ShardGroup::open(config_, ListeningSockets(), clock_, observer_, admission_));
    shards_->start();
  }
  ~ShardGroupTest() override { shards_->stop(); }

  /// Until what was handed to that shard before is done.
  void wait_for_shard(std::uint32_t shard) {
    std::promise<void> reached;
    shards_->post(shard, [&reached](shard::Shard&) { reached.set_value(); });
    ASSERT_EQ(reached.get_future().wait_for(kLongEnough), std::future_status::ready);
  }

  test::ManualClock clock_;
  log::Log log_{{}, clock_, [](std::string_view lines) { return lines.size(); }};
  Admission admission_{AdmissionLimits{}, clock_};
  ConnectionLog observer_{log_, admission_};
  config::Config config_;
  std::unique_ptr<ShardGroup> shards_;
};

TEST_F(ShardGroupTest, AReloadIsDoneWhenTheLastShardHasIt) {
  std::binary_semaphore release(0);
  shards_->post(1, [&release](shard::Shard&) { release.acquire(); });
  std::promise<std::uint32_t> done;
  auto was_done = done.get_future();
  config_.shard.session.errors_max = 7;
  shards_->reload(config_, {}, [&] { done.set_value(shards_->shard(0).session_settings().errors_max); });
  wait_for_shard(0);
  EXPECT_EQ(was_done.wait_for(std::chrono::seconds(0)), std::future_status::timeout) << "the other is not there yet";
  release.release();
  ASSERT_EQ(was_done.wait_for(kLongEnough), std::future_status::ready);
  EXPECT_EQ(was_done.get(), 7);
  wait_for_shard(1);
}

TEST_F(ShardGroupTest, ARevocationIsDoneWhenTheLastShardHasIt) {
  std::binary_semaphore release(0);
  shards_->post(0, [&release](shard::Shard&) { release.acquire(); });
  std::promise<std::uint64_t> done;
  auto was_done = done.get_future();
  shards_->revoke({.user_id = "ann", .token_id = ""}, [&](std::uint64_t connections) { done.set_value(connections); });
  wait_for_shard(1);
  EXPECT_EQ(was_done.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  release.release();
  ASSERT_EQ(was_done.wait_for(kLongEnough), std::future_status::ready);
  EXPECT_EQ(was_done.get(), 0);
}

}  // namespace
}  // namespace switchboard::listen
