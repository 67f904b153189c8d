#include "ops/ops_port.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ops/idle_shards.h"
#include "ops/ops_connection.h"
#include "support/files_left.h"

namespace switchboard::ops {
namespace {

constexpr std::string_view kReadyRequest = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";

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
  bool serve_until(Done done, int turns_max = 2'000) {
    for (int turns = 0; turns < turns_max; ++turns) {
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
  client.send(kReadyRequest);
  ASSERT_TRUE(is_answered(client));
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 200 OK\r\n"));
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(serve_until([&] { return client.received(), client.ended; }));
  EXPECT_TRUE(client.received().ends_with("\r\n\r\nok\n"));
}

TEST_F(OpsPortTest, WhoReadsUpToTheEndComesToItSoon) {
  Client client = connect();
  client.send(kReadyRequest);
  ASSERT_TRUE(is_answered(client));
  shards_.clock.advance(std::chrono::milliseconds(499));
  port_->on_tick();
  EXPECT_FALSE(serve_until([&] { return client.received(), client.ended; }, 5));
  shards_.clock.advance(std::chrono::milliseconds(1));
  port_->on_tick();
  EXPECT_TRUE(serve_until([&] { return client.received(), client.ended; }));
}

TEST_F(OpsPortTest, SaysThatItIsNotReady) {
  port_->set_ready(false);
  Client client = connect();
  client.send(kReadyRequest);
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
  later.send(kReadyRequest);
  ASSERT_TRUE(is_answered(later));  // so the two before it have been accepted
  port_->on_tick();
  EXPECT_TRUE((silent.received(), !silent.ended));
  shards_.clock.advance(http::ConnectionLimits().head_time_max);
  port_->on_tick();
  EXPECT_TRUE(serve_until([&] { return silent.received(), slow.received(), silent.ended && slow.ended; }));
}

TEST_F(OpsPortTest, OfSixtyFiveTheOldestGivesWay) {
  Client oldest = connect();
  EXPECT_FALSE(serve_until([&] { return oldest.received(), oldest.ended; }, 5)) << "it is accepted before the others";
  shards_.clock.advance(Duration(1));
  std::vector<Client> holders;
  for (int i = 0; i < 63; ++i) {
    holders.push_back(connect());
    holders.back().send("G");
  }
  Client probe = connect();
  EXPECT_TRUE(serve_until([&] { return oldest.received(), oldest.ended; }));
  probe.send(kReadyRequest);
  EXPECT_TRUE(is_answered(probe));
  for (Client& holder : holders)
    EXPECT_TRUE((holder.received(), !holder.ended));
}

TEST_F(OpsPortTest, AProbeIsAnsweredHoweverManyAskNothing) {
  std::vector<Client> holders;
  for (int i = 0; i < 300; ++i) {
    holders.push_back(connect());
    holders.back().send("G");
  }
  // It comes first, and so many come behind it that nothing is left of it unless it is answered when it is accepted.
  Client probe = connect();
  probe.send(kReadyRequest);
  for (int i = 0; i < 300; ++i)
    holders.push_back(connect());
  EXPECT_TRUE(is_answered(probe));
}

TEST_F(OpsPortTest, NobodyGivesWayToWhoHasLongHadItsAnswer) {
  std::vector<Client> answered;
  Client waiting = connect();
  waiting.send("GET /readyz HTTP/1.1\r\n");
  for (int i = 0; i < 200; ++i) {
    answered.push_back(connect());
    answered.back().send(kReadyRequest);
    ASSERT_TRUE(is_answered(answered.back()));
  }
  waiting.send("Host: localhost\r\n\r\n");
  EXPECT_TRUE(is_answered(waiting));
}

TEST_F(OpsPortTest, WhoDoesNotReadItsAnswerGivesWay) {
  std::vector<Client> silent;
  for (int i = 0; i < 200; ++i) {
    silent.push_back(connect());
    silent.back().send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  Client probe = connect();
  probe.send(kReadyRequest);
  EXPECT_TRUE(is_answered(probe));
}

TEST_F(OpsPortTest, WithoutFileDescriptorsAConnectionGivesUpIts) {
  Client holder = connect();
  ASSERT_FALSE(serve_until([&] { return holder.received(), holder.ended; }, 5));
  Client probe = connect();
  probe.send(kReadyRequest);
  const FilesLeft none(0);
  EXPECT_TRUE(is_answered(probe));
  EXPECT_TRUE((holder.received(), holder.ended));
}

TEST_F(OpsPortTest, WhoHasTheLastFileDescriptorKeepsItsConnection) {
  Client probe = connect();
  const FilesLeft one(1);
  ASSERT_FALSE(serve_until([&] { return probe.received(), probe.ended; }, 5));
  probe.send(kReadyRequest);
  EXPECT_TRUE(is_answered(probe));
}

TEST_F(OpsPortTest, WithNoFileDescriptorAtAllItTriesAgainInAWhile) {
  Client probe = connect();
  probe.send(kReadyRequest);
  {
    const FilesLeft none(0);
    for (const net::Readiness& readiness : loop_.wait(std::chrono::seconds(10)))
      port_->on_ready(readiness);
    for (int turns = 0; turns < 3; ++turns) {
      port_->on_tick();
      EXPECT_TRUE(loop_.wait(Duration::zero()).empty()) << "it does not spin";
    }
  }
  EXPECT_EQ(probe.received(), "");
  shards_.clock.advance(std::chrono::milliseconds(100));
  port_->on_tick();
  EXPECT_TRUE(is_answered(probe));
}

TEST_F(OpsPortTest, AnswersUnderAListedName) {
  const std::string_view request = "GET /readyz HTTP/1.1\r\nHost: switchboard.internal:8081\r\n\r\n";
  Client refused = connect();
  refused.send(request);
  EXPECT_TRUE(serve_until([&] { return refused.received().starts_with("HTTP/1.1 421 Misdirected Request\r\n"); }));
  port_->set_hosts({"switchboard.internal"});
  Client client = connect();
  client.send(request);
  EXPECT_TRUE(is_answered(client));
}

}  // namespace
}  // namespace switchboard::ops
