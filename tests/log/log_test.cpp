#include "log/log.h"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace switchboard::log {
namespace {

class EpochClock final : public Clock {
 public:
  Instant now() const override { return Instant{}; }
  UnixMillis unix_ms() const override { return 0; }
};

constexpr Duration kFlushMax = std::chrono::minutes(1);  // ends only a test that has failed

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
      return lines.size();
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
      if (std::exchange(is_first, false)) {
        writing.set_value();
        resume.wait();
      }
      return text.size();
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
          if (is_first) {
            writing.set_value();
            resume.wait();
          }
          return lines.size();
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

TEST(Log, LinesThatTheWriterRefusesAreCountedAndReported) {
  const EpochClock clock;
  std::string text;
  bool is_full = true;
  Log log({}, clock, [&](std::string_view lines) {
    if (is_full) return std::size_t{0};
    text += lines;
    return lines.size();
  });
  log.info("a");
  log.info("b");
  ASSERT_TRUE(log.flush(kFlushMax));
  EXPECT_EQ(log.lines_dropped(), 2u);
  log.info("c");
  ASSERT_TRUE(log.flush(kFlushMax));
  EXPECT_EQ(log.lines_dropped(), 3u) << "what says that lines were lost is none itself";
  is_full = false;
  log.info("d");
  ASSERT_TRUE(log.flush(kFlushMax));
  EXPECT_EQ(log.lines_dropped(), 3u);
  EXPECT_EQ(text, kPrefix + "warn  log_lines_dropped count=3\n" + kPrefix + "info  d\n");
}

TEST(Log, ALineThatWasWrittenInPartIsLostAndTheNextBeginsAnew) {
  const EpochClock clock;
  std::string text;
  std::size_t room = 30;
  Log log({}, clock, [&](std::string_view lines) {
    const std::size_t written = std::min(room, lines.size());
    text += lines.substr(0, written);
    room -= written;
    return written;
  });
  log.info("first");
  ASSERT_TRUE(log.flush(kFlushMax));
  EXPECT_EQ(log.lines_dropped(), 1u);
  room = 1'000;
  log.info("second");
  ASSERT_TRUE(log.flush(kFlushMax));
  EXPECT_EQ(log.lines_dropped(), 1u);
  EXPECT_EQ(text, kPrefix + "info \n" + kPrefix + "warn  log_lines_dropped count=1\n" + kPrefix + "info  second\n");
}

TEST(Log, FlushWaitsForTheWriterButNotForEver) {
  const EpochClock clock;
  std::promise<void> writing, go_on;
  auto resume = go_on.get_future();
  Log log({}, clock, [&, is_first = true](std::string_view lines) mutable {
    if (std::exchange(is_first, false)) {
      writing.set_value();
      resume.wait();
    }
    return lines.size();
  });
  EXPECT_TRUE(log.flush(Duration::zero())) << "nothing was logged";
  log.info("a");
  writing.get_future().wait();
  EXPECT_FALSE(log.flush(Duration::zero()));
  EXPECT_FALSE(log.flush(std::chrono::milliseconds(1)));
  go_on.set_value();
  EXPECT_TRUE(log.flush(kFlushMax));
}

TEST(Log, AWriterThatIsStuckIsLeftBehindAtTheEnd) {
  const EpochClock clock;
  std::promise<void> writing, go_on;
  std::promise<void> gone;
  // What the writer holds goes when the log has been cleaned up by whoever was left behind.
  std::shared_ptr<void> tell(nullptr, [&](void*) { gone.set_value(); });
  auto resume = go_on.get_future().share();
  std::atomic<int> writes = 0;
  auto log = std::make_unique<Log>(LogSettings{}, clock, [&, resume, held = std::move(tell)](std::string_view lines) {
    if (writes++ == 0) writing.set_value();
    resume.wait();
    return lines.size();
  });
  log->info("a");
  writing.get_future().wait();
  log->info("b");
  EXPECT_FALSE(log->finish(std::chrono::milliseconds(1)));
  log.reset();  // returns although the writer does not
  go_on.set_value();
  gone.get_future().wait();
  EXPECT_EQ(writes, 1) << "nothing more is handed to who may be gone";
}

}  // namespace
}  // namespace switchboard::log
