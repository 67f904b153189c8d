// How far a run is, on standard error: one line that is rewritten in place on a terminal, else a line every few
// seconds.
#pragma once

#include <cstdint>
#include <string>

namespace switchboard::cli::bench {

class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Twice a second on a terminal, else every five seconds; other calls cost one comparison.
  bool is_due(std::int64_t now_ns) const { return now_ns >= next_ns_; }
  void show(const std::string& text, std::int64_t now_ns);
  void clear();

 private:
  bool is_terminal_;
  bool is_shown_ = false;
  std::int64_t next_ns_ = 0;
};

}  // namespace switchboard::cli::bench
