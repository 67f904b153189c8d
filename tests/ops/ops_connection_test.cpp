#include "ops/ops_connection.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "net/tcp_transport.h"
#include "support/manual_clock.h"

namespace switchboard::ops {
namespace {

/// A peer at the other end of a socket pair.
class OpsConnectionTest : public testing::Test {
 protected:
  OpsConnectionTest() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    peer_ = net::FileDescriptor(ends[0]);
    connection_.emplace(std::make_unique<net::TcpTransport>(net::FileDescriptor(ends[1])), clock_);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty() && !connection_->is_over()) {
      const ssize_t sent = ::send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      wake();
    }
  }
  void wake() {
    connection_->on_ready([this](const http::Request& request) {
      asked_ += std::string(request.target) + " ";
      return OpsAnswer{.body = answer_};
    });
  }
  /// What has come; `at_end_` when nothing follows.
  std::string received() {
    std::string text;
    char buffer[4'096];
    ssize_t count;
    while ((count = ::recv(peer_.get(), buffer, sizeof buffer, 0)) > 0)
      text.append(buffer, static_cast<std::size_t>(count));
    at_end_ = count == 0;
    return text;
  }

  /// The bodies of answers, one behind the other.
  static std::string bodies(std::string_view answers) {
    std::string all;
    while (!answers.empty()) {
      const std::size_t end = answers.find("\r\n\r\n") + 4;
      const std::string_view head = answers.substr(0, end);
      const std::size_t length = std::stoul(std::string(head.substr(head.find("Content-Length: ") + 16)));
      all.append(answers.substr(end, length)).append(" ");
      answers.remove_prefix(std::min(answers.size(), end + length));
    }
    return all;
  }

  test::ManualClock clock_;
  net::FileDescriptor peer_;
  std::optional<OpsConnection> connection_;
  std::string answer_ = "answer";
  std::string asked_;
  bool at_end_ = false;
};

const std::string kRequest = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(OpsConnectionTest, AnswersAndGoesOn) {
  send(kRequest);
  EXPECT_EQ(bodies(received()), "answer ");
  EXPECT_FALSE(at_end_);
  send(kRequest);
  EXPECT_EQ(bodies(received()), "answer ");
  peer_.reset();
  wake();
  EXPECT_TRUE(connection_->is_over());
}

TEST_F(OpsConnectionTest, AnswersTheLastOneAndWaitsForThePeerToClose) {
  send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(bodies(received()), "answer ");
  EXPECT_TRUE(at_end_);
  EXPECT_FALSE(connection_->is_over());
  peer_.reset();
  wake();
  EXPECT_TRUE(connection_->is_over());
}

TEST_F(OpsConnectionTest, TakesARequestByteByByte) {
  for (const char byte : kRequest) {
    EXPECT_EQ(asked_, "");
    send({&byte, 1});
  }
  EXPECT_EQ(bodies(received()), "answer ");
}

TEST_F(OpsConnectionTest, AnswersAPeerThatHasFinishedSending) {
  ASSERT_EQ(::send(peer_.get(), kRequest.data(), kRequest.size(), 0), static_cast<ssize_t>(kRequest.size()));
  ::shutdown(peer_.get(), SHUT_WR);
  wake();
  EXPECT_EQ(bodies(received()), "answer ");
  EXPECT_TRUE(connection_->is_over());
}

TEST_F(OpsConnectionTest, IsOverWhenThePeerLeavesInTheMiddle) {
  send("GET /hea");
  ::shutdown(peer_.get(), SHUT_WR);
  wake();
  EXPECT_TRUE(connection_->is_over());
  EXPECT_EQ(asked_, "");
}

TEST_F(OpsConnectionTest, AnswersSeveralRequestsThatCameAtOnce) {
  send(kRequest + kRequest + kRequest);
  EXPECT_EQ(asked_, "/health /health /health ");
  EXPECT_EQ(bodies(received()), "answer answer answer ");
}

TEST_F(OpsConnectionTest, ManyRequestsAtOnceAreAnsweredAsTheReaderTakesThem) {
  answer_ = std::string(100'000, 'a');
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += kRequest;
  ASSERT_EQ(::send(peer_.get(), requests.data(), requests.size(), 0), static_cast<ssize_t>(requests.size()));
  std::string text;
  for (int turns = 0; turns < 10'000 && text.size() < 50 * 100'000; ++turns) {
    wake();
    text += received();
  }
  EXPECT_EQ(bodies(text).size(), 50 * 100'001u);
}

TEST_F(OpsConnectionTest, AfterAHundredRequestsItEnds) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(at_end_);
    send(kRequest);
    received();
  }
  EXPECT_TRUE(at_end_);
}

TEST_F(OpsConnectionTest, RefusesGarbage) {
  send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15));
  EXPECT_TRUE(received().starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(at_end_);
  EXPECT_EQ(asked_, "");
}

TEST_F(OpsConnectionTest, GoesOnWhenASlowReaderTakesMore) {
  answer_ = std::string(2'000'000, 'a');
  send(kRequest);
  std::string text = received();
  EXPECT_LT(text.size(), answer_.size());
  for (int turns = 0; turns < 1'000 && text.size() < answer_.size() + 100; ++turns) {
    wake();
    text += received();
  }
  EXPECT_TRUE(bodies(text) == answer_ + " ");
}

TEST_F(OpsConnectionTest, IsOverWhenThePeerIsGoneWhileWriting) {
  answer_ = std::string(2'000'000, 'a');
  send(kRequest);
  peer_.reset();
  wake();
  EXPECT_TRUE(connection_->is_over());
}

TEST_F(OpsConnectionTest, BytesTakenOneByOneGiveNoMoreTime) {
  answer_ = std::string(2'000'000, 'a');
  send(kRequest);
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(connection_->is_late(clock_.now()));
    clock_.advance(std::chrono::milliseconds(250));
    char buffer[100];
    EXPECT_EQ(::recv(peer_.get(), buffer, sizeof buffer, 0), 100);
    wake();
  }
  EXPECT_TRUE(connection_->is_late(clock_.now()));
}

TEST_F(OpsConnectionTest, WhoHasItsAnswerGivesWayFirstThenWhoHasWaitedLongest) {
  const OpsConnection older(nullptr, clock_);
  clock_.advance(std::chrono::milliseconds(1));
  const OpsConnection newer(nullptr, clock_);
  EXPECT_TRUE(older.gives_way_before(newer));
  EXPECT_FALSE(newer.gives_way_before(older));
  EXPECT_FALSE(newer.gives_way_before(newer));
  send(kRequest);
  EXPECT_TRUE(connection_->gives_way_before(older));
  EXPECT_FALSE(older.gives_way_before(*connection_));
}

}  // namespace
}  // namespace switchboard::ops
