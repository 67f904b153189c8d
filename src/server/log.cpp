#include "server/log.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <pthread.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace switchboard::server {
namespace {

using Pool = spdlog::details::thread_pool;

/// Writes to standard error. A terminal or pipe that fails is not worth a crash: the line is lost.
void write_to_stderr(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(written));
  }
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

/// Lines arrive complete, so there is nothing to format. Runs on the pool's only thread: no lock of its own.
class LineSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  using Report = std::function<std::string(std::uint64_t lines_dropped)>;

  LineSink(Log::Writer writer, Pool& pool, Report report)
      : writer_(std::move(writer)), pool_(pool), report_(std::move(report)) {}
  /// After the pool's thread has ended, for whose end the last lines may have been kept waiting.
  ~LineSink() override {
    if (!lines_.empty()) writer_(lines_);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::uint64_t dropped = pool_.overrun_counter();
    if (dropped != reported_) {
      lines_ += report_(dropped - reported_);
      reported_ = dropped;
    }
    lines_.append(message.payload.data(), message.payload.size());
    lines_.push_back('\n');
    const bool is_last = pool_.queue_size() == 0;
    if (!is_last && lines_.size() < kWriteBytes) return;
    writer_(lines_);
    lines_.clear();
    if (is_last) std::this_thread::sleep_for(kRest);
  }
  void flush_() override {}

  Log::Writer writer_;
  Pool& pool_;
  Report report_;
  std::uint64_t reported_ = 0;
  std::string lines_;
};

}  // namespace

struct Log::State {
  State(const LogSettings& settings, const Clock& the_clock, Writer writer, std::size_t queue_lines)
      : clock(the_clock), level(settings.level), format(settings.format), pool(start_pool(queue_lines)) {
    auto sink = std::make_shared<LineSink>(std::move(writer), *pool, [this](std::uint64_t count) {
      const Field fields[] = {{"count", count}};
      return format_log_line(format, LogLevel::kWarn, clock.unix_ms(), "log_lines_dropped", fields) + "\n";
    });
    logger = std::make_shared<spdlog::async_logger>("switchboard", std::move(sink), pool,
                                                    spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(spdlog::level::trace);  // levels are ours: they change while other threads log
  }

  const Clock& clock;
  std::atomic<LogLevel> level;
  std::atomic<LogFormat> format;
  std::shared_ptr<Pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

Log::Log(const LogSettings& settings, const Clock& clock) : Log(settings, clock, write_to_stderr) {}

Log::Log(const LogSettings& settings, const Clock& clock, Writer writer, std::size_t queue_lines)
    : state_(std::make_unique<State>(settings, clock, std::move(writer), queue_lines)) {}

Log::~Log() {
  // The pool's destructor empties the queue and joins its thread. Queued lines hold the logger, so the pool goes first.
  state_->pool.reset();
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
  state_->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

bool Log::wants(LogLevel level) const {
  return level >= state_->level.load(std::memory_order_relaxed);
}

void Log::set(const LogSettings& settings) {
  state_->level.store(settings.level, std::memory_order_relaxed);
  state_->format.store(settings.format, std::memory_order_relaxed);
}

std::uint64_t Log::lines_dropped() const {
  return state_->pool->overrun_counter();
}

}  // namespace switchboard::server
