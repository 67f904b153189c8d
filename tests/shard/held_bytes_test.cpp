// A transport that takes more than its socket does, and one whose stream has to be opened first: what TLS asks of a
// shard.
#include <gtest/gtest.h>

#include "shard/shard_driver.h"

namespace switchboard::shard {
namespace {

struct SealedStream {
  std::string to_server;
  std::string from_server;
  std::string held;
  std::size_t room = kNoLimit;  // bytes that the socket takes until told otherwise
  int opening_steps = 0;        // reads until the stream is open
  bool finished = false;
  bool gone = false;
};

/// Whatever is written is taken; what the socket does not take waits in `held`.
class SealingTransport final : public net::Transport {
 public:
  explicit SealingTransport(std::shared_ptr<SealedStream> stream) : stream_(std::move(stream)) {}
  ~SealingTransport() override { stream_->gone = true; }

  net::IoResult read(std::span<char> into) override {
    if (stream_->opening_steps > 0) {
      --stream_->opening_steps;
      return {net::IoStatus::kWouldBlock, 0};
    }
    const std::size_t count = stream_->to_server.copy(into.data(), into.size());
    stream_->to_server.erase(0, count);
    return {count > 0 ? net::IoStatus::kOk : net::IoStatus::kWouldBlock, count};
  }
  net::IoResult write(std::string_view bytes) override {
    EXPECT_TRUE(stream_->held.empty()) << "written while bytes are held";
    EXPECT_FALSE(is_opening());
    stream_->held = bytes;
    flush();
    return {stream_->held.empty() ? net::IoStatus::kOk : net::IoStatus::kHeld, bytes.size()};
  }
  net::IoResult flush() override {
    const std::size_t count = std::min(stream_->held.size(), stream_->room);
    if (stream_->room != kNoLimit) stream_->room -= count;
    stream_->from_server += stream_->held.substr(0, count);
    stream_->held.erase(0, count);
    return {stream_->held.empty() ? net::IoStatus::kOk : net::IoStatus::kHeld, count};
  }
  void finish_writing() override {
    EXPECT_TRUE(stream_->held.empty());
    stream_->finished = true;
  }
  bool is_opening() const override { return stream_->opening_steps > 0; }

 private:
  std::shared_ptr<SealedStream> stream_;
};

class HeldBytesTest : public ShardTest {
 protected:
  struct SealedPeer {
    Shard* shard;
    std::shared_ptr<SealedStream> stream;
    SlotId id;

    void give(std::string_view bytes) {
      stream->to_server += bytes;
      shard->on_readable(id, false);
    }
    void say(std::string_view text) { give(ws::client_frame(ws::Opcode::kText, text)); }
    void allow(std::size_t bytes) {
      stream->room = bytes;
      shard->on_writable(id);
    }
    std::string texts() { return session::texts(session::take_frames(stream->from_server)); }
  };

  SealedPeer connect_sealed(int opening_steps = 0) {
    auto stream = std::make_shared<SealedStream>();
    stream->opening_steps = opening_steps;
    const SlotId id = shard().accept(std::make_unique<SealingTransport>(stream), net::PeerAddress{});
    return {.shard = &shard(), .stream = std::move(stream), .id = id};
  }
  SealedPeer sealed_member() {
    SealedPeer peer = connect_sealed();
    peer.give(session::kUpgrade);
    EXPECT_TRUE(session::take_head(peer.stream->from_server).starts_with("HTTP/1.1 101"));
    peer.say(R"({"type":"join","room_id":"lobby","user_id":"sealed"})");
    run();
    EXPECT_FALSE(peer.texts().empty());
    return peer;
  }
  static std::size_t times(const std::string& text, std::string_view what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
      ++count;
    return count;
  }
};

TEST_F(HeldBytesTest, RoomMessagesGoOnceAndInOrderWhateverTheSocketTakesAtATime) {
  for (const std::size_t room : {1U, 7U, 100U, 1'000U}) {
    SealedPeer slow = sealed_member();
    Peer speaker = member("lobby");
    slow.texts();
    slow.stream->room = 0;
    std::string got;
    for (int i = 0; i < 20; ++i) {
      speaker.broadcast("lobby", "\"message " + std::to_string(i) + ".\"");
      run();
      slow.allow(room);
      run();
    }
    for (int turns = 0; !slow.stream->held.empty() || slow.stream->room == 0; ++turns) {
      ASSERT_LT(turns, 100'000) << "the rest does not come";
      slow.allow(room);
      run();
    }
    got = slow.texts();
    std::size_t at = 0;
    for (int i = 0; i < 20; ++i) {
      const std::string content = "message " + std::to_string(i) + ".";
      EXPECT_EQ(times(got, content), 1u) << content;
      EXPECT_GE(got.find(content), at);
      at = got.find(content);
    }
  }
}

TEST_F(HeldBytesTest, AReplayGoesOnceAndInOrderWhateverTheSocketTakesAtATime) {
  Peer speaker = member("lobby");
  for (int i = 0; i < 600; ++i)
    speaker.broadcast("lobby", "\"message " + std::to_string(i) + ".\"");
  run();
  for (const std::size_t room : {7U, 100U, 1'000U, 50'000U}) {
    SealedPeer slow = connect_sealed();
    slow.give(session::kUpgrade);
    session::take_head(slow.stream->from_server);
    slow.stream->room = 0;
    slow.say(R"({"type":"join","room_id":"lobby","user_id":"sealed","last":1000})");
    run();
    for (int turns = 0; !slow.stream->held.empty() || slow.stream->room == 0; ++turns) {
      ASSERT_LT(turns, 100'000) << "the rest does not come";
      slow.allow(room);
      run();
    }
    const std::string got = slow.texts();
    std::size_t at = 0;
    for (int i = 0; i < 600; ++i) {
      const std::string content = "message " + std::to_string(i) + ".";
      at = got.find(content, at);
      ASSERT_NE(at, std::string::npos) << content;
    }
    EXPECT_EQ(times(got, "message "), 600u);
    EXPECT_TRUE(got.ends_with(R"({"type":"caught_up","room_id":"lobby","seq":600})"
                              "\n"));
  }
}

TEST_F(HeldBytesTest, ALogIsForgottenWhileASealedMemberIsBlocked) {
  SealedPeer slow = sealed_member();
  Peer speaker = member("lobby");
  slow.stream->room = 0;
  speaker.broadcast("lobby", "\"first\"");
  run();
  EXPECT_FALSE(slow.stream->held.empty());
  EXPECT_EQ(shard().stats().log_bytes.value(), 0u);  // sealed is sent: no chunk is kept for it
}

TEST_F(HeldBytesTest, TheLastBytesAreGoneBeforeAnEnd) {
  SealedPeer peer = sealed_member();
  peer.stream->room = 0;
  peer.give(ws::client_frame(ws::Opcode::kClose, "\x03\xe8"));
  run();
  EXPECT_FALSE(peer.stream->gone);  // our Close frame is held
  peer.allow(kNoLimit);
  run();
  EXPECT_TRUE(peer.stream->gone);
  EXPECT_TRUE(peer.stream->held.empty());
}

TEST_F(HeldBytesTest, AHeldSocketThatTakesNothingRunsIntoTheWriteTimeout) {
  SealedPeer peer = sealed_member();
  Peer speaker = member("lobby");
  peer.stream->room = 0;
  speaker.broadcast("lobby", "1");
  run();
  pass(std::chrono::seconds(1 + (settings.session.write_timeout_ms + settings.session.close_timeout_ms) / 1'000));
  EXPECT_TRUE(peer.stream->gone);
  EXPECT_EQ(endings.codes.at(0), 4101);
}

TEST_F(HeldBytesTest, StreamsAreOpenedAfterTheTurnOfThoseWhoAreConnected) {
  SealedPeer peer = connect_sealed(2);
  EXPECT_EQ(shard().opening(), 1u);
  peer.give("");
  EXPECT_EQ(peer.stream->opening_steps, 2) << "readiness alone must not compute";
  EXPECT_TRUE(shard().has_work());
  shard().turn();
  EXPECT_EQ(peer.stream->opening_steps, 1);
  EXPECT_FALSE(shard().has_work());
  peer.give(session::kUpgrade);
  shard().turn();
  EXPECT_EQ(shard().opening(), 0u);
  peer.give("");
  EXPECT_TRUE(session::take_head(peer.stream->from_server).starts_with("HTTP/1.1 101"));
}

TEST_F(HeldBytesTest, AStreamThatIsNeverOpenedTimesOut) {
  SealedPeer peer = connect_sealed(100);
  pass(std::chrono::seconds(2 + settings.session.handshake_timeout_ms / 1'000));
  EXPECT_TRUE(peer.stream->gone);
  EXPECT_EQ(shard().opening(), 0u);
}

}  // namespace
}  // namespace switchboard::shard
