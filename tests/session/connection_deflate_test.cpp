// permessage-deflate as a session negotiates and uses it.
#include "session/connection_driver.h"
#include "session/echo_settings.h"
#include "ws/client_deflater.h"

namespace switchboard::session {
namespace {

std::string offering(std::string_view extensions, std::string_view request = kUpgrade) {
  std::string text(request.substr(0, request.size() - 2));
  return text.append("Sec-WebSocket-Extensions: ").append(extensions).append("\r\n\r\n");
}
std::string compressed(std::string_view text) {
  return ws::client_frame_of(0xC1, ws::deflated(text));
}

class DeflateTest : public ConnectionDriver {
 protected:
  /// The Sec-WebSocket-Extensions field of the answer to an upgrade with that offer; "" without one.
  std::string agreed(std::string_view offer) {
    const std::string answer = http_answer(offering(offer));
    EXPECT_EQ(connection().state(), State::kOpen) << answer;
    constexpr std::string_view kName = "\r\nSec-WebSocket-Extensions: ";
    const auto begin = answer.find(kName);
    if (begin == std::string::npos) return "";
    const auto value = begin + kName.size();
    return answer.substr(value, answer.find("\r\n", value) - value);
  }
};

TEST_F(DeflateTest, AnswersTheOffersAndKnowsWhatWasAgreed) {
  EXPECT_EQ(agreed("permessage-deflate; client_max_window_bits"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_EQ(session().format(), wire::Format::kJsonDeflated);
  EXPECT_EQ(agreed("permessage-deflate; server_max_window_bits=9"), "");
  EXPECT_EQ(session().format(), wire::Format::kJson);
  open();
  EXPECT_EQ(session().format(), wire::Format::kJson);
}

TEST_F(DeflateTest, ReadsOffersInSeveralFields) {
  start();
  give(offering("permessage-deflate", offering("permessage-deflate; server_max_window_bits=8, x")));
  EXPECT_EQ(session().format(), wire::Format::kJsonDeflated);
}

TEST_F(DeflateTest, RefusesAMalformedOffer) {
  EXPECT_TRUE(http_answer(offering("permessage-deflate; =1")).starts_with("HTTP/1.1 400 "));
  EXPECT_FALSE(connection().is_websocket());
}

TEST_F(DeflateTest, AgreesToNothingWhenNotEnabled) {
  settings.deflate.enabled = false;
  EXPECT_EQ(agreed("permessage-deflate"), "");
}

TEST_F(DeflateTest, ReloadedSettingsAreForConnectionsToCome) {
  open(offering("permessage-deflate"));
  context().settings.deflate.enabled = false;
  EXPECT_EQ(session().format(), wire::Format::kJsonDeflated);
  give(compressed(R"({"type":"ping"})"));
  EXPECT_EQ(answers(), "{\"type\":\"pong\"}\n");
}

TEST_F(DeflateTest, ObeysCompressedCommandsAndAnswersWithoutCompression) {
  open(offering("permessage-deflate"));
  give(compressed(R"({"type":"join","room_id":"r","user_id":"a"})"));
  flush();
  ASSERT_FALSE(arrived_.empty());
  EXPECT_EQ(arrived_[0], '\x81');
  EXPECT_EQ(answers(), "{\"type\":\"joined\",\"room_id\":\"r\"}\n");
}

TEST_F(DeflateTest, TakesCompressedFramesRightBehindTheHandshake) {
  start();
  give(offering("permessage-deflate") + compressed(R"({"type":"ping","id":1})") +
       compressed(R"({"type":"ping","id":2})"));
  flush();
  take_head(arrived_);
  EXPECT_EQ(answers(), "{\"type\":\"pong\",\"id\":1}\n{\"type\":\"pong\",\"id\":2}\n");
}

TEST_F(DeflateTest, CompressedCommandsWaitBehindAJoinLikeOthers) {
  open(offering("permessage-deflate"));
  host.pending = true;
  give(compressed(R"({"type":"join","room_id":"r","user_id":"a"})") + compressed(R"({"type":"ping"})"));
  EXPECT_TRUE(connection().paused());
  EXPECT_EQ(answers(), "");
  host.answer_join(session(), "r", "");
  connection().resume();
  EXPECT_EQ(answers(), "{\"type\":\"joined\",\"room_id\":\"r\"}\n{\"type\":\"pong\"}\n");
}

TEST_F(DeflateTest, ACompressedFrameThatWasNotNegotiatedClosesWith1002) {
  open();
  give(compressed(R"({"type":"ping"})"));
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].close_code(), ws::close::kProtocolError);
}

TEST_F(DeflateTest, ABombClosesWith1009) {
  open(offering("permessage-deflate"));
  give(compressed(std::string(1'000'000, ' ')));
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].close_code(), ws::close::kMessageTooBig);
  EXPECT_EQ(context().inflaters.lent(), 0u);
}

TEST_F(DeflateTest, ContextTakeoverIsTakenWhenTheSettingsLetIt) {
  settings.deflate.client_context_takeover = true;
  EXPECT_EQ(agreed("permessage-deflate"), "permessage-deflate; server_no_context_takeover");
  ws::ClientDeflater client({.takeover = true});
  arrived_.clear();
  for (int i = 0; i < 3; ++i) {
    give(ws::client_frame_of(0xC1, client.message(R"({"type":"ping","id":123456789})")));
    EXPECT_EQ(answers(), "{\"type\":\"pong\",\"id\":123456789}\n");
  }
}

TEST_F(DeflateTest, AnEchoComesBackCompressedWhenThatIsSmaller) {
  settings = echo_settings();
  open(offering("permessage-deflate"));
  const std::string text(1000, 'a');
  give(compressed(text) + compressed("x"));
  const auto sent = frames();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_LT(sent[0].payload.size(), 100u);
  EXPECT_EQ(sent[1].payload, "x");

  open();
  give_text(text);
  EXPECT_EQ(answers(), text + "\n");
}

}  // namespace
}  // namespace switchboard::session
