// The floor: the least a server can do. One pinned loop that, for every broadcast it gets, builds the push once and
// calls send() on every socket, blindly: no rooms, no order, no queue, no second try (what the kernel does not take is
// lost, and counted at the end). The handshake, the commands and the push's bytes are Switchboard's own, so
// `switchboard bench` measures both alike. Usage: floor --port N [--pin CPU]
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sched.h>
#include <string>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "base/time.h"
#include "http/request_parser.h"
#include "net/listener.h"
#include "protocol/command.h"
#include "protocol/push.h"
#include "ws/connection.h"
#include "ws/frame_writer.h"
#include "ws/handshake.h"

namespace switchboard {
namespace {

constexpr std::size_t kMessageBytesMax = 1 << 20;
constexpr std::size_t kHeadBytesMax = 8192;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kPaddingBytes = 64;  // ws::Connection reads past what it is given
constexpr int kBatchEvents = 64;

struct Client {
  explicit Client(net::FileDescriptor descriptor) : socket(std::move(descriptor)) {}

  net::FileDescriptor socket;
  std::unique_ptr<http::RequestParser> upgrade = std::make_unique<http::RequestParser>(kHeadBytesMax);
  ws::Connection connection{kMessageBytesMax};
  std::string user_id;
  bool is_joined = false;
};

class Floor final : private ws::Events {
 public:
  explicit Floor(net::Listener listener)
      : listener_(std::move(listener)), poller_(epoll_create1(EPOLL_CLOEXEC)), buffer_(kReadBytes + kPaddingBytes) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    epoll_ctl(poller_.get(), EPOLL_CTL_ADD, listener_.fd(), &event);
  }

  [[noreturn]] void run() {
    for (;;) {
      epoll_event events[kBatchEvents];
      const int count = epoll_wait(poller_.get(), events, kBatchEvents, -1);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.ptr == nullptr) {
          accept();
        } else {
          read(*static_cast<Client*>(events[i].data.ptr));
        }
      }
    }
  }

 private:
  void accept() {
    for (auto accepted = listener_.accept(); accepted.status == net::AcceptStatus::kAccepted;
         accepted = listener_.accept()) {
      auto client = std::make_unique<Client>(std::move(accepted.socket));
      epoll_event event{.events = EPOLLIN, .data = {.ptr = client.get()}};
      epoll_ctl(poller_.get(), EPOLL_CTL_ADD, client->socket.get(), &event);
      clients_.push_back(std::move(client));
    }
  }

  void read(Client& client) {
    const ssize_t n = recv(client.socket.get(), buffer_.data(), kReadBytes, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return end(client);
    std::span<char> bytes(buffer_.data(), static_cast<std::size_t>(n));
    if (client.upgrade) {
      const auto taken = client.upgrade->feed({bytes.data(), bytes.size()});
      if (!taken) return end(client);
      if (!client.upgrade->done()) return;
      send_all(client, ws::upgrade_response(client.upgrade->request().value("Sec-WebSocket-Key"), ""));
      client.upgrade.reset();
      bytes = bytes.subspan(*taken);
    }
    current_ = &client;
    if (client.connection.receive(bytes, *this).failure) end(client);
  }

  ws::Flow on_message(ws::Opcode, std::string_view payload) override {
    while (!payload.empty()) {
      const auto command = decoder_.next(payload);
      if (!command) break;
      if (const auto* join = std::get_if<protocol::Join>(&command->body)) {
        join_member(*join);
      } else if (const auto* broadcast = std::get_if<protocol::Broadcast>(&command->body)) {
        publish(*broadcast);
      }
    }
    return ws::Flow::kContinue;
  }
  ws::Flow on_ping(std::string_view) override { return ws::Flow::kContinue; }
  ws::Flow on_pong(std::string_view) override { return ws::Flow::kContinue; }
  void on_close(std::uint16_t, std::string_view) override {}

  void join_member(const protocol::Join& join) {
    current_->user_id = join.user_id;
    protocol::append(frame_.begin(), protocol::Joined{.room_id = join.room_id, .id = "", .seq = {}, .epoch = ""});
    send_all(*current_, frame_.finish(ws::Opcode::kText));
    if (!std::exchange(current_->is_joined, true)) members_.push_back(current_->socket.get());
  }

  void publish(const protocol::Broadcast& broadcast) {
    protocol::append(frame_.begin(), protocol::Publication{.room_id = broadcast.room_id,
                                                           .content = broadcast.content,
                                                           .sender = current_->user_id,
                                                           .seq = Seq{++seq_},
                                                           .ts = clock_.unix_ms()});
    const std::string_view frame = frame_.finish(ws::Opcode::kText);
    for (const int fd : members_) {
      if (send(fd, frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL) != static_cast<ssize_t>(frame.size()))
        ++lost_;
    }
  }

  void send_all(const Client& client, std::string_view bytes) {
    if (send(client.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) ++lost_;
  }

  /// Sockets are closed when the process ends: a number that is never used again cannot reach the wrong client.
  void end(Client& client) {
    epoll_ctl(poller_.get(), EPOLL_CTL_DEL, client.socket.get(), nullptr);
    std::erase(members_, client.socket.get());
    if (members_.empty() && lost_ > 0) std::fprintf(stderr, "floor: %llu sends were not taken\n", lost_);
  }

  net::Listener listener_;
  net::FileDescriptor poller_;
  std::vector<char> buffer_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<int> members_;
  Client* current_ = nullptr;
  protocol::CommandDecoder decoder_{32};
  ws::FrameBuilder frame_;
  SystemClock clock_;
  std::uint64_t seq_ = 0;
  unsigned long long lost_ = 0;
};

int run(int argc, char** argv) {
  int port = 0;
  int cpu = -1;
  for (int i = 1; i + 1 < argc; i += 2) {
    (std::strcmp(argv[i], "--pin") == 0 ? cpu : port) = std::atoi(argv[i + 1]);
  }
  if (port <= 0 || port > 65535) {
    std::fputs("usage: floor --port N [--pin CPU]\n", stderr);
    return 2;
  }
  if (cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(cpu), &set);
    sched_setaffinity(0, sizeof set, &set);
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  auto listener = net::Listener::open({"127.0.0.1", static_cast<std::uint16_t>(port)}, {});
  if (!listener) {
    std::fprintf(stderr, "floor: %s\n", listener.error().c_str());
    return 1;
  }
  std::printf("listening on 127.0.0.1:%d\n", port);
  std::fflush(stdout);
  Floor(std::move(*listener)).run();
}

}  // namespace
}  // namespace switchboard

int main(int argc, char** argv) {
  return switchboard::run(argc, argv);
}
