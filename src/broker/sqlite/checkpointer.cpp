#include "broker/sqlite/checkpointer.h"

#include <chrono>
#include <optional>
#include <utility>

namespace switchboard::broker {
namespace {

using std::chrono::seconds;

constexpr int kBusyMs = 0;               // the next one tries again
constexpr int kFramesMin = 4'096;        // in the log: a page that changes often is moved once for many commits ...
constexpr Duration kPause = seconds(3);  // ... but what is there is moved after so long
constexpr Duration kPauseAfterFailure = seconds(1);
constexpr int kPasses = 6;             // each has to move only what came during the one before
constexpr int kFramesLeftEnough = 64;  // for the last pass, which commits wait for

}  // namespace

void Checkpointer::start(std::function<std::function<void()>()> begin_thread) {
  thread_ = std::thread([this, begin_thread = std::move(begin_thread)] {
    give_way_ = begin_thread();
    run();
  });
}

void Checkpointer::stop() {
  is_stopping_.store(true, std::memory_order_release);
  doorbell_.ring();
}

void Checkpointer::join() {
  if (thread_.joinable()) thread_.join();
}

// --- the writer ------------------------------------------------------------------------------------------------------

bool Checkpointer::is_due(int log_frames, Instant now) {
  if (log_frames < frames_after_last_pass_) frames_after_last_pass_ = 0;  // the log was begun anew
  if (state_.load(std::memory_order_acquire) != State::kIdle) return false;
  if (has_failed_) return now >= next_ && log_frames > 0;
  const int frames = log_frames - frames_after_last_pass_;
  return frames >= kFramesMin || (frames > 0 && now >= next_);
}

void Checkpointer::begin() {
  state_.store(State::kWanted, std::memory_order_release);
  doorbell_.ring();
}

Checkpointer::Outcome Checkpointer::take_outcome(int log_frames, Instant now) {
  const State state = state_.load(std::memory_order_acquire);
  if (state != State::kMoved && state != State::kFailed) return Outcome::kNone;
  has_failed_ = state == State::kFailed;
  next_ = now + (has_failed_ ? kPauseAfterFailure : kPause);
  if (!has_failed_) frames_after_last_pass_ = log_frames;
  state_.store(State::kIdle, std::memory_order_relaxed);
  return has_failed_ ? Outcome::kFailed : Outcome::kMoved;
}

// --- its own thread --------------------------------------------------------------------------------------------------

void Checkpointer::run() {
  const auto has_work = [this] {
    return state_.load(std::memory_order_acquire) == State::kWanted || is_stopping_.load(std::memory_order_acquire) ||
           (database_.is_open() && opened_.number() != opened_as_);
  };
  while (!is_stopping_.load(std::memory_order_acquire)) {
    follow();
    if (state_.load(std::memory_order_acquire) == State::kWanted) {
      state_.store(pass() ? State::kMoved : State::kFailed, std::memory_order_release);
    }
    doorbell_.wait(seconds(60), has_work);
  }
  if (!database_.is_open()) return;
  database_.close();
  opened_.leave();
}

/// Lets go of a file that the writer has closed.
void Checkpointer::follow() {
  if (!database_.is_open() || opened_.number() == opened_as_) return;
  database_.close();
  opened_.leave();
}

/// Each call has its own time: many of them are no disk that hangs.
template <class Call>
auto Checkpointer::watched(Call&& call) {
  const WorkWatch::Work working(watch_, WorkWatch::kCheckpointer, clock_.now());
  return call();
}

bool Checkpointer::pass() {
  if (!database_.is_open()) {
    opened_as_ = opened_.enter();
    if (opened_as_ == 0) return true;  // closed meanwhile: there is nothing to move
    const auto open = [this] { return database_.open(settings_.file, Database::Access::kWrite, kBusyMs); };
    if (!watched(open)) {
      opened_.leave();
      return false;
    }
    database_.pause_between_pages(give_way_);
  }
  if (const std::optional<DatabaseError> error = move()) {
    status_.checkpoint_failures.add();
    status_.failing(StoreTrouble::kCheckpoint, error->sentence(settings_.file), clock_.unix_ms());
    return false;
  }
  status_.checkpoints.add();
  status_.ok(StoreTrouble::kCheckpoint, clock_.unix_ms());
  return true;
}

std::optional<DatabaseError> Checkpointer::move() {
  // A connection that has read nothing does not know of the log.
  watched([this] { return database_.integer("PRAGMA schema_version"); });
  if (database_.has_failed()) return database_.take_error();
  int moved = 0;
  for (int i = 0; i < kPasses; ++i) {
    const Database::Checkpoint done = watched([this] { return database_.checkpoint(); });
    if (done.error) return done.error;
    // Or all of it would be left to the last pass.
    if (auto error = watched([this] { return database_.sync_file(); })) return error;
    if (done.frames_moved - moved <= kFramesLeftEnough || is_stopping_.load(std::memory_order_acquire)) break;
    moved = done.frames_moved;
  }
  return std::nullopt;
}

}  // namespace switchboard::broker
