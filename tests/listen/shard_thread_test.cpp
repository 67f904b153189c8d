#include "listen/shard_thread.h"

#include <future>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/socket_address.h"
#include "session/server_frames.h"
#include "support/manual_clock.h"
#include "ws/client_frame.h"

namespace switchboard::listen {
namespace {

/// A blocking client. Its reads give up after some seconds, so that a broken server fails the test instead of hanging
/// it.
class Visitor {
 public:
  explicit Visitor(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
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
  void on_opened(const session::Connection& connection) override { peers.push_back(connection.peer().to_string()); }
  session::Readmission on_readdressed(session::AddressRate* counted_at, const net::PeerAddress& client) override {
    const auto admitted = admission_.readdress(counted_at, client);
    const session::Ending ending = refusal(admitted.verdict);
    return {.address_rate = admitted.address, .refusal_code = ending.code, .refusal_reason = ending.reason};
  }
  void on_turned_away(const net::PeerAddress& peer, std::string_view reason) override {
    turned_away.push_back(peer.ip_text() + " " + std::string(reason));
  }
  void on_accepting_paused(int error) override { accept_errors.push_back(error); }
  void on_ended(const session::Connection& connection, Instant) override {
    admission_.release(connection.address_rate());
  }

  std::vector<std::string> peers;  // of who was let in; to be read on the shard's thread
  std::vector<std::string> turned_away;
  std::vector<int> accept_errors;

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
    std::vector<ShardListener> listeners;
    listeners.push_back({.socket = std::move(*listener), .wants_proxy_header = wants_proxy_header});
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
  Admission unlimited{AdmissionLimits{}, clock};
  std::unique_ptr<Endings> observer;
  std::unique_ptr<ShardThread> thread;
  std::uint16_t port = 0;
  bool wants_proxy_header = false;
};

TEST_F(ShardThreadTest, ServesRealClients) {
  start(unlimited);
  Visitor ann(port);
  Visitor bob(port);
  for (Visitor* client : {&ann, &bob}) {
    client->send(session::kUpgrade);
    EXPECT_TRUE(client->head().starts_with("HTTP/1.1 101 "));
    client->say(R"({"type":"join","room_id":"lobby","user_id":"u"})");
    EXPECT_EQ(client->frame().payload, R"({"type":"joined","room_id":"lobby"})");
  }
  ann.say(R"({"type":"broadcast","room_id":"lobby","content":"hello"})");
  for (Visitor* client : {&ann, &bob})
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
  Visitor client(port);
  client.send(session::kUpgrade);
  client.head();
  thread->stop();
  thread->join();
  thread.reset();
  EXPECT_FALSE(client.receive());
}

TEST_F(ShardThreadTest, CanBeStoppedBeforeItWasStarted) {
  Admission admission(AdmissionLimits{}, clock);
  observer = std::make_unique<Endings>(admission);
  const shard::ShardParts parts{
      .exchange = exchange, .clock = clock, .observer = *observer, .hash_key = {1, 2}, .random_seed = 1, .assets = {}};
  thread = std::make_unique<ShardThread>(0, settings, parts, std::vector<ShardListener>{}, admission);
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
  std::vector<Visitor> clients;
  for (int i = 0; i < 5; ++i)
    clients.emplace_back(port);
  begin.set_value();
  EXPECT_EQ(ask([](ShardThread& self) { return self.shard().connections(); }), 5u);
  for (Visitor& client : clients) {
    client.send(session::kUpgrade);
    EXPECT_TRUE(client.head().starts_with("HTTP/1.1 101 "));
  }
}

TEST_F(ShardThreadTest, ClientsOverTheLimitAreToldAfterTheirUpgrade) {
  Admission one({.connections_max = 1}, clock);
  start(one);
  Visitor first(port);
  first.send(session::kUpgrade);
  EXPECT_TRUE(first.head().starts_with("HTTP/1.1 101 "));
  Visitor second(port);
  second.send(session::kUpgrade);
  EXPECT_TRUE(second.head().starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(second.frame().close_code(), 4100);
  first.say(R"({"type":"ping"})");
  EXPECT_EQ(first.frame().payload, R"({"type":"pong"})");
  thread.reset();  // before what it refers to
}

class ProxiedShardThreadTest : public ShardThreadTest {
 protected:
  void start_behind(const char* trusted, Admission& admission) {
    ASSERT_TRUE(settings.session.listeners[0].trusted_proxies.add(trusted));
    start(admission);
  }
  std::vector<std::string> peers() {
    return ask([this](ShardThread&) { return observer->peers; });
  }
  std::vector<std::string> turned_away() {
    return ask([this](ShardThread&) { return observer->turned_away; });
  }
};

using Texts = std::vector<std::string>;
constexpr std::string_view kProxyLine = "PROXY TCP4 192.0.2.1 198.51.100.7 56789 443\r\n";

TEST_F(ProxiedShardThreadTest, AProxyHeaderNamesTheClientHoweverItIsCut) {
  wants_proxy_header = true;
  start_behind("127.0.0.0/8", unlimited);
  Visitor whole(port);
  whole.send(std::string(kProxyLine) + std::string(session::kUpgrade));
  EXPECT_TRUE(whole.head().starts_with("HTTP/1.1 101 "));
  Visitor cut(port);
  for (const char byte : std::string(kProxyLine) + std::string(session::kUpgrade))
    cut.send({&byte, 1});
  EXPECT_TRUE(cut.head().starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(peers(), (Texts{"192.0.2.1:56789", "192.0.2.1:56789"}));
}

TEST_F(ProxiedShardThreadTest, WithoutAProxyHeaderNobodyGetsIn) {
  wants_proxy_header = true;
  start_behind("127.0.0.0/8", unlimited);
  Visitor client(port);
  client.send(session::kUpgrade);
  EXPECT_FALSE(client.receive());
  EXPECT_EQ(turned_away(), Texts{"127.0.0.1 no PROXY header"});
}

TEST_F(ProxiedShardThreadTest, SilenceInsteadOfAProxyHeaderEndsWithTheHandshakeTimeout) {
  wants_proxy_header = true;
  settings.session.handshake_timeout_ms = 20;
  start_behind("127.0.0.0/8", unlimited);
  Visitor client(port);
  client.send("PROXY TCP4");
  EXPECT_FALSE(client.receive());
  EXPECT_EQ(turned_away(), Texts{"127.0.0.1 sent no PROXY header in time"});
}

TEST_F(ProxiedShardThreadTest, AProxyHeaderFromAnybodyElseIsNotEvenRead) {
  wants_proxy_header = true;
  start_behind("192.0.2.0/24", unlimited);
  Visitor client(port);
  EXPECT_FALSE(client.receive());
  EXPECT_EQ(turned_away(), Texts{"127.0.0.1 is none of trusted_proxies"});
}

TEST_F(ProxiedShardThreadTest, LimitsOfAnAddressAreForTheClientThatTheHeaderNames) {
  wants_proxy_header = true;
  Admission one_each({.connections_max = 0, .per_address_max = 1}, clock);
  start_behind("127.0.0.0/8", one_each);
  const auto open = [&](std::string_view line) {
    Visitor client(port);
    client.send(std::string(line) + std::string(session::kUpgrade));
    EXPECT_TRUE(client.head().starts_with("HTTP/1.1 101 "));
    return client;
  };
  Visitor first = open(kProxyLine);
  Visitor second = open(kProxyLine);
  EXPECT_EQ(second.frame().close_code(), 4100);
  Visitor other = open("PROXY TCP4 192.0.2.2 198.51.100.7 1 443\r\n");
  other.say(R"({"type":"ping"})");
  EXPECT_EQ(other.frame().payload, R"({"type":"pong"})");
  thread.reset();
}

TEST_F(ProxiedShardThreadTest, LimitsOfAnAddressAreForTheClientThatTheRequestNames) {
  Admission one_each({.connections_max = 0, .per_address_max = 1}, clock);
  start_behind("127.0.0.0/8", one_each);
  const auto open = [&](std::string_view address) {
    Visitor client(port);
    std::string request(session::kUpgrade);
    request.insert(request.size() - 2, "X-Forwarded-For: " + std::string(address) + "\r\n");
    client.send(request);
    EXPECT_TRUE(client.head().starts_with("HTTP/1.1 101 "));
    return client;
  };
  Visitor first = open("192.0.2.1");
  Visitor second = open("192.0.2.1");
  EXPECT_EQ(second.frame().close_code(), 4100);
  Visitor other = open("192.0.2.2");
  other.say(R"({"type":"ping"})");
  EXPECT_EQ(other.frame().payload, R"({"type":"pong"})");
  EXPECT_EQ(peers(), (Texts{"192.0.2.1", "192.0.2.1", "192.0.2.2"}));
  thread.reset();
}

TEST_F(ShardThreadTest, AListenerThatGivesNobodyIsLeftAloneForAMomentAndTheOthersGoOn) {
  auto dead = net::Listener::open({.host = "127.0.0.1", .port = 0}, {});
  auto shared = net::Listener::share(dead->fd(), {});
  auto healthy = net::Listener::open({.host = "127.0.0.1", .port = 0}, {});
  ASSERT_TRUE(dead && shared && healthy);
  port = healthy->address().port;
  observer = std::make_unique<Endings>(unlimited);
  test::ManualClock still;  // a pause ends only when this is moved, on the shard's thread
  const shard::ShardParts parts{
      .exchange = exchange, .clock = still, .observer = *observer, .hash_key = {1, 2}, .random_seed = 1, .assets = {}};
  std::vector<ShardListener> listeners;
  listeners.push_back({.socket = std::move(*shared)});
  listeners.push_back({.socket = std::move(*healthy)});
  thread = std::make_unique<ShardThread>(0, settings, parts, std::move(listeners), unlimited);
  // From now on the kernel reports it in every turn, and accept4() fails every time.
  ASSERT_EQ(::shutdown(dead->fd(), SHUT_RDWR), 0);
  thread->start();
  const auto pauses = [&] { return ask([](ShardThread& self) { return self.shard().stats().accept_pauses.value(); }); };
  for (std::uint64_t expected = 1; expected <= 3; ++expected) {
    while (pauses() < expected)
      ;
    Visitor client(port);
    client.send(session::kUpgrade);
    EXPECT_TRUE(client.head().starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(pauses(), expected) << "it is not tried again before its time";
    ask([&](ShardThread&) { return still.advance(std::chrono::milliseconds(100)), 0; });
  }
  EXPECT_EQ(ask([&](ShardThread&) { return observer->accept_errors; }), std::vector<int>{EINVAL}) << "said once";
  thread.reset();  // before its clock
}

TEST_F(ShardThreadTest, WhoWaitsAtASocketThatOthersGoOnWithIsLeftToThem) {
  auto listener = net::Listener::open({.host = "127.0.0.1", .port = 0}, {});
  ASSERT_TRUE(listener);
  port = listener->address().port;
  auto shared = net::Listener::share(listener->fd(), {});
  ASSERT_TRUE(shared);
  observer = std::make_unique<Endings>(unlimited);
  const shard::ShardParts parts{
      .exchange = exchange, .clock = clock, .observer = *observer, .hash_key = {1, 2}, .random_seed = 1, .assets = {}};
  std::vector<ShardListener> listeners;
  listeners.push_back({.socket = std::move(*shared), .keeps_queue = true});
  thread = std::make_unique<ShardThread>(0, settings, parts, std::move(listeners), unlimited);
  thread->stop_accepting();
  const Visitor client(port);
  thread->start();
  EXPECT_EQ(ask([](ShardThread& self) { return self.shard().connections(); }), 0u);
  EXPECT_EQ(listener->accept().status, net::AcceptStatus::kAccepted);
}

}  // namespace
}  // namespace switchboard::listen
