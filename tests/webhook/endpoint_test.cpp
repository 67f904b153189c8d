#include "webhook/endpoint.h"

#include <gtest/gtest.h>

namespace switchboard::webhook {
namespace {

using std::chrono::milliseconds;

EndpointSettings some_settings() {
  EndpointSettings settings;
  settings.name = "back";
  settings.url = "https://hooks.example.com/";
  settings.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  return settings;
}

Event message(std::string room_id, std::string data = "{}") {
  return {.type = EventType::kMessagePublished, .at = 1'000, .room_id = std::move(room_id), .data = std::move(data)};
}

fetch::HttpOutcome answered(int status, std::optional<Duration> retry_after = std::nullopt) {
  return fetch::HttpAnswer{.status = status, .body = {}, .retry_after = retry_after};
}

class EndpointTest : public testing::Test {
 protected:
  explicit EndpointTest(EndpointSettings settings = some_settings()) : endpoint_(std::move(settings)) {}

  std::vector<Outbox::Entry> batch() {
    auto batch = endpoint_.batch("tok", 7, 5'000);
    endpoint_.on_written(batch.events);
    return std::move(batch.entries);
  }
  QueuedEvents some_events(EntryId first = 7, EntryId last = 7) {
    return {
        .first = first, .last = last, .at = 1'000, .entries = 1, .events = 2, .bytes = 3, .json = R"({"a":1},{"b":2})"};
  }
  Verdict send(const fetch::HttpOutcome& outcome, UnixMillis unix_now = 2'000) {
    endpoint_.begin(some_events(), "tok", unix_now);
    return endpoint_.on_outcome(outcome, now_, unix_now, random_);
  }

  Instant now_{};
  Random random_{1};
  Endpoint endpoint_;
};

TEST_F(EndpointTest, EventsWaitAMomentForOthers) {
  EXPECT_EQ(endpoint_.next_due(), std::nullopt);
  endpoint_.take(message("r"), now_);
  EXPECT_EQ(endpoint_.next_due(), now_ + milliseconds(5));
  endpoint_.take(message("r"), now_ + milliseconds(4));
  EXPECT_FALSE(endpoint_.is_batch_due(now_ + milliseconds(4)));
  EXPECT_TRUE(endpoint_.is_batch_due(now_ + milliseconds(5)));
  const auto entries = batch();
  ASSERT_EQ(entries.size(), 1);
  EXPECT_EQ(entries[0].events, 2);
  EXPECT_EQ(entries[0].json,
            R"({"id":"evt_tok_7_0","type":"message.published","timestamp":"1970-01-01T00:00:01.000Z","data":{}},)"
            R"({"id":"evt_tok_7_1","type":"message.published","timestamp":"1970-01-01T00:00:01.000Z","data":{}})");
  EXPECT_EQ(endpoint_.next_due(), std::nullopt);
}

TEST_F(EndpointTest, AnEntryHasNoMoreThanARequestMayHave) {
  auto settings = some_settings();
  settings.batch_events_max = 2;
  endpoint_.use(settings);
  for (int i = 0; i < 5; ++i)
    endpoint_.take(message("r"), now_);
  const auto entries = batch();
  ASSERT_EQ(entries.size(), 3);
  EXPECT_EQ(entries[2].events, 1);
  EXPECT_NE(entries[2].json.find("evt_tok_9_0"), std::string::npos) << entries[2].json;
}

TEST_F(EndpointTest, OnlySoMuchIsWrittenAtOnce) {
  for (int i = 0; i < 5; ++i)
    endpoint_.take(message("r", std::string(400'000, ' ')), now_);
  std::vector<std::size_t> events;
  while (endpoint_.has_pending())
    events.push_back(batch().size());
  EXPECT_EQ(events, (std::vector<std::size_t>{2, 2, 1})) << "a mebibyte; each is an entry, for it is large";
  EXPECT_EQ(endpoint_.unwritten(), 0);
}

TEST_F(EndpointTest, TakesOnlyWhatItWants) {
  auto settings = some_settings();
  settings.events = {"message.*", "user.left"};
  settings.rooms = {"chat:*"};
  endpoint_.use(settings);
  endpoint_.take(message("news:1"), now_);
  endpoint_.take(Event{.type = EventType::kRoomOccupied, .at = 1, .room_id = "chat:1", .data = "{}"}, now_);
  endpoint_.take(Attended{.room_id = "chat:1", .user_id = "ann", .has_come = true, .at = 1}, now_);
  EXPECT_FALSE(endpoint_.has_pending()) << "nobody asked for user.joined";
  endpoint_.take(Attended{.room_id = "chat:1", .user_id = "ann", .has_come = false, .at = 2}, now_);
  endpoint_.run(now_ + milliseconds(2'000));
  endpoint_.take(message("chat:1"), now_);
  const auto entries = batch();
  ASSERT_EQ(entries.size(), 1);
  EXPECT_NE(
      entries[0].json.find(
          R"("type":"user.left","timestamp":"1970-01-01T00:00:00.002Z","data":{"room_id":"chat:1","user_id":"ann"})"),
      std::string::npos)
      << entries[0].json;
  EXPECT_EQ(entries[0].events, 2);
}

TEST_F(EndpointTest, WhatFindsNoRoomIsDeclaredOnceThereIsSome) {
  endpoint_.take(message("r", std::string(1'000, ' ')), now_);
  EXPECT_FALSE(endpoint_.make_fit(endpoint_.settings().backlog_bytes_max));
  endpoint_.on_not_written(now_ + milliseconds(1'000));
  EXPECT_EQ(endpoint_.next_due(), now_ + milliseconds(1'000));
  endpoint_.take(message("r"), now_);
  EXPECT_TRUE(endpoint_.make_fit(0));
  const auto entries = batch();
  EXPECT_TRUE(entries[0].json.starts_with(
      R"({"id":"evt_tok_7_0","type":"events.lost","timestamp":"1970-01-01T00:00:05.000Z","data":{"events":1}},{"id":"evt_tok_7_1","type":"message.published")"))
      << entries[0].json;
  EXPECT_FALSE(endpoint_.has_pending()) << "once";
  EXPECT_EQ(endpoint_.events_lost(), 1);
}

TEST_F(EndpointTest, ARequestIsSignedAnewUnderTheSameId) {
  const auto first = endpoint_.begin(some_events(), "tok", 1'614'265'330'999);
  EXPECT_EQ(first.body,
            R"({"type":"batch","timestamp":"1970-01-01T00:00:01.000Z","data":{"events":[{"a":1},{"b":2}]}})");
  ASSERT_EQ(first.headers.size(), 4);
  EXPECT_EQ(first.headers[1], "webhook-id: msg_tok_7");
  EXPECT_EQ(first.headers[2], "webhook-timestamp: 1614265330");
  EXPECT_EQ(first.reach, fetch::Reach::kPublicOnly);
  endpoint_.on_outcome(answered(500), now_, 2'000, random_);
  ASSERT_TRUE(endpoint_.unsent()) << "the same events go together";
  const auto second = endpoint_.begin(*endpoint_.unsent(), "tok", 1'614'265'391'000);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.headers[1], first.headers[1]);
  EXPECT_NE(second.headers[3], first.headers[3]);
  endpoint_.on_outcome(answered(204), now_, 1'614'265'392'000, random_);
  EXPECT_FALSE(endpoint_.unsent());
  EXPECT_EQ(endpoint_.begin(some_events(7, 9), "tok", 0).headers[1], "webhook-id: msg_tok_7_9");
}

TEST_F(EndpointTest, OneByItselfHasNoEnvelope) {
  auto settings = some_settings();
  settings.batch_events_max = 1;
  endpoint_.use(settings);
  QueuedEvents one = some_events();
  one.events = 1;
  one.json = R"({"a":1})";
  EXPECT_EQ(endpoint_.begin(one, "tok", 0).body, R"({"a":1})");
  endpoint_.forget_sending();
  // Written down together, before the setting was changed.
  EXPECT_TRUE(endpoint_.begin(some_events(), "tok", 0).body->starts_with(R"({"type":"batch")"));
}

TEST_F(EndpointTest, OnlyA2xxIsSuccess) {
  for (const int status : {200, 201, 202, 204, 299})
    EXPECT_EQ(send(answered(status)), Verdict::kDelivered) << status;
  for (const int status : {100, 300, 301, 302, 304, 307, 400, 401, 404, 409, 422, 429, 500, 502, 503, 504})
    EXPECT_EQ(send(answered(status)), Verdict::kAgain) << status;
  EXPECT_EQ(send(std::unexpected("refused")), Verdict::kAgain);
  EXPECT_EQ(endpoint_.problem(), "refused");
  EXPECT_EQ(send(answered(410)), Verdict::kGone);
}

TEST_F(EndpointTest, WaitsAfterAFailureAndNotAfterASuccess) {
  send(answered(503, std::chrono::seconds(30)));
  EXPECT_FALSE(endpoint_.may_send(now_ + std::chrono::seconds(29)));
  EXPECT_TRUE(endpoint_.may_send(now_ + std::chrono::seconds(30)));
  send(answered(200));
  EXPECT_TRUE(endpoint_.may_send(now_));
  send(answered(500));
  EXPECT_FALSE(endpoint_.may_send(now_));
  endpoint_.try_now();
  EXPECT_TRUE(endpoint_.may_send(now_));
}

TEST_F(EndpointTest, OneThatFailsNowAndAgainIsComplainedOfNowAndThen) {
  EXPECT_TRUE(endpoint_.may_complain(now_));
  EXPECT_TRUE(endpoint_.take_said());
  EXPECT_FALSE(endpoint_.may_complain(now_ + Endpoint::kComplaintInterval - milliseconds(1)));
  EXPECT_FALSE(endpoint_.take_said()) << "nothing to be taken back";
  EXPECT_TRUE(endpoint_.may_complain(now_ + Endpoint::kComplaintInterval));
}

TEST_F(EndpointTest, GivesUpWhatHasFailedForTooLong) {
  const auto retry_ms_max = static_cast<UnixMillis>(endpoint_.settings().retry_ms_max);
  EXPECT_EQ(send(answered(500), 1'000 + retry_ms_max), Verdict::kAgain);
  EXPECT_EQ(send(answered(500), 1'001 + retry_ms_max), Verdict::kGivenUp);
  EXPECT_EQ(endpoint_.events_lost(), 2);
  EXPECT_TRUE(batch()[0].json.find("events.lost") != std::string::npos) << "and it will be told";
}

}  // namespace
}  // namespace switchboard::webhook
