#include "server/ops_port.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "server/idle_shards.h"
#include "server/ops_connection.h"

namespace switchboard::server {
namespace {

constexpr std::string_view kRequest = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  void send(std::string_view bytes) { ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  /// Everything that has come so far. `ended` from the server's FIN or reset on.
  const std::string& received() {
    char buffer[4'096];
    ssize_t count;
    while ((count = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT)) > 0)
      text_.append(buffer, static_cast<std::size_t>(count));
    ended = ended || count == 0 || errno != EAGAIN;
    return text_;
  }
  bool ended = false;

 private:
  net::FileDescriptor socket_;
  std::string text_;
};

class OpsPortTest : public testing::Test {
 protected:
  OpsPortTest()
      : port_(std::move(
            *OpsPort::open({.host = "127.0.0.1", .port = 0}, loop_, *shards_, nullptr, shards_.log, shards_.clock))) {}

  Client connect() { return Client(port_->address().port); }

  /// Serves until `done`. The bound only ends a test that has failed: it waits for the kernel, not for time to pass.
  template <typename Done>
  bool serve_until(Done done) {
    for (int turns = 0; turns < 2'000; ++turns) {
      for (const net::Readiness& readiness : loop_.wait(std::chrono::milliseconds(1)))
        port_->on_ready(readiness);
      if (done()) return true;
    }
    return false;
  }
  bool is_answered(Client& client) {
    return serve_until([&] { return client.received().find("ready\n") != std::string::npos; });
  }

  IdleShards shards_;
  net::Loop loop_;
  std::unique_ptr<OpsPort> port_;
};

TEST_F(OpsPortTest, AnswersOverTcp) {
  Client client = connect();
  client.send(kRequest);
  ASSERT_TRUE(is_answered(client));
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(serve_until([&] { return client.received(), client.ended; }));
}

TEST_F(OpsPortTest, SaysThatItIsNotReady) {
  port_->set_ready(false);
  Client client = connect();
  client.send(kRequest);
  EXPECT_TRUE(serve_until([&] { return client.received().starts_with("HTTP/1.1 503 "); }));
}

TEST_F(OpsPortTest, RefusesAnAddressThatIsTaken) {
  net::Loop other_loop;
  const auto second = OpsPort::open(port_->address(), other_loop, *shards_, nullptr, shards_.log, shards_.clock);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("cannot listen on 127.0.0.1:"), std::string::npos);
}

TEST_F(OpsPortTest, EndsWhoTakesTooLong) {
  Client silent = connect();
  Client slow = connect();
  slow.send("GET /health HTTP/1.1\r\n");
  Client later = connect();
  later.send(kRequest);
  ASSERT_TRUE(is_answered(later));  // so the two before it have been accepted
  port_->on_tick();
  EXPECT_TRUE((silent.received(), !silent.ended));
  shards_.clock.advance(OpsConnection::kTimeMax);
  port_->on_tick();
  EXPECT_TRUE(serve_until([&] { return silent.received(), slow.received(), silent.ended && slow.ended; }));
}

TEST_F(OpsPortTest, HoldsSixtyFourConnectionsAndTheNextWaitsItsTurn) {
  std::vector<Client> holders;
  for (int i = 0; i < 63; ++i)
    holders.push_back(connect());
  Client last = connect();
  last.send("GET /readyz HTTP/1.1\r\n");
  Client waiting = connect();
  waiting.send(kRequest);
  // The 64th is served, the 65th is not although its request came first.
  last.send("Host: x\r\n\r\n");
  ASSERT_TRUE(is_answered(last));
  EXPECT_EQ(waiting.received(), "");
  // As soon as one of them has gone it has its turn.
  holders.pop_back();
  EXPECT_TRUE(is_answered(waiting));
}

TEST_F(OpsPortTest, RecoversWhenAllItsConnectionsAreHeld) {
  std::vector<Client> holders;
  for (int i = 0; i < 64; ++i)
    holders.push_back(connect());
  Client waiting = connect();
  waiting.send(kRequest);
  holders.back().send(kRequest);
  ASSERT_TRUE(is_answered(holders.back()));
  EXPECT_EQ(waiting.received(), "");
  shards_.clock.advance(OpsConnection::kTimeMax);
  port_->on_tick();
  EXPECT_TRUE(is_answered(waiting));
}

}  // namespace
}  // namespace switchboard::server
