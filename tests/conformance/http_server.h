// A server that answers every request with what it has understood of it, over one http::ServerConnection, whole and
// byte by byte.
#pragma once

#include <cstddef>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "http/server_connection.h"
#include "support/manual_clock.h"

namespace switchboard::conformance {

/// What came back.
struct HttpReply {
  int status = 0;
  std::string head;  // with the empty line
  std::string body;

  /// The value of a field, "(none)" without one.
  std::string field(std::string_view name) const {
    const std::string line = "\r\n" + std::string(name) + ": ";
    const std::size_t at = head.find(line);
    if (at == std::string::npos) return "(none)";
    const std::size_t begin = at + line.size();
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

class HttpServerTest : public testing::Test {
 protected:
  static constexpr std::size_t kBodyBytesMax = 1'000;

  /// Says all of it, in pieces of that size (0: at once), and returns what came back up to then.
  std::string say(std::string_view bytes, std::size_t piece = 0) {
    while (!bytes.empty()) {
      step();
      if (!connection.wants_input()) break;
      const std::string_view now = bytes.substr(0, piece == 0 ? bytes.size() : piece);
      connection.receive(now, clock.now(), clock.unix_ms());
      bytes.remove_prefix(now.size());
    }
    step();
    return std::exchange(output, "");
  }
  /// The replies to what is said on a connection of its own; the same however it is cut.
  std::vector<HttpReply> ask(std::string_view bytes) {
    std::vector<HttpReply> replies;
    for (const std::size_t piece : {0u, 1u, 7u}) {
      connection = http::ServerConnection(limits, clock.now());
      std::vector<HttpReply> cut = split(say(bytes, piece));
      if (piece == 0) {
        replies = std::move(cut);
        continue;
      }
      EXPECT_EQ(cut.size(), replies.size()) << "in pieces of " << piece;
      for (std::size_t i = 0; i < std::min(cut.size(), replies.size()); ++i)
        EXPECT_EQ(cut[i].head + cut[i].body, replies[i].head + replies[i].body) << "in pieces of " << piece;
    }
    return replies;
  }
  HttpReply ask_one(std::string_view bytes) {
    const std::vector<HttpReply> replies = ask(bytes);
    EXPECT_EQ(replies.size(), 1u) << bytes;
    return replies.empty() ? HttpReply() : replies[0];
  }
  bool is_closed() const { return connection.wants_finish() || connection.is_over(); }

  /// Replies one behind the other; those to HEAD must come last.
  static std::vector<HttpReply> split(std::string_view text) {
    std::vector<HttpReply> replies;
    while (!text.empty()) {
      HttpReply& reply = replies.emplace_back();
      const std::size_t end = text.find("\r\n\r\n");
      EXPECT_NE(end, std::string_view::npos) << text;
      reply.head = text.substr(0, end + 4);
      reply.status = std::stoi(reply.head.substr(9, 3));
      text.remove_prefix(end + 4);
      const std::string length = reply.field("Content-Length");
      const std::size_t bytes = length == "(none)" ? 0 : std::min(text.size(), std::size_t{std::stoul(length)});
      reply.body = text.substr(0, bytes);
      text.remove_prefix(bytes);
    }
    return replies;
  }

  void step() {
    using Phase = http::ServerConnection::Phase;
    while (true) {
      if (!connection.outbox().empty()) {
        output += connection.outbox();
        connection.consume(connection.outbox().size(), clock.now(), clock.unix_ms());
      } else if (connection.phase() == Phase::kDecide) {
        connection.take_body(kBodyBytesMax, clock.now(), clock.unix_ms());
      } else if (connection.phase() == Phase::kRequest) {
        const http::Request& request = connection.request();
        const std::string body = std::string(request.method) + " " + std::string(request.target) + " at " +
                                 std::string(request.host) + ": " + std::string(connection.body());
        connection.answer({.status = 200, .body = body}, clock.now(), clock.unix_ms());
      } else {
        return;
      }
    }
  }

  test::ManualClock clock;
  http::ConnectionLimits limits;
  http::ServerConnection connection{limits, test::kStart};
  std::string output;
};

}  // namespace switchboard::conformance
