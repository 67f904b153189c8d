// One connection on a host that does as it is told, for tests: bytes in, frames out, time by hand.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/close_code.h"
#include "session/connection.h"
#include "session/fake_host.h"
#include "session/server_frames.h"
#include "support/manual_clock.h"
#include "ws/client_frame.h"

namespace switchboard::session {

using namespace std::chrono_literals;

class ConnectionDriver : public testing::Test {
 protected:
  ConnectionDriver() { context().now = Instant(1h); }

  ConnectionContext& context() {
    if (!context_) context_ = std::make_unique<ConnectionContext>(host, connection_host, clock, settings, 1);
    return *context_;
  }
  Connection& connection() {
    if (!connection_) start();
    return *connection_;
  }
  Session& session() { return connection().session(); }
  /// A new connection, with the settings as they are now.
  void start(Ending refusal = {}) {
    context().settings = settings;
    connection_ = std::make_unique<Connection>(context(), net::PeerAddress{}, refusal);
    session().set_id({.index = 7, .generation = 3});
    arrived_.clear();
  }
  /// A new connection with its handshake done.
  void open(std::string_view handshake = kUpgrade) {
    start();
    give(handshake);
    ASSERT_EQ(connection().state(), State::kOpen);
    flush();
    take_head(arrived_);
  }

  /// As the shard does it: one receive, with readable bytes behind, and once that is over the rooms are left.
  void give(std::string_view bytes) {
    std::string copy(bytes);
    copy.resize(bytes.size() + 64);
    connection().receive({copy.data(), bytes.size()});
    connection().leave_rooms();
  }
  void give_text(std::string_view text) { give(ws::client_frame(ws::Opcode::kText, text)); }
  static std::string close_frame(std::uint16_t code, std::string_view reason = "") {
    std::string body;
    if (code != ws::close::kNoStatus) {
      body += static_cast<char>(code >> 8);
      body += static_cast<char>(code & 0xFF);
    }
    return ws::client_frame(ws::Opcode::kClose, body.append(reason));
  }

  /// The socket takes everything that waits.
  void flush() {
    connection().leave_rooms();
    arrived_ += connection().outbox().front();
    connection().consume_outbox(connection().outbox().size());
    connection().on_outbox_written();
  }
  std::vector<ServerFrame> frames() {
    flush();
    return take_frames(arrived_);
  }
  /// The text frames sent since the last look, one per line.
  std::string answers() { return texts(frames()); }
  /// The answer to one text message.
  std::string ask(std::string_view text) {
    give_text(text);
    return answers();
  }
  std::string http_answer(std::string_view request) {
    start();
    give(request);
    flush();
    return arrived_;
  }

  void advance(Duration by) { context().now += by; }
  /// Lets time pass as the shard does: on_timer at every deadline. Pings are answered when told so.
  void run_until_end(Duration at_most, bool answer_pings = false) {
    const Instant until = context().now + at_most;
    while (connection().state() != State::kEnded) {
      const Instant next = connection().next_deadline();
      if (next > until) break;
      context().now = std::max(context().now, next);
      connection().on_timer();
      for (const ServerFrame& frame : frames()) {
        if (frame.opcode == ws::Opcode::kPing) ++pings_;
        if (frame.opcode == ws::Opcode::kPing && answer_pings) give(ws::client_frame(ws::Opcode::kPong, ""));
        if (frame.opcode == ws::Opcode::kClose) close_sent_ = frame.close_code();
      }
    }
    if (connection().state() != State::kEnded) context().now = until;
  }

  FakeHost host;
  ConnectionHost connection_host;
  SessionSettings settings;
  std::string arrived_;
  int pings_ = 0;
  std::uint16_t close_sent_ = 0;

 private:
  test::ManualClock clock;
  std::unique_ptr<ConnectionContext> context_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace switchboard::session
