// Runs the whole core under many seeds. By hand:
//   SWITCHBOARD_SIM_SEED=N     that seed alone
//   SWITCHBOARD_SIM_SEEDS=N    so many seeds instead of the fixed set, from SWITCHBOARD_SIM_FIRST (or 1) on
//   SWITCHBOARD_SIM_FAILURES=N stops after so many seeds that failed, not after the first
//   SWITCHBOARD_SIM_TRACE=1    names each seed before it runs (for crashes)
#include <csignal>
#include <cstdlib>
#include <gtest/gtest.h>
#include <iostream>
#include <unistd.h>

#include "simulation/failure.h"
#include "simulation/world.h"

namespace switchboard::simulation {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SIMULATION_IS_SANITIZED
#endif
#endif
#ifdef SIMULATION_IS_SANITIZED
constexpr std::uint64_t kSeeds = 60;  // fifteen times as slow
#else
constexpr std::uint64_t kSeeds = 300;
#endif
// Each has found a defect once, in worlds without history or with it.
constexpr std::uint64_t kRegressionSeeds[] = {1, 30, 82, 186, 5607, 6396};
constexpr std::uint64_t kRegressionSeedsWithHistory[] = {1698, 2539, 4802, 5690, 10952, 44541, 500050, 602189};

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Written by a failed assertion of the server, which cannot return here.
volatile std::uint64_t running_seed = 0;

extern "C" void name_the_seed(int signal) {
  char text[64] = "simulation: died with seed ";
  char digits[20];
  std::size_t count = 0;
  for (std::uint64_t seed = running_seed; seed > 0 || count == 0; seed /= 10)
    digits[count++] = static_cast<char>('0' + seed % 10);
  std::size_t length = 27;
  while (count > 0)
    text[length++] = digits[--count];
  text[length++] = '\n';
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, length);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

struct Checked {
  std::uint64_t deliveries = 0;
  std::uint64_t inflated = 0;  // of those, messages that came compressed
  std::uint64_t recoveries = 0;
  std::uint64_t caught_up = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t crashes = 0;
  std::uint64_t epochs_changed = 0;

  void add(const Ledger& ledger) {
    deliveries += ledger.deliveries;
    inflated += ledger.inflated;
    recoveries += ledger.recoveries;
    caught_up += ledger.caught_up;
    duplicates += ledger.duplicates;
    crashes += ledger.crashes;
    epochs_changed += ledger.epochs_changed;
  }
};

/// True when every promise was kept.
bool run(const Config& config, Checked& checked) {
  running_seed = config.seed;
  if (setting("SWITCHBOARD_SIM_TRACE", 0) != 0) std::cerr << "seed " << config.seed << std::endl;
  try {
    World world(config);
    world.run();
    checked.add(world.ledger());
    return true;
  } catch (const Failure& failure) {
    ADD_FAILURE() << failure.what() << "\n  " << config.describe() << "\n  again: SWITCHBOARD_SIM_SEED=" << config.seed;
    return false;
  }
}

/// How many seeds ran; 0 when it was the one that was asked for, or some failed.
std::uint64_t run_seeds(Config (*draw)(std::uint64_t), Checked& checked) {
  std::signal(SIGABRT, name_the_seed);
  if (const std::uint64_t seed = setting("SWITCHBOARD_SIM_SEED", 0); seed != 0) {
    run(draw(seed), checked);
    return 0;
  }
  const std::uint64_t first = setting("SWITCHBOARD_SIM_FIRST", 1);
  const std::uint64_t count = setting("SWITCHBOARD_SIM_SEEDS", kSeeds);
  const std::uint64_t failures_max = setting("SWITCHBOARD_SIM_FAILURES", 1);
  std::uint64_t failures = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    if (!run(draw(seed), checked) && ++failures == failures_max) break;
  }
  return failures > 0 ? 0 : count;
}

TEST(Simulation, KeepsItsPromisesWithLimitsFromOneUp) {
  Checked checked;
  if (const std::uint64_t count = run_seeds(Config::draw_with_small_limits, checked); count >= 20) {
    EXPECT_GT(checked.deliveries, count) << "the clients hardly talked";
  }
}

TEST(Simulation, KeepsItsPromisesUnderEverySeed) {
  Checked checked;
  const std::uint64_t count = run_seeds(Config::draw, checked);
  if (count == 0) return;
  EXPECT_GT(checked.deliveries, count) << "the clients hardly talked";
  if (count >= 20) {
    EXPECT_GT(checked.inflated, checked.deliveries / 20) << "hardly anything was compressed";
    EXPECT_GT(checked.recoveries, count) << "hardly anybody came back";
    EXPECT_GT(checked.duplicates, count / 4) << "hardly anybody said anything twice";
    EXPECT_GT(checked.crashes, count / 4) << "the server hardly died";
  }
  RecordProperty("deliveries", std::to_string(checked.deliveries));
  std::cout << checked.deliveries << " deliveries checked, " << checked.inflated << " of them compressed; "
            << checked.recoveries << " complete resumes, " << checked.caught_up << " caught up, " << checked.duplicates
            << " duplicates, " << checked.crashes << " crashes, " << checked.epochs_changed
            << " epochs changed under members\n";
}

TEST(Simulation, KeepsItsPromisesUnderSeedsThatOnceFoundADefect) {
  std::signal(SIGABRT, name_the_seed);
  Checked checked;
  for (const std::uint64_t seed : kRegressionSeeds) {
    if (!run(Config::draw_without_history(seed), checked)) return;
  }
  for (const std::uint64_t seed : kRegressionSeedsWithHistory) {
    if (!run(Config::draw(seed), checked)) return;
  }
}

}  // namespace
}  // namespace switchboard::simulation
