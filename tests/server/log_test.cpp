#include "server/log.h"

#include <future>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace switchboard::server {
namespace {

class EpochClock final : public Clock {
 public:
  Instant now() const override { return Instant{}; }
  UnixMillis unix_ms() const override { return 0; }
};

const std::string kPrefix = "1970-01-01T00:00:00.000Z ";

/// Collects lines; they are complete once the log is destroyed.
class Lines {
 public:
  Log::Writer writer() {
    return [this](std::string_view line) { lines_.emplace_back(line); };
  }
  const std::vector<std::string>& all() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

TEST(Log, DestructorWritesWhatIsQueuedInOrder) {
  const EpochClock clock;
  Lines lines;
  {
    Log log({}, clock, lines.writer());
    for (int i = 0; i < 100; ++i)
      log.info("line", {{"i", i}});
  }
  ASSERT_EQ(lines.all().size(), 100u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(lines.all()[std::size_t(i)], kPrefix + "info  line i=" + std::to_string(i) + "\n");
  }
}

TEST(Log, LinesBelowTheLevelAreNotWritten) {
  const EpochClock clock;
  Lines lines;
  {
    Log log({LogLevel::kWarn, LogFormat::kPlain}, clock, lines.writer());
    EXPECT_FALSE(log.wants(LogLevel::kInfo));
    EXPECT_TRUE(log.wants(LogLevel::kWarn));
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
  }
  EXPECT_EQ(lines.all(), (std::vector<std::string>{kPrefix + "warn  c\n", kPrefix + "error d\n"}));
}

TEST(Log, LevelAndFormatChangeWhileItRuns) {
  const EpochClock clock;
  Lines lines;
  {
    Log log({}, clock, lines.writer());
    log.debug("a");
    log.set({LogLevel::kDebug, LogFormat::kJson});
    log.debug("b");
  }
  EXPECT_EQ(lines.all(),
            (std::vector<std::string>{"{\"ts\":\"1970-01-01T00:00:00.000Z\",\"level\":\"debug\",\"event\":\"b\"}\n"}));
}

TEST(Log, FullQueueDropsTheOldestLinesCountsAndReportsThem) {
  const EpochClock clock;
  std::promise<void> writing, go_on;
  std::vector<std::string> lines;
  {
    auto resume = go_on.get_future();
    Log log(
        {}, clock,
        [&](std::string_view line) {
          lines.emplace_back(line);
          if (lines.size() > 1) return;
          writing.set_value();
          resume.wait();
        },
        /*queue_lines=*/4);
    log.info("first");
    writing.get_future().wait();  // the writer is stuck in its first line
    for (int i = 0; i < 4; ++i)
      log.info("line", {{"i", i}});
    EXPECT_EQ(log.lines_dropped(), 0u);
    for (int i = 4; i < 7; ++i)
      log.info("line", {{"i", i}});
    EXPECT_EQ(log.lines_dropped(), 3u);
    go_on.set_value();
  }
  EXPECT_EQ(lines, (std::vector<std::string>{kPrefix + "info  first\n", kPrefix + "warn  log_lines_dropped count=3\n",
                                             kPrefix + "info  line i=3\n", kPrefix + "info  line i=4\n",
                                             kPrefix + "info  line i=5\n", kPrefix + "info  line i=6\n"}));
}

}  // namespace
}  // namespace switchboard::server
