#include "http/response.h"

#include <gtest/gtest.h>

namespace switchboard::http {
namespace {

constexpr UnixMillis kNow = 784'111'777'000;
// As in the example of RFC 9110 section 5.6.7.
#define SB_DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

TEST(Response, HasALengthATypeAndCloses) {
  EXPECT_EQ(serialize({.status = 404, .body = "gone\n"}, kNow),
            "HTTP/1.1 404 Not Found\r\n" SB_DATE
            "Content-Length: 5\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Connection: close\r\n\r\ngone\n");
}

TEST(Response, AnswersHeadWithTheLengthAlone) {
  EXPECT_EQ(serialize({.status = 200, .content_type = "text/html", .body = "<p>", .head_only = true}, kNow),
            "HTTP/1.1 200 OK\r\n" SB_DATE "Content-Length: 3\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n");
}

TEST(Response, AnEmptyBodyHasALengthOfZero) {
  EXPECT_NE(serialize({.status = 200}, kNow).find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(Response, AnUpgradeFieldIsNamedInConnection) {
  EXPECT_EQ(serialize({.status = 426,
                       .content_type = "",
                       .body = "",
                       .fields = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}}},
                      kNow),
            "HTTP/1.1 426 Upgrade Required\r\n" SB_DATE
            "Content-Length: 0\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n");
}

TEST(Response, NotModifiedHasNoBodyAndNoLength) {
  EXPECT_EQ(serialize({.status = 304, .body = "ignored", .fields = {{"ETag", "\"a\""}}}, kNow),
            "HTTP/1.1 304 Not Modified\r\n" SB_DATE "Connection: close\r\nETag: \"a\"\r\n\r\n");
}

TEST(Response, EveryStatusThatRefusesARequestHasAPhrase) {
  for (int status : {400, 403, 404, 405, 408, 413, 414, 426, 429, 431, 500, 501, 503, 505}) {
    EXPECT_NE(reason_phrase(status), "") << status;
  }
  EXPECT_EQ(reason_phrase(299), "");
}

}  // namespace
}  // namespace switchboard::http
