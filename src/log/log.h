// The process's log: lines go to a bounded queue and one background thread writes them.
// A caller never waits for the writer: when the queue is full the oldest line is dropped, counted and reported. Neither
// does the end of the process: a writer that does not return is left behind. Message content must never be passed here.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "base/time.h"
#include "log/log_line.h"
#include "log/log_settings.h"

namespace switchboard::log {

/// Any thread may log. One per process, owned by main and handed down; its destructor writes what is queued, but waits
/// no longer than kEndMax for a writer that is stuck.
class Log {
 public:
  /// Receives one or more whole lines, each with its newline, on the log's own thread. Returns how many bytes it has
  /// written: the lines behind are lost, and counted. May block. What it refers to must outlive the log, and if it
  /// is stuck when the log ends, the process.
  using Writer = std::function<std::size_t(std::string_view lines)>;

  static constexpr std::size_t kQueueLines = 8192;
  static constexpr Duration kEndMax = std::chrono::milliseconds(200);

  /// Writes to standard error. `clock` must outlive the log.
  Log(const LogSettings& settings, const Clock& clock);
  /// Writes through `writer`; `queue_lines` lines may wait for it.
  Log(const LogSettings& settings, const Clock& clock, Writer writer, std::size_t queue_lines = kQueueLines);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(LogLevel::kDebug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<Field> fields = {}) { write(LogLevel::kInfo, event, fields); }
  void warn(std::string_view event, std::initializer_list<Field> fields = {}) { write(LogLevel::kWarn, event, fields); }
  void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(LogLevel::kError, event, fields);
  }
  void write(LogLevel level, std::string_view event, std::initializer_list<Field> fields);
  /// An info line that is written whatever the level, because scripts wait for it.
  void announce(std::string_view event, std::initializer_list<Field> fields);

  /// Whether a line of this level would be written: ask before computing costly fields.
  bool wants(LogLevel level) const;

  /// Takes effect for the next line of any thread.
  void set(const LogSettings& settings);

  /// Waits until the writer has taken what was logged before, but at most so long: false if it has not. Any thread.
  bool flush(Duration at_most) const;
  /// The same for the last lines: the destructor will not wait once more. The owner's thread.
  bool finish(Duration at_most);

  /// Lines lost since the start: dropped because the writer was too slow or stuck, or refused by it.
  std::uint64_t lines_dropped() const;

 private:
  struct State;
  void write_line(LogLevel level, std::string_view event, std::initializer_list<Field> fields);

  std::unique_ptr<State> state_;
  Duration patience_ = kEndMax;  // the destructor's
};

}  // namespace switchboard::log
