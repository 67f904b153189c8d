// A number that one thread changes and any thread may read, at the cost of a plain integer.
#pragma once

#include <atomic>
#include <cstdint>

namespace switchboard {

/// add(), sub() and set() from one thread only: they load and store, without a locked instruction, so a second writer
/// would lose counts. value() from any thread; it says nothing about other memory. Never goes below 0. Nobody but its
/// owner knows of it: what operators are to read is a Counter or a Gauge (`base/counter.h`).
class SharedNumber {
 public:
  void add(std::uint64_t count = 1) { store(value() + count); }
  void sub(std::uint64_t count = 1) { store(value() - count); }
  void set(std::uint64_t value) { store(value); }

  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  void store(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }

  std::atomic<std::uint64_t> value_{0};
};

}  // namespace switchboard
