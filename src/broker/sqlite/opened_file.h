// Whether the file is open, for the threads that have connections of their own beside the writer's. The writer may open
// a file anew only when they have all left the one before: SQLite believes what it has in memory of a file as long as
// one connection is left, and it is that memory which is not to be believed any more.
#pragma once

#include <atomic>
#include <cstdint>

namespace switchboard::broker {

class OpenedFile {
 public:
  // The writer.
  void open() { number_.store(++times_, std::memory_order_seq_cst); }
  void close() { number_.store(0, std::memory_order_seq_cst); }
  /// After `close`: nobody else has a connection, and nobody gets one.
  bool is_left() const { return guests_.load(std::memory_order_seq_cst) == 0; }

  // The others.
  /// Which opening of the file this is; 0 while it is not open. Another one may be of another file.
  std::uint32_t number() const { return number_.load(std::memory_order_seq_cst); }
  /// Before a connection is opened; what `number` says then. 0: it may not be, and `leave` is not to be called.
  std::uint32_t enter() {
    guests_.fetch_add(1, std::memory_order_seq_cst);
    const std::uint32_t number = this->number();
    if (number == 0) leave();
    return number;
  }
  /// After it was closed.
  void leave() { guests_.fetch_sub(1, std::memory_order_seq_cst); }

 private:
  std::atomic<std::uint32_t> number_{0};
  std::atomic<std::uint32_t> guests_{0};
  std::uint32_t times_ = 0;  // the writer's
};

}  // namespace switchboard::broker
