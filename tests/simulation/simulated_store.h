// A store with a writer and readers of its own, as seen by the shards: it takes requests, commits in groups, answers
// late and out of step, and has all the moods of a real disk: it stalls, fails, and refuses to take more.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "simulation/simulated_disk.h"
#include "support/manual_clock.h"

namespace switchboard::simulation {

struct StoreMoods {
  Duration commit_max{};              // how long a group takes to be committed
  Duration answer_max{};              // how long an answer is on its way
  Duration read_max{};                // how long a read takes
  Duration stall_max{};               // what a group takes when the disk stalls
  std::uint32_t group_max = 16;       // requests committed together
  std::size_t pending_max = 100'000;  // of one shard, above which nothing more is taken
  std::uint32_t stall_percent = 0;    // of groups
  std::uint32_t fail_percent = 0;     // of groups, nothing of which is kept
  std::uint32_t refuse_percent = 0;   // of requests that are not even taken
  std::uint32_t misread_percent = 0;  // of reads that fail
  std::uint32_t found_percent = 0;    // of groups that fail, those that turn out to have been kept

  StoreMoods in_good_health() const {
    StoreMoods moods = *this;
    moods.stall_percent = moods.fail_percent = moods.refuse_percent = moods.misread_percent = 0;
    return moods;
  }
  bool fails() const {
    return stall_percent + fail_percent + refuse_percent + misread_percent > 0 || pending_max < 100'000;
  }
};

class SimulatedStore {
 public:
  /// `wake(shard)`: something has come for it.
  SimulatedStore(std::uint64_t seed, const StoreMoods& moods, std::uint32_t shards, const test::ManualClock& clock,
                 Duration dedup_window, std::function<void(std::uint32_t)> wake);

  ~SimulatedStore();

  broker::StoreChannel& channel(std::uint32_t shard);
  /// Does what is due by now.
  void step();
  /// Nothing is under way.
  bool is_at_rest() const;
  void set_moods(const StoreMoods& moods) { moods_ = moods; }

  /// The process is gone: what was not committed never was, and no answer comes any more.
  void lose_process();
  /// The file was damaged and is replaced by an empty one, while the server goes on.
  void lose_file() { disk_.lose_all(); }
  // The disk lies (simulated_disk.h).
  void remember() { disk_.remember(); }
  void restore(bool is_noticed) { disk_.restore(is_noticed); }
  void damage() { disk_.damage(); }
  /// It is opened anew: shards are to ask again.
  void reopen();
  /// Rooms with messages that were kept although it was said that they were not; each once.
  std::vector<std::string> take_found() { return std::exchange(found_, {}); }
  /// So is the machine.
  void lose_machine();

 private:
  class Channel;
  struct Ordered {
    std::uint32_t shard;
    broker::StoreRequest request;
  };
  struct Reading {
    Instant due;
    Ordered what;
  };
  struct Answer {
    Instant due;
    broker::StoreAnswer what;
  };

  void take(std::uint32_t shard, broker::StoreRequest&& request);
  void begin_group();
  void commit_group();
  void answer(std::uint32_t shard, std::uint64_t ticket, decltype(broker::StoreAnswer::what) what);
  Duration up_to(Duration most) { return Duration(random_.below(static_cast<std::uint64_t>(most.count()) + 1)); }

  Random random_;
  StoreMoods moods_;
  const test::ManualClock& clock_;
  std::function<void(std::uint32_t)> wake_;
  SimulatedDisk disk_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::deque<Ordered> ordered_;  // opens and publishes, as they came
  std::deque<Ordered> group_;    // of them, what is being committed: lost if the process ends before
  Instant commit_at_{};
  std::deque<Reading> readings_;
  std::uint32_t opening_ = 1;
  std::vector<std::string> found_;
};

}  // namespace switchboard::simulation
