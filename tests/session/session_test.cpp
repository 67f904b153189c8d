// Sessions over an outlet that is no connection: what is said and heard needs neither HTTP nor WebSocket.
#include "session/session.h"

#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/close_code.h"
#include "session/fake_host.h"

namespace switchboard::session {
namespace {

using namespace std::chrono_literals;

const std::string kSayJoin = R"({"type":"join","room_id":"lobby","user_id":"ann","id":1})";
const std::string kHearJoined = "{\"type\":\"joined\",\"room_id\":\"lobby\",\"id\":1,\"seq\":41,\"epoch\":\"k3\"}\n";
const std::string kSayPing = R"({"type":"ping"})";
const std::string kHearPong = "{\"type\":\"pong\"}\n";
const std::string kSayNonsense = R"({"type":"nonsense"})";

/// Keeps what it is given until it is taken, one message per line.
class FakeOutlet final : public Outlet {
 public:
  void send(std::string_view text) override { waiting_.append(text).append("\n"); }
  std::size_t waiting_bytes() const override { return waiting_.size(); }
  void close(std::uint16_t code, StaticText) override {
    if (!session->is_open()) return;
    close_code = code;
    session->on_over();
  }
  std::string take() { return std::exchange(waiting_, {}); }

  Session* session = nullptr;
  std::uint16_t close_code = 0;

 private:
  std::string waiting_;
};

class SessionTest : public testing::Test {
 protected:
  /// A new session, with the settings as they are now.
  Session& begin(Dialect dialect = Dialect::kBase) {
    context.settings = settings;
    session_ = std::make_unique<Session>(context, outlet, nullptr);
    session_->set_id({.index = 7, .generation = 3});
    outlet.session = session_.get();
    session_->begin(dialect, wire::Format::kJson);
    session_->greet();
    return *session_;
  }
  Session& session() { return *session_; }
  /// The answers to one message. What had to wait is kept.
  std::string ask(std::string_view message) {
    EXPECT_FALSE(rest_) << "nothing is said while something waits";
    rest_ = session().hear(message);
    return outlet.take();
  }
  bool is_waiting() const { return rest_.has_value(); }
  bool can_go_on() const { return rest_ && session_->can_go_on(rest_->why); }
  /// The answers to what had to wait.
  std::string go_on() {
    EXPECT_TRUE(can_go_on());
    Remainder rest = std::move(*rest_);
    rest_.reset();
    rest_ = session().go_on(std::move(rest));
    return outlet.take();
  }

  FakeHost host;
  SessionSettings settings;
  test::ManualClock clock;
  SessionContext context{host, clock, settings};
  FakeOutlet outlet;

 private:
  std::unique_ptr<Session> session_;
  std::optional<Remainder> rest_;
};

TEST_F(SessionTest, ACommandIsAnsweredAtTheOutlet) {
  begin();
  EXPECT_EQ(ask(kSayPing), kHearPong);
  EXPECT_EQ(ask(kSayJoin), kHearJoined);
  EXPECT_EQ(session().user_id(), "ann");
  EXPECT_EQ(ask(R"({"type":"broadcast","room_id":"lobby","content":"hi","id":2})"),
            "{\"type\":\"ack\",\"id\":2,\"room_id\":\"lobby\",\"seq\":42,\"epoch\":\"k3\",\"ts\":5}\n");
  EXPECT_EQ(host.published, std::vector<std::string>{R"(lobby "hi")"});
  EXPECT_FALSE(is_waiting());
}

TEST_F(SessionTest, OnlyV1ClientsAreGreetedAndToldToGoAway) {
  begin();
  session().go_away(1'800);
  EXPECT_EQ(outlet.take(), "");
  begin(Dialect::kV1);
  EXPECT_TRUE(outlet.take().starts_with(R"({"type":"hello","conn_id":"0-7-3")"));
  session().go_away(1'800);
  EXPECT_EQ(outlet.take(), "{\"type\":\"goaway\",\"reason\":\"drain\",\"reconnect_after_ms\":1800}\n");
}

TEST_F(SessionTest, TheErrorBudgetClosesItsOutletAndRoomsAreLeftWhenTheHostSaysSo) {
  settings.errors_max = 2;
  begin();
  ask(kSayJoin);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(ask(kSayNonsense).starts_with(R"({"type":"error","code":"unknown_type")"));
    EXPECT_EQ(outlet.close_code, 0);
  }
  EXPECT_EQ(ask(kSayNonsense + " " + kSayPing).find("pong"), std::string::npos) << "nothing is obeyed behind it";
  EXPECT_EQ(outlet.close_code, protocol::close::kBadRequests);
  EXPECT_FALSE(is_waiting());
  EXPECT_TRUE(session().is_leaving());
  EXPECT_EQ(session().memberships().size(), 1u);
  session().leave_rooms();
  EXPECT_TRUE(session().memberships().empty());
}

TEST_F(SessionTest, WhoGoesOnBeyondItsRateIsClosedForThat) {
  settings.errors_max = 1;
  settings.rate.messages = {.per_second = 1, .burst = 1};
  begin();
  EXPECT_EQ(ask(kSayPing), kHearPong);
  EXPECT_NE(ask(kSayPing).find("rate_limited"), std::string::npos);
  ask(kSayPing);
  EXPECT_EQ(outlet.close_code, protocol::close::kRateLimited);
}

TEST_F(SessionTest, AnAcknowledgementThatIsOwedHoldsBackAQueryAndWhatIsBehindIt) {
  host.pending_publish = true;
  begin();
  ask(kSayJoin);
  EXPECT_EQ(ask(R"({"type":"broadcast","room_id":"lobby","content":1,"id":5} {"type":"history","room_id":"lobby"} )" +
                kSayPing),
            "");
  EXPECT_TRUE(is_waiting());
  EXPECT_FALSE(can_go_on());
  EXPECT_TRUE(host.queries.empty());
  session().on_reply(protocol::Ack{.id = "5", .room_id = "lobby", .seq = Seq{42}, .epoch = "k3", .ts = 5});
  EXPECT_TRUE(outlet.take().starts_with(R"({"type":"ack","id":5)"));
  EXPECT_TRUE(can_go_on());
  const std::string answers = go_on();
  EXPECT_EQ(host.queries.size(), 1u);
  EXPECT_TRUE(answers.starts_with(R"({"type":"history")")) << answers;
  EXPECT_TRUE(answers.ends_with(kHearPong)) << answers;
  EXPECT_FALSE(is_waiting());
}

TEST_F(SessionTest, AJoinUnderWayHoldsBackWhatIsBehindIt) {
  host.pending = true;
  begin();
  EXPECT_EQ(ask(kSayJoin + " " + kSayPing), "");
  EXPECT_FALSE(can_go_on());
  host.answer_join(session(), "lobby", "1");
  EXPECT_EQ(outlet.take(), kHearJoined);
  EXPECT_EQ(go_on(), kHearPong);
}

TEST_F(SessionTest, ACommandForABusyHostIsTriedAgainAndCountedOnce) {
  settings.rate.messages = {.per_second = 1, .burst = 3};
  begin();
  ask(kSayJoin);
  host.busy = true;
  ask(R"({"type":"broadcast","room_id":"lobby","content":1} )" + kSayPing);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(go_on(), "");
  host.busy = false;
  EXPECT_EQ(go_on(), kHearPong);
  EXPECT_EQ(host.published.size(), 1u);
}

TEST_F(SessionTest, WhileItsOutletIsFullItObeysNothing) {
  settings.queue_bytes_max = 2 * 16;  // two pongs
  begin();
  EXPECT_EQ(ask(kSayPing + " " + kSayPing + " " + kSayPing + " " + kSayPing), kHearPong + kHearPong + kHearPong)
      << "the one over the limit is the last";
  EXPECT_TRUE(is_waiting());
  EXPECT_EQ(go_on(), kHearPong) << "it was taken";
  EXPECT_FALSE(is_waiting());
  outlet.send(kHearPong);
  outlet.send(kHearPong);
  outlet.send(kHearPong);
  EXPECT_FALSE(session().can_go_on(Wait::kTurn));
  outlet.take();
  EXPECT_TRUE(session().can_go_on(Wait::kTurn));
}

TEST_F(SessionTest, WhatIsOwedCountsAsIfItWaited) {
  settings.queue_bytes_max = 200;
  host.pending_publish = true;
  begin();
  ask(kSayJoin);
  ask(R"({"type":"broadcast","room_id":"lobby","content":1,"id":1})");
  EXPECT_FALSE(session().is_outlet_full());
  ask(R"({"type":"broadcast","room_id":"lobby","content":1,"id":2})");
  EXPECT_TRUE(session().is_outlet_full());
  session().on_reply(Refused{Asked::kPublish, "lobby", "1", protocol::ErrorCode::kUnavailable});
  outlet.take();
  EXPECT_FALSE(session().is_outlet_full());
}

TEST_F(SessionTest, OnceItIsOverNothingIsSaidAndTheHostIsTold) {
  begin();
  ask(kSayJoin);
  session().on_over();
  session().on_over();
  EXPECT_EQ(host.over_calls, 1);
  session().on_reply(protocol::Ack{.id = "1", .room_id = "lobby", .seq = Seq{1}, .epoch = "k", .ts = 1});
  session().on_reply(Refused{Asked::kPublish, "lobby", "1", protocol::ErrorCode::kUnavailable});
  session().on_lagged({.opted_in = true}, {.room_id = "lobby", .from = Seq{1}, .to = Seq{2}});
  session().go_away(1);
  EXPECT_EQ(outlet.take(), "");
}

TEST_F(SessionTest, WhatNeverBeganCanBeOver) {
  Session session(context, outlet, nullptr);
  session.on_over();
  EXPECT_EQ(host.over_calls, 1);
  session.leave_rooms();
  EXPECT_EQ(host.leave_all_calls, 1);
}

}  // namespace
}  // namespace switchboard::session
