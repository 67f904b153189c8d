// What a message costs where there is little of something, and where there is much of it, at its limit. Both are set up
// in one process and measured in turn, in slices; the ratio of a slice to its neighbour is what counts.
// Usage: bounds_bench [--few N] [--many N] [--rounds N] [--only NAME]... [--json]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <malloc.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "subject.h"

namespace switchboard::bounds {
namespace {

constexpr int kMessages = 2'000;                     // of one slice
constexpr std::int64_t kSliceNsMax = 2'000'000'000;  // where a message costs that much, fewer will do

struct Options {
  std::uint32_t few = 10'000;
  std::uint32_t many = 1'000'000;
  int rounds = 15;
  bool is_json = false;
  std::vector<std::string_view> only;
};

std::int64_t cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

/// Nanoseconds of CPU for one message.
double slice(Subject& subject) {
  const std::int64_t begin = cpu_ns();
  std::int64_t spent = 0;
  int done = 0;
  while (done < kMessages && spent < kSliceNsMax) {
    subject.one();
    if (++done % 16 == 0 || spent > kSliceNsMax / 64) spent = cpu_ns() - begin;
  }
  return static_cast<double>(cpu_ns() - begin) / done;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

struct Outcome {
  double few_ns;
  double many_ns;
  double ratio;
};

Outcome measure(const Kind& kind, const Options& options) {
  std::vector<double> few_ns, many_ns, ratios;
  {
    const auto few = kind.make(options.few);
    const auto many = kind.make(options.many);
    slice(*few);
    slice(*many);
    for (int round = 0; round < options.rounds; ++round) {
      few_ns.push_back(slice(*few));
      many_ns.push_back(slice(*many));
      ratios.push_back(many_ns.back() / few_ns.back());
    }
  }
  malloc_trim(0);
  return {median(few_ns), median(many_ns), median(ratios)};
}

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--json") {
      options.is_json = true;
      continue;
    }
    if (i + 1 == argc) return std::nullopt;
    const char* const value = argv[++i];
    const auto number = static_cast<std::uint32_t>(std::max(std::atoi(value), 1));
    if (name == "--few") {
      options.few = number;
    } else if (name == "--many") {
      options.many = number;
    } else if (name == "--rounds") {
      options.rounds = static_cast<int>(number);
    } else if (name == "--only" && std::ranges::find(kinds(), std::string_view(value), &Kind::name) != kinds().end()) {
      options.only.emplace_back(value);
    } else {
      return std::nullopt;
    }
  }
  return options;
}

int run(const Options& options) {
  std::string json;
  for (const Kind& kind : kinds()) {
    if (!options.only.empty() && std::ranges::find(options.only, kind.name) == options.only.end()) continue;
    const Outcome outcome = measure(kind, options);
    char text[512];
    if (options.is_json) {
      std::snprintf(text, sizeof text, R"({"name":"%s","about":"%s","few_ns":%.0f,"many_ns":%.0f,"ratio":%.3f})",
                    kind.name.data(), kind.about.data(), outcome.few_ns, outcome.many_ns, outcome.ratio);
      json += (json.empty() ? "" : ",") + std::string(text);
    } else {
      std::printf("%-17s %9.0f ns %9.0f ns  %6.2f x  %s\n", kind.name.data(), outcome.few_ns, outcome.many_ns,
                  outcome.ratio, kind.about.data());
      std::fflush(stdout);
    }
  }
  if (options.is_json)
    std::printf(R"({"few":%u,"many":%u,"subjects":[%s]})"
                "\n",
                options.few, options.many, json.c_str());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace switchboard::bounds

int main(int argc, char** argv) {
  const auto options = switchboard::bounds::parse(argc, argv);
  if (!options) {
    std::fputs("usage: bounds_bench [--few N] [--many N] [--rounds N] [--only NAME]... [--json]\n", stderr);
    return 2;
  }
  return switchboard::bounds::run(*options);
}
