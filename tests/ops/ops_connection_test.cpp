#include "ops/ops_connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "net/tcp_transport.h"
#include "support/manual_clock.h"

namespace switchboard::ops {
namespace {

using Phase = OpsConnection::Phase;

/// A peer at the other end of a socket pair.
class OpsConnectionTest : public testing::Test {
 protected:
  OpsConnectionTest() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    peer_ = net::FileDescriptor(ends[0]);
    connection_.emplace(std::make_unique<net::TcpTransport>(net::FileDescriptor(ends[1])), test::kStart);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty() && !connection_->is_over()) {
      const ssize_t sent = ::send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      wake();
    }
  }
  void wake() {
    connection_->on_readable(
        now_,
        [this](const http::Request& request) {
          asked_ += std::string(request.target) + " ";
          return answer_;
        },
        [](const http::RequestError& error) { return "refused " + std::to_string(error.status); });
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

  net::FileDescriptor peer_;
  std::optional<OpsConnection> connection_;
  Instant now_ = test::kStart;
  std::string answer_ = "answer";
  std::string asked_;
  bool at_end_ = false;
};

const std::string kRequest = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(OpsConnectionTest, AnswersAndWaitsForThePeerToClose) {
  send(kRequest);
  EXPECT_EQ(received(), "answer");
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
  EXPECT_EQ(received(), "answer");
}

TEST_F(OpsConnectionTest, AnswersAPeerThatHasFinishedSending) {
  ASSERT_EQ(::send(peer_.get(), kRequest.data(), kRequest.size(), 0), static_cast<ssize_t>(kRequest.size()));
  ::shutdown(peer_.get(), SHUT_WR);
  wake();
  EXPECT_EQ(received(), "answer");
  EXPECT_TRUE(connection_->is_over());
}

TEST_F(OpsConnectionTest, IsOverWhenThePeerLeavesInTheMiddle) {
  send("GET /hea");
  ::shutdown(peer_.get(), SHUT_WR);
  wake();
  EXPECT_TRUE(connection_->is_over());
  EXPECT_EQ(asked_, "");
}

TEST_F(OpsConnectionTest, AnswersOnlyTheFirstOfSeveralRequests) {
  send(kRequest + kRequest + kRequest);
  EXPECT_EQ(asked_, "/health ");
  EXPECT_EQ(received(), "answer");
}

TEST_F(OpsConnectionTest, RefusesGarbage) {
  send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15));
  EXPECT_EQ(received(), "refused 400");
  EXPECT_TRUE(at_end_);
  EXPECT_EQ(asked_, "");
}

TEST_F(OpsConnectionTest, RefusesAHeadOverTheLimit) {
  const std::string begin = "GET /health HTTP/1.1\r\nHost: x\r\nX: ", end = "\r\n\r\n";
  const std::size_t rest = OpsConnection::kHeadBytesMax - begin.size() - end.size();
  send(begin + std::string(rest + 1, 'x') + end);
  EXPECT_EQ(received(), "refused 431");
}

TEST_F(OpsConnectionTest, TakesAHeadAtTheLimit) {
  const std::string begin = "GET /health HTTP/1.1\r\nHost: x\r\nX: ", end = "\r\n\r\n";
  const std::size_t rest = OpsConnection::kHeadBytesMax - begin.size() - end.size();
  send(begin + std::string(rest, 'x') + end);
  EXPECT_EQ(received(), "answer");
}

TEST_F(OpsConnectionTest, CutsOffAPeerThatGoesOnSending) {
  send(kRequest);
  send(std::string(OpsConnection::kIgnoredBytesMax, 'x'));
  EXPECT_FALSE(connection_->is_over());
  send("x");
  EXPECT_TRUE(connection_->is_over());
}

TEST_F(OpsConnectionTest, GoesOnWhenASlowReaderTakesMore) {
  answer_ = std::string(2'000'000, 'a');
  send(kRequest);
  std::string text = received();
  EXPECT_LT(text.size(), answer_.size());
  for (int turns = 0; turns < 1'000 && !at_end_; ++turns) {
    connection_->on_writable(now_);
    text += received();
  }
  EXPECT_TRUE(text == answer_);
}

TEST_F(OpsConnectionTest, IsOverWhenThePeerIsGoneWhileWriting) {
  answer_ = std::string(2'000'000, 'a');
  send(kRequest);
  peer_.reset();
  connection_->on_writable(now_);
  EXPECT_TRUE(connection_->is_over());
}

TEST_F(OpsConnectionTest, EachPhaseHasItsTime) {
  const auto is_late_after = [&](Duration time) {
    EXPECT_FALSE(connection_->is_late(now_ + time - Duration(1)));
    return connection_->is_late(now_ + time);
  };
  EXPECT_EQ(connection_->phase(), Phase::kHead);
  EXPECT_TRUE(is_late_after(OpsConnection::kHeadTimeMax));

  answer_ = std::string(2'000'000, 'a');
  now_ += OpsConnection::kHeadTimeMax / 2;
  send(kRequest);
  EXPECT_EQ(connection_->phase(), Phase::kAnswer);
  EXPECT_TRUE(is_late_after(OpsConnection::kAnswerTimeMax));

  now_ += OpsConnection::kAnswerTimeMax / 2;
  for (int turns = 0; turns < 1'000 && !at_end_; ++turns) {
    connection_->on_writable(now_);
    received();
  }
  EXPECT_EQ(connection_->phase(), Phase::kLinger);
  EXPECT_TRUE(is_late_after(OpsConnection::kLingerTimeMax));
}

TEST_F(OpsConnectionTest, BytesThatComeOneByOneGiveNoMoreTime) {
  for (const char byte : kRequest.substr(0, 20)) {
    now_ += OpsConnection::kHeadTimeMax / 20;
    send({&byte, 1});
  }
  EXPECT_TRUE(connection_->is_late(now_));
}

TEST_F(OpsConnectionTest, BytesTakenOneByOneGiveNoMoreTimeEither) {
  answer_ = std::string(2'000'000, 'a');
  send(kRequest);
  for (int i = 0; i < 20; ++i) {
    now_ += OpsConnection::kAnswerTimeMax / 20;
    char buffer[100];
    EXPECT_EQ(::recv(peer_.get(), buffer, sizeof buffer, 0), 100);
    connection_->on_writable(now_);
  }
  EXPECT_EQ(connection_->phase(), Phase::kAnswer);
  EXPECT_TRUE(connection_->is_late(now_));
}

TEST_F(OpsConnectionTest, WhoHasItsAnswerGivesWayFirstThenWhoHasWaitedLongest) {
  const auto make = [](Instant when) { return OpsConnection(nullptr, when); };
  const OpsConnection older = make(test::kStart - Duration(1));
  const OpsConnection newer = make(test::kStart);
  EXPECT_TRUE(older.gives_way_before(newer));
  EXPECT_FALSE(newer.gives_way_before(older));
  EXPECT_FALSE(newer.gives_way_before(newer));
  send(kRequest);
  EXPECT_TRUE(connection_->gives_way_before(older));
  EXPECT_FALSE(older.gives_way_before(*connection_));
}

}  // namespace
}  // namespace switchboard::ops
