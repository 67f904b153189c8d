#include "server/shard_thread.h"

#include <future>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/socket_address.h"
#include "session/server_frames.h"
#include "ws/client_frame.h"

namespace switchboard::server {
namespace {

/// A blocking client. Its reads give up after some seconds, so that a broken server fails the test instead of hanging
/// it.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval at_most{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &at_most, sizeof at_most);
    const auto address = net::to_socket_address({.host = "127.0.0.1", .port = port});
    EXPECT_EQ(::connect(socket_.get(), address->get(), address->length), 0);
  }
  void send(std::string_view bytes) {
    ASSERT_EQ(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  void say(std::string_view text) { send(ws::client_frame(ws::Opcode::kText, text)); }
  /// False at the end of the stream, or when nothing comes.
  bool receive() {
    char buffer[4096];
    const ssize_t n = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    if (n > 0) received_.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  }
  std::string head() {
    while (true) {
      if (std::string head = session::take_head(received_); !head.empty()) return head;
      if (!receive()) return {};
    }
  }
  session::ServerFrame frame() {
    while (true) {
      if (!frames_.empty()) {
        session::ServerFrame frame = frames_.front();
        frames_.erase(frames_.begin());
        return frame;
      }
      frames_ = session::take_frames(received_);
      if (frames_.empty() && !receive()) return {ws::Opcode::kContinuation, "nothing came"};
    }
  }

 private:
  net::FileDescriptor socket_;
  std::string received_;
  std::vector<session::ServerFrame> frames_;
};

class Endings final : public shard::ConnectionObserver {
 public:
  explicit Endings(Admission& admission) : admission_(admission) {}
  void on_opened(const session::Session&) override {}
  void on_ended(const session::Session& session, Instant) override { admission_.release(session.address_rate()); }

 private:
  Admission& admission_;
};

class ShardThreadTest : public testing::Test {
 protected:
  void start(Admission& admission) {
    auto listener = net::Listener::open({.host = "127.0.0.1", .port = 0}, {});
    ASSERT_TRUE(listener) << listener.error();
    port = listener->address().port;
    observer = std::make_unique<Endings>(admission);
    std::vector<net::Listener> listeners;
    listeners.push_back(std::move(*listener));
    const shard::ShardParts parts{.exchange = exchange,
                                  .clock = clock,
                                  .observer = *observer,
                                  .hash_key = {1, 2},
                                  .random_seed = 1,
                                  .assets = {}};
    thread = std::make_unique<ShardThread>(0, settings, parts, std::move(listeners), admission);
    thread->start();
  }
  /// Runs it on the shard's thread and waits for what it returns.
  template <class F>
  auto ask(F work) {
    std::promise<decltype(work(*thread))> promise;
    thread->post([&](ShardThread& self) { promise.set_value(work(self)); });
    return promise.get_future().get();
  }

  SystemClock clock;
  shard::ShardSettings settings;
  shard::Exchange exchange{1};
  Admission unlimited{AdmissionLimits{}};
  std::unique_ptr<Endings> observer;
  std::unique_ptr<ShardThread> thread;
  std::uint16_t port = 0;
};

TEST_F(ShardThreadTest, ServesRealClients) {
  start(unlimited);
  Client ann(port);
  Client bob(port);
  for (Client* client : {&ann, &bob}) {
    client->send(session::kUpgrade);
    EXPECT_TRUE(client->head().starts_with("HTTP/1.1 101 "));
    client->say(R"({"type":"join","room_id":"lobby","user_id":"u"})");
    EXPECT_EQ(client->frame().payload, R"({"type":"joined","room_id":"lobby"})");
  }
  ann.say(R"({"type":"broadcast","room_id":"lobby","content":"hello"})");
  for (Client* client : {&ann, &bob})
    EXPECT_NE(client->frame().payload.find(R"("content":"hello","sender":"u","seq":1,)"), std::string::npos);
  ann.send(ws::client_frame(ws::Opcode::kClose, std::string("\x03\xe8", 2)));
  EXPECT_EQ(ann.frame().close_code(), 1000);
  EXPECT_FALSE(ann.receive()) << "the end of the stream";
  EXPECT_EQ(ask([](ShardThread& self) { return self.shard().connections(); }), 1u);
}

TEST_F(ShardThreadTest, RunsPostedWorkInOrderOnItsThread) {
  start(unlimited);
  std::vector<int> order;
  for (int i = 0; i < 100; ++i)
    thread->post([&order, i](ShardThread&) { order.push_back(i); });
  const auto where = ask([](ShardThread&) { return std::this_thread::get_id(); });
  EXPECT_NE(where, std::this_thread::get_id());
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST_F(ShardThreadTest, StoppingDoesNotWaitForOpenConnections) {
  start(unlimited);
  Client client(port);
  client.send(session::kUpgrade);
  client.head();
  thread->stop();
  thread->join();
  thread.reset();
  EXPECT_FALSE(client.receive());
}

TEST_F(ShardThreadTest, CanBeStoppedBeforeItWasStarted) {
  Admission admission(AdmissionLimits{});
  observer = std::make_unique<Endings>(admission);
  const shard::ShardParts parts{
      .exchange = exchange, .clock = clock, .observer = *observer, .hash_key = {1, 2}, .random_seed = 1, .assets = {}};
  thread = std::make_unique<ShardThread>(0, settings, parts, std::vector<net::Listener>{}, admission);
  thread->stop();
  thread->join();
}

TEST_F(ShardThreadTest, WhoWaitsInTheAcceptQueueIsTakenBeforeTheListenersClose) {
  start(unlimited);
  std::promise<void> begin;
  thread->post([future = begin.get_future().share()](ShardThread& self) {
    future.wait();  // the clients connect while nobody accepts
    self.stop_accepting();
  });
  std::vector<Client> clients;
  for (int i = 0; i < 5; ++i)
    clients.emplace_back(port);
  begin.set_value();
  EXPECT_EQ(ask([](ShardThread& self) { return self.shard().connections(); }), 5u);
  for (Client& client : clients) {
    client.send(session::kUpgrade);
    EXPECT_TRUE(client.head().starts_with("HTTP/1.1 101 "));
  }
}

TEST_F(ShardThreadTest, ClientsOverTheLimitAreToldAfterTheirUpgrade) {
  Admission one({.connections_max = 1});
  start(one);
  Client first(port);
  first.send(session::kUpgrade);
  EXPECT_TRUE(first.head().starts_with("HTTP/1.1 101 "));
  Client second(port);
  second.send(session::kUpgrade);
  EXPECT_TRUE(second.head().starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(second.frame().close_code(), 4100);
  first.say(R"({"type":"ping"})");
  EXPECT_EQ(first.frame().payload, R"({"type":"pong"})");
  thread.reset();  // before what it refers to
}

}  // namespace
}  // namespace switchboard::server
