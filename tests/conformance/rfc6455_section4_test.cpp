// RFC 6455 section 4: the opening handshake; section 11.3: how often its fields may stand in an answer.
#include "conformance/server_test.h"

namespace switchboard::conformance {
namespace {

// --- 4.2.1: reading the client's handshake ---------------------------------------------------------------------------

using Rfc6455Section4_2_1 = ServerTest;

TEST_F(Rfc6455Section4_2_1, AGoodRequestIsUpgraded) {
  EXPECT_EQ(ask(Request()).status(), 101);
}

TEST_F(Rfc6455Section4_2_1, ViolationsOfTheGrammarAreRefusedWithAnHttpError) {
  const std::string good = Request().bytes();
  for (const std::string_view broken :
       {"GET /ws\r\n\r\n", "GET /ws HTTP/1.1\nHost: x\r\n\r\n", "GET  /ws HTTP/1.1\r\n\r\n", "/ws HTTP/1.1\r\n\r\n",
        "GET ws HTTP/1.1\r\n\r\n", "GET /ws HTTP/x.1\r\n\r\n"}) {
    const Response response = ask_bytes(broken);
    EXPECT_EQ(response.status(), 400) << broken;
    EXPECT_TRUE(response.is_over);
  }
  for (const auto& [name, value] : std::initializer_list<std::pair<std::string, std::string>>{
           {"A b", "c"}, {"", "c"}, {"A ", "c"}, {"A", "b\x01"}, {"A", std::string("b\0", 2)}, {"A", "b\r"}}) {
    EXPECT_EQ(ask(Request().add(name, value)).status(), 400) << name << ": " << value;
  }
}

TEST_F(Rfc6455Section4_2_1, ARefusedHandshakeIsProcessedNoFurther) {
  Peer peer = connect();
  send(peer, Request().remove("Sec-WebSocket-Key").bytes() + text("Hello") + ping());
  const std::string answer = peer.stream->from_server;
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(peer.stream->finished);
  send(peer, Request().bytes() + text("Hello"));
  EXPECT_EQ(peer.stream->from_server, answer);
}

TEST_F(Rfc6455Section4_2_1, HttpBelow11IsRefused) {
  for (const char* version : {"HTTP/1.0", "HTTP/0.9"}) {
    const int status = ask(Request().line(std::string("GET /ws ") + version)).status();
    EXPECT_EQ(status, 505) << version;
  }
}

TEST_F(Rfc6455Section4_2_1, MethodsOtherThanGetAreRefused) {
  for (const char* method : {"POST", "HEAD", "OPTIONS", "PUT"}) {
    EXPECT_EQ(ask(Request().line(std::string(method) + " /ws HTTP/1.1")).status(), 405) << method;
  }
  for (const char* method : {"get", "BREW"}) {
    EXPECT_EQ(ask(Request().line(std::string(method) + " /ws HTTP/1.1")).status(), 501) << method;
  }
}

TEST_F(Rfc6455Section4_2_1, TheResourceMayBeNamedByAnAbsoluteUri) {
  use_rooms();
  for (const char* target : {"http://server.example.com/ws", "https://server.example.com:443/ws?x=1",
                             "HTTP://server.example.com/", "http://server.example.com"}) {
    EXPECT_EQ(ask(Request().line("GET " + std::string(target) + " HTTP/1.1")).status(), 101) << target;
  }
  EXPECT_EQ(ask(Request().line("GET http://server.example.com/other HTTP/1.1")).status(), 404);
  for (const char* target : {"http:///ws", "http://", "ftp://server.example.com/ws", "//", "server.example.com:80"}) {
    EXPECT_NE(ask(Request().line("GET " + std::string(target) + " HTTP/1.1")).status(), 101) << target;
  }
}

TEST_F(Rfc6455Section4_2_1, AHostFieldIsRequiredOnce) {
  EXPECT_EQ(ask(Request().remove("Host")).status(), 400);
  EXPECT_EQ(ask(Request().add("Host", "server.example.com")).status(), 400);
}

TEST_F(Rfc6455Section4_2_1, UpgradeNamesWebsocketInAnyCase) {
  for (const char* value : {"WebSocket", "WEBSOCKET", "h2c, websocket"}) {
    EXPECT_EQ(ask(Request().set("Upgrade", value)).status(), 101) << value;
  }
  for (const char* value : {"", "websockets", "web socket", "\"websocket\""}) {
    EXPECT_EQ(ask(Request().set("Upgrade", value)).status(), 400) << value;
  }
  EXPECT_EQ(ask(Request().remove("Upgrade")).status(), 400);
}

TEST_F(Rfc6455Section4_2_1, ConnectionNamesUpgradeInAnyCase) {
  for (const char* value : {"upgrade", "UPGRADE", "keep-alive, Upgrade", "keep-alive,,upgrade ,"}) {
    EXPECT_EQ(ask(Request().set("Connection", value)).status(), 101) << value;
  }
  for (const char* value : {"", "keep-alive", "upgraded", "keep-alive upgrade"}) {
    EXPECT_EQ(ask(Request().set("Connection", value)).status(), 400) << value;
  }
  EXPECT_EQ(ask(Request().remove("Connection")).status(), 400);
}

TEST_F(Rfc6455Section4_2_1, TheKeyIs16BytesInBase64) {
  for (const char* key : {"AAAAAAAAAAAAAAAAAAAAAA==", "/+8/+8/+8/+8/+8/+8/+8w=="}) {
    EXPECT_EQ(ask(Request().set("Sec-WebSocket-Key", key)).status(), 101) << key;
  }
  // Empty, 15 bytes, 17, 18, not base64, the alphabet for URLs, without its padding.
  for (const char* key : {"", "AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAAA",
                          "AAAAAAAAAAA!AAAAAAAAAA==", "_-8_-8_-8_-8_-8_-8_-8w==", "AAAAAAAAAAAAAAAAAAAAAA",
                          "AAAAAAAAAAAAAAAAAAAAAA==="}) {
    EXPECT_EQ(ask(Request().set("Sec-WebSocket-Key", key)).status(), 400) << key;
  }
  EXPECT_EQ(ask(Request().remove("Sec-WebSocket-Key")).status(), 400);
}

TEST_F(Rfc6455Section4_2_1, TheKeyStandsOnce) {  // also section 11.3.1
  EXPECT_EQ(ask(Request().add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")).status(), 400);
}

TEST_F(Rfc6455Section4_2_1, AVersionIsRequiredOnce) {  // also section 11.3.5
  EXPECT_EQ(ask(Request().remove("Sec-WebSocket-Version")).status(), 400);
  EXPECT_EQ(ask(Request().add("Sec-WebSocket-Version", "13")).status(), 400);
}

TEST_F(Rfc6455Section4_2_1, AnOriginIsOptional) {
  EXPECT_EQ(ask(Request()).status(), 101);
  EXPECT_EQ(ask(Request().add("Origin", "http://example.com")).status(), 101);
}

TEST_F(Rfc6455Section4_2_1, UnknownFieldsAreIgnored) {
  EXPECT_EQ(ask(Request().add("Cookie", "a=b; c=d").add("X-Unknown", "\"").add("Sec-WebSocket-Other", "1")).status(),
            101);
}

TEST_F(Rfc6455Section4_2_1, TheOrderAndCaseOfFieldsDoNotMatter) {
  EXPECT_EQ(ask(Request().reverse()).status(), 101);
  EXPECT_EQ(ask(Request()
                    .remove("Sec-WebSocket-Key")
                    .remove("Upgrade")
                    .add("SEC-WEBSOCKET-KEY", "dGhlIHNhbXBsZSBub25jZQ==")
                    .add("upgrade", "websocket"))
                .value("Sec-WebSocket-Accept"),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

// --- 4.2.2: the server's answer --------------------------------------------------------------------------------------

using Rfc6455Section4_2_2 = ServerTest;

TEST_F(Rfc6455Section4_2_2, TheAnswerIs101WithUpgradeAndConnection) {
  const Response response = ask(Request());
  EXPECT_EQ(response.status_line(), "HTTP/1.1 101 Switching Protocols");
  EXPECT_EQ(response.value("Upgrade"), "websocket");
  EXPECT_EQ(response.value("Connection"), "Upgrade");
  EXPECT_TRUE(response.bytes.ends_with("\r\n\r\n")) << "nothing follows until there is something to say";
  EXPECT_FALSE(response.is_over);
}

TEST_F(Rfc6455Section4_2_2, AcceptIsMadeOfTheKey) {
  EXPECT_EQ(ask(Request()).value("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // section 1.3
  EXPECT_EQ(ask(Request().set("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw==")).value("Sec-WebSocket-Accept"),
            "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

TEST_F(Rfc6455Section4_2_2, AnOriginThatIsNotWelcomeGets403) {  // also section 10.2
  settings.session.listeners[0].origins = {"https://app.example.com"};
  use(settings.session);
  EXPECT_EQ(ask(Request().add("Origin", "https://app.example.com")).status(), 101);
  for (const char* origin : {"https://evil.example.com", "http://app.example.com", "null"}) {
    const Response response = ask(Request().add("Origin", origin));
    EXPECT_EQ(response.status(), 403) << origin;
    EXPECT_TRUE(response.is_over);
  }
}

TEST_F(Rfc6455Section4_2_2, AResourceThatIsNotThereGets404) {
  use_rooms();
  EXPECT_EQ(ask(Request().line("GET /ws?x=1 HTTP/1.1")).status(), 101);
  const Response response = ask(Request().line("GET /other HTTP/1.1"));
  EXPECT_EQ(response.status(), 404);
  EXPECT_TRUE(response.is_over);
}

TEST_F(Rfc6455Section4_2_2, TheSubprotocolIsOneThatWasOffered) {
  use_rooms();
  const Response response = ask(Request().add("Sec-WebSocket-Protocol", "chat, switchboard.v1.json, superchat"));
  EXPECT_EQ(response.value("Sec-WebSocket-Protocol"), "switchboard.v1.json");
}

TEST_F(Rfc6455Section4_2_2, NoSubprotocolIsNamedWhenNoneIsAgreedOn) {
  use_rooms();
  EXPECT_FALSE(ask(Request()).has("Sec-WebSocket-Protocol"));
  const Response response = ask(Request().add("Sec-WebSocket-Protocol", "chat, SWITCHBOARD.V1.JSON"));
  EXPECT_EQ(response.status(), 101);
  EXPECT_FALSE(response.has("Sec-WebSocket-Protocol"));
}

TEST_F(Rfc6455Section4_2_2, NoExtensionIsNamedWhenNoneIsAgreedOn) {
  EXPECT_FALSE(ask(Request()).has("Sec-WebSocket-Extensions"));
  EXPECT_FALSE(ask(Request().extensions("x-unknown")).has("Sec-WebSocket-Extensions"));
}

TEST_F(Rfc6455Section4_2_2, TheConnectionIsOpenRightAfterTheAnswer) {
  EXPECT_EQ(answers(text("Hello")), Answers{"text Hello"});
}

// --- 4.3: the grammar of the fields ----------------------------------------------------------------------------------

using Rfc6455Section4_3 = ServerTest;

TEST_F(Rfc6455Section4_3, SubprotocolsAreAListOfTokens) {
  for (const char* list : {"chat", "chat, superchat", " chat ,, superchat", "a!#$%&'*+-.^_`|~9"}) {
    EXPECT_EQ(ask(Request().add("Sec-WebSocket-Protocol", list)).status(), 101) << list;
  }
  for (const char* list : {"chat room", "chat, \"quoted\"", "chat/1", "(chat)", "ch\xc3\xa4t"}) {
    EXPECT_EQ(ask(Request().add("Sec-WebSocket-Protocol", list)).status(), 400) << list;
  }
}

TEST_F(Rfc6455Section4_3, AnEmptyListOffersNothing) {  // RFC 9110 section 5.6.1.2: empty elements are passed over
  use_rooms();
  for (const char* list : {"", ",", " , ,"}) {
    const Response response = ask(Request().add("Sec-WebSocket-Protocol", list).extensions(list));
    EXPECT_EQ(response.status(), 101);
    EXPECT_FALSE(response.has("Sec-WebSocket-Protocol"));
    EXPECT_FALSE(response.has("Sec-WebSocket-Extensions"));
  }
}

TEST_F(Rfc6455Section4_3, ExtensionsAreAListOfTokensWithParameters) {  // also section 9.1
  for (const char* list : {"foo", "foo, bar; baz=2", "foo; a; b=c ; d = \"e\"", " foo ,, bar", "foo;a=\"\\b\""}) {
    EXPECT_EQ(ask(Request().extensions(list)).status(), 101) << list;
  }
}

// --- 4.4: several versions -------------------------------------------------------------------------------------------

using Rfc6455Section4_4 = ServerTest;

TEST_F(Rfc6455Section4_4, AnotherVersionGets426AndTheVersionsSpoken) {
  for (const char* version : {"0", "7", "8", "12", "14", "25", "255"}) {
    const Response response = ask(Request().set("Sec-WebSocket-Version", version));
    EXPECT_EQ(response.status(), 426) << version;
    EXPECT_EQ(response.value("Sec-WebSocket-Version"), "13");
    EXPECT_TRUE(response.is_over);
  }
}

TEST_F(Rfc6455Section4_4, WhatIsNoVersionIsRefused) {
  for (const char* version : {"", "013", "13.0", "13, 8", "x", "-13"}) {
    const int status = ask(Request().set("Sec-WebSocket-Version", version)).status();
    EXPECT_TRUE(status == 400 || status == 426) << version << ": " << status;
  }
}

// --- 11.3: fields of the answer --------------------------------------------------------------------------------------

using Rfc6455Section11_3 = ServerTest;

TEST_F(Rfc6455Section11_3, EachFieldStandsAtMostOnceInTheAnswer) {
  use_rooms();
  const Response response = ask(Request()
                                    .add("Sec-WebSocket-Protocol", "switchboard.v1.json")
                                    .add("Sec-WebSocket-Protocol", "chat, switchboard.v1.json")
                                    .extensions("permessage-deflate; client_max_window_bits")
                                    .extensions("permessage-deflate, x-unknown"));
  ASSERT_EQ(response.status(), 101);
  EXPECT_EQ(response.values("Sec-WebSocket-Accept").size(), 1u);
  EXPECT_EQ(response.values("Sec-WebSocket-Protocol").size(), 1u);
  EXPECT_LE(response.values("Sec-WebSocket-Extensions").size(), 1u);
  EXPECT_FALSE(response.has("Sec-WebSocket-Version"));
}

TEST_F(Rfc6455Section11_3, OffersMayBeSpreadOverSeveralFields) {
  use_rooms();
  EXPECT_EQ(ask(Request().add("Sec-WebSocket-Protocol", "chat").add("Sec-WebSocket-Protocol", "switchboard.v1.json"))
                .value("Sec-WebSocket-Protocol"),
            "switchboard.v1.json");
}

}  // namespace
}  // namespace switchboard::conformance
