// How fast a server gives a room's history to those who come back: fills one room, then lets any number of clients join
// it at once with `since` its beginning, and counts until each is told that it has caught up. Numbers must be dense.
//   replay_bench URL MESSAGES CLIENTS PID       the server must keep that many messages; prints one line of JSON
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/epoll.h>
#include <thread>
#include <vector>

#include "base/random.h"
#include "cli/bench/client_connection.h"
#include "cli/bench/frame_scanner.h"
#include "cli/bench/load_options.h"
#include "cli/bench/process_usage.h"

namespace {

using namespace switchboard;
using namespace switchboard::cli::bench;

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::uint32_t kWindow = 2'000;  // acknowledgements outstanding while the room is filled
constexpr int kPatienceMs = 30'000;       // without a byte from the server

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "replay_bench: %s\n", why.c_str());
  std::exit(1);
}

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string_view text_of(std::string_view json, std::string_view key) {
  const std::size_t at = json.find(key);
  if (at == std::string_view::npos) fail("no " + std::string(key) + " in " + std::string(json.substr(0, 200)));
  const std::string_view rest = json.substr(at + key.size());
  return rest.substr(0, rest.find_first_of(",\"}"));
}

std::uint64_t number_of(std::string_view json, std::string_view key) {
  const std::string_view text = text_of(json, key);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// One client and how far it has come.
struct Client {
  ClientConnection connection{Seat{0, Role::kMember}};
  std::uint64_t last_seq = 0;
  std::uint64_t acknowledged = 0;
  bool caught_up = false;
};

class Bench {
 public:
  explicit Bench(const Endpoint& endpoint)
      : endpoint_(endpoint), poller_(epoll_create1(EPOLL_CLOEXEC)), buffer_(2 * kReadBytes) {}

  Client& connect(std::string first_command) {
    clients_.push_back(std::make_unique<Client>());
    commands_.push_back(std::move(first_command));
    Client& client = *clients_.back();
    if (const auto dialled = client.connection.dial(endpoint_, {}); !dialled) fail(dialled.error());
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET,
                      .data = {.u32 = static_cast<std::uint32_t>(clients_.size() - 1)}};
    epoll_ctl(poller_.get(), EPOLL_CTL_ADD, client.connection.fd(), &event);
    return client;
  }

  void send(Client& client, std::string_view command) {
    client.connection.append_frame(ws::Opcode::kText, command, random_);
  }
  void flush(Client& client) {
    if (!client.connection.flush()) fail("the connection broke");
  }

  void turn() {
    epoll_event events[64];
    const int count = epoll_wait(poller_.get(), events, 64, kPatienceMs);
    if (count == 0) fail("nothing has come for 30 s");
    for (int i = 0; i < count; ++i)
      handle(events[i].data.u32);
  }

  std::uint64_t received = 0;
  std::string epoch;
  std::size_t caught_up = 0;

 private:
  void handle(std::uint32_t index) {
    Client& client = *clients_[index];
    ClientConnection& connection = client.connection;
    if (connection.phase == Phase::kConnecting) {
      connection.phase = Phase::kUpgrading;
      connection.send_upgrade(endpoint_, ws::Encoding::kPlain, {});
    }
    flush(client);
    while (true) {
      std::copy(connection.partial.begin(), connection.partial.end(), buffer_.begin());
      const std::size_t kept = connection.partial.size();
      const ssize_t n = connection.receive({buffer_.data() + kept, kReadBytes});
      if (n < 0) return;
      if (n == 0) fail("the server closed the connection");
      const std::string_view bytes(buffer_.data(), kept + static_cast<std::size_t>(n));
      connection.partial = std::string(bytes.substr(consume(client, commands_[index], bytes)));
    }
  }

  std::size_t consume(Client& client, const std::string& first_command, std::string_view bytes) {
    std::size_t begin = 0;
    if (client.connection.phase == Phase::kUpgrading) {
      const auto taken = ClientConnection::take_upgrade(bytes, ws::Encoding::kPlain);
      if (!taken) fail(taken.error());
      if (!taken || *taken == 0) return 0;
      client.connection.phase = Phase::kJoined;
      send(client, first_command);
      flush(client);
      begin = *taken;
    }
    return begin + scan_frames(bytes.substr(begin), [&](const ScannedFrame& frame) {
             if (frame.opcode == ws::Opcode::kText) take(client, frame.payload);
             if (frame.opcode == ws::Opcode::kClose) fail("the server closed the connection");
             if (frame.opcode == ws::Opcode::kPing) {
               client.connection.append_frame(ws::Opcode::kPong, frame.payload, random_);
               flush(client);
             }
             return true;
           });
  }

  void take(Client& client, std::string_view push) {
    if (push.starts_with(R"({"type":"broadcast")")) {
      const std::uint64_t seq = number_of(push.substr(push.rfind("\"seq\"")), "\"seq\":");
      if (seq != client.last_seq + 1)
        fail("number " + std::to_string(seq) + " came behind " + std::to_string(client.last_seq));
      client.last_seq = seq;
      ++received;
    } else if (push.starts_with(R"({"type":"ack")")) {
      ++client.acknowledged;
    } else if (push.starts_with(R"({"type":"joined")")) {
      epoch = text_of(push, R"("epoch":")");
    } else if (push.starts_with(R"({"type":"caught_up")")) {
      client.caught_up = true;
      ++caught_up;
    } else {
      fail("unexpected: " + std::string(push.substr(0, 200)));
    }
  }

  const Endpoint& endpoint_;
  net::FileDescriptor poller_;
  std::vector<char> buffer_;
  Random random_{kernel_random()};
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::string> commands_;
};

std::string join(std::string_view room, std::string_view user, std::string_view epoch) {
  std::string command = R"({"type":"join","id":1,"room_id":")";
  command.append(room).append(R"(","user_id":")").append(user).append("\"");
  if (!epoch.empty()) command.append(R"(,"since":{"seq":0,"epoch":")").append(epoch).append("\"}");
  return command + "}";
}

/// What the filling has left to be done (moving messages into blocks, a checkpoint) is not the replay's.
void wait_until_idle(const std::vector<pid_t>& server) {
  constexpr double kLookEveryS = 0.25;
  constexpr double kGiveUpAfterS = 20;
  constexpr double kIdleShare = 0.02;
  for (const double began_s = now_s(); now_s() - began_s < kGiveUpAfterS;) {
    const auto before = process_usage(server);
    std::this_thread::sleep_for(std::chrono::duration<double>(kLookEveryS));
    const auto after = process_usage(server);
    if (!before || !after) fail("no such process");
    if (static_cast<double>(after->cpu_us - before->cpu_us) <= kIdleShare * kLookEveryS * 1e6) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) fail("usage: replay_bench URL MESSAGES CLIENTS PID");
  const auto endpoint = Endpoint::parse(argv[1]);
  if (!endpoint) fail(endpoint.error());
  const std::uint64_t messages = std::strtoull(argv[2], nullptr, 10);
  const std::uint64_t clients = std::strtoull(argv[3], nullptr, 10);
  const std::vector<pid_t> server{std::atoi(argv[4])};
  const std::string room = "replay-" + Random(kernel_random()).token(8);

  Bench writer(*endpoint);
  Client& filler = writer.connect(join(room, "writer", ""));
  while (writer.epoch.empty())
    writer.turn();
  const std::string broadcast = R"({"type":"broadcast","id":2,"echo":false,"room_id":")" + room + R"(","content":")" +
                                std::string(100, 'x') + "\"}";
  const double fill_began_s = now_s();
  for (std::uint64_t sent = 0; filler.acknowledged < messages;) {
    for (; sent < messages && sent - filler.acknowledged < kWindow; ++sent)
      writer.send(filler, broadcast);
    writer.flush(filler);
    writer.turn();
  }
  const double fill_s = now_s() - fill_began_s;

  wait_until_idle(server);
  Bench readers(*endpoint);
  const auto before = process_usage(server);
  if (!before) fail("no such process");
  std::uint64_t rss_max = before->rss_bytes;
  const double began_s = now_s();
  double rss_at_s = began_s;
  for (std::uint64_t i = 0; i < clients; ++i)
    readers.connect(join(room, "reader" + std::to_string(i), writer.epoch));
  while (readers.caught_up < clients) {
    readers.turn();
    if (now_s() - rss_at_s > 0.05) {
      rss_at_s = now_s();
      rss_max = std::max(rss_max, process_usage(server)->rss_bytes);
    }
  }
  const double seconds = now_s() - began_s;
  const auto after = process_usage(server);
  if (readers.received != messages * clients) fail("received " + std::to_string(readers.received));
  std::printf(
      "{\"messages\":%llu,\"clients\":%llu,\"fill_per_second\":%.0f,\"seconds\":%.3f,\"per_second\":%.0f,"
      "\"cpu_us_per_delivery\":%.4f,\"rss_before_bytes\":%llu,\"rss_max_bytes\":%llu}\n",
      static_cast<unsigned long long>(messages), static_cast<unsigned long long>(clients),
      static_cast<double>(messages) / fill_s, seconds, static_cast<double>(readers.received) / seconds,
      static_cast<double>(after->cpu_us - before->cpu_us) / static_cast<double>(readers.received),
      static_cast<unsigned long long>(before->rss_bytes), static_cast<unsigned long long>(rss_max));
}
