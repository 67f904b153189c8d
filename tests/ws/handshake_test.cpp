#include "ws/handshake.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace switchboard::ws {
namespace {

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455 section 1.2

http::Request good_request() {
  http::Request request;
  request.method = "GET";
  request.target = "/ws";
  request.fields = {{"Host", "a"},
                    {"Upgrade", "websocket"},
                    {"Connection", "Upgrade"},
                    {"Sec-WebSocket-Version", "13"},
                    {"Sec-WebSocket-Key", kKey}};
  return request;
}

/// `good_request` with the field of that name set to another value, or left out for "".
http::Request with(std::string_view name, std::string_view value) {
  http::Request request = good_request();
  std::erase_if(request.fields, [&](const http::RequestField& field) { return field.name == name; });
  if (!value.empty()) request.fields.push_back({name, value});
  return request;
}

http::Request with_further(std::string_view name, std::string_view value) {
  http::Request request = good_request();
  request.fields.push_back({name, value});
  return request;
}

void expect_refused(const http::Request& request, int status, std::string_view says) {
  const auto upgrade = check_upgrade(request);
  ASSERT_FALSE(upgrade);
  EXPECT_EQ(upgrade.error().status, status) << upgrade.error().message;
  EXPECT_NE(upgrade.error().message.find(says), std::string::npos) << upgrade.error().message;
}

TEST(Handshake, ComputesTheAcceptValueOfTheRfc) {
  EXPECT_EQ(accept_value(kKey), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Handshake, AnswersWith101) {
  EXPECT_EQ(upgrade_response(kKey, ""),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  EXPECT_TRUE(upgrade_response(kKey, "chat").ends_with("\r\nSec-WebSocket-Protocol: chat\r\n\r\n"));
  EXPECT_TRUE(upgrade_response(kKey, "chat", "x; y=1")
                  .ends_with("\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: x; y=1\r\n\r\n"));
}

TEST(Handshake, AcceptsAGoodRequest) {
  const http::Request request = good_request();
  const auto upgrade = check_upgrade(request);
  ASSERT_TRUE(upgrade);
  EXPECT_EQ(upgrade->key, kKey);
  EXPECT_EQ(upgrade->origin, "");
  EXPECT_TRUE(upgrade->subprotocols.empty());
  EXPECT_TRUE(upgrade->extensions.empty());
}

TEST(Handshake, TokensIgnoreCaseAndCompany) {
  http::Request request = with("Upgrade", "h2c, WebSocket");
  EXPECT_TRUE(check_upgrade(request));
  request = with("Connection", "keep-alive, upgrade");
  EXPECT_TRUE(check_upgrade(request));
}

TEST(Handshake, ReadsOriginAndExtensions) {
  http::Request request = with_further("Origin", "https://a.example");
  request.fields.push_back({"Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"});
  request.fields.push_back({"sec-websocket-extensions", "x"});
  const auto upgrade = check_upgrade(request);
  ASSERT_TRUE(upgrade);
  EXPECT_EQ(upgrade->origin, "https://a.example");
  EXPECT_EQ(upgrade->extensions, (std::vector<std::string_view>{"permessage-deflate; client_max_window_bits", "x"}));
}

TEST(Handshake, ReadsSubprotocolsOverSeveralLinesInOrder) {
  http::Request request = with_further("Sec-WebSocket-Protocol", "b, a");
  request.fields.push_back({"sec-websocket-protocol", ",switchboard.v1.json,"});
  const auto upgrade = check_upgrade(request);
  ASSERT_TRUE(upgrade);
  EXPECT_EQ(upgrade->subprotocols, (std::vector<std::string_view>{"b", "a", "switchboard.v1.json"}));
}

TEST(Handshake, RefusesASubprotocolThatIsNoToken) {
  expect_refused(with_further("Sec-WebSocket-Protocol", "a b"), 400, "Sec-WebSocket-Protocol");
  expect_refused(with_further("Sec-WebSocket-Protocol", "a, \"b\""), 400, "Sec-WebSocket-Protocol");
}

TEST(Handshake, RefusesOtherMethodsAndVersions) {
  http::Request request = good_request();
  request.method = "POST";
  expect_refused(request, 405, "GET");
  request = good_request();
  request.version = 10;
  expect_refused(request, 505, "HTTP/1.1");
}

TEST(Handshake, NamesTheFieldThatIsMissingOrWrong) {
  expect_refused(with("Upgrade", ""), 400, "Upgrade");
  expect_refused(with("Upgrade", "websockets"), 400, "Upgrade");
  expect_refused(with("Connection", ""), 400, "Connection");
  expect_refused(with("Connection", "keep-alive"), 400, "Connection");
  expect_refused(with("Sec-WebSocket-Version", ""), 400, "Sec-WebSocket-Version");
  expect_refused(with("Sec-WebSocket-Key", ""), 400, "Sec-WebSocket-Key");
}

TEST(Handshake, AsksForVersion13) {
  for (std::string_view version : {"8", "0", "14", "013", "13, 8", "x"}) {
    expect_refused(with("Sec-WebSocket-Version", version), 426, "13");
  }
}

TEST(Handshake, RefusesRepeatedFields) {
  expect_refused(with_further("Sec-WebSocket-Key", kKey), 400, "More than one Sec-WebSocket-Key");
  expect_refused(with_further("Sec-WebSocket-Version", "13"), 400, "More than one Sec-WebSocket-Version");
  http::Request request = with_further("Origin", "https://a.example");
  request.fields.push_back({"Origin", "https://b.example"});
  expect_refused(request, 400, "Origin");
}

TEST(Handshake, TheKeyIsSixteenBytesInBase64) {
  for (std::string_view key : {"dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQAA",
                               "aGVsbG8=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZS4=",
                               "dGhlIHNhbXBs SBub25jZQ==", "dGhlIHNhbXBsZSBub25j-Q==", "========================"}) {
    expect_refused(with("Sec-WebSocket-Key", key), 400, "16 bytes");
  }
  EXPECT_TRUE(check_upgrade(with("Sec-WebSocket-Key", "//////////+/+/+/+/+/+w==")));
}

TEST(Handshake, KnowsWhoWantsToUpgrade) {
  EXPECT_TRUE(wants_upgrade(good_request()));
  EXPECT_TRUE(wants_upgrade(with("Upgrade", "")));
  EXPECT_TRUE(wants_upgrade(with("Sec-WebSocket-Key", "")));
  http::Request page;
  page.method = "GET";
  page.fields = {{"Host", "a"}, {"Connection", "keep-alive"}, {"Upgrade", "h2c"}};
  EXPECT_FALSE(wants_upgrade(page));
}

}  // namespace
}  // namespace switchboard::ws
