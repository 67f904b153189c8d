// The embedded store alone: how many small messages a second it commits, how long each takes, and how fast a long room
// is read back. One thread stands in for a shard and hands messages over 1,000 rooms to its channel, without clients.
// Usage: store_bench write|read [--seconds N] [--rooms N] [--rate N] [--bytes N] [--in-flight N] [--power] [--no-dedup]
//        [--keep N] [--messages N] [--file PATH] [--json]
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/histogram.h"
#include "base/time.h"
#include "broker/sqlite/sqlite_store.h"

namespace switchboard::broker {
namespace {

struct Options {
  std::string mode = "write";
  int seconds = 10;
  std::size_t rooms = 1'000;
  std::size_t rate = 0;  // messages a second, by schedule; 0: as fast as they are answered
  std::size_t bytes = 100;
  std::size_t in_flight = 1'000;     // of a run without a rate: messages under way
  std::size_t messages = 1'000'000;  // of the room that is read
  std::uint32_t keep = 1'000;
  bool is_power = false;
  bool has_dedup = true;
  bool is_json = false;
  std::string file;
};

struct Outcome {
  std::uint64_t committed = 0;
  std::uint64_t failed = 0;
  double seconds = 0;
  double cpu_seconds = 0;
  Histogram latency_ns;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

/// The thread that stands in for a shard.
class Load {
 public:
  Load(const Options& options, StoreChannel& channel) : options_(options), channel_(channel) {
    content_ = "\"" + std::string(options.bytes, 'x') + "\"";
    for (std::size_t i = 0; i < options.rooms; ++i)
      rooms_.push_back("room:" + std::to_string(i));
  }

  Outcome run() {
    const Instant begin = clock_.now();
    const double cpu_begin = cpu_seconds();
    const Instant end = begin + std::chrono::seconds(options_.seconds);
    std::uint64_t sent = 0;
    for (Instant now = begin; now < end || sent > answered_; now = clock_.now()) {
      if (now < end) sent = submit(begin, now, sent);
      channel_.flush();
      if (!drain()) std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    outcome_.seconds = static_cast<double>((clock_.now() - begin).count()) / 1e9;
    outcome_.cpu_seconds = cpu_seconds() - cpu_begin;
    return std::move(outcome_);
  }

 private:
  std::uint64_t submit(Instant begin, Instant now, std::uint64_t sent) {
    const std::uint64_t due = options_.rate == 0
                                  ? answered_ + options_.in_flight
                                  : static_cast<std::uint64_t>(static_cast<double>((now - begin).count()) / 1e9 *
                                                               static_cast<double>(options_.rate));
    for (; sent < due; ++sent) {
      StorePublish publish;
      publish.room_id = rooms_[sent % rooms_.size()];
      publish.content = content_;
      publish.sender = "bench";
      publish.retention = {.messages = options_.keep, .bytes = 1ull << 40};
      publish.durability = options_.is_power ? room::Durability::kPower : room::Durability::kProcess;
      if (options_.has_dedup) publish.dedup = "key-" + std::to_string(sent);
      // Latency counts from when it was due.
      const Instant scheduled = options_.rate == 0
                                    ? now
                                    : begin + Duration(static_cast<std::int64_t>(static_cast<double>(sent) * 1e9 /
                                                                                 static_cast<double>(options_.rate)));
      StoreRequest request{.ticket = static_cast<std::uint64_t>(scheduled.time_since_epoch().count()),
                           .what = std::move(publish)};
      if (!channel_.submit(std::move(request))) break;
    }
    return sent;
  }

  bool drain() {
    bool has_any = false;
    const auto now = clock_.now().time_since_epoch().count();
    while (auto answer = channel_.take()) {
      has_any = true;
      ++answered_;
      if (std::holds_alternative<StoreCommitted>(answer->what)) {
        ++outcome_.committed;
        outcome_.latency_ns.record(now - static_cast<std::int64_t>(answer->ticket));
      } else {
        ++outcome_.failed;
      }
    }
    return has_any;
  }

  const Options& options_;
  StoreChannel& channel_;
  SystemClock clock_;
  std::string content_;
  std::vector<std::string> rooms_;
  std::uint64_t answered_ = 0;
  Outcome outcome_;
};

StoreAnswer wait_for_answer(StoreChannel& channel) {
  channel.flush();
  for (;;) {
    if (auto answer = channel.take()) return std::move(*answer);
    std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
}

/// All of one room, oldest first, in pages of 256, two of them asked for at a time.
Outcome read_back(StoreChannel& channel, Seq first, Seq last) {
  const SystemClock clock;
  Outcome outcome;
  const Instant begin = clock.now();
  const double cpu_begin = cpu_seconds();
  Seq next = first;
  std::uint64_t under_way = 0;
  while (next <= last || under_way > 0) {
    for (; under_way < 2 && next <= last; ++under_way) {
      const Seq until{(next.value / 256 + 1) * 256};
      channel.submit({.ticket = static_cast<std::uint64_t>(clock.now().time_since_epoch().count()),
                      .what = StoreRead{.room_id = "room:0", .range = {.from = next, .until = until}}});
      next = until;
    }
    const StoreAnswer answer = wait_for_answer(channel);
    --under_way;
    outcome.latency_ns.record(clock.now().time_since_epoch().count() - static_cast<std::int64_t>(answer.ticket));
    if (const auto* page = std::get_if<SharedPage>(&answer.what)) {
      outcome.committed += (*page)->size();
    } else {
      ++outcome.failed;
    }
  }
  outcome.seconds = static_cast<double>((clock.now() - begin).count()) / 1e9;
  outcome.cpu_seconds = cpu_seconds() - cpu_begin;
  return outcome;
}

/// Fills one room and reads it back.
Outcome read(Options options, StoreChannel& channel) {
  options.rooms = 1;
  options.rate = 0;
  options.keep = 100'000'000;
  options.has_dedup = false;
  options.in_flight = 4'000;
  options.seconds = 1;
  std::uint64_t committed = 0;
  while (committed < options.messages)
    committed += Load(options, channel).run().committed;
  return read_back(channel, Seq{1}, Seq{options.messages});
}

void print(const Options& options, const Outcome& outcome, const StoreStatus& status) {
  const double per_second = static_cast<double>(outcome.committed) / outcome.seconds;
  const auto ms = [&](double percent) { return static_cast<double>(outcome.latency_ns.percentile(percent)) / 1e6; };
  const double max_ms = static_cast<double>(outcome.latency_ns.max()) / 1e6;
  const double cpu_us = outcome.committed == 0 ? 0 : outcome.cpu_seconds * 1e6 / static_cast<double>(outcome.committed);
  const double per_batch = status.batches.value() == 0 ? 0
                                                       : static_cast<double>(status.commits.value()) /
                                                             static_cast<double>(status.batches.value());
  const double disk_mb = static_cast<double>(status.bytes_on_disk.value()) / 1e6;
  if (options.is_json) {
    std::printf(
        "{\"mode\":\"%s\",\"messages\":%llu,\"failed\":%llu,\"seconds\":%.3f,\"per_second\":%.0f,\"p50_ms\":%.3f,"
        "\"p99_ms\":%.3f,\"max_ms\":%.3f,\"cpu_us_each\":%.3f,\"messages_per_batch\":%.1f,\"disk_mb\":%.1f}\n",
        options.mode.c_str(), static_cast<unsigned long long>(outcome.committed),
        static_cast<unsigned long long>(outcome.failed), outcome.seconds, per_second, ms(50), ms(99), max_ms, cpu_us,
        per_batch, disk_mb);
    return;
  }
  std::printf(
      "%s: %.0f messages/s (%llu in %.2f s, %llu failed), p50 %.2f ms, p99 %.2f ms, max %.2f ms, %.2f us CPU each, "
      "%.0f messages a batch, %.1f MB on disk\n",
      options.mode.c_str(), per_second, static_cast<unsigned long long>(outcome.committed), outcome.seconds,
      static_cast<unsigned long long>(outcome.failed), ms(50), ms(99), max_ms, cpu_us, per_batch, disk_mb);
}

Options read_options(int argc, char** argv) {
  Options options;
  const auto number = [&](int& i) { return ++i < argc ? std::strtoull(argv[i], nullptr, 10) : 0; };
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--seconds")
      options.seconds = static_cast<int>(number(i));
    else if (flag == "--rooms")
      options.rooms = number(i);
    else if (flag == "--rate")
      options.rate = number(i);
    else if (flag == "--bytes")
      options.bytes = number(i);
    else if (flag == "--in-flight")
      options.in_flight = number(i);
    else if (flag == "--messages")
      options.messages = number(i);
    else if (flag == "--keep")
      options.keep = static_cast<std::uint32_t>(number(i));
    else if (flag == "--power")
      options.is_power = true;
    else if (flag == "--no-dedup")
      options.has_dedup = false;
    else if (flag == "--json")
      options.is_json = true;
    else if (flag == "--file" && i + 1 < argc)
      options.file = argv[++i];
    else if (flag == "write" || flag == "read")
      options.mode = flag;
    else {
      std::fprintf(stderr, "store_bench: unknown argument %s\n", argv[i]);
      std::exit(2);
    }
  }
  return options;
}

int run(const Options& options) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("store_bench." + std::to_string(getpid()));
  SqliteSettings settings;
  settings.file = options.file;
  if (options.file.empty()) {
    std::filesystem::create_directories(folder);
    settings.file = (folder / "history.db").string();
  }
  const SystemClock clock;
  int code = 1;
  {
    auto store = SqliteStore::open(settings, 1, [](std::uint32_t) {}, clock);
    if (!store.has_value()) {
      std::fprintf(stderr, "store_bench: %s\n", store.error().c_str());
    } else {
      (*store)->start();
      StoreChannel& channel = (*store)->channel(0);
      const Outcome outcome = options.mode == "read" ? read(options, channel) : Load(options, channel).run();
      (*store)->stop();
      print(options, outcome, (*store)->status());
      code = outcome.failed == 0 ? 0 : 1;
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return code;
}

}  // namespace
}  // namespace switchboard::broker

int main(int argc, char** argv) {
  return switchboard::broker::run(switchboard::broker::read_options(argc, argv));
}
