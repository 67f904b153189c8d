#include "cli/bench/command.h"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <tuple>

#include "cli/bench/flood/plan.h"
#include "cli/bench/flood/report.h"
#include "cli/bench/flood/run.h"
#include "cli/bench/report_json.h"
#include "cli/bench/report_text.h"
#include "cli/bench/run.h"
#include "cli/bench/text_parts.h"
#include "cli/options.h"

namespace switchboard::cli {
namespace {

using bench::LoadOptions;

/// The flags as they are typed, before they become a LoadOptions.
struct Flags {
  LoadOptions load;
  std::optional<std::string> connections;  // this and the pairs: what is left out depends on the kind of run
  std::uint64_t rooms = load.rooms;
  std::uint64_t publishers = load.publishers;
  std::uint64_t window = load.window;
  std::uint64_t content_bytes = load.content_bytes;
  std::optional<std::string> bystander_pairs;
  std::uint64_t receive_buffer_bytes = load.receive_buffer_bytes;
  std::string slow_readers = "0";
  std::string content = "filler";
  std::vector<std::string> pids;
  std::string pin_cpu;
  std::string flood;
};

constexpr int kCountMax = 1 << 30;
constexpr std::uint32_t kFloodBystanderPairs = 4;

std::string flood_help() {
  std::string text = "Put a flood on it instead, and measure bystanders beside it against the idle server:";
  for (const bench::FloodPlan& plan : bench::flood_plans()) {
    text += (&plan == &bench::flood_plans().front() ? " " : "; ") + std::string(plan.name) + " (" +
            bench::grouped(plan.clients) + " connections: " + std::string(plan.about) + ")";
  }
  return text + ".";
}

void declare(Options& options, Flags& flags) {
  LoadOptions& load = flags.load;
  options.value("--url", "URL",
                "The WebSocket endpoint, ws:// or wss:// and an IPv4 address. With wss:// any certificate is trusted.",
                load.url);
  options.value("-n,--connections", "N",
                "Connections to open, spread evenly over the rooms. Default 1000; with --flood as many as that says.",
                flags.connections);
  options.value("--flood", "NAME", flood_help(), flags.flood);
  options.value(
      "--token", "TOKEN",
      "A token that every connection shows in its handshake (Authorization: Bearer): see `switchboard token`.",
      load.token);
  options.value("--rooms", "N", "Rooms; connection i joins room i modulo N.", flags.rooms);
  options.value("--publishers", "N", "How many of the connections publish, in turn.", flags.publishers);
  options.value("--rate", "MESSAGES/S", "Messages per second over all publishers, whatever the server manages.",
                load.rate);
  options.value("--window", "N", "Saturate instead: each publisher keeps N of its own messages in flight. 0 is off.",
                flags.window);
  options.value("--size", "BYTES", "Length of a content, 16 or more.", flags.content_bytes);
  options.value("--content", "filler|json", "What contents are: one letter, or objects as applications send them.",
                flags.content);
  options.flag("--compression", "Offer permessage-deflate, insist on it, and inflate and check what comes.",
               load.compression);
  options.value("--time", "SECONDS", "How long to measure.", load.time_s);
  options.value("--warmup", "SECONDS", "How long to load before measuring.", load.warmup_s);
  options.value("--drain", "SECONDS", "How long to wait at most for what is still under way at the end.", load.drain_s);
  options.value(
      "--bystanders", "PAIRS",
      "Pairs of extra connections, each in a small room of its own, measured apart. Default 0; with --flood 4.",
      flags.bystander_pairs);
  options.value("--bystander-rate", "MESSAGES/S", "Messages per second of each pair.", load.bystander_rate);
  options.value("--slow-readers", "N|SHARE", "Connections that join and never read again: a number or a share like 1%.",
                flags.slow_readers);
  options.flag("--tls-resume", "With wss://: connections use the TLS session of an earlier one.", load.tls_resume);
  options.flag("--hold", "Only connect, join and answer pings for --time.", load.hold);
  options.value("--connect-rate", "N/S", "Connections to open per second; 0 is as fast as they are answered.",
                load.connect_rate);
  options.values("--pid", "PID", "The server's process, whose CPU time and memory are reported; repeatable.",
                 flags.pids);
  options.value("--pin", "CPU", "The CPU to run on.", flags.pin_cpu);
  options.value("--receive-buffer", "BYTES", "SO_RCVBUF of every connection; 0 leaves it to the kernel.",
                flags.receive_buffer_bytes);
  options.values("--source", "ADDRESS", "Address to connect from; repeatable, used in turn.", load.sources);
  options.value("--json", "FILE", "Also write the result as JSON; - is standard output, instead of the text.",
                load.json_path);
  options.examples(
      "Latency is counted from the moment a message was due, not from when it could be sent. Losses, duplicates and\n"
      "reorders are always counted. The result warns when the load generator itself was the limit.\n"
      "\nExamples:\n"
      "  switchboard bench -n 10000 --rate 8                         one large room\n"
      "  switchboard bench -n 10000 --rooms 1000 --publishers 1000 --rate 5000\n"
      "  switchboard bench -n 10000 --rooms 1000 --publishers 1000 --window 1\n"
      "  switchboard bench -n 10000 --rate 8 --content json --size 500 --compression\n"
      "  switchboard bench --flood broadcasts --pid PID               bystanders beside a flood\n"
      "  switchboard bench -n 19000 --hold --time 60 --pid PID       memory of idle connections\n");
}

bool take_number(std::string_view text, int& target) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), target);
  return error == std::errc{} && end == text.data() + text.size() && target >= 0;
}

std::expected<void, std::string> take_pids(const std::vector<std::string>& lists, std::vector<pid_t>& pids) {
  for (std::string_view list : lists) {
    while (!list.empty()) {
      const auto comma = list.find(',');
      pid_t pid = 0;
      if (!take_number(list.substr(0, comma), pid))
        return std::unexpected("--pid: `" + std::string(list) + "` is not a process");
      pids.push_back(pid);
      list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    }
  }
  return {};
}

std::expected<LoadOptions, std::string> load_options(Flags flags) {
  LoadOptions& load = flags.load;
  if (!flags.flood.empty()) {
    const auto kind = bench::parse_flood(flags.flood);
    if (!kind) return std::unexpected(kind.error());
    load.flood = *kind;
    load.connections = bench::flood_plan(*kind).clients;
    load.bystander_pairs = kFloodBystanderPairs;
  }
  for (const auto& [text, to, name] : {std::tuple{&flags.connections, &load.connections, "--connections"},
                                       {&flags.bystander_pairs, &load.bystander_pairs, "--bystanders"}}) {
    int number = 0;
    if (!*text) continue;
    if (!take_number(**text, number) || number > kCountMax)
      return std::unexpected(std::string(name) + ": `" + **text + "` is not a number that this program can do");
    *to = static_cast<std::uint32_t>(number);
  }
  for (const auto& [from, to] : {std::pair{flags.rooms, &load.rooms},
                                 {flags.publishers, &load.publishers},
                                 {flags.window, &load.window},
                                 {flags.content_bytes, &load.content_bytes},
                                 {flags.receive_buffer_bytes, &load.receive_buffer_bytes}}) {
    if (from > std::uint64_t{kCountMax})
      return std::unexpected(std::to_string(from) + " is more than this program can do");
    *to = static_cast<std::uint32_t>(from);
  }
  if (!flags.pin_cpu.empty() && !take_number(flags.pin_cpu, load.pin_cpu)) {
    return std::unexpected("--pin: `" + flags.pin_cpu + "` is not a CPU");
  }
  if (auto taken = take_pids(flags.pids, load.pids); !taken) return std::unexpected(taken.error());
  const auto slow_readers = bench::parse_slow_readers(flags.slow_readers, load.connections);
  if (!slow_readers) return std::unexpected(slow_readers.error());
  load.slow_readers = *slow_readers;
  const auto content = bench::parse_content_kind(flags.content);
  if (!content) return std::unexpected(content.error());
  load.content = *content;
  if (auto checked = load.flood ? bench::check_flood(load) : bench::check(load); !checked)
    return std::unexpected(checked.error());
  return load;
}

int complain(const std::string& why, int exit_code) {
  std::fprintf(stderr, "switchboard bench: %s\n", why.c_str());
  return exit_code;
}

/// Prints and writes what came of a run, and says how the process is to end.
template <typename Result>
int report(const LoadOptions& load, const std::expected<Result, std::string>& result) {
  if (!result) return complain(result.error(), kExitFailure);
  const std::string json = bench::json_report(*result);
  if (load.json_path == "-") {
    std::fputs(json.c_str(), stdout);
    return kExitSuccess;
  }
  std::fputs(bench::text_report(*result).c_str(), stdout);
  if (!load.json_path.empty() && !(std::ofstream(load.json_path) << json)) {
    return complain("cannot write " + load.json_path, kExitFailure);
  }
  return kExitSuccess;
}

}  // namespace

int run_bench(int argc, char** argv) {
  Flags flags;
  Options options(
      "bench [OPTIONS]",
      "Loads a server with WebSocket connections and messages and measures what arrives, when, and what it cost.");
  declare(options, flags);
  if (const auto exit_code = options.parse(argc, argv)) return *exit_code;
  std::signal(SIGPIPE, SIG_IGN);  // a server may close a connection that is being written to, also within OpenSSL
  const auto load = load_options(std::move(flags));
  if (!load) return complain(load.error(), kExitUsage);

  std::fprintf(stderr, "%s\n", bench::plan_text(*load).c_str());
  return load->flood ? report(*load, bench::run_flood(*load)) : report(*load, bench::run_load(*load));
}

}  // namespace switchboard::cli
