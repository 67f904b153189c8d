#include "fetch/key_set_fetcher.h"

#include <condition_variable>
#include <deque>
#include <gtest/gtest.h>
#include <mutex>
#include <string>
#include <vector>

#include "fetch/web_server.h"

namespace switchboard::fetch {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kKey =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":")";

std::string set_with(std::string_view key_id) {
  return R"({"keys":[)" + std::string(kKey) + std::string(key_id) + R"("}]})";
}

/// What the fetcher tells, for the test's thread to wait for.
class Heard final : public KeySetEvents {
 public:
  void on_key_set(auth::JwkSet set) override { add("keys " + set.keys.front().id()); }
  void on_fetch_failed(const std::string& problem) override { add("failed: " + problem); }
  void on_fetch_recovered() override { add("recovered"); }

  std::string next() {
    std::unique_lock lock(mutex_);
    if (!is_there_.wait_for(lock, 20s, [&] { return !events_.empty(); })) return "nothing";
    std::string event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

 private:
  void add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    is_there_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable is_there_;
  std::deque<std::string> events_;
};

/// Answers with one text after the other, and then with the last one for ever.
WebServer::Serve in_turn(std::vector<std::string> bodies) {
  return [bodies = std::move(bodies), turn = std::size_t{0}](WebClient& client) mutable {
    client.head();
    client.answer(bodies[std::min(turn++, bodies.size() - 1)]);
  };
}

class KeySetFetcherTest : public testing::Test {
 protected:
  SystemClock clock_;
  Heard heard_;
  ScheduleSettings at_once_{.refresh = 1ms, .pause = 1ms};
  ScheduleSettings on_wish_{.refresh = 1h, .pause = 0ms};
};

TEST_F(KeySetFetcherTest, HandsOnWhatChanged) {
  const WebServer server(in_turn({set_with("a"), set_with("a"), set_with("a"), set_with("b")}));
  const KeySetFetcher fetcher(server.url(), at_once_, {}, clock_, heard_);
  EXPECT_EQ(heard_.next(), "keys a");
  EXPECT_EQ(heard_.next(), "keys b");
  EXPECT_EQ(fetcher.status().keys, 1);
  EXPECT_EQ(fetcher.status().problem, "");
  EXPECT_TRUE(fetcher.status().fetched_at);
}

TEST_F(KeySetFetcherTest, AWishIsGrantedOnce) {
  const WebServer server(in_turn({set_with("a"), set_with("b"), set_with("c")}));
  KeySetFetcher fetcher(server.url(), on_wish_, {}, clock_, heard_);
  EXPECT_EQ(heard_.next(), "keys a");
  EXPECT_EQ(server.connections(), 1) << "nobody has asked for more";
  fetcher.request_refetch();
  EXPECT_EQ(heard_.next(), "keys b");
  fetcher.request_refetch();
  EXPECT_EQ(heard_.next(), "keys c");
}

TEST_F(KeySetFetcherTest, WishesWithinThePauseAskNobody) {
  const WebServer server(in_turn({set_with("a"), set_with("b")}));
  {
    KeySetFetcher fetcher(server.url(), {.refresh = 1h, .pause = 1h}, {}, clock_, heard_);
    EXPECT_EQ(heard_.next(), "keys a");
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int wish = 0; wish < 1'000; ++wish)
          fetcher.request_refetch();
      });
    }
    for (std::thread& thread : threads)
      thread.join();
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(KeySetFetcherTest, WhatIsNoKeySetLeavesTheOldOne) {
  const WebServer server(in_turn({set_with("a"), "<!doctype html><title>502</title>", R"({"keys":[]})", "", "[1]",
                                  R"({"keys":[{"kty":"new"}]})", set_with("a"), set_with("b")}));
  KeySetFetcher fetcher(server.url(), at_once_, {}, clock_, heard_);
  EXPECT_EQ(heard_.next(), "keys a");
  EXPECT_EQ(heard_.next(), "failed: answered with a page (HTML or XML) instead of a JWK Set");
  EXPECT_EQ(heard_.next(), "failed: answered with what has no keys");
  EXPECT_EQ(heard_.next(), "failed: answered with what is not a JSON object");
  EXPECT_EQ(heard_.next(), "failed: answered with what is not a JSON object");
  EXPECT_EQ(
      heard_.next(),
      "failed: answered with what has no key that can be used: key 1 has a `kty` other than RSA, EC, OKP and oct");
  EXPECT_EQ(heard_.next(), "recovered");
  EXPECT_EQ(heard_.next(), "keys b") << "the set that was in force all the time is not handed on again";
}

TEST_F(KeySetFetcherTest, TheStatusKeepsWhatIsInForce) {
  const WebServer server(in_turn({set_with("a"), "<html>"}));
  KeySetFetcher fetcher(server.url(), on_wish_, {}, clock_, heard_);
  EXPECT_EQ(heard_.next(), "keys a");
  const auto before = fetcher.status();
  fetcher.request_refetch();
  heard_.next();
  EXPECT_EQ(fetcher.status().fetched_at, before.fetched_at);
  EXPECT_EQ(fetcher.status().keys, 1);
  EXPECT_EQ(fetcher.status().problem, "answered with a page (HTML or XML) instead of a JWK Set");
}

TEST_F(KeySetFetcherTest, AnEndpointThatIsNotThereIsTriedAgain) {
  KeySetFetcher fetcher("http://127.0.0.1:1/jwks.json", at_once_, {}, clock_, heard_);
  EXPECT_TRUE(heard_.next().starts_with("failed: Failed to connect"));
  EXPECT_TRUE(heard_.next().starts_with("failed: Failed to connect"));
  EXPECT_FALSE(fetcher.status().fetched_at);
}

TEST_F(KeySetFetcherTest, ItsEndDoesNotWaitForAnEndpointThatHangs) {
  std::mutex mutex;
  std::condition_variable is_asked;
  bool asked = false;
  const WebServer server([&](WebClient& client) {
    client.head();
    {
      const std::lock_guard lock(mutex);
      asked = true;
    }
    is_asked.notify_one();
    client.hang();
  });
  const Instant begin = clock_.now();
  {
    const KeySetFetcher fetcher(server.url(), on_wish_, {.timeout = 1h, .ca_file = {}}, clock_, heard_);
    std::unique_lock lock(mutex);
    is_asked.wait(lock, [&] { return asked; });
  }
  EXPECT_LT(clock_.now() - begin, 1min);
}

TEST_F(KeySetFetcherTest, MoreThanAKeySetMayHaveIsNotTaken) {
  const WebServer server(in_turn({std::string(auth::kJwkSetBytesMax + 1, ' ')}));
  const KeySetFetcher fetcher(server.url(), at_once_, {.body_bytes_max = 1'000'000'000, .ca_file = {}}, clock_, heard_);
  EXPECT_EQ(heard_.next(), "failed: sent more than 262144 bytes");
}

}  // namespace
}  // namespace switchboard::fetch
