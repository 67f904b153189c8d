#include "server/log.h"

#include <future>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace switchboard::server {
namespace {

class EpochClock final : public Clock {
 public:
  Instant now() const override { return Instant{}; }
  UnixMillis unix_ms() const override { return 0; }
};

const std::string kPrefix = "1970-01-01T00:00:00.000Z ";

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

/// Collects what is written; it is complete once the log is destroyed.
class Lines {
 public:
  Log::Writer writer() {
    return [this](std::string_view lines) {
      text_ += lines;
      ++writes_;
    };
  }
  std::vector<std::string> all() const { return split(text_); }
  int writes() const { return writes_; }

 private:
  std::string text_;
  int writes_ = 0;
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

TEST(Log, WhatABusyMomentLogsSharesItsWrites) {
  const EpochClock clock;
  Lines lines;
  std::promise<void> writing, go_on;
  {
    auto resume = go_on.get_future();
    auto writer = lines.writer();
    Log log({}, clock, [&, is_first = true](std::string_view text) mutable {
      writer(text);
      if (!std::exchange(is_first, false)) return;
      writing.set_value();
      resume.wait();
    });
    log.info("first");
    writing.get_future().wait();
    for (int i = 0; i < 100; ++i)
      log.info("line", {{"i", i}});
    go_on.set_value();
  }
  EXPECT_EQ(lines.all().size(), 101u);
  EXPECT_EQ(lines.writes(), 2);
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
  std::string text;
  {
    auto resume = go_on.get_future();
    Log log(
        {}, clock,
        [&](std::string_view lines) {
          const bool is_first = text.empty();
          text += lines;
          if (!is_first) return;
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
  EXPECT_EQ(split(text),
            (std::vector<std::string>{kPrefix + "info  first\n", kPrefix + "warn  log_lines_dropped count=3\n",
                                      kPrefix + "info  line i=3\n", kPrefix + "info  line i=4\n",
                                      kPrefix + "info  line i=5\n", kPrefix + "info  line i=6\n"}));
}

}  // namespace
}  // namespace switchboard::server
