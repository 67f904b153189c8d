#include "server/history_log.h"

#include <gtest/gtest.h>
#include <mutex>
#include <vector>

#include "support/manual_clock.h"

namespace switchboard::server {
namespace {

class HistoryLogTest : public testing::Test {
 protected:
  /// The lines so far, without their times.
  std::string said() {
    log_.reset();  // writes what is queued
    return lines_;
  }

  test::ManualClock clock_;
  std::string lines_;
  std::unique_ptr<log::Log> log_ = std::make_unique<log::Log>(
      log::LogSettings{.format = log::LogFormat::kPlain}, clock_, [this](std::string_view lines) {
        std::string_view rest = lines;
        while (!rest.empty()) {
          const std::string_view line = rest.substr(0, rest.find('\n') + 1);
          lines_ += line.substr(line.find(' ') + 1);
          rest.remove_prefix(line.size());
        }
        return lines.size();
      });
  broker::StoreStatus store_;
};

TEST_F(HistoryLogTest, SaysOnceThatItFailsAndThatItWorksAgain) {
  store_.bytes_on_disk.set(4'096);
  HistoryLog history(*log_, "/data/m.db", store_);
  store_.failing(broker::StoreTrouble::kFile, "the disk is full", 1);
  store_.failing(broker::StoreTrouble::kFile, "the disk is full", 2);
  store_.ok(broker::StoreTrouble::kFile, 3);
  store_.ok(broker::StoreTrouble::kFile, 4);
  EXPECT_EQ(said(),
            "info  history opened file=/data/m.db bytes=4096\n"
            "error history cannot be kept; rooms without history go on reason=\"the disk is full\"\n"
            "info  history is kept again\n");
}

TEST_F(HistoryLogTest, SaysOfAStoreThatCouldNotBeOpenedAtOnceThatTheMachineHadStopped) {
  store_.failing(broker::StoreTrouble::kFile, "it is locked", 1);
  HistoryLog history(*log_, "/data/m.db", store_);
  store_.power_losses.add();
  store_.ok(broker::StoreTrouble::kFile, 2);
  store_.failing(broker::StoreTrouble::kFile, "it is locked", 3);
  store_.ok(broker::StoreTrouble::kFile, 4);
  EXPECT_EQ(said(),
            "error history cannot be kept; rooms without history go on reason=\"it is locked\"\n"
            "info  history is kept again\n"
            "warn  the machine stopped without a shutdown: rooms of durability \"process\" begin new epochs\n"
            "error history cannot be kept; rooms without history go on reason=\"it is locked\"\n"
            "info  history is kept again\n");
}

}  // namespace
}  // namespace switchboard::server
