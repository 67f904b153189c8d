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
constexpr std::uint64_t kSeeds = 100;  // fifteen times as slow
#else
constexpr std::uint64_t kSeeds = 300;
#endif
// Each has found a defect once.
constexpr std::uint64_t kRegressionSeeds[] = {1, 30, 82, 186, 5607, 6396};

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
};

/// True when every promise was kept.
bool run(std::uint64_t seed, Checked& checked) {
  running_seed = seed;
  if (setting("SWITCHBOARD_SIM_TRACE", 0) != 0) std::cerr << "seed " << seed << std::endl;
  const Config config = Config::draw(seed);
  try {
    World world(config);
    world.run();
    checked.deliveries += world.ledger().deliveries;
    checked.inflated += world.ledger().inflated;
    return true;
  } catch (const Failure& failure) {
    ADD_FAILURE() << failure.what() << "\n  " << config.describe() << "\n  again: SWITCHBOARD_SIM_SEED=" << seed;
    return false;
  }
}

TEST(Simulation, KeepsItsPromisesUnderEverySeed) {
  std::signal(SIGABRT, name_the_seed);
  Checked checked;
  if (const std::uint64_t seed = setting("SWITCHBOARD_SIM_SEED", 0); seed != 0) {
    run(seed, checked);
    return;
  }
  const std::uint64_t first = setting("SWITCHBOARD_SIM_FIRST", 1);
  const std::uint64_t count = setting("SWITCHBOARD_SIM_SEEDS", kSeeds);
  const std::uint64_t failures_max = setting("SWITCHBOARD_SIM_FAILURES", 1);
  std::uint64_t failures = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    if (!run(seed, checked) && ++failures == failures_max) return;
  }
  EXPECT_GT(checked.deliveries, count) << "the clients hardly talked";
  if (count >= 20) {
    EXPECT_GT(checked.inflated, checked.deliveries / 20) << "hardly anything was compressed";
  }
  RecordProperty("deliveries", std::to_string(checked.deliveries));
  std::cout << checked.deliveries << " deliveries checked, " << checked.inflated << " of them compressed\n";
}

TEST(Simulation, KeepsItsPromisesUnderSeedsThatOnceFoundADefect) {
  std::signal(SIGABRT, name_the_seed);
  Checked checked;
  for (const std::uint64_t seed : kRegressionSeeds) {
    if (!run(seed, checked)) return;
  }
}

}  // namespace
}  // namespace switchboard::simulation
