#include "session/opening.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <variant>

#include "http/request_parser.h"
#include "support/manual_clock.h"

namespace switchboard::session {
namespace {

constexpr std::string_view kUpgradeFields =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n";
constexpr http::Asset kOnePage[] = {
    {.path = "/", .content_type = "text/html; charset=utf-8", .body = "<p>hi</p>", .etag = "\"e1\""}};

/// What becomes of one request, whose views stay valid until the next.
class OpeningTest : public testing::Test {
 protected:
  std::variant<Upgraded, Answered> ask(std::string_view method, std::string_view path, std::string_view fields) {
    const std::string head =
        std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
    parser_ = http::RequestParser(8'192);
    EXPECT_TRUE(parser_.feed(head));
    EXPECT_TRUE(parser_.done());
    return answer_of(parser_.request(),
                     {.settings = settings, .policy = settings.listeners[0], .assets = kOnePage, .clock = clock_});
  }
  Answered answer(std::string_view method, std::string_view path, std::string_view fields = "") {
    const auto outcome = ask(method, path, fields);
    EXPECT_TRUE(std::holds_alternative<Answered>(outcome));
    return std::get<Answered>(outcome);
  }
  Upgraded upgrade(std::string_view fields) {
    const auto outcome = ask("GET", "/ws", fields);
    EXPECT_TRUE(std::holds_alternative<Upgraded>(outcome));
    return std::get<Upgraded>(outcome);
  }

  SessionSettings settings;

 private:
  test::ManualClock clock_;
  http::RequestParser parser_{8'192};
};

TEST_F(OpeningTest, AHandshakeBecomesAConversationInTheDialectThatWasOffered) {
  const Upgraded base = upgrade(kUpgradeFields);
  EXPECT_TRUE(base.response.starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(base.dialect, Dialect::kBase);
  EXPECT_EQ(base.deflate_takeover_window_bits, std::nullopt);
  const Upgraded v1 = upgrade(std::string(kUpgradeFields) + "Sec-WebSocket-Protocol: chat, switchboard.v1.json\r\n");
  EXPECT_EQ(v1.dialect, Dialect::kV1);
  EXPECT_NE(v1.response.find("switchboard.v1.json"), std::string::npos);
}

TEST_F(OpeningTest, AnEchoHasNoDialectAndNoPath) {
  settings.service = Service::kEcho;
  const auto outcome =
      ask("GET", "/anything", std::string(kUpgradeFields) + "Sec-WebSocket-Protocol: switchboard.v1.json\r\n");
  ASSERT_TRUE(std::holds_alternative<Upgraded>(outcome));
  EXPECT_EQ(std::get<Upgraded>(outcome).dialect, Dialect::kBase);
}

TEST_F(OpeningTest, SaysHowMuchOfTheClientsMessagesAnInflaterIsKeptFor) {
  const Upgraded alone = upgrade(std::string(kUpgradeFields) +
                                 "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n");
  EXPECT_EQ(alone.deflate_takeover_window_bits, 0);
}

TEST_F(OpeningTest, ARefusalForAFieldNamesItForTheLog) {
  settings.listeners[0].origins = {"https://good.example"};
  const Answered refusal = answer("GET", "/ws", std::string(kUpgradeFields) + "Origin: https://bad.example\r\n");
  EXPECT_EQ(refusal.kind, Answered::Kind::kRefusal);
  EXPECT_EQ(refusal.status, 403);
  EXPECT_EQ(refusal.refused_field, "Origin");
  EXPECT_EQ(refusal.refused_value, "https://bad.example");
  EXPECT_EQ(answer("GET", "/none").refused_field, "");
}

TEST_F(OpeningTest, SaysWhatKindOfAnswerItIs) {
  EXPECT_EQ(answer("GET", "/").kind, Answered::Kind::kPage);
  EXPECT_EQ(answer("GET", "/", "If-None-Match: \"e1\"\r\n").status, 304);
  EXPECT_EQ(answer("OPTIONS", "*").kind, Answered::Kind::kMethods);
  EXPECT_EQ(answer("OPTIONS", "*").status, 204);
  EXPECT_EQ(answer("GET", "/none").kind, Answered::Kind::kRefusal);
  EXPECT_EQ(answer("GET", "/ws").status, 426);
  EXPECT_EQ(answer("POST", "/").status, 405);
}

}  // namespace
}  // namespace switchboard::session
