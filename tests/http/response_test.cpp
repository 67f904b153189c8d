#include "http/response.h"

#include <gtest/gtest.h>

namespace switchboard::http {
namespace {

TEST(Response, HasALengthATypeAndCloses) {
  EXPECT_EQ(serialize({.status = 404, .body = "gone\n"}),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Connection: close\r\n\r\ngone\n");
}

TEST(Response, AnswersHeadWithTheLengthAlone) {
  EXPECT_EQ(serialize({.status = 200, .content_type = "text/html", .body = "<p>", .head_only = true}),
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n");
}

TEST(Response, AnEmptyBodyHasALengthOfZero) {
  EXPECT_NE(serialize({.status = 200}).find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(Response, AnUpgradeFieldIsNamedInConnection) {
  EXPECT_EQ(serialize({.status = 426,
                       .content_type = "",
                       .body = "",
                       .fields = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}}}),
            "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n");
}

TEST(Response, NotModifiedHasNoBodyAndNoLength) {
  EXPECT_EQ(serialize({.status = 304, .body = "ignored", .fields = {{"ETag", "\"a\""}}}),
            "HTTP/1.1 304 Not Modified\r\nConnection: close\r\nETag: \"a\"\r\n\r\n");
}

TEST(Response, EveryStatusThatRefusesARequestHasAPhrase) {
  for (int status : {400, 403, 404, 405, 408, 413, 414, 426, 429, 431, 500, 503, 505}) {
    EXPECT_NE(reason_phrase(status), "") << status;
  }
  EXPECT_EQ(reason_phrase(299), "");
}

}  // namespace
}  // namespace switchboard::http
