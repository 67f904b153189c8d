// `history` queries through a shard: who is answered what, and when.
#include "shard/replay_driver.h"

namespace switchboard::shard {
namespace {

class HistoryTest : public ReplayTest {
 protected:
  static void ask(Peer& peer, std::string_view room_id, std::string_view rest) {
    peer.say(R"({"type":"history","room_id":")" + std::string(room_id) + "\"" + std::string(rest) + "}");
  }
  /// The sequence numbers in an answer, and whether there is more: "28 29 30 more".
  static std::string told(Peer& peer) {
    std::string text = peer.texts();
    EXPECT_TRUE(text.starts_with(R"({"type":"history","room_id":)")) << text;
    std::string out;
    for (auto at = text.find("\"seq\":"); at != std::string::npos; at = text.find("\"seq\":", at + 1)) {
      if (!out.empty()) out += ' ';
      out += text.substr(at + 6, text.find(',', at) - at - 6);
    }
    if (text.find("\"more\":true") != std::string::npos) out += " more";
    return out;
  }
};

TEST_F(HistoryTest, IsReadFromTheStoreBothWays) {
  rooms.fill("lobby", 300);
  Peer peer = member("lobby");
  ask(peer, "lobby", R"(,"limit":3,"id":7)");
  run();
  EXPECT_EQ(told(peer), "298 299 300 more");
  ask(peer, "lobby", R"(,"before":3)");
  run();
  EXPECT_EQ(told(peer), "1 2");
  ask(peer, "lobby", R"(,"after":10,"limit":2)");
  run();
  EXPECT_EQ(told(peer), "11 12 more");
  ask(peer, "lobby", R"(,"after":300)");
  run();
  EXPECT_EQ(told(peer), "");
}

TEST_F(HistoryTest, TheAnswerHasTheMessagesAsTheyWereSent) {
  Peer peer = member("lobby");
  peer.broadcast("lobby", R"({"a":1.50})");
  run();
  std::string message = peer.texts();
  message.pop_back();
  ask(peer, "lobby", R"(,"id":"x")");
  run();
  EXPECT_EQ(peer.texts(), R"({"type":"history","room_id":"lobby","id":"x","epoch":"k3","messages":[)" + message +
                              R"(],"more":false})" + "\n");
}

TEST_F(HistoryTest, AThousandMessagesTakeSeveralPagesAndALargeAnswerIsCut) {
  rooms.fill("lobby", 1'500);
  Peer peer = member("lobby");
  ask(peer, "lobby", R"(,"limit":1000)");
  run();
  const std::string all = told(peer);
  EXPECT_TRUE(all.starts_with("501 502") && all.ends_with("1499 1500 more"));
  settings.session.reply_bytes_max = 10'000;
  shard().reload(settings);
  ask(peer, "lobby", R"(,"after":0,"limit":1000)");
  run();
  constexpr std::size_t kFrameHeaderBytes = 4;
  EXPECT_LE(peer.stream->from_server.size(), 10'000 + kFrameHeaderBytes);
  EXPECT_GE(peer.stream->from_server.size(), 9'500u);
  EXPECT_TRUE(told(peer).ends_with(" more"));
}

TEST_F(HistoryTest, WithoutMembershipOrHistoryItIsRefused) {
  settings.rooms.set("plain", {.history = false});
  Peer peer = member("plain:1");
  ask(peer, "plain:1", "");
  ask(peer, "lobby", "");
  run();
  const std::string got = peer.texts();
  EXPECT_NE(got.find("history_unavailable"), std::string::npos) << got;
  EXPECT_NE(got.find("not_joined"), std::string::npos) << got;
}

TEST_F(HistoryTest, WhenTheStoreCannotBeReadItIsUnavailable) {
  rooms.fill("lobby", 10);
  Peer peer = member("lobby");
  rooms.failing_reads = 1;
  ask(peer, "lobby", "");
  ask(peer, "lobby", "");
  run();
  const std::string got = peer.texts();
  EXPECT_NE(got.find("\"code\":\"unavailable\""), std::string::npos) << got;
  EXPECT_NE(got.find("\"seq\":10"), std::string::npos) << "the second query waited and was answered: " << got;
}

TEST_F(HistoryTest, LiveMessagesGoOnMeanwhileAndWhoEndsIsForgotten) {
  rooms.fill("lobby", 10);
  Peer peer = member("lobby");
  Peer gone = member("lobby");
  Peer publisher = member("lobby");
  store().holds_reads = true;
  ask(peer, "lobby", "");
  ask(gone, "lobby", R"(,"limit":2)");
  run();
  publisher.broadcast("lobby", "11");
  peer.broadcast("lobby", "12");
  run();
  EXPECT_EQ(story(peer), "11") << "its own waits for the answer";
  gone.reset();
  run();
  store().holds_reads = false;
  run();
  EXPECT_EQ(told(peer), "1 2 3 4 5 6 7 8 9 10 12");
  peer.finish();
  publisher.finish();
  expect_nothing_left();
}

TEST_F(HistoryTest, WhereverTheRoomHasItsHomeItIsTheSame) {
  start(2, /*ring_slots=*/4);
  const std::string name = room_at(1);
  rooms.fill(name, 900);
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < 20; ++i)
    peers.push_back(member(name, 0));
  for (Peer& peer : peers)
    ask(peer, name, R"(,"limit":600)");
  run();
  for (Peer& peer : peers) {
    const std::string got = told(peer);
    EXPECT_TRUE(got.starts_with("301 302 ") && got.ends_with(" 900 more")) << got;
    peer.finish();
  }
  expect_nothing_left();
}

}  // namespace
}  // namespace switchboard::shard
