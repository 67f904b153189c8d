#include "log/log.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>
#include <string>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace switchboard::log {
namespace {

using Pool = spdlog::details::thread_pool;

/// Whoever shares our standard error may have made it non-blocking: it is waited for all the same.
void await_stderr() {
  pollfd descriptor{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  ::poll(&descriptor, 1, -1);
}

/// Writes to standard error. A terminal, pipe or file that fails is not worth a crash: what is left is lost.
std::size_t write_to_stderr(std::string_view lines) {
  std::size_t written = 0;
  while (written < lines.size()) {
    const ssize_t count = ::write(STDERR_FILENO, lines.data() + written, lines.size() - written);
    if (count > 0) {
      written += static_cast<std::size_t>(count);
    } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      await_stderr();
    } else if (count == 0 || errno != EINTR) {
      break;
    }
  }
  return written;
}

/// Keeps signals away from the log's thread: it inherits the mask of the moment it starts.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

std::shared_ptr<Pool> start_pool(std::size_t queue_lines) {
  const SignalsBlocked blocked;
  return std::make_shared<Pool>(queue_lines, 1);
}

// After a write the thread rests, so that what a busy moment logs (thousands of connections, say) shares the next write
// and nobody who logs has to wake anybody.
constexpr auto kRest = std::chrono::milliseconds(5);
constexpr std::size_t kWriteBytes = 65'536;  // lines gathered for one write

std::uint64_t count_lines(std::string_view text) {
  return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

/// Lines arrive complete, so there is nothing to format. Runs on the pool's only thread: no lock but where others wait.
class LineSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  using Report = std::function<std::string(std::uint64_t lines_dropped)>;

  LineSink(Log::Writer writer, Pool& pool, Report report)
      : writer_(std::move(writer)), pool_(pool), report_(std::move(report)) {}
  /// After the pool's thread has ended, for whose end the last lines may have been kept waiting.
  ~LineSink() override { write(); }

  // Any thread.
  std::uint64_t lines_lost() const { return lost_.load(std::memory_order_relaxed); }
  /// Waits until so many lines were taken by the writer, lost there or dropped on the way.
  bool wait_for_lines(std::uint64_t count, Duration at_most) const {
    std::unique_lock lock(taken_mutex_);
    return taken_changed_.wait_for(lock, at_most, [&] { return taken_ + pool_.overrun_counter() >= count; });
  }
  /// From now on nothing more is written or reported: who should take it, and the clock, may be gone.
  void abandon() { is_abandoned_.store(true, std::memory_order_relaxed); }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (is_abandoned_.load(std::memory_order_relaxed)) return;
    if (lines_.empty()) begin_batch();
    lines_.append(message.payload.data(), message.payload.size());
    lines_.push_back('\n');
    ++batch_lines_;
    const bool is_last = pool_.queue_size() == 0;
    if (!is_last && lines_.size() < kWriteBytes) return;
    write();
    if (is_last) std::this_thread::sleep_for(kRest);
  }
  void flush_() override {}

  /// What was lost so far is said before the lines that follow it.
  void begin_batch() {
    if (is_line_broken_) lines_.push_back('\n');
    telling_ = pool_.overrun_counter() + lines_lost();
    if (telling_ != told_) lines_ += report_(telling_ - told_);
    ours_bytes_ = lines_.size();
  }

  void write() {
    if (lines_.empty() || is_abandoned_.load(std::memory_order_relaxed)) return;
    const std::size_t written = std::min(writer_(lines_), lines_.size());
    if (written > 0) is_line_broken_ = lines_[written - 1] != '\n';
    if (written >= ours_bytes_) told_ = telling_;  // else it is said again before the next batch
    lost_.fetch_add(count_lines(std::string_view(lines_).substr(std::max(written, ours_bytes_))),
                    std::memory_order_relaxed);
    lines_.clear();
    const std::scoped_lock lock(taken_mutex_);
    taken_ += std::exchange(batch_lines_, 0);
    taken_changed_.notify_all();
  }

  Log::Writer writer_;
  Pool& pool_;
  Report report_;
  std::string lines_;              // gathered for the next write
  std::uint64_t batch_lines_ = 0;  // those among them that were logged
  std::size_t ours_bytes_ = 0;     // what stands before those
  std::uint64_t telling_ = 0;      // how many lines were lost before this batch
  std::uint64_t told_ = 0;         // and how many the last report that was written knew of
  bool is_line_broken_ = false;    // the last write ended inside a line
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<bool> is_abandoned_{false};

  mutable std::mutex taken_mutex_;  // never held while writing
  mutable std::condition_variable taken_changed_;
  std::uint64_t taken_ = 0;
};

}  // namespace

struct Log::State {
  State(const LogSettings& settings, const Clock& the_clock, Writer writer, std::size_t queue_lines)
      : clock(the_clock), level(settings.level), format(settings.format), pool(start_pool(queue_lines)) {
    sink = std::make_shared<LineSink>(std::move(writer), *pool, [this](std::uint64_t count) {
      const Field fields[] = {{"count", count}};
      return format_log_line(format, LogLevel::kWarn, clock.unix_ms(), "log_lines_dropped", fields) + "\n";
    });
    logger = std::make_shared<spdlog::async_logger>("switchboard", sink, pool,
                                                    spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(spdlog::level::trace);  // levels are ours: they change while other threads log
  }

  const Clock& clock;
  std::atomic<LogLevel> level;
  std::atomic<LogFormat> format;
  std::atomic<std::uint64_t> logged{0};  // lines that were handed to the queue, or soon will be
  // The pool's destructor empties the queue and joins its thread. Queued lines hold the logger, so the pool goes first.
  std::shared_ptr<LineSink> sink;
  std::shared_ptr<spdlog::async_logger> logger;
  std::shared_ptr<Pool> pool;
};

Log::Log(const LogSettings& settings, const Clock& clock) : Log(settings, clock, write_to_stderr) {}

Log::Log(const LogSettings& settings, const Clock& clock, Writer writer, std::size_t queue_lines)
    : state_(std::make_unique<State>(settings, clock, std::move(writer), queue_lines)) {}

Log::~Log() {
  if (flush(patience_)) return;
  // The thread is stuck in the writer and cannot be told to stop. If it ever comes back, another one cleans up.
  state_->sink->abandon();
  State* const left = state_.release();
  try {
    std::thread([left] { delete left; }).detach();
  } catch (const std::system_error&) {
    // No thread is to be had: it stays, as does the stuck one.
  }
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<Field> fields) {
  if (wants(level)) write_line(level, event, fields);
}

void Log::announce(std::string_view event, std::initializer_list<Field> fields) {
  write_line(LogLevel::kInfo, event, fields);
}

void Log::write_line(LogLevel level, std::string_view event, std::initializer_list<Field> fields) {
  const std::string line = format_log_line(state_->format.load(std::memory_order_relaxed), level,
                                           state_->clock.unix_ms(), event, {fields.begin(), fields.size()});
  state_->logged.fetch_add(1, std::memory_order_relaxed);
  state_->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

bool Log::wants(LogLevel level) const {
  return level >= state_->level.load(std::memory_order_relaxed);
}

void Log::set(const LogSettings& settings) {
  state_->level.store(settings.level, std::memory_order_relaxed);
  state_->format.store(settings.format, std::memory_order_relaxed);
}

bool Log::flush(Duration at_most) const {
  return state_->sink->wait_for_lines(state_->logged.load(std::memory_order_relaxed), at_most);
}

bool Log::finish(Duration at_most) {
  patience_ = Duration::zero();
  return flush(at_most);
}

std::uint64_t Log::lines_dropped() const {
  return state_->pool->overrun_counter() + state_->sink->lines_lost();
}

}  // namespace switchboard::log
