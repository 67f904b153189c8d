// The HTTP API on shards: requests in, answers out, with clients beside it.
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "protocol/close_code.h"
#include "shard/shard_driver.h"

namespace switchboard::shard {
namespace {

const std::string kKey32 = "a key for the api of these tests";  // without blanks: see key()

/// As one over TLS: what the socket does not take at once is held, sealed, and counted as taken.
class HoldingTransport final : public net::Transport {
 public:
  explicit HoldingTransport(std::shared_ptr<Stream> stream) : stream_(stream), inner_(std::move(stream)) {}
  net::IoResult read(std::span<char> into) override {
    const net::IoResult result = inner_.read(into);
    const bool is_held = result.status == net::IoStatus::kOk && !held_.empty();
    return is_held ? net::IoResult{net::IoStatus::kHeld, result.bytes} : result;
  }
  net::IoResult write(std::string_view bytes) override {
    EXPECT_TRUE(held_.empty()) << "written in front of what is held";
    const std::size_t count = std::min<std::size_t>(bytes.size(), 700);
    held_ = bytes.substr(0, count);
    return {flush().status, count};
  }
  net::IoResult flush() override {
    if (held_.empty()) return {net::IoStatus::kOk, 0};
    const net::IoResult result = inner_.write(held_);
    held_.erase(0, result.bytes);
    if (result.status == net::IoStatus::kFailed) return result;
    return {held_.empty() ? net::IoStatus::kOk : net::IoStatus::kHeld, result.bytes};
  }
  void finish_writing() override {
    EXPECT_TRUE(held_.empty()) << "ended in front of what is held";
    inner_.finish_writing();
  }

 private:
  std::shared_ptr<Stream> stream_;
  StreamTransport inner_;
  std::string held_;
};

class ApiTest : public ShardTest {
 protected:
  static std::string key(std::string text = kKey32) {
    for (char& c : text)
      if (c == ' ') c = '-';
    return text;
  }
  ApiTest() {
    auto keys =
        api::Keys::parse(std::vector<std::string>{key(), "[read chat:*] " + key("only reads in the rooms of a chat")});
    EXPECT_TRUE(keys) << keys.error();
    settings.api.keys = std::make_shared<const api::Keys>(std::move(*keys));
  }

  struct BackEnd {
    std::shared_ptr<Stream> stream;
    std::uint32_t number = 0;
    Shard* shard = nullptr;

    void give(std::string_view bytes) {
      stream->to_server.append(bytes);
      shard->on_api_ready(number, stream->fin);
    }
    void allow(std::size_t bytes) {
      stream->room = bytes;
      shard->on_api_ready(number, false);
    }
  };
  BackEnd back_end(std::size_t on_shard = 0) {
    BackEnd made{.stream = std::make_shared<Stream>(), .shard = &shard(on_shard)};
    const auto number = shard(on_shard).accept_api(std::make_unique<StreamTransport>(made.stream), {});
    EXPECT_TRUE(number);
    made.number = number.value_or(0);
    return made;
  }
  static std::string request(std::string_view method, std::string_view path, std::string_view body = "",
                             std::string_view with_key = "") {
    std::string out = std::string(method) + " /api/v1/" + std::string(path) +
                      " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " +
                      (with_key.empty() ? key() : std::string(with_key)) + "\r\n";
    if (!body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return out + "\r\n" + std::string(body);
  }
  /// Takes the first answer off: its status and its body.
  static std::string take(std::string& bytes) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return "nothing: " + bytes;
    const std::string head = bytes.substr(0, end);
    const auto length_at = head.find("Content-Length: ");
    const std::size_t length = length_at == std::string::npos ? 0 : std::stoul(head.substr(length_at + 16));
    std::string out = head.substr(9, 3) + " " + bytes.substr(end + 4, length);
    bytes.erase(0, end + 4 + length);
    return out;
  }
  std::string ask(BackEnd& peer, std::string_view what) {
    peer.give(what);
    run();
    return take(peer.stream->from_server);
  }
  std::string publish(BackEnd& peer, std::string_view room, std::string_view content = "1") {
    return ask(peer, request("POST", "publish",
                             R"({"room_id":")" + std::string(room) + R"(","content":)" + std::string(content) + "}"));
  }
};

TEST_F(ApiTest, APublishIsAnsweredWhenItIsCommittedAndMembersGetIt) {
  for (const std::size_t shard_count : {1u, 3u}) {
    shards.clear();
    start(static_cast<std::uint32_t>(shard_count));
    Peer member_here = member("r", 0), member_there = member("r", shard_count - 1);
    for (std::size_t on = 0; on < shard_count; ++on) {
      BackEnd peer = back_end(on);
      const std::string answer = publish(peer, "r", std::to_string(on));
      EXPECT_TRUE(answer.starts_with("200 {\"seq\":" + std::to_string(on + 1) + ",\"epoch\":")) << answer;
    }
    const std::string expected = shard_count == 1 ? "0" : "0 1 2";
    EXPECT_EQ(member_here.contents(), expected);
    EXPECT_EQ(member_there.contents(), expected);
  }
}

// --- how often -------------------------------------------------------------------------------------------------------

TEST_F(ApiTest, AKeyMayAskSoOftenOnAllShardsTogether) {
  settings.api.requests = {.per_second = 10, .burst = 3};
  start(2);
  BackEnd here = back_end(0), there = back_end(1);
  EXPECT_TRUE(publish(here, "r").starts_with("200"));
  EXPECT_TRUE(publish(there, "r").starts_with("200"));
  EXPECT_TRUE(ask(here, request("GET", "rooms/r/history")).starts_with("200"));
  const std::string refused = publish(there, "r");
  EXPECT_TRUE(
      refused.starts_with("429 {\"type\":\"about:blank\",\"title\":\"Too Many Requests\",\"status\":429,"
                          "\"code\":\"rate_limited\","))
      << refused;
  BackEnd other = back_end(0);
  EXPECT_TRUE(ask(other, request("GET", "rooms/chat:1/history", "", key("only reads in the rooms of a chat")))
                  .starts_with("200"))
      << "another key";
  EXPECT_TRUE(ask(other, request("GET", "openapi.json")).starts_with("200")) << "nobody's";
  EXPECT_EQ(shard(1).stats().api.rate_limited.value(), 1u);
  clock.advance(99ms);
  EXPECT_TRUE(ask(here, request("GET", "server")).starts_with("429"));
  clock.advance(1ms);
  EXPECT_TRUE(ask(here, request("GET", "server")).starts_with("200")) << "what was refused took nothing";
  EXPECT_TRUE(ask(here, request("GET", "server")).starts_with("429"));
}

TEST_F(ApiTest, ABatchCountsByItsMessagesAlsoIfTheseAreMoreThanAreLeft) {
  settings.api.requests = {.per_second = 10, .burst = 5};
  start(1);
  BackEnd peer = back_end();
  const auto batch_of = [](int messages) {
    std::string body = R"({"messages":[)";
    for (int i = 0; i < messages; ++i)
      body += std::string(i == 0 ? "" : ",") + R"({"room_id":"r","content":1})";
    return request("POST", "batch", body + "]}");
  };
  EXPECT_TRUE(ask(peer, batch_of(3)).starts_with("200"));
  EXPECT_TRUE(ask(peer, batch_of(20)).starts_with("200")) << "two are left";
  EXPECT_TRUE(ask(peer, request("GET", "server")).starts_with("429"));
  peer = back_end();
  clock.advance(1'899ms);
  EXPECT_TRUE(ask(peer, request("GET", "server")).starts_with("429")) << "18 are owed, and one is wanted";
  clock.advance(1ms);
  EXPECT_TRUE(ask(peer, request("GET", "server")).starts_with("200"));
}

TEST_F(ApiTest, WhoHasNothingLeftNeedNotSendABody) {
  settings.api.requests = {.per_second = 1, .burst = 1};
  start(1);
  BackEnd peer = back_end();
  EXPECT_TRUE(ask(peer, request("GET", "server")).starts_with("200"));
  std::string head = request("POST", "publish", "{}");
  head.resize(head.size() - 2);
  EXPECT_TRUE(ask(peer, head).starts_with("429"));
}

TEST_F(ApiTest, AnOutcomeForEachMessageOfABatch) {
  start(2);
  Peer bob = member("lobby", 1);
  BackEnd peer = back_end();
  std::string body = R"({"messages":[)";
  for (int i = 0; i < 200; ++i)
    body += R"({"room_id":"r)" + std::to_string(i % 7) + R"(","content":1},)";
  body += R"({"user_id":"u","content":"psst"}]})";
  std::string answer = ask(peer, request("POST", "batch", body));
  EXPECT_TRUE(answer.starts_with("200 {\"results\":[{\"seq\":1,")) << answer.substr(0, 80);
  std::size_t outcomes = 0;
  for (std::size_t at = answer.find("\"seq\":"); at != std::string::npos; at = answer.find("\"seq\":", at + 1))
    ++outcomes;
  EXPECT_EQ(outcomes, 201);
  EXPECT_NE(bob.texts().find(R"({"type":"direct","content":"psst","sender":"")"), std::string::npos);
}

TEST_F(ApiTest, RequestsThatComeTogetherAreAnsweredInTheirOrder) {
  BackEnd peer = back_end();
  std::string together;
  for (int i = 0; i < 5; ++i)
    together += request("POST", "publish", R"({"room_id":"r","content":1})");
  peer.give(together);
  run();
  for (int i = 1; i <= 5; ++i)
    EXPECT_TRUE(take(peer.stream->from_server).starts_with("200 {\"seq\":" + std::to_string(i) + ",")) << i;
  EXPECT_FALSE(peer.stream->gone);
}

TEST_F(ApiTest, AnyCutOfARequestIsTheSameRequest) {
  const std::string whole = request("POST", "publish", R"({"room_id":"r","content":1})");
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    BackEnd peer = back_end();
    peer.give(whole.substr(0, cut));
    run();
    EXPECT_EQ(peer.stream->from_server, "") << cut;
    EXPECT_TRUE(ask(peer, whole.substr(cut)).starts_with("200 ")) << cut;
  }
}

TEST_F(ApiTest, ASlowReaderHoldsUpNobody) {
  BackEnd slow = back_end(), other = back_end();
  slow.stream->room = 0;
  slow.give(request("GET", "server") + request("GET", "server"));
  run();
  EXPECT_TRUE(publish(other, "r").starts_with("200 "));
  for (int i = 0; i < 2'000 && slow.stream->from_server.find("HTTP/1.1 200", 1) == std::string::npos; ++i) {
    slow.allow(1);
    run();
  }
  EXPECT_TRUE(take(slow.stream->from_server).starts_with("200 "));
}

TEST_F(ApiTest, WhatATransportHoldsIsSentOnceAndWhole) {
  BackEnd usual = back_end();
  const std::string asked = "GET /api/v1/openapi.json HTTP/1.1\r\nHost: a\r\n\r\nGET /nope HTTP/1.1\r\nHost: a\r\n\r\n";
  usual.give(asked);
  run();
  for (const std::size_t step : {1u, 37u, 699u, 700u, 5'000u}) {
    BackEnd held{.stream = std::make_shared<Stream>(), .number = 0, .shard = &shard()};
    held.number = *shard().accept_api(std::make_unique<HoldingTransport>(held.stream), {});
    held.stream->room = 0;
    held.give(asked);
    run();
    for (int i = 0; i < 40'000 && held.stream->from_server.size() < usual.stream->from_server.size(); ++i) {
      held.allow(step);
      run();
    }
    EXPECT_EQ(held.stream->from_server, usual.stream->from_server) << step;
    held.stream->room = kNoLimit;
    held.stream->fin = true;
    held.give("");
    run();
    EXPECT_TRUE(held.stream->gone || held.stream->finished) << step;
  }
}

TEST_F(ApiTest, ABodyThatNobodyHasAskedForIsNotHeld) {
  BackEnd peer = back_end();
  EXPECT_TRUE(
      ask(peer, "GET /api/v1/openapi.json HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n").starts_with("413 "));
}

TEST_F(ApiTest, KeysAndScopesAndRooms) {
  BackEnd peer = back_end();
  const std::string reader = key("only reads in the rooms of a chat");
  EXPECT_TRUE(ask(peer, request("GET", "server", "", "wrong")).starts_with("401 "));
  EXPECT_TRUE(ask(peer, "GET /api/v1/server HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("401 "));
  EXPECT_TRUE(ask(peer, request("GET", "rooms/chat:1/history", "", reader)).starts_with("200 "));
  EXPECT_TRUE(ask(peer, request("GET", "rooms/news/history", "", reader)).starts_with("403 "));
  EXPECT_TRUE(ask(peer, request("POST", "users/u/disconnect", "", reader)).starts_with("403 "));
  EXPECT_TRUE(ask(peer, "GET /api/v1/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("200 {"));
  BackEnd other = back_end();
  EXPECT_TRUE(
      ask(other, request("POST", "publish", R"({"room_id":"chat:1","content":1})", reader)).starts_with("403 "));
}

TEST_F(ApiTest, HistoryOfARoomThatNobodyIsIn) {
  start(2);
  for (std::uint32_t home : {0u, 1u}) {
    const std::string room = room_at(home);
    BackEnd peer = back_end();
    for (int i = 1; i <= 30; ++i)
      publish(peer, room, std::to_string(i));
    const std::string newest = ask(peer, request("GET", "rooms/" + room + "/history?limit=2"));
    EXPECT_NE(newest.find(R"("content":29,)"), std::string::npos) << newest;
    EXPECT_NE(newest.find(R"("content":30,)"), std::string::npos) << newest;
    EXPECT_EQ(newest.find(R"("content":28,)"), std::string::npos) << newest;
    EXPECT_TRUE(newest.ends_with(R"("more":true})")) << newest;
    const std::string rest = ask(peer, request("GET", "rooms/" + room + "/history?after=28&limit=1000"));
    EXPECT_NE(rest.find(R"("content":29,)"), std::string::npos) << rest;
    EXPECT_TRUE(rest.ends_with(R"("more":false})")) << rest;
    const std::string none = ask(peer, request("GET", "rooms/" + room + "/history?after=30"));
    EXPECT_NE(none.find(R"("messages":[],"more":false)"), std::string::npos) << none;
    EXPECT_EQ(none.find(R"("epoch":"")"), std::string::npos) << none;
  }
}

TEST_F(ApiTest, PresenceAlsoOfARoomThatNobodyIsIn) {
  start(2);
  for (std::uint32_t home : {0u, 1u}) {
    const std::string room = room_at(home);
    BackEnd peer = back_end();
    EXPECT_EQ(ask(peer, request("GET", "rooms/" + room + "/presence")),
              R"(200 {"room_id":")" + room + R"(","count":0,"users":[]})");
    Peer one = member(room, 0), other = member(room, 1);
    EXPECT_EQ(ask(peer, request("GET", "rooms/" + room + "/presence")),
              R"(200 {"room_id":")" + room + R"(","count":1,"users":[{"user_id":"u","connections":2}]})");
  }
}

TEST_F(ApiTest, RoomsOfAllShardsInTheOrderOfTheirNames) {
  for (const std::uint32_t shard_count : {1u, 3u}) {
    shards.clear();
    start(shard_count);
    BackEnd peer = back_end();
    EXPECT_EQ(ask(peer, request("GET", "rooms")), R"(200 {"rooms":[]})");
    std::vector<Peer> members;
    for (const char* room : {"chat:2", "chat:10", "a", "news", "chat:1"})
      members.push_back(member(room, members.size() % shard_count));
    members.push_back(member("news", shard_count - 1));
    publish(peer, "nobody is in it");
    EXPECT_EQ(ask(peer, request("GET", "rooms")),
              R"(200 {"rooms":[{"room_id":"a","connections":1},{"room_id":"chat:1","connections":1},)"
              R"({"room_id":"chat:10","connections":1},{"room_id":"chat:2","connections":1},)"
              R"({"room_id":"news","connections":2}]})");
    EXPECT_EQ(ask(peer, request("GET", "rooms?prefix=chat:&limit=2")),
              R"(200 {"rooms":[{"room_id":"chat:1","connections":1},{"room_id":"chat:10","connections":1}],)"
              R"("next":"chat:10"})");
    EXPECT_EQ(ask(peer, request("GET", "rooms?prefix=chat:&limit=2&after=chat:10")),
              R"(200 {"rooms":[{"room_id":"chat:2","connections":1}]})");
    EXPECT_EQ(ask(peer, request("GET", "rooms?limit=5")), ask(peer, request("GET", "rooms"))) << "no more: no next";
    // A key with a pattern sees what it is for.
    const std::string reader = key("only reads in the rooms of a chat");
    EXPECT_EQ(ask(peer, request("GET", "rooms?limit=1", "", reader)),
              R"(200 {"rooms":[{"room_id":"chat:1","connections":1}],"next":"chat:1"})");
    EXPECT_EQ(ask(peer, request("GET", "rooms?prefix=chat:2", "", reader)),
              R"(200 {"rooms":[{"room_id":"chat:2","connections":1}]})");
    EXPECT_EQ(ask(peer, request("GET", "rooms?prefix=news", "", reader)), R"(200 {"rooms":[]})");
    members.clear();
  }
}

TEST_F(ApiTest, OneContentForManyIsUnderWayForAFewAtATime) {
  settings.api.body_bytes_max = 2'000;
  for (const std::uint32_t shard_count : {1u, 2u}) {
    shards.clear();
    start(shard_count);
    Peer bob = member("r7", shard_count - 1);
    BackEnd peer = back_end();
    std::string body = R"({"content":")" + std::string(700, 'x') + R"(","user_ids":["u"],"room_ids":["r0")";
    for (int i = 1; i < 100; ++i)
      body += R"(,"r)" + std::to_string(i) + '"';
    const std::string answer = ask(peer, request("POST", "broadcast", body + "]}"));
    EXPECT_TRUE(answer.starts_with("200 {\"results\":[{\"seq\":1,")) << answer.substr(0, 80);
    std::size_t outcomes = 0;
    for (std::size_t at = answer.find("\"seq\":1,"); at != std::string::npos; at = answer.find("\"seq\":1,", at + 1))
      ++outcomes;
    EXPECT_EQ(outcomes, 101);
    const std::string texts = bob.texts();
    EXPECT_NE(texts.find(R"("type":"direct","content":"xxx)"), std::string::npos) << texts.substr(0, 300);
    EXPECT_NE(texts.find(R"("room_id":"r7","content":"xxx)"), std::string::npos) << texts.substr(0, 300);
  }
}

TEST_F(ApiTest, AUserIsPutIntoARoomAndOutOfItOnAllShards) {
  for (const std::uint32_t shard_count : {1u, 3u}) {
    shards.clear();
    start(shard_count);
    Peer one = member("r", 0), two = member("r", shard_count - 1), other = open(0);
    other.join("r", "somebody else");
    run();
    other.frames();
    for (std::uint32_t home = 0; home < shard_count; ++home) {
      const std::string vip = room_at(home);
      const std::string body = R"({"room_id":")" + vip + R"("})";
      BackEnd peer = back_end(shard_count - 1);
      EXPECT_EQ(ask(peer, request("POST", "users/u/leave", body)), R"(200 {"connections":0})");
      EXPECT_EQ(ask(peer, request("POST", "users/u/join", body)), R"(200 {"connections":2,"refused":0})");
      EXPECT_EQ(ask(peer, request("POST", "users/u/join", body)), R"(200 {"connections":2,"refused":0})");
      publish(peer, vip, "1");
      for (Peer* member : {&one, &two}) {
        const std::string texts = member->texts();
        const auto joined = texts.find(R"({"type":"joined","room_id":")" + vip + R"("})");
        EXPECT_EQ(joined, 0) << "before the room's messages: " << texts;
        EXPECT_EQ(texts.find("joined", joined + 20), std::string::npos) << "once: " << texts;
        EXPECT_NE(texts.find(R"("content":1)"), std::string::npos) << texts;
      }
      EXPECT_EQ(ask(peer, request("POST", "users/u/leave", body)), R"(200 {"connections":2})");
      publish(peer, vip, "2");
      for (Peer* member : {&one, &two})
        EXPECT_EQ(member->texts(), R"({"type":"left","room_id":")" + vip +
                                       R"(","reason":"removed"})"
                                       "\n");
      EXPECT_EQ(other.texts(), "");
      EXPECT_EQ(ask(peer, request("POST", "users/nobody/join", body)), R"(200 {"connections":0,"refused":0})");
    }
  }
}

TEST_F(ApiTest, WhoCannotBePutIntoARoomIsCountedAndNotTold) {
  settings.session.rooms_per_connection_max = 2;
  settings.session.errors_max = 1;
  for (const std::uint32_t shard_count : {1u, 2u}) {
    shards.clear();
    start(shard_count);
    Peer full = member("r", 0), free = member("r", shard_count - 1);
    full.join("r2");
    run();
    full.frames();
    BackEnd peer = back_end();
    for (int i = 0; i < 5; ++i) {  // more than the client's errors would be
      EXPECT_EQ(ask(peer, request("POST", "users/u/join", R"({"room_id":"vip"})")),
                R"(200 {"connections":1,"refused":1})");
    }
    EXPECT_EQ(full.texts(), "");
    EXPECT_EQ(free.texts(), R"({"type":"joined","room_id":"vip"})"
                            "\n");
  }
}

TEST_F(ApiTest, AMoveAndACommandOfTheClientComeOneAfterTheOther) {
  start(2);
  for (std::uint32_t home : {0u, 1u}) {
    const std::string vip = room_at(home), own = room_at(1 - home) + "-own";
    Peer peer = member("r", 0, session::kUpgrade);
    BackEnd back = back_end(0);
    // All at once: the client joins, publishes and leaves while the back end moves it in and out.
    peer.join(own);
    peer.broadcast(own, "1", R"(,"id":"a")");
    back.give(request("POST", "users/u/join", R"({"room_id":")" + vip + R"("})"));
    peer.broadcast(vip, "2", R"(,"id":"b")");
    back.give(request("POST", "users/u/leave", R"({"room_id":")" + own + R"("})"));
    peer.leave(own);
    run();
    EXPECT_TRUE(take(back.stream->from_server).starts_with(R"(200 {"connections":1,"refused":0})"));
    EXPECT_TRUE(take(back.stream->from_server).starts_with(R"(200 {"connections":)"));
    const std::string texts = peer.texts();
    const auto joined = texts.find(R"({"type":"joined","room_id":")" + own + R"(")");
    const auto acked = texts.find(R"({"type":"ack","id":"a")");
    const auto left = texts.find(R"({"type":"left","room_id":")" + own + R"(")");
    EXPECT_LT(joined, acked) << texts;
    EXPECT_LT(acked, left) << texts;
    EXPECT_NE(texts.find(R"({"type":"joined","room_id":")" + vip + R"(")"), std::string::npos) << texts;
    // It goes on as if nothing had been.
    peer.broadcast(vip, "3", R"(,"id":"c")");
    run();
    EXPECT_NE(peer.texts().find(R"({"type":"ack","id":"c")"), std::string::npos);
    peer.finish();
    run();
  }
}

TEST_F(ApiTest, WhoTakesNothingIsGivenUpAndGoesOnLater) {
  settings.session.queue_bytes_max = 0;
  settings.api.answer_timeout_ms = 2'000;
  Peer stuck = member("r");
  stuck.stream->room = 0;
  stuck.say(R"({"type":"ping"})");
  run();
  BackEnd peer = back_end();
  peer.give(request("POST", "users/u/join", R"({"room_id":"vip"})"));
  run();
  EXPECT_EQ(peer.stream->from_server, "");
  pass(3s);
  EXPECT_TRUE(take(peer.stream->from_server).starts_with("503 "));
  stuck.allow(kNoLimit);
  run();
  stuck.frames();
  stuck.say(R"({"type":"ping"})");
  run();
  EXPECT_EQ(stuck.texts(), R"({"type":"pong"})"
                           "\n")
      << "it was not put there when nobody waited for it any more";
}

TEST_F(ApiTest, ConnectionsOfAUserOnAllShards) {
  settings.session.listeners.front().name = "front";
  start(3);
  BackEnd peer = back_end(1);
  EXPECT_EQ(ask(peer, request("GET", "users/u/connections")), R"(200 {"connections":[],"more":false})");
  Peer one = member("r", 0), two = member("r", 2), other = open(1);
  other.join("r", "somebody else");
  two.join("r2");
  publish(peer, "r");
  ask(peer, request("POST", "publish", R"({"user_id":"u","content":1})"));  // a room of its own, which does not count
  const std::string list = ask(peer, request("GET", "users/u/connections?limit=2"));
  EXPECT_TRUE(list.starts_with(R"(200 {"connections":[{"conn_id":"0-)")) << list;
  EXPECT_NE(list.find(R"("listener":"front","rooms":1},{"conn_id":"2-)"), std::string::npos) << list;
  EXPECT_TRUE(list.ends_with(R"("rooms":2}],"more":false})")) << list;
  const std::string cut = ask(peer, request("GET", "users/u/connections?limit=1"));
  EXPECT_TRUE(cut.ends_with(R"("rooms":1}],"more":true})")) << cut;
}

TEST_F(ApiTest, PagesThatMayAreToldSo) {
  settings.api_origins = {"https://*.example.com"};
  BackEnd peer = back_end();
  const auto with = [](std::string_view line, std::string_view origin, std::string_view more = "") {
    return std::string(line) + " HTTP/1.1\r\nHost: a\r\nOrigin: " + std::string(origin) + "\r\n" + std::string(more) +
           "\r\n";
  };
  const auto head = [&](const std::string& bytes) {
    peer.give(bytes);
    run();
    return std::exchange(peer.stream->from_server, {});
  };
  const auto has = [](const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; };
  const std::string wish = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n";
  const std::string allowed = head(with("OPTIONS /api/v1/publish", "https://app.example.com", wish));
  EXPECT_TRUE(allowed.starts_with("HTTP/1.1 204 ")) << allowed;
  EXPECT_TRUE(has(allowed, "\r\nAccess-Control-Allow-Origin: https://app.example.com\r\n")) << allowed;
  EXPECT_TRUE(has(allowed, "\r\nAccess-Control-Allow-Methods: POST, OPTIONS\r\n")) << allowed;
  EXPECT_TRUE(has(allowed, "\r\nAccess-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key\r\n"))
      << allowed;
  EXPECT_TRUE(has(allowed, "\r\nVary: Origin\r\n")) << allowed;
  const std::string refused = head(with("GET /api/v1/server", "https://app.example.com"));
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 401 ")) << "the page may see that its key is none: " << refused;
  EXPECT_TRUE(has(refused, "\r\nAccess-Control-Allow-Origin: https://app.example.com\r\n")) << refused;
  EXPECT_FALSE(has(refused, "Access-Control-Allow-Headers")) << refused;
  for (const char* origin : {"https://example.com", "http://app.example.com", "null", "app.example.com"}) {
    const std::string other = head(with("OPTIONS /api/v1/publish", origin, wish));
    EXPECT_TRUE(other.starts_with("HTTP/1.1 204 ")) << other;
    EXPECT_FALSE(has(other, "Access-Control")) << other;
    EXPECT_TRUE(has(other, "\r\nVary: Origin\r\n")) << "a cache must not give it to a page that may";
  }
  settings.api_origins = {};
  shards.clear();
  start(1);
  peer = back_end();
  EXPECT_FALSE(has(head(with("OPTIONS /api/v1/publish", "https://app.example.com", wish)), "Access-Control"));
}

TEST_F(ApiTest, AUserIsDisconnectedOnAllShards) {
  start(3);
  Peer one = member("r", 0), two = member("r", 2), other = open(1);
  other.join("r", "somebody else");
  run();
  BackEnd peer = back_end(1);
  EXPECT_EQ(ask(peer, request("POST", "users/u/disconnect")), R"(200 {"connections":2})");
  for (Peer* closed : {&one, &two}) {
    const auto frames = closed->frames();
    ASSERT_FALSE(frames.empty());
    EXPECT_EQ(frames.back().close_code(), protocol::close::kDisconnected);
  }
  for (const auto& frame : other.frames())
    EXPECT_NE(frame.opcode, ws::Opcode::kClose);
  EXPECT_EQ(ask(peer, request("POST", "users/u/disconnect")), R"(200 {"connections":0})");
}

TEST_F(ApiTest, ConnectionsHaveALimitAndAnEnd) {
  settings.api.connections_max = 2;
  BackEnd one = back_end(), two = back_end();
  auto stream = std::make_shared<Stream>();
  EXPECT_FALSE(shard().accept_api(std::make_unique<StreamTransport>(stream), {}));
  EXPECT_TRUE(stream->gone);
  EXPECT_EQ(shard().stats().api.connections_refused.value(), 1);
  one.give("GET /api");
  pass(11s);  // a head may take ten
  EXPECT_TRUE(one.stream->gone || one.stream->finished);
  pass(5s);
  EXPECT_TRUE(one.stream->gone);
  two.stream->fin = true;
  two.give("");
  run();
  pass(5s);
  EXPECT_TRUE(two.stream->gone);
  EXPECT_EQ(shard().stats().api.connections.value(), 0);
}

TEST_F(ApiTest, ALargeBodyIsRefusedBeforeItIsThere) {
  settings.api.body_bytes_max = 2'000;
  BackEnd peer = back_end();
  const std::string head =
      "POST /api/v1/publish HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + key() + "\r\nContent-Length: 2001\r\n\r\n";
  EXPECT_TRUE(ask(peer, head).starts_with("413 ")) << "nothing of it was sent";
}

TEST_F(ApiTest, WhoExpectsToBeToldSoIsToldToGoOn) {
  BackEnd peer = back_end();
  const std::string body = R"({"room_id":"r","content":1})";
  peer.give("POST /api/v1/publish HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + key() +
            "\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  run();
  EXPECT_EQ(peer.stream->from_server, "HTTP/1.1 100 Continue\r\n\r\n");
  peer.stream->from_server.clear();
  EXPECT_TRUE(ask(peer, body).starts_with("200 "));
  // With a wrong key it is not asked for its body at all.
  BackEnd stranger = back_end();
  EXPECT_TRUE(
      ask(stranger, "POST /api/v1/publish HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 27\r\n\r\n")
          .starts_with("401 "));
}

TEST_F(ApiTest, ADrainEndsThoseThatAskNothing) {
  BackEnd idle = back_end();
  EXPECT_TRUE(publish(idle, "r").starts_with("200 "));
  shard().drain(1s);
  run();
  EXPECT_TRUE(idle.stream->gone);
}

}  // namespace
}  // namespace switchboard::shard
