#include "broker/sqlite/checkpointer.h"

#include <chrono>

namespace switchboard::broker {
namespace {

constexpr int kBusyMs = 0;             // the next one tries again
constexpr int kFramesMin = 4'096;      // in the log: a page that changes often is moved once for many commits
constexpr int kPasses = 6;             // each has to move only what came during the one before
constexpr int kFramesLeftEnough = 64;  // for the last pass, which commits wait for

}  // namespace

void Checkpointer::start() {
  thread_ = std::thread([this] { run(); });
}

void Checkpointer::stop() {
  is_stopping_.store(true, std::memory_order_release);
  doorbell_.ring();
  if (thread_.joinable()) thread_.join();
  database_.close();
}

bool Checkpointer::on_commit(int log_frames) {
  if (log_frames < frames_after_last_pass_) frames_after_last_pass_ = 0;  // the log was begun anew
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::kLastPass) {
    frames_after_last_pass_ = log_frames;
    state_.store(State::kIdle, std::memory_order_relaxed);
    return true;
  }
  if (state == State::kIdle && log_frames - frames_after_last_pass_ >= kFramesMin) {
    state_.store(State::kWanted, std::memory_order_release);
    doorbell_.ring();
  }
  return false;
}

void Checkpointer::run() {
  const auto has_work = [this] {
    return state_.load(std::memory_order_acquire) == State::kWanted || is_stopping_.load(std::memory_order_acquire);
  };
  while (!is_stopping_.load(std::memory_order_acquire)) {
    if (state_.load(std::memory_order_acquire) == State::kWanted) {
      pass();
      state_.store(State::kLastPass, std::memory_order_release);
    }
    doorbell_.wait(std::chrono::seconds(60), has_work);
  }
}

void Checkpointer::pass() {
  const std::uint32_t opened = opened_.load(std::memory_order_acquire);
  if (opened != opened_as_) database_.close();
  if (opened == 0) return;
  if (!database_.is_open() && !database_.open(settings_.file, Database::Access::kWrite, kBusyMs)) return;
  opened_as_ = opened;
  database_.integer("PRAGMA schema_version");  // a connection that has read nothing does not know of the log
  int moved = 0;
  for (int i = 0; i < kPasses; ++i) {
    const Database::Checkpoint done = database_.checkpoint();
    database_.sync_file();  // or all of it would be left to the last pass
    if (done.frames_moved - moved <= kFramesLeftEnough || is_stopping_.load(std::memory_order_acquire)) return;
    moved = done.frames_moved;
  }
}

}  // namespace switchboard::broker
