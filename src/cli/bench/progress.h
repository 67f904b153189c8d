// The progress line on a terminal: rewritten in place, and silent when standard error is not a terminal.
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

  /// At most twice a second; other calls cost one comparison.
  bool is_due(std::int64_t now_ns) const { return is_terminal_ && now_ns >= next_ns_; }
  void show(const std::string& text, std::int64_t now_ns);
  void clear();

 private:
  bool is_terminal_;
  bool is_shown_ = false;
  std::int64_t next_ns_ = 0;
};

}  // namespace switchboard::cli::bench
